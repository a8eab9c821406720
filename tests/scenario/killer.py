#!/usr/bin/env python3
"""Kill the uploader while it delivers to `liar.py`'s /faulty/, then let it finish, and compare the two ends.

killer.py UPLOADER CONF STATE STORE KILLS SEED     prints one line "WHAT COUNT" for each thing that must be 0

When it is killed is chosen so that the delivery lasts as long as the kills do.  What the uploader holds back is removed each
time, as by somebody who has seen to it.
"""
import glob
import hashlib
import json
import os
import random
import subprocess
import sys
import time

uploader, conf, state, store, kills, seed = sys.argv[1:5] + [int(a) for a in sys.argv[5:7]]
random.seed(seed)
outbox = {}
for folder, _, names in os.walk(state + "/outbox"):
    for name in names:
        if not name.startswith("."):
            outbox[os.path.relpath(os.path.join(folder, name), state + "/outbox")] = os.path.join(folder, name)
log = open(os.path.join(state, "..", "killer.log"), "ab")


def receipts():
    return glob.glob(state + "/receipts/*/*/*.receipt")


def clear():
    for p in glob.glob(state + "/journal/uploader/*.blocked"):
        os.unlink(p)


def start():
    clear()
    return subprocess.Popen([uploader, "--config", conf], stdin=subprocess.DEVNULL, stdout=log, stderr=log)


hit, wait = 0, 0.05
begun = time.time()
while hit < kills and len(receipts()) < len(outbox):
    p = start()
    try:
        p.wait(wait * 2 * random.random())
    except subprocess.TimeoutExpired:
        p.kill()
        p.wait()
        hit += 1
    ahead = len(receipts()) / len(outbox) - hit / kills
    wait = min(max(wait * (0.9 if ahead > 0 else 1.1), 0.002), 2.0)
print("killed %d times in %.0f s, with %d of %d receipts then" % (hit, time.time() - begun, len(receipts()), len(outbox)))
status, runs = 1, 0
while status != 0 and runs < 200:
    status, runs = start().wait(), runs + 1
print("finished with status %d after %d more runs" % (status, runs))


def content(path):
    with open(path, "rb") as f:
        return f.read()


want = {"_faulty_" + p.replace("/", "_"): path for p, path in outbox.items()}
there = {n for n in os.listdir(store) if n != "faults"}
seen, chain, prev = {}, 0, ""
for n, path in sorted((json.loads(content(p))["number"], p) for p in receipts()):
    r = json.loads(content(path))
    key = (r["day"], r["file"])
    seen[key] = seen.get(key, 0) + 1
    chain += n != len(seen) or (r.get("prev") or "") != prev
    prev = hashlib.sha256(content(path)).hexdigest()
print("missing", sum(n not in there for n in want))
print("altered", sum(n in there and content(store + "/" + n) != content(p) for n, p in want.items()))
print("strange", sum(n not in want and not n.endswith(".part") for n in there))
print("parts", sum(n.endswith(".part") for n in there))
print("receipts", abs(len(receipts()) - len(want)))
print("chain", chain)
print("double", sum(n > 1 for n in seen.values()))
sys.exit(status)
