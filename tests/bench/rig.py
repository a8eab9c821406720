"""What capture.py measures with: a veth pair between two network namespaces, capture programs and the CPU time that they
take, installations of casetap with any number of cases."""
import concurrent.futures
import contextlib
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import control

LIMIT = 60  # seconds that anything may take to get ready


def run(*words, **more):
    return subprocess.run([str(w) for w in words], check=True, capture_output=True, text=True, **more).stdout


def processes(pid):
    """A process and all that it started."""
    found = [pid]
    for p in found:
        with contextlib.suppress(OSError):
            for t in os.listdir("/proc/%d/task" % p):
                with open("/proc/%d/task/%s/children" % (p, t)) as f:
                    found += [int(w) for w in f.read().split()]
    return found


def threads(pid):
    """{(process, thread): ns on a CPU} of a process and all that it started."""
    spent = {}
    for p in processes(pid):
        with contextlib.suppress(OSError):
            for t in os.listdir("/proc/%d/task" % p):
                with open("/proc/%d/task/%s/schedstat" % (p, t)) as f:
                    spent[p, int(t)] = int(f.read().split()[0])
    return spent


def peak_kib(pid):
    """The most memory that each process of the tree ever had, summed up; a ring that is mapped counts."""
    resident = 0
    for p in processes(pid):
        with contextlib.suppress(OSError):
            with open("/proc/%d/status" % p) as f:
                resident += int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1))
    return resident


class Rig:
    """Programs, a folder on tmpfs (or ${work}, which stays), and the pair: frames go in at va and are captured at vb."""

    def __init__(self, build, tiny=False, work=None):
        self.pause = 0.2 if tiny else 1.3  # tcpdump's last ring block comes a second late
        self.build = os.path.realpath(build)
        self.bench = os.path.join(self.build, "tests/bench")
        self.work = work or "/dev/shm/casetap-bench.%d" % os.getpid()
        self.stays = work is not None
        self.near, self.far = "ctb%da" % os.getpid(), "ctb%db" % os.getpid()
        self.alive = []
        self.spread = os.cpu_count() > 1

    def __enter__(self):
        # Whoever ends us by a signal gets the namespaces cleaned up as well.
        for number in signal.SIGTERM, signal.SIGHUP:
            signal.signal(number, lambda *_: sys.exit(1))
        try:
            self.lay_out()
        except BaseException:
            self.__exit__()
            raise
        return self

    def lay_out(self):
        os.makedirs(self.work, 0o700, exist_ok=self.stays)
        for ns in self.near, self.far:
            run("ip", "netns", "add", ns)
            run("ip", "netns", "exec", ns, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                "net.ipv6.conf.default.disable_ipv6=1")
        run("ip", "-n", self.near, "link", "add", "va", "type", "veth", "peer", "name", "vb", "netns", self.far)
        run("ip", "-n", self.near, "link", "set", "va", "address", "02:00:00:00:00:11", "up")
        run("ip", "-n", self.far, "link", "set", "vb", "address", "02:00:00:00:00:22", "up")

    def __exit__(self, *_):
        for number in signal.SIGTERM, signal.SIGHUP, signal.SIGINT:
            signal.signal(number, signal.SIG_IGN)  # this much is finished
        for p in self.alive:
            p.kill()
            p.wait()
        for ns in self.near, self.far:
            subprocess.run(["ip", "netns", "del", ns], check=False, stderr=subprocess.DEVNULL)
        if not self.stays:
            shutil.rmtree(self.work, ignore_errors=True)

    def tool(self, name):
        return os.path.join(self.bench, name + "_bench")

    def path(self, *names):
        return os.path.join(self.work, *names)

    def pcap(self, size, hosts, frames=20000):
        path = self.path("frames-%s-%d-%d.pcap" % (size, hosts, frames))
        if not os.path.exists(path):
            run(self.tool("savefile"), "make", path, frames, size, hosts)
        return path

    def expect(self, pcap, frames, hosts):
        return int(run(self.tool("savefile"), "expect", pcap, frames, hosts))

    def count(self, files):
        return int(run(self.tool("savefile"), "count", *files)) if files else 0

    def cpu(self, number):
        return ["taskset", "-c", str(number)] if self.spread else []

    def start(self, words, log):
        """Start a program beside the far end, on the second CPU."""
        with open(self.path(log), "wb") as f:
            p = subprocess.Popen(["ip", "netns", "exec", self.far] + self.cpu(1) + [str(w) for w in words], stdout=f,
                                 stderr=f, stdin=subprocess.DEVNULL)
        self.alive.append(p)
        return p

    def await_true(self, condition, what):
        until = time.monotonic() + LIMIT
        while not condition():
            if time.monotonic() > until or any(p.poll() is not None for p in self.alive):
                raise SystemExit("%s: not ready; its words are in %s" % (what, self.work))
            time.sleep(0.05)

    def says(self, log, pattern):
        with open(self.path(log), errors="replace") as f:
            return re.search(pattern, f.read()) is not None

    def send(self, pcap, pps, frames):
        return json.loads(run("ip", "netns", "exec", self.near, *self.cpu(0), self.tool("sender"), "va", pcap, pps, frames))

    def stop(self, p, how=signal.SIGINT):
        p.send_signal(how)
        status = p.wait(LIMIT)
        self.alive.remove(p)
        return status

    def settle(self, pattern):
        """Wait until files do not grow any more."""
        last = -1
        for _ in range(20):
            time.sleep(self.pause)
            now = sum(os.path.getsize(f) for f in glob.glob(pattern, recursive=True))
            if now == last:
                return
            last = now


