#!/usr/bin/env python3
"""timestamps.py: hold the kernel's receive time stamps on while this runs, so that two captures of one frame agree to the
nanosecond (a packet socket alone stamps each copy for itself)."""
import signal
import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 29, 1)  # SO_TIMESTAMP
print("ready", flush=True)
signal.pause()
