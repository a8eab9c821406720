"""The sections of capture.py, each one function, and the table that they fill."""
import contextlib
import glob
import os
import re
import resource
import shutil
import statistics
import subprocess
import time

from rig import Casetap, peak_kib, run, threads
from tracker import tracker

HOSTS = 1000


class Table:
    def __init__(self):
        self.rows, self.missed, self.shown = [], 0, 0

    def row(self, what, peer, ours, unit, goal=None, of="", note=""):
        """One comparison; the goal is for the ratio ours / peer, with no peer for ours itself; ">=" or "<=" in front."""
        value = ours / peer if peer else ours
        met = None
        if goal:
            limit = float(goal.split()[1])
            met = value <= limit if goal.startswith("<=") else value >= limit
            self.missed += not met
        self.rows.append({"what": what, "peer": peer, "casetap": ours, "unit": unit, "ratio": value if peer else None,
                          "goal": goal, "met": met, "of": of, "note": note})

    def show(self):
        if self.shown == 0:
            print("%-58s %12s %12s %7s %-9s %-6s" % ("", "peer", "casetap", "ratio", "goal", "met?"))
        for r in self.rows[self.shown:]:
            number = lambda v: "" if v is None else "%.1f" % v if v < 1000 else "%.0f" % v
            print("%-58s %12s %12s %7s %-9s %-6s %s" % (
                r["what"] + ", " + r["unit"], number(r["peer"]), number(r["casetap"]),
                "" if r["ratio"] is None else "%.2f" % r["ratio"], r["goal"] or "",
                "" if r["met"] is None else "yes" if r["met"] else "MISSED",
                "; ".join(t for t in (r["of"] and "peer: " + r["of"], r["note"]) if t)), flush=True)
        self.shown = len(self.rows)


def median(rounds, key):
    return statistics.median(r[key] for r in rounds)


def is_there(program):
    return shutil.which(program) is not None


def hash_ns(rig, tiny):
    return statistics.median(float(run(rig.tool("hash"), 16 if tiny else 512)) for _ in range(3))


# --- live


def sniffers(out):
    """Programs that write what they see, and what each says once it sees it."""
    listening = "listening on"
    return {
        "tcpdump -w": (["tcpdump", "-Z", "root", "-ni", "vb", "-w", out + ".pcap"], listening),
        "tcpdump -B 64M": (["tcpdump", "-Z", "root", "-B", "65536", "-ni", "vb", "-w", out + ".pcap"], listening),
        "tcpdump -G 1": (["tcpdump", "-Z", "root", "-B", "65536", "-G", "1", "-ni", "vb", "-w", out + "%s.pcap"], listening),
        "dumpcap -B 64": (["dumpcap", "-q", "-P", "-B", "64", "-i", "vb", "-w", out + ".pcap"], "File:"),
        "netsniff-ng": (["netsniff-ng", "-i", "vb", "-o", out + ".pcap", "-s", "-Q", "-S", "64MiB"], "Running!"),
    }


def sniff(rig, words, ready, pcap, pps, frames):
    """One run of a peer: CPU ns a stored frame, and how many are missing."""
    files = rig.path("out*")
    p = rig.start(words, "peer.log")
    rig.await_true(lambda: rig.says("peer.log", ready), words[0])
    time.sleep(0.3)
    before = sum(threads(p.pid).values())
    sent = rig.send(pcap, pps, frames)
    rig.settle(files)
    spent = sum(threads(p.pid).values()) - before
    rig.stop(p)
    stored = rig.count(glob.glob(files))
    for f in glob.glob(files):
        os.unlink(f)
    return {"ns": spent / max(stored, 1), "missing": frames - stored, "pps": sent["pps"]}


