#!/usr/bin/env python3
"""hosts.py FROM OUT.pcap: what is seen of a DHCPv6 server, a relay, two routers and four customers from FROM (seconds since
1970) on.

SUBJECT in a payload is that of the client with DUID "duid-7", LINE that of whoever lives at "ge-0/0/1:7" of the relay,
HOST that of MAC 02:00:5e:00:53:0a, CANARY a stranger's.  What is stamped UNKNOWN a subject sends while it is not known to
have the address.
"""
import ipaddress
import struct
import sys

SERVER, RELAY, FAR = "2001:db8::1", "2001:db8:6::1", "2001:db8:ffff::9"
ROUTER, CORE, ALL = "020000000001", "020000000002", "333300000001"
SUBJECT, STRANGER, HOST = "02005e005307", "02005e005308", "02005e00530a"
SOLICIT, ADVERTISE, REQUEST, RENEW, REPLY, RELEASE, FORWARD, BACK = 1, 2, 3, 5, 7, 8, 12, 13
NA, PD = 3, 25


def bytes_of(address):
    return ipaddress.ip_address(address).packed


def frame(dst, src, source, target, proto, payload, tag=7, hops=64):
    link = bytes.fromhex(dst + src) + struct.pack(">HH", 0x8100, tag)
    return (link + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(payload), proto, hops) + bytes_of(source) +
            bytes_of(target) + payload)


def total(source, target, proto, data):
    data = bytes_of(source) + bytes_of(target) + struct.pack(">II", len(data), proto) + data + bytes(len(data) % 2)
    n = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while n > 0xffff:
        n = (n & 0xffff) + (n >> 16)
    return struct.pack(">H", ~n & 0xffff)


def udp(dst, src, source, target, ports, payload, tag=7):
    data = struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload
    data = data[:6] + total(source, target, 17, data) + data[8:]
    return frame(dst, src, source, target, 17, data, tag)


def option(code, value):
    return struct.pack(">HH", code, len(value)) + value


def lease(kind, iaid, address, valid=600):
    network = ipaddress.ip_network(address)
    times = struct.pack(">II", valid, valid)
    inner = option(5, network.network_address.packed + times) if kind == NA else option(
        26, times + bytes([network.prefixlen]) + network.network_address.packed)
    return option(kind, struct.pack(">III", iaid, 0, 0) + inner)


def message(kind, xid, duid, *leases):
    return struct.pack(">I", kind << 24 | xid) + option(1, duid) + option(2, b"server") + b"".join(leases)


def asks(mac, kind, xid, duid, *leases):
    return udp(ALL, mac, "fe80::" + mac[-2:], "ff02::1:2", (546, 547), message(kind, xid, duid, *leases))


def answers(mac, kind, xid, duid, *leases, source=SERVER):
    return udp(mac, ROUTER, source, "fe80::" + mac[-2:], (547, 546), message(kind, xid, duid, *leases))


def relays(kind, port, inner):
    ends = (RELAY, SERVER) if kind == FORWARD else (SERVER, RELAY)
    whole = bytes([kind, 0]) + bytes_of(RELAY) + bytes_of("fe80::9") + option(18, port) + option(9, inner)
    return udp(CORE, ROUTER, *ends, (547, 547), whole, 9)


def neighbor(mac, kind, source, target, with_mac):
    data = bytes([kind, 0, 0, 0]) + (b"\x20" if kind == 136 else b"\0") + bytes(3) + bytes_of(target)
    if with_mac:
        data += bytes([2 if kind == 136 else 1, 1]) + bytes.fromhex(mac)
    to = "ff02::1" if kind == 136 else "ff02::1:ff01:" + target[-2:]
    return discovery(mac, source, to, data)


def discovery(mac, source, to, data):
    data = data[:2] + total(source, to, 58, data) + data[4:]
    return frame(ALL, mac, source, to, 58, data, hops=255)


def wants(mac, address):
    return neighbor(mac, 135, "::", address, False)


def has(mac, address):
    return neighbor(mac, 136, address, address, True)


def advertises(mac, prefix, valid):
    network = ipaddress.ip_network(prefix)
    data = (bytes([134, 0, 0, 0, 64, 0]) + struct.pack(">HII", 1800, 0, 0) +
            bytes([3, 4, network.prefixlen, 0xc0]) + struct.pack(">III", valid, valid, 0) + network.network_address.packed)
    return discovery(mac, "fe80::1", "ff02::1", data)


