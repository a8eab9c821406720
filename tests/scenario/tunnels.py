#!/usr/bin/env python3
"""tunnels.py make FILE INNER   every kind of tunnel and router stream, between the operator's routers and between strangers,
                               with the subject or somebody else inside; INNER gets the frames inside router streams
   tunnels.py gaps FILE        an ERSPAN session of 300 numbers, of which every tenth from 100 to 190 is missing
   tunnels.py crowd FILE       GRE with 5000 keys and a sequence each, one packet of every one, and then the third of every one
   tunnels.py tags FILE        a frame of the subject in VLAN 100.7, of another pair, and of somebody else, each as Linux sends it
                               by ERSPAN II, by III, and by III untagged
   tunnels.py judge FILE       the numbers of the frames that are the subject's, as tshark sees them

The frames are packed here and taken apart by tshark: nothing of casetap judges itself.  (CCC in tshark can not be asked for
by name, so it is told of it.)
"""
import struct
import subprocess
import sys
import tempfile
from ipaddress import ip_address

ROUTERS = {4: ("192.0.2.1", "192.0.2.2"), 6: ("2001:db8:1::1", "2001:db8:1::2")}
STRANGERS = {4: ("203.0.113.77", "203.0.113.78"), 6: ("2001:db8:ee::1", "2001:db8:ee::2")}
SUBJECT = ("198.51.100.7", "2001:db8:77::7")
OTHER = ("198.51.100.8", "2001:db8:77::8")
PEER = ("203.0.113.9", "2001:db8:ff::9")
CCC_PORT = 5000
START = 1795132800
CCC = """local ccc = Proto("ccc20", "PacketCable CCC")
function ccc.dissector(b, p, t) Dissector.get("ip"):call(b(20):tvb(), p, t) end
DissectorTable.get("udp.port"):add(%d, ccc)
""" % CCC_PORT


def ip(src, dst, proto, body):
    a, b = ip_address(src), ip_address(dst)
    if a.version == 6:
        return struct.pack(">IHBB16s16s", 6 << 28, len(body), proto, 64, a.packed, b.packed) + body
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 7, 0, 64, proto, 0, a.packed, b.packed)
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return head[:10] + struct.pack(">H", ~total & 0xFFFF) + head[12:] + body


def udp(sport, dport, body):
    return struct.pack(">HHHH", sport, dport, 8 + len(body), 0) + body


def eth(kind, body, tag=None):
    tags = b"" if tag is None else struct.pack(">HH", 0x8100, tag)
    return bytes.fromhex("02005e00530a02005e00530b") + tags + struct.pack(">H", kind) + body


def kinds(packet, number):
    """(name, outer protocol, its payload, the frame inside a router stream or None) for one packet inside."""
    six = packet[0] >> 4 == 6
    kind, ppp = (0x86DD, 0x57) if six else (0x0800, 0x21)
    frame = eth(kind, packet)
    gre = lambda flags, proto, *fields: struct.pack(">HH", flags, proto) + b"".join(fields)
    u32 = lambda *v: struct.pack(">%dI" % len(v), *v)
    yield "gre", 47, gre(0, kind) + packet, None
    yield "gre with key and sequence", 47, gre(0x3000, kind, u32(5, number)) + packet, None
    yield "gre with everything", 47, gre(0xB000, kind, u32(0, 5, number)) + packet, None
    yield "gretap", 47, gre(0, 0x6558) + eth(kind, packet, 100), None
    yield "gre with mpls", 47, gre(0, 0x8847) + u32(16 << 12 | 0x140) + packet, None
    yield "pptp", 47, gre(0x3001, 0x880B, struct.pack(">HH", len(packet) + 4, 9), u32(number)) + \
        struct.pack(">HH", 0xFF03, ppp) + packet, None
    yield "nvgre", 47, gre(0x2000, 0x6558, u32(0x00123401)) + frame, None
    yield "ip in ip", 41 if six else 4, packet, None
    yield "eoip", 47, gre(0x2001, 0x6400, struct.pack(">H", len(frame)), struct.pack("<H", 7)) + frame, None
    yield "vxlan", 17, udp(40000, 4789, u32(0x08000000, 0x100) + frame), None
    yield "geneve", 17, udp(40000, 6081, struct.pack(">BBHI", 2, 0, 0x6558, 0x100) + u32(0x01020301, 7) + frame), None
    yield "geneve with ip", 17, udp(40000, 6081, struct.pack(">BBHI", 0, 0, kind, 0x100) + packet), None
    yield "l2tp", 17, udp(1701, 1701, struct.pack(">HHHHH", 2, 7, 8, 0xFF03, ppp) + packet), None
    yield "l2tp with length and sequence", 17, udp(1701, 1701, struct.pack(
        ">HHHHHHH", 0x4802, 14 + len(packet), 7, 8, 1, 2, ppp) + packet), None
    yield "erspan i", 47, gre(0, 0x88BE) + frame, frame
    yield "erspan ii", 47, gre(0x1000, 0x88BE, u32(number, 0x10640000 | 2 << 11 | 5, 3)) + frame, frame
    yield "erspan iii", 47, gre(0x1000, 0x22EB, u32(number, 0x20640005, 99, 0x8000)) + frame, frame
    yield "erspan iii with a subheader", 47, \
        gre(0x1000, 0x22EB, u32(number, 0x20640005, 99, 0x8001, 0x0C000000, 0)) + frame, frame
    yield "tzsp", 17, udp(40000, 37008, bytes.fromhex("01000001" "0a01d0" "01") + frame), frame
    yield "ccc", 17, udp(40000, CCC_PORT, u32(42, 0xE0000000, 0, 0, 7) + packet), packet