def capture(casetap, pcap, pps, frames, warm=0):
    """The same of casetap, by thread; with its peak of memory.  ${warm} frames come first, and are not judged: memory is
    given to the pool, and cleared, as it is touched for the first time."""
    rig = casetap.rig
    p = casetap.start()
    time.sleep(0.3)
    hosts = HOSTS if casetap.spans else casetap.cases
    if warm:
        rig.send(pcap, 0, warm)
        rig.settle(casetap.state + "/spool/*/bench/*.p*")
    before = casetap.parts()
    sent = rig.send(pcap, pps, frames)
    rig.settle(casetap.state + "/spool/*/bench/*.p*")
    after = casetap.parts()
    peak = peak_kib(p.pid)
    status = rig.stop(p, 15)
    stored = rig.count(casetap.slices()) - (rig.expect(pcap, warm, hosts) if warm else 0)
    wanted = rig.expect(pcap, frames, hosts)
    result = {k: (after[k] - before[k]) / max(stored, 1) for k in after}
    result.update(missing=wanted - stored, pps=sent["pps"], peak=peak, sender=sent["ns"])
    if status != 0:
        raise SystemExit("casetap-capture ended with %d" % status)
    return result


def cpu(rig, table, rounds, tiny, size, goal):
    if tiny and size != 64:
        return
    ns_byte = hash_ns(rig, tiny)
    casetap = Casetap(rig, 1)
    frames = 20000 if tiny else 1500000 if size == 64 else 250000
    pcap = rig.pcap(size, 1)
    peers = {n: p for n, p in sniffers(rig.path("out")).items() if is_there(p[0][0]) and not (tiny and n != "tcpdump -w")}
    results = {n: [] for n in list(peers) + ["casetap"]}
    for r in range(rounds):
        for name in list(results)[r % len(results):] + list(results)[:r % len(results)]:
            results[name].append(capture(casetap, pcap, 0, frames) if name == "casetap"
                                 else sniff(rig, *peers[name], pcap, 0, frames))
    ours = results.pop("casetap")
    reader, writer, hashing = median(ours, "reader"), median(ours, "writer"), ns_byte * (size + 16)
    best = min((n for n in results if n.startswith("tcpdump")), key=lambda n: median(results[n], "ns"), default=None)
    missing = "missing: casetap %d" % median(ours, "missing")
    for n, r in results.items():
        table.row("%d B: reader's CPU a stored frame" % size, median(r, "ns"), reader, "ns", of=n,
                  note="missing: %s %d" % (n.split()[0], median(r, "missing")))
    if best:
        of = median(results[best], "ns")
        table.row("%d B: tool (reader, keeper, writer without hash)" % size, of,
                  reader + median(ours, "keeper") + max(writer - hashing, 0), "ns", goal, best + ", the best", missing)
        table.row("%d B: tool with its hash" % size, of, reader + median(ours, "keeper") + writer, "ns", of=best)
    table.row("%d B: the writer thread alone (of it SHA-256 %.0f)" % (size, hashing), None, writer, "ns")
    table.row("%d B: frames missing" % size, None, median(ours, "missing"), "frames", "<= 0")


def many_tcpdumps(rig, n, pcap, frames):
    """The greatest rate with one tcpdump a host."""
    words = lambda i: ["tcpdump", "-Z", "root", "-ni", "vb", "-w", rig.path("out%d.pcap" % i),
                       "host 10.1.%d.%d" % (i >> 8, i & 255)]
    started = [rig.start(words(i), "peer%d.log" % i) for i in range(n)]
    rig.await_true(lambda: all(rig.says("peer%d.log" % i, "listening") for i in range(n)), "%d tcpdumps" % n)
    time.sleep(0.5)
    sent = rig.send(pcap, 0, frames)
    rig.settle(rig.path("out*"))
    for p in started:
        rig.stop(p)
    files = glob.glob(rig.path("out*"))
    missing = rig.expect(pcap, frames, n) - rig.count(files)
    for f in files:
        os.unlink(f)
    return {"pps": sent["pps"], "missing": missing}


