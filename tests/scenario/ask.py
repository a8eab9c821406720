#!/usr/bin/env python3
"""ask.py IFACE SECONDS: three times a second, ask what a host that is there would answer: ARP for addresses of the subject
and of everybody, an echo request, a TCP SYN and a UDP datagram to closed ports, IPv6 neighbour and router solicitations;
to the far interface's MAC (02:00:00:00:00:22), to everybody and to all nodes.  Prints a line a round."""
import socket
import struct
import sys
import time

iface, seconds = sys.argv[1], float(sys.argv[2])
ME = bytes.fromhex("020000000011")
FAR = bytes.fromhex("020000000022")
ALL = b"\xff" * 6


def total(data):
    n = sum(struct.unpack(">%dH" % (len(data) // 2), data + b"\0" * (len(data) % 2))[: len(data) // 2])
    n = (n & 0xFFFF) + (n >> 16)
    return ~((n & 0xFFFF) + (n >> 16)) & 0xFFFF


def ipv4(proto, payload, dst):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 7, 0, 64, proto, 0, bytes([198, 51, 100, 7]), dst)
    return b"\x08\x00" + head[:10] + struct.pack(">H", total(head)) + head[12:] + payload


def ipv6(proto, payload, dst):
    src = bytes.fromhex("20010db8007700000000000000000007")
    pseudo = src + dst + struct.pack(">II", len(payload), proto)
    payload = payload[:2] + struct.pack(">H", total(pseudo + payload)) + payload[4:]
    return b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(payload), proto, 255) + src + dst + payload


def arp(target):
    return b"\x08\x06" + struct.pack(">HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, ME, bytes([198, 51, 100, 7]), bytes(6), target)


here, there = bytes([203, 0, 113, 9]), bytes([255, 255, 255, 255])
nodes = bytes.fromhex("ff020000000000000000000000000001")
echo = b"\x08\x00" + struct.pack(">H", total(b"\x08\x00\0\0\0\1\0\1")) + b"\0\1\0\1"
questions = [
    (ALL, arp(here)), (ALL, arp(bytes([198, 51, 100, 7]))), (FAR, arp(here)),
    (FAR, ipv4(1, echo, here)), (ALL, ipv4(1, echo, there)),
    (FAR, ipv4(6, struct.pack(">HHIIBBHHH", 1000, 80, 1, 0, 0x50, 2, 1024, 0, 0), here)),
    (FAR, ipv4(17, struct.pack(">HHHH", 1000, 9, 8, 0), here)),
    (ALL, ipv6(58, b"\x80\0\0\0\0\1\0\1", nodes)),
    (bytes.fromhex("333300000002"), ipv6(58, b"\x85\0\0\0\0\0\0\0", nodes)),
    (bytes.fromhex("3333ff000009"), ipv6(58, b"\x87\0\0\0\0\0\0\0" + nodes, nodes)),
]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((iface, 0))
end = time.monotonic() + seconds
while time.monotonic() < end:
    for to, frame in questions:
        s.send((to + ME + frame).ljust(60, b"\0"))
    print("asked", flush=True)
    time.sleep(0.33)
