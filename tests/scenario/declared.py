#!/usr/bin/env python3
"""declared.py EXPECTED.pcap PACKAGE.tar...: is every frame of EXPECTED either delivered once or stamped inside a gap that a
package declares?  Prints the counts; a frame that is neither, or is there twice, or is not in EXPECTED, is a failure."""
import datetime
import json
import subprocess
import sys
import tarfile


def nanoseconds(text):
    whole, fraction = text.rstrip("Z").split(".")
    t = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return int(t.timestamp()) * 10**9 + int(fraction)


gaps, loss = [], 0
for path in sys.argv[2:]:
    with tarfile.open(path) as tar:
        for member in tar:
            if not member.name.endswith("/custody.json"):
                continue
            custody = json.load(tar.extractfile(member))
            if "gap" in custody:
                w = custody["gap"]["window"]
                gaps.append((nanoseconds(w["from"]), nanoseconds(w["to"])))
            else:
                gaps += [(nanoseconds(g["from"]), nanoseconds(g["to"])) for g in custody["slice"].get("gaps", [])]
lister = [sys.argv[0].replace("declared.py", "frames.py"), "list"]
listed = lambda files: [l.split() for l in subprocess.run(lister + files, check=True, capture_output=True, text=True).stdout.splitlines()]
want = {l[3]: int(l[0]) for l in listed([sys.argv[1]])}
got = [l[3] for l in listed(sys.argv[2:])]
twice = len(got) - len(set(got))
foreign = len(set(got) - set(want))
missing = [h for h in want if h not in set(got)]
silent = [want[h] for h in missing if not any(a - 100_000 <= want[h] < b + 100_000 for a, b in gaps)]
print("%d sent, %d delivered, %d in %d declared gaps, %d undeclared, %d twice, %d foreign" %
      (len(want), len(set(got)), len(missing) - len(silent), len(gaps), len(silent), twice, foreign))
for t in silent[:5]:
    print("undeclared: stamped", t)
sys.exit(1 if silent or twice or foreign or not got else 0)
