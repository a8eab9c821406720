#!/usr/bin/env python3
"""frames.py list FILE...
   frames.py match [FROM TO] EXPECTED.pcap FILE...

list: a line a frame of pcap files (micro or nano): time in ns, caplen, len, SHA-256 of the bytes.
match: is every frame of EXPECTED (stamped in [FROM, TO), seconds) in FILE... once, and nothing else?  Bytes must be equal;
time stamps too, but for the 100 us that the kernel lets two packet sockets differ where it stamps each copy for itself.

Written for the tests, from pcap-savefile(5), so that casetap's own reader judges nothing here.  FILE may be a .tar: then
every .pcap in it.
"""
import collections
import hashlib
import struct
import sys
import tarfile

TOLERANCE = 100_000


def frames(data, name):
    order, unit = {b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\x4d\x3c\xb2\xa1": ("<", 1),
                   b"\xa1\xb2\xc3\xd4": (">", 1000), b"\xa1\xb2\x3c\x4d": (">", 1)}[data[:4]]
    at = 24
    while at < len(data):
        if at + 16 > len(data):
            sys.exit("%s: cut record header at %d" % (name, at))
        sec, frac, caplen, length = struct.unpack_from(order + "IIII", data, at)
        at += 16
        if at + caplen > len(data):
            sys.exit("%s: cut frame at %d" % (name, at))
        yield sec * 10**9 + frac * unit, (caplen, length, hashlib.sha256(data[at:at + caplen]).hexdigest())
        at += caplen


def pcaps(path):
    if path.endswith(".tar"):
        with tarfile.open(path) as tar:
            for member in tar:
                if member.name.endswith(".pcap"):
                    yield from frames(tar.extractfile(member).read(), path + ":" + member.name)
    else:
        with open(path, "rb") as f:
            yield from frames(f.read(), path)


def match(args):
    low, high = 0, 1 << 62
    if not args[0].endswith(".pcap"):
        low, high = (int(float(t) * 10**9) for t in args[:2])
        args = args[2:]
    want, got = collections.defaultdict(list), collections.defaultdict(list)
    for when, frame in pcaps(args[0]):
        if low <= when < high:
            want[frame].append(when)
    for path in args[1:]:
        for when, frame in pcaps(path):
            got[frame].append(when)
    missing = extra = off = exact = total = 0
    for frame in set(want) | set(got):
        a, b = sorted(want[frame]), sorted(got[frame])
        total += len(b)
        if len(a) != len(b):
            missing += max(0, len(a) - len(b))
            extra += max(0, len(b) - len(a))
            print("expected at %s, found at %s" % (a[:4], b[:4]))
            continue
        for x, y in zip(a, b):
            exact += x == y
            off += abs(x - y) > TOLERANCE
    print("%d frames: %d missing, %d extra or twice, %d stamps off, %d stamps equal to the digit" %
          (total, missing, extra, off, exact))
    return 1 if missing or extra or off or not total else 0


def main():
    if sys.argv[1] == "match":
        return match(sys.argv[2:])
    for name in sys.argv[2:]:
        for time, what in pcaps(name):
            print(time, *what)
    return 0


if __name__ == "__main__":
    sys.exit(main())
