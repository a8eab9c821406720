#!/usr/bin/env python3
"""notify.py SOCKET: what a service tells systemd, a line a message: seconds, text."""
import os
import socket
import sys
import time

s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
while True:
    print("%.3f" % time.time(), s.recv(4096).decode().replace("\n", " "), flush=True)
