#!/usr/bin/env python3
"""lines.py FROM OUT.pcap: what is seen of a PPPoE concentrator and two customers from FROM (seconds since 1970) on.

SUBJECT in a payload is alice's, CANARY anyone else's or said outside of her sessions; so is a stranger's name.
"""
import ipaddress
import struct
import sys

HUB, SUBJECT, STRANGER = "020000000001", "02005e005307", "02005e005308"
LCP, PAP, IPCP, CHAP = 0xC021, 0xC023, 0x8021, 0xC223


def frame(src, dst, kind, body, vlan=7):
    return bytes.fromhex(dst + src) + struct.pack(">HHH", 0x8100, vlan, kind) + body


def discovery(src, dst, code, session):
    return frame(src, dst, 0x8863, struct.pack(">BBHH", 0x11, code, session, 4) + b"\x01\x01\x00\x00")


def ppp(src, dst, session, proto, body, vlan=7):
    return frame(src, dst, 0x8864, struct.pack(">BBHHH", 0x11, 0, session, len(body) + 2, proto) + body, vlan)


def control(src, dst, session, proto, code, body=b""):
    return ppp(src, dst, session, proto, struct.pack(">BBH", code, 1, len(body) + 4) + body)


def text(value):
    return bytes([len(value)]) + value.encode()


def pap(src, session, name):
    return control(src, HUB, session, PAP, 1, text(name) + text("password of " + name))


def says(src, dst, session, address, what, vlan=7):
    udp = struct.pack(">HHHH", 40000, 9, 8 + len(what), 0) + what.encode()
    six = ":" in address
    far = ipaddress.ip_address("2001:db8:ffff::9" if six else "203.0.113.9").packed
    two = ipaddress.ip_address(address).packed
    two = two + far if src != HUB else far + two
    if six:
        return ppp(src, dst, session, 0x57, struct.pack(">IHBB", 6 << 28, len(udp), 17, 64) + two + udp, vlan)
    return ppp(src, dst, session, 0x21, struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + two + udp, vlan)


A, A6 = "198.51.100.50", "2001:db8:200:1::7"
frames = [
    (0, says(STRANGER, HUB, 10, A, "CANARY before")),
    (1, discovery(SUBJECT, "ffffffffffff", 0x09, 0)),
    (1, discovery(SUBJECT, HUB, 0x19, 0)),
    (1, discovery(HUB, SUBJECT, 0x65, 9)),
    (2, control(SUBJECT, HUB, 9, LCP, 1)),
    (3, pap(STRANGER, 10, "CANARY-bob")),
    (3, pap(SUBJECT, 9, "alice")),
    (4, control(HUB, SUBJECT, 9, PAP, 3, text("no"))),
    (5, pap(SUBJECT, 9, "alice")),
    (5, says(SUBJECT, HUB, 9, A, "CANARY too early")),
    (6, control(HUB, STRANGER, 10, PAP, 2, text(""))),
    (6, control(HUB, SUBJECT, 9, PAP, 2, text(""))),
    (7, control(HUB, SUBJECT, 9, IPCP, 2, b"\x03\x06" + ipaddress.ip_address(A).packed)),
    (8, says(SUBJECT, HUB, 9, A, "SUBJECT 1")),
    (8, says(HUB, SUBJECT, 9, A, "SUBJECT 2")),
    (9, says(STRANGER, HUB, 10, A, "CANARY with her address")),
    (9, says(STRANGER, HUB, 9, A, "CANARY with her number")),
    (9, says(SUBJECT, HUB, 9, A, "CANARY under another tag", 8)),
    (10, says(SUBJECT, HUB, 9, A6, "SUBJECT 3")),
    (12, control(HUB, SUBJECT, 9, LCP, 9, bytes(4))),
    (13, control(SUBJECT, HUB, 9, LCP, 5)),
    (13, control(HUB, SUBJECT, 9, LCP, 6)),
    (13, discovery(HUB, SUBJECT, 0xA7, 9)),
    (14, says(SUBJECT, HUB, 9, A, "CANARY too late")),
    (20, discovery(HUB, SUBJECT, 0x65, 9)),
    (21, pap(SUBJECT, 9, "CANARY-bob")),
    (21, control(HUB, SUBJECT, 9, PAP, 2, text(""))),
    (22, says(SUBJECT, HUB, 9, A, "CANARY on her machine")),
    (30, control(SUBJECT, HUB, 11, CHAP, 2, text("0123456789abcdef") + b"alice")),
    (30, control(HUB, SUBJECT, 11, CHAP, 3)),
    (31, says(SUBJECT, HUB, 11, A, "SUBJECT 4")),
    (32, control(SUBJECT, HUB, 11, CHAP, 2, text("0123456789abcdef") + b"CANARY-bob")),
    (33, says(SUBJECT, HUB, 11, A, "CANARY in her session")),
]


def main():
    start = int(sys.argv[1])
    with open(sys.argv[2], "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for time, data in frames:
            f.write(struct.pack("<IIII", start + time, 0, len(data), len(data)) + data)


main()
