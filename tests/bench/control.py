"""Frames of the traffic by which addresses are given, and a capture file in which each hundredth frame is one."""
import socket
import struct

SUBJECTS = 100
SERVER, CLIENT = "192.0.2.9", "192.0.2.1"  # of DHCPv4, through a relay, and of RADIUS
SERVER6 = "fe80::1"
CONCENTRATOR = bytes.fromhex("0200000000aa")
ROUTERS = bytes.fromhex("020000000099020000000011")
POOL6 = "2001:db8:6::"
SETTINGS = ("dhcp_servers = %s\ndhcp_pool = 10.1.0.0/16\nradius_servers = %s\nradius_clients = %s\nradius_pool = 10.2.0.0/16\n"
            "dhcp6_servers = %s\ndhcp6_pool = %s/48\nslaac_pool = 2001:db8:7::/48\npppoe_concentrators = %s\n" %
            (SERVER, SERVER, CLIENT, SERVER6, POOL6, CONCENTRATOR.hex(":")))


def identities(i):
    """What an order names the ${i}th subject by: all that there is, so that every message has to be compared with it."""
    return ("dhcp_mac = %s\ndhcp6_duid = 0x%s\nslaac_mac = %s\nradius_user_name = %s\npppoe_user = %s" %
            (mac(i).hex(":"), duid(i).hex(), mac(i).hex(":"), user(i).decode(), user(i).decode()))


def mac(i):
    return struct.pack(">HI", 0x0204, i)


def duid(i):
    return struct.pack(">HH", 3, 1) + mac(i)


def user(i):
    return b"user-%06d@isp.example" % i


def host(i):
    return struct.pack(">I", 0x0a010000 + i)


def checksum(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    total = (total & 0xffff) + (total >> 16)
    return ~((total & 0xffff) + (total >> 16)) & 0xffff


def udp4(source, target, ports, payload):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 1, 0, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(target))
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return ROUTERS + b"\x08\x00" + head + struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload


def ipv6(link, source, target, proto, hops, payload):
    return (link + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(payload), proto, hops) + socket.inet_pton(socket.AF_INET6, source) +
            socket.inet_pton(socket.AF_INET6, target) + payload)


def dhcp4(i, n):
    """A client's renewal through the relay, and the answer."""
    def message(op, kind, more):
        options = b"\x63\x82\x53\x63\x35\x01" + bytes([kind]) + more + b"\xff"
        return (struct.pack(">BBBBIHH4s4s4s4s", op, 1, 6, 1, n, 0, 0, bytes(4), host(i) if op == 2 else bytes(4), bytes(4),
                            socket.inet_aton(CLIENT)) + mac(i) + bytes(10 + 192) + options)
    ask = message(1, 3, b"\x32\x04" + host(i) + b"\x36\x04" + socket.inet_aton(SERVER) + b"\x0c\x06host-1\x37\x04\x01\x03\x06\x0f")
    yes = message(2, 5, b"\x36\x04" + socket.inet_aton(SERVER) + b"\x33\x04" + struct.pack(">I", 3600) + b"\x01\x04\xff\xff\x00\x00")
    return [udp4(CLIENT, SERVER, (67, 67), ask), udp4(SERVER, CLIENT, (67, 67), yes)]


def dhcp6(i, n):
    def message(kind):
        lifetimes = struct.pack(">II", 1800, 3600)
        address = socket.inet_pton(socket.AF_INET6, POOL6)[:12] + struct.pack(">I", i)
        ia = struct.pack(">III", 1, 900, 1200) + struct.pack(">HH", 5, 24) + address + lifetimes
        options = struct.pack(">HH", 1, 10) + duid(i) + struct.pack(">HH", 2, 10) + duid(0xffffff) + struct.pack(">HH", 3, len(ia)) + ia
        return bytes([kind]) + struct.pack(">I", n)[1:] + options
    def frame(link, source, target, ports, payload):
        return ipv6(link, source, target, 17, 64, struct.pack(">HHHH", *ports, 8 + len(payload), 0xffff) + payload)
    own, router = "fe80::%x:%x" % (i >> 16, i & 0xffff), ROUTERS[6:]
    return [frame(bytes.fromhex("333300010002") + mac(i), own, "ff02::1:2", (546, 547), message(5)),
            frame(mac(i) + router, SERVER6, own, (547, 546), message(7))]


