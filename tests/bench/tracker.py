"""The section of capture.py that measures what it costs to follow subjects."""
import re
import shutil
import statistics
import subprocess

import control
from rig import Casetap

PPS = 500000
HOT = "table_frame"  # what the reader does with each frame
TRACKER = "table_follow_frame"


def make(rig, hosts, frames):
    """The frames that are sent or read, behind those by which all begins."""
    plain, path = rig.pcap("imix", hosts, frames), rig.path("control-%d-%d.pcap" % (hosts, frames))
    control.write(path, control.mixed(control.read(plain)))
    return path


def stored(casetap, hosts):
    """Of the frames in the slices, those of data to the first hosts."""
    return sum(casetap.rig.expect(s, casetap.rig.count([s]), hosts) for s in casetap.slices())


def live(casetap, begin, pcap, frames):
    """CPU ns of each sent frame, by who spent it; of the paced part alone."""
    rig = casetap.rig
    p = casetap.start()
    rig.send(begin, 5000, control.SUBJECTS * len(control.KINDS) * 2)
    rig.settle(casetap.state + "/spool/*/bench/*.p*")
    before = casetap.parts()
    sent = rig.send(pcap, PPS, frames)
    rig.settle(casetap.state + "/spool/*/bench/*.p*")
    after = casetap.parts()
    if rig.stop(p, 15) != 0:
        raise SystemExit("casetap-capture did not end well")
    result = {k: (after[k] - before[k]) / frames for k in after}
    result.update(all=sum(result.values()), pps=sent["pps"], sender=sent["ns"],
                  missing=rig.expect(pcap, frames, control.SUBJECTS) - stored(casetap, control.SUBJECTS))
    return result


def instructions(casetap, pcap, of):
    """Of one function, with all that it calls, for all frames of a file."""
    casetap.renew()
    words = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no", "--toggle-collect=" + of,
             casetap.program, "--config", casetap.conf, "-r", pcap]
    said = subprocess.run([str(w) for w in words], check=True, capture_output=True, text=True).stderr
    return max(int(n) for n in re.findall(r"Collected : (\d+)", said))


def beside(rig, table, rounds, tiny, hosts, goal):
    """Live: by address and by following, by turns."""
    frames = 20000 if tiny else 2000000
    begin, pcap = rig.path("begin.pcap"), make(rig, hosts, 20000)
    control.write(begin, control.beginning())
    installed = {"fixed": Casetap(rig, control.SUBJECTS), "follows": Casetap(rig, control.SUBJECTS, follows=True)}
    results = {n: [] for n in installed}
    for r in range(rounds):
        for name in list(installed)[::1 if r % 2 else -1]:
            results[name].append(live(installed[name], begin, pcap, frames))
    mid = lambda name, key: statistics.median(r[key] for r in results[name])
    what = "IMIX, %.0f kpps, of %d hosts %d subjects: CPU to follow them" % (mid("follows", "pps") / 1e3, hosts, control.SUBJECTS)
    table.row(what, mid("fixed", "all"), mid("follows", "all"), "ns a frame", goal, "by address",
              "missing: %d and %d; %.1f and %.1f %% of a CPU" % (mid("fixed", "missing"), mid("follows", "missing"),
                                                                 mid("fixed", "all") * PPS / 1e7, mid("follows", "all") * PPS / 1e7))
    for part in "reader", "writer", "keeper":
        table.row("  of it the " + part, mid("fixed", part), mid("follows", part), "ns a frame")
    table.row("  sender and kernel", mid("fixed", "sender"), mid("follows", "sender"), "ns a frame")


def counted(rig, table, tiny):
    frames = 2000 if tiny else 100000
    path, begin = rig.path("counted.pcap"), control.beginning()
    control.write(path, begin + control.mixed(control.read(rig.pcap("imix", control.SUBJECTS, frames))))
    head = rig.path("counted-begin.pcap")
    control.write(head, begin)
    follows, fixed = Casetap(rig, control.SUBJECTS, follows=True), Casetap(rig, control.SUBJECTS)
    steady = lambda casetap, of: (instructions(casetap, path, of) - instructions(casetap, head, of)) / frames
    table.row("user instructions a frame to judge and to store", steady(fixed, HOT), steady(follows, HOT), "", of="by address",
              note="behind the frames by which all begins")
    table.row("  of it the tracker", None, steady(follows, TRACKER), "instructions")


def tracker(rig, table, rounds, tiny):
    if tiny:
        control.SUBJECTS = 10  # to approve an order takes a second
    beside(rig, table, rounds, tiny, control.SUBJECTS, "<= 1.05")
    if not tiny:
        beside(rig, table, rounds, tiny, 1000, None)
    if shutil.which("valgrind"):
        counted(rig, table, tiny)
    else:
        print("tracker: instructions left out: no valgrind")