def rate(rig, table, rounds, tiny):
    pcap = rig.pcap("imix", HOSTS)
    ns_of = {}
    goals = {100: ">= 4", 1000: ">= 25"}
    for n in (1, 3) if tiny else (1, 10, 100, 1000):
        casetap, ours, peers = Casetap(rig, n), [], []
        for _ in range(rounds):
            ours.append(capture(casetap, pcap, 0, 20000 if tiny else 1000000))
            if n < 1000 and is_there("tcpdump"):
                peers.append(many_tcpdumps(rig, n, pcap, 20000 if tiny else 200000 if n == 100 else 1000000))
        if peers:
            ns_of[n] = 1e9 / median(peers, "pps")
        elif 100 in ns_of:
            ns_of[n] = ns_of[100] + (ns_of[100] - ns_of[10]) / 90 * (n - 100)
        note = "" if peers else "peer extrapolated from 10 and 100"
        note += "; missing: casetap %d" % median(ours, "missing")
        note += ", tcpdumps %d" % median(peers, "missing") if peers else ""
        table.row("IMIX, %d cases: greatest rate" % n, 1e6 / ns_of[n] if n in ns_of else None, median(ours, "pps") / 1e3,
                  "kpps", goals.get(n) if n in ns_of else None, "%d x tcpdump host X" % n, note.lstrip("; "))
        table.row("IMIX, %d cases: frames missing" % n, None, median(ours, "missing"), "frames", "<= 0")


def flat(rig, table, rounds, tiny):
    pcap = rig.pcap("imix", HOSTS)
    frames = 20000 if tiny else 1500000
    many = 20 if tiny else HOSTS
    one, all_of_them = Casetap(rig, 1, spans=True), Casetap(rig, many)
    one_case, cases = [], []
    for _ in range(rounds):
        one_case.append(capture(one, pcap, 0, frames, frames))
        cases.append(capture(all_of_them, pcap, 0, frames, frames))
    reader = lambda r: median(r, "reader")
    tool = lambda r: reader(r) + median(r, "writer") + median(r, "keeper")
    table.row("IMIX, %d cases beside 1 for the same frames: tool" % many, tool(one_case), tool(cases), "ns", "<= 1.3", "1 case",
              "missing: %d and %d" % (median(one_case, "missing"), median(cases, "missing")))
    table.row("  of it the reader", reader(one_case), reader(cases), "ns")
    table.row("  of it the writer, hash included", median(one_case, "writer"), median(cases, "writer"), "ns")
    table.row("  sender and kernel", median(one_case, "sender"), median(cases, "sender"), "ns")
    table.row("memory at most, %d cases (ring 64, pool 512 MiB)" % many, median(one_case, "peak") / 1024,
              median(cases, "peak") / 1024, "MiB", of="1 case")
    table.row("memory beyond ring and pool, %d cases" % many, None, median(cases, "peak") / 1024 - 64 - 512, "MiB", "<= 64")


# --- alone


def kfilter(rig, table, rounds, tiny):
    if tiny:
        return
    out = subprocess.run([rig.tool("kfilter")], check=False, capture_output=True, text=True).stdout
    cost = {}
    for name, hosts, ns in re.findall(r"(?m)^(tree|libpcap) +(\d+) +\d+ +[\d.]+ +(-?[\d.]+)", out):
        cost[name, int(hosts)] = float(ns)
    for n, goal in (1, None), (10, None), (100, "<= 20"), (1000, "<= 100"):
        table.row("kernel filter, a frame of nobody's, %d subjects" % n, None, cost["tree", n], "ns", goal,
                  note="libpcap's `host` OR: %.1f" % cost["libpcap", n] if ("libpcap", n) in cost else "")


