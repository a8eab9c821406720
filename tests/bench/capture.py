#!/usr/bin/env python3
"""capture.py BUILD [--rounds N] [--only SECTION,...] [--tiny] [--work DIR] [--json FILE]: casetap-capture beside tcpdump,
dumpcap and netsniff-ng.

BUILD was configured with -DBENCH=ON.  Needs root, two CPUs for themselves, Debian's tcpdump, wireshark-common, netsniff-ng
and valgrind (what is missing is left out of the table, and said).  Everything is made anew on tmpfs and in two network
namespaces, and goes away afterwards.  The candidates take turns in every round; the table holds medians.  Sections:

  cpu64     what a stored frame of 64 bytes costs the tool, sent flat out
  cpu1514   the same at 1514 bytes
  rate      the greatest rate through the kernel with N cases, beside N tcpdumps with `host X` each
  flat      what a stored frame costs with 1,000 cases, beside one case for the same frames; memory
  kfilter   what a frame of nobody's costs in the kernel filter
  file      a capture file of 1,000 hosts into N cases, beside plain copies of it and N passes of tcpdump
  classify  user instructions that the matcher takes for a frame, by encapsulation
  tracker   what it adds to follow 100 subjects, each named in five ways, beside the same traffic by fixed addresses: 500,000
            frames a second of IMIX, one in a hundred of DHCPv4, DHCPv6, RADIUS, PPPoE or Neighbor Discovery, of strangers but
            for one pair of each in fifty; all hosts are subjects, so that both let in and store the same.  Then with
            900 strangers, of whom the kernel filter has to let in every frame: one may be given a subject's address next

A live tool runs on the second CPU, the sender on the first; there, on a veth pair, also the filter and the copy into the
ring run, so that a receiver too slow in the kernel lowers the rate sent.  SHA-256 is what hash_bench says of the bytes
hashed; "without hash" is less that.  With --work DIR, a folder on tmpfs, installations and frames stay there for the next
section: a thousand orders are approved once.  Exit 1 if a goal is missed, 0 if all that ran are met; --tiny only shows that
everything still runs, and judges nothing."""
import argparse
import json
import os
import sys

sys.dont_write_bytecode = True  # the tree stays as it is
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import sections  # noqa: E402
from rig import Rig  # noqa: E402


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=",".join(sections.ALL))
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--work")
    parser.add_argument("--json")
    args = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("capture.py: needs root")
    if args.tiny:
        args.rounds = 1
    table = sections.Table()
    with Rig(args.build, args.tiny, args.work) as rig:
        for name in args.only.split(","):
            sections.ALL[name](rig, table, args.rounds, args.tiny)
            table.show()
    if args.json:
        with open(args.json, "w") as f:
            json.dump(table.rows, f, indent=1)
    sys.exit(1 if table.missed and not args.tiny else 0)


main()
