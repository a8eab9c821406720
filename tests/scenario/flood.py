#!/usr/bin/env python3
"""flood.py IFACE N: N frames of the subject (198.51.100.7) of 1,000 bytes, as fast as they go."""
import socket
import struct
import sys

iface, count = sys.argv[1], int(sys.argv[2])
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((iface, 0))
head = struct.pack(">BBHHHBBH4B4B", 0x45, 0, 986, 7, 0, 64, 17, 0, 198, 51, 100, 7, 203, 0, 113, 9)
for n in range(count):
    s.send(bytes.fromhex("020000000022020000000011") + b"\x08\x00" + head + struct.pack(">HHHHI", 1, 2, 966, 0, n) + bytes(954))
