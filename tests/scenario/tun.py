#!/usr/bin/env python3
"""tun.py NAME: make a TUN interface, whose frames begin with their IP header, put it up, and let packets of 198.51.100.7 come
in through it, 20 a second, until it is ended."""
import fcntl
import socket
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1

name = sys.argv[1].encode()
tun = open("/dev/net/tun", "r+b", buffering=0)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name, IFF_TUN | IFF_NO_PI))
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
flags = struct.unpack_from("16sH", fcntl.ioctl(s, SIOCGIFFLAGS, struct.pack("16sH22x", name, 0)))[1]
fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH22x", name, flags | IFF_UP))
udp = struct.pack(">HHHH", 1000, 2000, 24, 0) + bytes(16)
packet = struct.pack(">BBHHHBBH4B4B", 0x45, 0, 20 + len(udp), 7, 0, 64, 17, 0, 198, 51, 100, 7, 203, 0, 113, 9) + udp
while True:
    tun.write(packet)
    time.sleep(0.05)
