#!/usr/bin/env python3
"""leases.py FROM OUT.pcap: what is seen of three customers and their DHCP server from FROM (seconds since 1970) on.

SUBJECT in a payload is the subject's by MAC 02:00:5e:00:53:07, LINE that of whoever lives at circuit "eth 0/7" of relay
198.51.100.2 (remote ID "site"), CANARY a stranger's.  What is stamped UNKNOWN the subject sends without a lease.
"""
import socket
import struct
import sys

SERVER, RELAY, FAR = "198.51.100.1", "198.51.100.2", "203.0.113.9"
ROUTER, ALL = "020000000001", "ffffffffffff"
SUBJECT, STRANGER, OTHER = "02005e005307", "02005e005308", "02005e005309"


def ethernet(dst, src, ip, tag):
    link = bytes.fromhex(dst + src) + (struct.pack(">HH", 0x8100, tag) if tag else b"")
    return link + b"\x08\x00" + ip


def ip(src, dst, payload):
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, 17, 0, socket.inet_aton(src),
                       socket.inet_aton(dst)) + payload


def udp(sport, dport, payload):
    return struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload


def option(code, value):
    return bytes([code, len(value)]) + value


def line(circuit):
    return option(82, option(1, circuit) + option(2, b"site"))


def message(kind, mac, xid, client="0.0.0.0", yours="0.0.0.0", relay="0.0.0.0", options=b""):
    op = 2 if kind in (2, 5, 6) else 1
    lease = option(51, struct.pack(">I", 600)) if kind == 5 else b""
    return (bytes([op, 1, 6, 0]) + struct.pack(">I", xid) + bytes(4) + socket.inet_aton(client) + socket.inet_aton(yours) +
            bytes(4) + socket.inet_aton(relay) + bytes.fromhex(mac) + bytes(202) + b"\x63\x82\x53\x63" +
            option(53, bytes([kind])) + lease + options + b"\xff")


def asks(kind, mac, xid, tag=0, client="0.0.0.0"):
    return ethernet(ALL, mac, ip(client, "255.255.255.255", udp(68, 67, message(kind, mac, xid, client))), tag)


def gives(mac, xid, yours, tag=0, source=SERVER, client="0.0.0.0"):
    return ethernet(mac, ROUTER, ip(source, yours, udp(67, 68, message(5, mac, xid, client, yours))), tag)


def relays(kind, mac, xid, circuit, yours="0.0.0.0"):
    src, dst = (SERVER, RELAY) if kind == 5 else (RELAY, SERVER)
    return ethernet(ROUTER, ROUTER, ip(src, dst, udp(67, 67, message(kind, mac, xid, "0.0.0.0", yours, RELAY, line(circuit)))), 0)


def says(mac, address, what, tag=0):
    return ethernet(ROUTER, mac, ip(address, FAR, udp(40000, 9, what.encode())), tag)


A, B, C, D = "198.51.100.50", "198.51.100.51", "198.51.100.52", "198.51.100.53"
frames = [
    (0, says(STRANGER, A, "CANARY before")),
    (1, says(SUBJECT, B, "UNKNOWN")),
    (2, asks(1, STRANGER, 1, 7)),
    (3, asks(1, SUBJECT, 2, 7)),
    (4, asks(3, SUBJECT, 2, 7)),
    (5, gives(SUBJECT, 2, C, 7, "198.51.100.99")),  # no server of the operator's
    (6, says(SUBJECT, C, "UNKNOWN", 7)),
    (7, gives(SUBJECT, 2, A, 7)),
    (8, says(SUBJECT, A, "SUBJECT 1", 7)),
    (9, says(STRANGER, A, "CANARY with its address", 7)),
    (300, asks(3, SUBJECT, 3, 7, A)),
    (301, gives(SUBJECT, 3, A, 7, SERVER, A)),
    (302, says(SUBJECT, A, "SUBJECT 2", 7)),
    (310, relays(1, OTHER, 4, b"eth 0/7")),
    (311, relays(5, OTHER, 4, b"eth 0/7", C)),
    (312, says(ROUTER, C, "LINE 1")),
    (313, relays(5, STRANGER, 5, b"eth 0/8", D)),
    (314, says(ROUTER, D, "CANARY of the next line")),
    (320, relays(5, STRANGER, 6, b"eth 0/8", C)),
    (321, says(ROUTER, C, "CANARY with the line's address")),
    (900, says(SUBJECT, A, "SUBJECT 3", 7)),
    (901, says(SUBJECT, A, "UNKNOWN: its lease ended now", 7)),
    (910, gives(STRANGER, 7, A, 7)),
    (911, says(STRANGER, A, "CANARY after", 7)),
]


def main():
    start = int(sys.argv[1])
    with open(sys.argv[2], "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for time, data in frames:
            f.write(struct.pack("<IIII", start + time, 0, len(data), len(data)) + data)


if __name__ == "__main__":
    main()
