#!/usr/bin/env python3
"""declared.py [--loss] EXPECTED.pcap PACKAGE.tar...: is every frame of EXPECTED either delivered once or stamped inside a gap
that a package declares?  Prints the counts; a frame that is neither, or is there twice, or is not in EXPECTED, is a failure.
With --loss a time in which a slice calls loss possible counts as well."""
import datetime
import json
import sys
import tarfile

sys.dont_write_bytecode = True
import frames


def nanoseconds(text):
    whole, fraction = text.rstrip("Z").split(".")
    t = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return int(t.timestamp()) * 10**9 + int(fraction)


gaps, is_loss = [], sys.argv[1] == "--loss"
if is_loss:
    del sys.argv[1]
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
                declared = custody["slice"].get("gaps", [])
                if is_loss and custody["slice"]["loss"]["shared"] == "possible":
                    declared = declared + [custody["slice"]["loss"]]
                gaps += [(nanoseconds(g["from"]), nanoseconds(g["to"])) for g in declared]
want = {what[2]: time for time, what in frames.pcaps(sys.argv[1])}
got = [what[2] for path in sys.argv[2:] for _, what in frames.pcaps(path)]
twice = len(got) - len(set(got))
foreign = len(set(got) - set(want))
missing = [h for h in want if h not in set(got)]
silent = [want[h] for h in missing if not any(a - 100_000 <= want[h] < b + 100_000 for a, b in gaps)]
print("%d sent, %d delivered, %d in %d declared gaps, %d undeclared, %d twice, %d foreign" %
      (len(want), len(set(got)), len(missing) - len(silent), len(gaps), len(silent), twice, foreign))
for t in silent[:5]:
    print("undeclared: stamped", t)
sys.exit(1 if silent or twice or foreign or not got else 0)