def linux():
    """What include/net/erspan.h builds: the tags stay in the frame; the first, if it is one of 802.1Q, is in the header too."""
    for number, (who, tags) in enumerate([(SUBJECT, (100, 7)), (SUBJECT, (100, 8)), (OTHER, (100, 7))]):
        packet = ip(who[0], PEER[0], 17, udp(40000, 443, b"%d.%d" % tags))
        frame = eth(0x8100, struct.pack(">HHHH", tags[0], 0x8100, tags[1], 0x800) + packet)
        gre = lambda proto, *fields: struct.pack(">HH%dI" % len(fields), 0x1000, proto, *fields)
        yield gre(0x88BE, 3 * number, 0x10000000 | tags[0] << 16 | 3 << 11 | 5, 3) + frame
        yield gre(0x22EB, 3 * number + 1, 0x20000000 | tags[0] << 16 | 5, 99, 0x8000) + frame
        yield gre(0x22EB, 3 * number + 2, 0x20000005, 99, 0x8000) + eth(0x800, packet)


def build():
    """(frame, the frame inside, its kind) of all there are."""
    inside = [ip(who[v], PEER[v], 17, udp(40000, 443, b"CANARY" * 5)) for who in (SUBJECT, OTHER) for v in (0, 1)]
    number = 0
    for version in (4, 6):
        here, there = ROUTERS[version]
        away, far = STRANGERS[version]
        for src, dst in ((here, there), (there, here), (here, away), (away, there), (away, far), (there, there)):
            for packet in inside:
                for name, proto, body, inner in kinds(packet, number):
                    yield eth(0x800 if version == 4 else 0x86DD, ip(src, dst, proto, body), 200 if number % 3 else None), inner, name
                number += 1


def write(path, frames):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for i, data in frames:
            f.write(struct.pack("<IIII", START + i // 1000, i % 1000, len(data), len(data)) + data)


def is_subjects(protocols, v4, v6):
    """protocols: tshark's; v4 and v6: (sources, destinations) of all the IP headers, outermost first."""
    if not (set(SUBJECT) & {a for side in v4 + v6 for a in side}):
        return False
    outer = next(p for p in protocols if p in ("ip", "ipv6"))
    sides = v4 if outer == "ip" else v6
    pair = (sides[0][0], sides[1][0])
    if set(pair) & set(SUBJECT):
        return True
    is_stream = {"erspan", "tzsp", "ccc20"} & set(protocols)
    ways = [ROUTERS[4], ROUTERS[6]] + ([] if is_stream else [ROUTERS[4][::-1], ROUTERS[6][::-1]])
    return pair in ways


def judge(path):
    fields = ["frame.number", "frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        lua.write(CCC)
        lua.flush()
        out = subprocess.run(
            ["tshark", "-n", "-r", path, "-X", "lua_script:" + lua.name, "-T", "fields", "-E", "occurrence=a"] +
            [a for f in fields for a in ("-e", f)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True).stdout
    for line in out.splitlines():
        number, protocols, *sides = line.split("\t")
        sides = [s.split(",") if s else [] for s in sides]
        if is_subjects(protocols.split(":"), sides[:2], sides[2:]):
            yield int(number)


def main():
    if sys.argv[1] == "make":
        made = list(build())
        write(sys.argv[2], ((i, m[0]) for i, m in enumerate(made)))
        write(sys.argv[3], ((i, m[1]) for i, m in enumerate(made) if m[1] is not None and m[2] != "ccc"))
    elif sys.argv[1] == "gaps":
        packet = ip(SUBJECT[0], PEER[0], 17, udp(40000, 443, b"x"))
        session = [(n, body) for n in range(300) for name, _, body, _ in kinds(packet, n) if name == "erspan ii"]
        write(sys.argv[2], ((n * 10, eth(0x800, ip(*ROUTERS[4], 47, body))) for n, body in session
                            if n % 10 or not 100 <= n < 200))
    elif sys.argv[1] == "crowd":
        packet = ip(SUBJECT[0], PEER[0], 17, udp(40000, 443, b"x"))
        gre = ((n, key, struct.pack(">HHII", 0x3000, 0x800, key, n) + packet) for n in (1, 3) for key in range(5000))
        write(sys.argv[2], ((5000 * (n // 2) + key, eth(0x800, ip(*ROUTERS[4], 47, body))) for n, key, body in gre))
    elif sys.argv[1] == "tags":
        write(sys.argv[2], ((i, eth(0x800, ip(*ROUTERS[4], 47, body))) for i, body in enumerate(linux())))
    else:
        for n in judge(sys.argv[2]):
            print(n)


if __name__ == "__main__":
    main()