def radius(i, n):
    def attribute(kind, value):
        return bytes([kind, 2 + len(value)]) + value
    def message(code, more):
        return struct.pack(">BBH", code, n & 0xff, 20 + len(more)) + bytes(16) + more
    address = struct.pack(">I", 0x0a020000 + i)
    ask = message(4, attribute(40, struct.pack(">I", 3)) + attribute(1, user(i)) + attribute(44, b"session-%06d" % i) +
                  attribute(8, address) + attribute(4, socket.inet_aton(CLIENT)) + attribute(46, struct.pack(">I", n)))
    ports = 20000 + (n >> 8 & 0xfff)
    return [udp4(CLIENT, SERVER, (ports, 1813), ask), udp4(SERVER, CLIENT, (1813, ports), message(5, b""))]


def pppoe(i, n):
    """Let in by PAP, where ${n} is 0; else LCP's echo and its answer."""
    link, back = CONCENTRATOR + mac(i), mac(i) + CONCENTRATOR
    def frame(link, proto, code, body):
        packet = struct.pack(">HBBH", proto, code, n & 0xff, 4 + len(body)) + body
        return link + b"\x88\x64\x11\x00" + struct.pack(">HH", 1 + i % 65000, len(packet)) + packet
    if n == 0:
        name = user(i)
        return [frame(link, 0xc023, 1, bytes([len(name)]) + name + b"\x06secret"), frame(back, 0xc023, 2, b"\x00")]
    return [frame(link, 0xc021, 9, bytes(4)), frame(back, 0xc021, 10, bytes(4))]


def nd(i, n):
    """A host asks for its router, which answers."""
    own, router = "2001:db8:7::%x:%x" % (i >> 16, i & 0xffff), ROUTERS[6:]
    pack = lambda a: socket.inet_pton(socket.AF_INET6, a)
    def frame(link, source, target, kind, about, of):
        body = bytes([kind, 0]) + bytes(2) + (b"\x60\0\0\0" if kind == 136 else bytes(4)) + pack(about) + of
        head = pack(source) + pack(target) + struct.pack(">II", len(body), 58)
        return ipv6(link, source, target, 58, 255, body[:2] + struct.pack(">H", checksum(head + body)) + body[4:])
    return [frame(router + mac(i), own, SERVER6, 135, SERVER6, b"\x01\x01" + mac(i)),
            frame(mac(i) + router, SERVER6, own, 136, SERVER6, b"\x02\x01" + router)]


KINDS = [dhcp4, dhcp6, radius, pppoe, nd]


def read(path):
    """[(seconds and microseconds as they stand there, frame)]"""
    with open(path, "rb") as f:
        data = f.read()
    frames, at = [], 24
    while at < len(data):
        length, = struct.unpack_from("=I", data, at + 8)
        frames.append((data[at:at + 8], data[at + 16:at + 16 + length]))
        at += 16 + length
    return frames


def write(path, frames):
    with open(path, "wb") as f:
        f.write(struct.pack("=IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for when, frame in frames:
            f.write(when + struct.pack("=II", len(frame), len(frame)) + frame)


def beginning():
    """All subjects get what they have."""
    frames = [f for i in range(SUBJECTS) for kind in KINDS for f in kind(i, 0)]
    return [(struct.pack("=II", 1699999990, n), f) for n, f in enumerate(frames)]


def mixed(frames):
    """Each hundredth replaced by control traffic: a question, and then its answer, of a stranger, others each time; but one
    pair of each kind in fifty pairs is a subject's."""
    waiting, asked, out = [], 0, []
    for n, (when, frame) in enumerate(frames):
        if n % 100 == 99:
            if not waiting:
                asked += 1
                whose = asked // 50 % SUBJECTS if asked % 50 < len(KINDS) else 1000 + asked
                waiting = KINDS[asked % len(KINDS)](whose, asked)
            frame = waiting.pop(0)
        out.append((when, frame))
    return out
