#!/usr/bin/env python3
"""mix.py IFACE N: N frames each of the subject (198.51.100.7), of a neighbour, of the subject in a VLAN and in PPPoE, of ARP,
PPP control, compressed PPP, a tunnel of the subject's, and a header that is cut.  Prints how many in all."""
import socket
import struct
import sys

iface, count = sys.argv[1], int(sys.argv[2])
LINK = bytes.fromhex("020000000022020000000011")


def ipv4(host, proto, payload):
    head = struct.pack(">BBHHHBBH4B4B", 0x45, 0, 20 + len(payload), 7, 0, 64, proto, 0, 198, 51, 100, host, 203, 0, 113, 9)
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    return head[:10] + struct.pack(">H", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF) + head[12:] + payload


def session(proto, payload):
    return b"\x88\x64" + struct.pack(">BBHHH", 0x11, 0, 77, len(payload) + 2, proto) + payload


udp = struct.pack(">HHHH", 1000, 2000, 40, 0) + bytes(32)
frames = [
    b"\x08\x00" + ipv4(7, 17, udp),
    b"\x08\x00" + ipv4(8, 17, udp),
    b"\x81\x00" + struct.pack(">HH", 207, 0x0800) + ipv4(7, 17, udp),
    session(0x0021, ipv4(7, 17, udp)),
    b"\x08\x06" + struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + bytes(20) + bytes(18),
    session(0xC021, b"\x09\0\0\x08\0\0\0\0" + bytes(30)),
    session(0x00FD, b"\x90\0" + bytes(40)),
    b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, 60, 4, 64) + bytes(10),
]
# Where no tunnel is configured, even the subject's own is looked at from outside only.
frames.append(b"\x08\x00" + ipv4(7, 47, b"\0\0\x08\0" + ipv4(9, 17, udp)))
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((iface, 0))
for _ in range(count):
    for frame in frames:
        s.send((LINK + frame).ljust(60, b"\0") if frame[:2] != b"\x86\xdd" else LINK + frame)
print(count * len(frames))
