#!/usr/bin/env python3
"""send.py IFACE PPS SECONDS [SIZE]: frames of a subject (198.51.100.7) and of three neighbours in turn, each with a number in
its payload, so that no two are alike.  Prints how many of the subject's were sent."""
import socket
import struct
import sys
import time

iface, pps, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
size = int(sys.argv[4]) if len(sys.argv) > 4 else 200
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((iface, 0))
begin, n, subject = time.monotonic(), 0, 0
while True:
    now = time.monotonic() - begin
    if now >= seconds:
        break
    while n < now * pps:
        host = 7 + n % 4
        payload = b"FRAME%012d" % n
        payload += bytes(max(0, size - 42 - len(payload)))
        ip = struct.pack(">BBHHHBBH4B4B", 0x45, 0, 28 + len(payload), n & 0xFFFF, 0, 64, 17, 0, 198, 51, 100, host, 203, 0, 113, 9)
        total = sum(struct.unpack(">10H", ip))
        total = (total & 0xFFFF) + (total >> 16)
        ip = ip[:10] + struct.pack(">H", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF) + ip[12:]
        udp = struct.pack(">HHHH", 1000, 2000, 8 + len(payload), 0)
        s.send(bytes.fromhex("020000000022020000000011") + b"\x08\x00" + ip + udp + payload)
        subject += host == 7
        n += 1
    time.sleep(0.001)
print(subject)
