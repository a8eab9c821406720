#!/usr/bin/env python3
"""numbers.py LETTER FILE.pcap...: of the frames that flood sent for one host (A: .7, B: .8 ...): how many there are, how many
different ones, the first number and the last.  Written from pcap-savefile(5)."""
import mmap
import struct
import sys

letter, seen, n = ord(sys.argv[1]), set(), 0
for path in sys.argv[2:]:
    with open(path, "rb") as f:
        data = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
    at, end, length = 24, len(data), struct.Struct("<I")
    while at < end:
        caplen = length.unpack_from(data, at + 8)[0]
        if data[at + 58] == letter:
            seen.add(int(data[at + 59:at + 74]))
            n += 1
        at += 16 + caplen
print(n, len(seen), min(seen, default=-1), max(seen, default=-1))