class Casetap:
    """An installation with cases for the first hosts, made once; each run gets a state of its own."""

    def __init__(self, rig, cases, spans=False, follows=False):
        """${spans}: the one case is for all hosts, by their prefix; ${follows}: cases name hosts by who they are."""
        self.rig, self.cases, self.spans, self.follows = rig, cases, spans, follows
        self.home = rig.path("casetap-%d-%d-%d" % (cases, spans, follows))
        self.conf = os.path.join(self.home, "etc/casetap.conf")
        self.state = os.path.join(self.home, "var")
        self.program = os.path.join(rig.build, "capture/casetap-capture")
        self.admin = os.path.join(rig.build, "admin/casetap")
        self.first = rig.path("casetap-first")  # with no case: the others have its keys
        if not os.path.exists(self.first):
            self.install()
        if not os.path.exists(self.home):
            self.copy()

    def install(self):
        run(self.admin, "init", "--config", os.path.join(self.first, "etc"), "--state", os.path.join(self.first, "var"),
            "--name", "Bench LLC", "--iap", "bench", "--destination-name", "lea", "--destination-url",
            "file://" + self.first, "--allow-volatile-state")
        os.mkdir(os.path.join(self.first, "approved"))

    def copy(self):
        """Make it beside the first: an order is approved once, whatever the number of installations that have it."""
        made = self.home + ".new"
        shutil.rmtree(made, ignore_errors=True)
        for name in "etc", "var":
            shutil.copytree(os.path.join(self.first, name), os.path.join(made, name), symlinks=True)
        with open(os.path.join(made, "etc/casetap.conf")) as f:
            text = f.read().replace(self.first + "/", self.home + "/")
        text = re.sub("(?m)^max_order_days = .*\n", "", text)
        text = re.sub("(?m)^\\[station\\]", "[station]\nmax_order_days = 3650", text)
        text = re.sub("(?m)^interface = .*", "interface = vb\nring_bytes = 64M\npool_bytes = 512M\n" +
                      (control.SETTINGS if self.follows else ""), text)
        with open(os.path.join(made, "etc/casetap.conf"), "w") as f:
            f.write(text)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for folder in pool.map(self.order, range(self.cases)):
                shutil.copytree(folder, os.path.join(made, "etc/orders", os.path.basename(folder)))
        os.rename(os.path.join(made, "var"), os.path.join(made, "var.fresh"))
        os.rename(made, self.home)

    def order(self, i):
        """The folder of an approved order whose window holds now, and the frames of the files, of 1700000000 and later."""
        case = "SPAN" if self.spans else "%s-%04d" % ("MOVES" if self.follows else "BENCH", i)
        folder = os.path.join(self.first, "approved", case)
        path = os.path.join(folder, "1.order")
        subject = "ipv4 = 10.1.%d.%d" % (i >> 8, i & 255) + ("/22\nallow_prefix = yes" if self.spans else "")
        if self.follows:
            subject = control.identities(i)
        day = lambda t: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
        if os.path.exists(path + ".done"):
            return folder
        os.makedirs(folder, 0o750, exist_ok=True)
        with open(path, "w") as f:
            f.write("[order]\nformat = casetap-order/1\ncase_id = %s\ncontent_id = 1\nlea = lea\n"
                    "authority = title-iii\norder_number = 1\nissued_by = A\npresented_by = B\nresponsible = C\n"
                    "not_before = %s\nnot_after = %s\nrevision = 1\n\n[subject]\n%s\n\n"
                    "[capture]\nscope = content\n\n[delivery]\nto = lea\n" %
                    (case, day(1699999200), day(time.time() + 86400), subject))
        os.chmod(path, 0o640)
        run(self.admin, "order", "approve", path, "--config", os.path.join(self.first, "etc/casetap.conf"), "--key",
            os.path.join(self.first, "etc/keys/approver.key"))
        with open(path + ".done", "w"):
            pass
        return folder

    def renew(self):
        shutil.rmtree(self.state, ignore_errors=True)
        shutil.copytree(self.state + ".fresh", self.state)

    def status(self):
        with contextlib.suppress(OSError, ValueError):
            with open(os.path.join(self.state, "journal/capture/bench.status")) as f:
                return json.load(f)
        return {}

    def is_ready(self):
        s = self.status()
        return s.get("state") == "capturing" and sum(c["capturing"] for c in s["cases"]) == self.cases

    def start(self):
        self.renew()
        p = self.rig.start([self.program, "--config", self.conf], "casetap.log")
        self.rig.await_true(self.is_ready, "casetap-capture")
        return p

    def parts(self):
        """CPU ns so far: of the reader, of its writer thread, of the keeper."""
        reader = self.status()["reader_pid"]
        sums = {"reader": 0, "writer": 0, "keeper": 0}
        for (p, t), ns in threads(self.rig.alive[-1].pid).items():
            sums["keeper" if p != reader else "reader" if t == p else "writer"] += ns
        return sums

    def slices(self):
        return glob.glob(os.path.join(self.state, "spool/*/bench/*.pcap"))