def spent(words):
    """CPU seconds of a child process and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(w) for w in words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def file(rig, table, rounds, tiny):
    """A file into N cases: each N with its floor of no frames; beside copies of the file, and N passes of tcpdump."""
    frames = 5000 if tiny else 2800000
    source, idle, out = rig.pcap("imix", HOSTS, frames), rig.pcap("imix", HOSTS, 1), rig.path("copy.pcap")
    installed = {n: Casetap(rig, n) for n in ((1, 5) if tiny else (1, 10, 100, HOSTS))}
    copies = {"tcpdump -r -w": ["tcpdump", "-Z", "root", "-r", source, "-w", out],
              "netsniff-ng -i -o": ["netsniff-ng", "-i", source, "-o", out, "-s"],
              "tcpdump -r -w, one host": ["tcpdump", "-Z", "root", "-r", source, "-w", out, "host 10.1.0.1"]}
    jobs = {n: w for n, w in copies.items() if is_there(w[0])}
    for n, c in installed.items():
        jobs[n], jobs["idle", n] = [c.program, "--config", c.conf, "-r", source], [c.program, "--config", c.conf, "-r", idle]
    results, missing = {name: [] for name in jobs}, {}
    for _ in range(rounds):
        for name, words in jobs.items():
            c = installed.get(name[1] if isinstance(name, tuple) else name)
            if c:
                c.renew()
            results[name].append(spent(words) * 1000)
            if name in installed:
                missing[name] = rig.expect(source, frames, name) - rig.count(c.slices())
                shutil.rmtree(c.state)
            with contextlib.suppress(OSError):
                os.unlink(out)
    show_file(rig, table, {k: statistics.median(v) for k, v in results.items()}, source, missing, tiny)


def show_file(rig, table, mid, source, missing, tiny):
    hashing = hash_ns(rig, tiny) * os.path.getsize(source) / 1e6
    of, one = mid.get("tcpdump -r -w"), mid.get("tcpdump -r -w, one host")
    last = max(missing)
    for n in missing:
        table.row("%.2f GB of IMIX into %d cases, SHA-256 of each slice" % (os.path.getsize(source) / 1e9, n), of,
                  mid[n] - hashing, "CPU ms", "<= 1.6" if of and n == last else None, "tcpdump -r -w",
                  "hash of the source file, %.0f, apart; missing: %d" % (hashing, missing[n]))
        table.row("  beside %d passes of tcpdump" % n, one and one * n, mid[n], "CPU ms", of="tcpdump -r -w host X, n times its one")
        table.row("  of it what %d cases cost without frames" % n, None, mid["idle", n], "CPU ms")
        table.row("  frames missing", None, missing[n], "frames", "<= 0")
    if "netsniff-ng -i -o" in mid:
        table.row("the same beside netsniff-ng's copy", mid["netsniff-ng -i -o"], mid[last] - hashing, "CPU ms",
                  of="netsniff-ng -i -o")


def classify(rig, table, rounds, tiny):
    if not is_there("valgrind"):
        print("classify: left out: no valgrind")
        return
    frames, total, followed = 512 if tiny else 40960, [0, 0], [0, 0]
    for line in run(rig.tool("classify")).splitlines()[:2 if tiny else None]:
        kind, share = line.split()
        words = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no",
                 "--toggle-collect=matcher_frame", rig.tool("classify"), kind, str(frames)]
        said = subprocess.run(words, check=True, capture_output=True, text=True).stderr
        cost = int(re.search(r"Collected : (\d+)", said).group(1)) / frames
        table.row("classify, %s (%s of 100)" % (kind, share), None, cost, "instructions")
        for mix in (total,) if kind in ("gre", "vxlan") else (total, followed):
            mix[0] += cost * int(share)
            mix[1] += int(share)
    table.row("classify, the mix without tunnels", None, followed[0] / followed[1], "instructions")
    table.row("classify, the mix", None, total[0] / total[1], "instructions", "<= 80")


def cpu64(rig, table, rounds, tiny):
    cpu(rig, table, rounds, tiny, 64, "<= 0.65")


def cpu1514(rig, table, rounds, tiny):
    cpu(rig, table, rounds, tiny, 1514, "<= 1.0")


ALL = {"cpu64": cpu64, "cpu1514": cpu1514, "rate": rate, "flat": flat, "kfilter": kfilter, "file": file, "classify": classify,
       "tracker": tracker}