def says(mac, address, what):
    return udp(ROUTER, mac, address, FAR, (40000, 9), what.encode())


def routed(address, what):
    return udp(CORE, ROUTER, address, FAR, (40000, 9), what.encode(), 9)


DUID, OTHER, THIRD = b"duid-7", b"CANARY-duid", b"duid-9"
A, B, P, P9 = "2001:db8:6:1::50", "2001:db8:6:1::51", "2001:db8:700::/56", "2001:db8:700:9::9"
C, D, X = "2001:db8:6:1::52", "2001:db8:6:1::53", "2001:db8:6:1::66"
H, H2, H3 = "2001:db8:5:1::1:50", "2001:db8:5:1::1:51", "2001:db8:5:1::1:52"
frames = [
    (0, says(STRANGER, A, "CANARY before")),
    (1, asks(SUBJECT, SOLICIT, 1, DUID)),
    (2, answers(SUBJECT, ADVERTISE, 1, DUID, lease(NA, 1, A))),
    (3, asks(SUBJECT, REQUEST, 2, DUID, lease(NA, 1, A), lease(PD, 1, P))),
    (4, answers(SUBJECT, REPLY, 2, DUID, lease(NA, 1, X), source="fe80::66")),  # no server of the operator's
    (4, says(SUBJECT, X, "UNKNOWN")),
    (5, answers(SUBJECT, REPLY, 2, DUID, lease(NA, 1, A), lease(PD, 1, P))),
    (6, says(SUBJECT, A, "SUBJECT 1")),
    (7, says(SUBJECT, P9, "SUBJECT 2")),
    (8, says(STRANGER, A, "CANARY with its address")),
    (9, routed(A, "SUBJECT 3")),
    (9, routed(B, "CANARY next door")),
    (10, asks(SUBJECT, RENEW, 3, DUID, lease(NA, 1, A))),
    (11, answers(SUBJECT, REPLY, 3, DUID, lease(NA, 1, A))),
    (12, answers(STRANGER, REPLY, 4, OTHER, lease(NA, 1, A))),
    (13, says(SUBJECT, A, "UNKNOWN")),
    (14, says(STRANGER, A, "CANARY after")),
    (14, routed(A, "CANARY after, routed")),
    (15, routed(P9, "SUBJECT 4")),
    (20, asks(SUBJECT, RELEASE, 5, DUID, lease(PD, 1, P))),
    (21, says(SUBJECT, P9, "UNKNOWN")),
    (30, relays(FORWARD, b"ge-0/0/1:7", message(SOLICIT, 6, THIRD))),
    (31, relays(BACK, b"ge-0/0/1:7", message(REPLY, 6, THIRD, lease(NA, 1, C)))),
    (32, routed(C, "LINE 1")),
    (33, relays(BACK, b"ge-0/0/1:8", message(REPLY, 7, OTHER, lease(NA, 1, D)))),
    (34, routed(D, "CANARY of the next line")),
    (36, relays(BACK, b"ge-0/0/1:8", message(REPLY, 8, OTHER, lease(NA, 1, C)))),
    (37, routed(C, "CANARY with the line's address")),
    (40, advertises(ROUTER, "2001:db8:5:1::/64", 86400)),
    (41, wants(HOST, H)),
    (42, says(HOST, H, "HOST 1")),
    (43, routed(H, "HOST 2")),
    (44, wants(STRANGER, H2)),
    (45, says(STRANGER, H2, "CANARY with his own")),
    (46, routed(H2, "CANARY with his own, routed")),
    (50, has(STRANGER, H)),
    (51, says(STRANGER, H, "CANARY with the host's")),
    (52, routed(H, "CANARY with the host's, routed")),
    (60, wants(HOST, H3)),
    (61, says(HOST, H3, "HOST 3")),
    (659, routed(H3, "HOST 4")),
    (661, says(HOST, H3, "UNKNOWN: nothing was heard of it for ten minutes")),
]


def main():
    start = int(sys.argv[1])
    with open(sys.argv[2], "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for time, data in frames:
            f.write(struct.pack("<IIII", start + time, 0, len(data), len(data)) + data)


main()
