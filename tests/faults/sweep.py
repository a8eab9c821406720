#!/usr/bin/env python3
"""sweep.py MODE SUBJECT BUILD [OPTION...]: does a program keep its promises, whichever of its calls fails or is its last?

MODE   kill: SIGKILL before the k-th call of each kind, then a power cut (ext4 on a loop device is shut down without a flush
       of its journal, mounted again, replayed); root only.
       errno: the k-th call fails, once, and for what fails for good also from there on, with every plausible errno.
       oom: the k-th allocation fails, or all from there on.
SUBJECT is a script, called as `SUBJECT prepare|run|check BUILD` in the folder $S, an ext4 of its own in mode kill.
       prepare: what is there before; done once, $S is put back to that for each point.
       run: prints the words of the program's command, each with a NUL behind it.
       check: 0 if all is well.  $RC is what the run ended with: 0, another code, -9 for one that was killed.  What it
       writes is shown when it is not.  Where a run leaves, byte for byte and mode for mode, what one before it left that
       ended with the same code and was well, it is not asked again: so that this happens, the program's clocks are held.
BUILD  the build folder.

--places    not every call of a kind, but the first from each place in the program (and its two callers), and one errno for
            each: so every way out of every function is taken once
--points N  so many points, spread evenly over all (0: all)     --seconds N  a run may take so long (60)
--codes A,B,...  with which a run may end (0 and those of casetap(7))     --calls A,B,... only these kinds
--megabytes N  size of the ext4 (48)     --verbose  a line a point     --jobs N  so many at once (1)
--every-check  ask check for every point

A violation is a check that fails, and in modes errno and oom also a run that is ended by a signal, hangs, or ends with a
code that is not documented or, other than 0, without a word.  The last line counts; the status is 0 without a violation.
See faults.c for how calls are counted and made to fail.
"""
import argparse
import ctypes
import errno
import fcntl
import hashlib
import os
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time

NAMES = ("write pwrite read fsync fdatasync syncfs rename link unlink open create mkdir ftruncate fchmod close flock fstat mmap "
         "fork thread socket malloc").split()
CHANGES = "write pwrite fsync fdatasync syncfs rename link unlink create mkdir ftruncate fchmod".split()
# What each may say, and (after the bar) what it would go on saying.
ERRORS = {
    "write": "ENOSPC EIO EDQUOT EINTR short | ENOSPC EIO", "pwrite": "ENOSPC EIO", "read": "EIO EINTR", "fsync": "EIO ENOSPC EDQUOT | EIO",
    "fdatasync": "EIO ENOSPC | EIO", "syncfs": "EIO", "rename": "EIO ENOSPC EEXIST EROFS | EROFS", "link": "EEXIST EMLINK ENOSPC",
    "unlink": "EIO EROFS EACCES", "open": "EMFILE ENFILE EACCES EIO | EMFILE", "create": "EMFILE ENOSPC EROFS EACCES EDQUOT EEXIST | ENOSPC EMFILE",
    "mkdir": "ENOSPC EACCES EROFS EEXIST", "ftruncate": "EIO", "fchmod": "EPERM EROFS", "close": "EIO ENOSPC", "flock": "EINTR ENOLCK",
    "fstat": "EIO", "mmap": "ENOMEM", "fork": "EAGAIN ENOMEM", "thread": "EAGAIN", "socket": "EMFILE ENFILE", "malloc": "ENOMEM | ENOMEM",
}
EXT4_IOC_SHUTDOWN, NOLOGFLUSH = 0x8004587D, 2
IS_DEAD = 8  # bytes before the counts

parser = argparse.ArgumentParser(usage=__doc__)
parser.add_argument("mode", choices=["kill", "errno", "oom"])
parser.add_argument("subject")
parser.add_argument("build")
parser.add_argument("--places", action="store_true")
parser.add_argument("--points", type=int, default=0)
parser.add_argument("--seconds", type=float, default=60)
parser.add_argument("--codes", default="0,64,65,66,69,70,71,73,74,75,76,77,78")
parser.add_argument("--calls", default="")
parser.add_argument("--megabytes", type=int, default=48)
parser.add_argument("--verbose", action="store_true")
parser.add_argument("--jobs", type=int, default=1)
parser.add_argument("--every-check", action="store_true")
args = parser.parse_args()
args.build = os.path.realpath(args.build)
args.subject = os.path.realpath(args.subject)
library = args.build + "/tests/faults/libcasetap_faults.so"
codes = [int(c) for c in args.codes.split(",")]


def quietly(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


class Place:
    """$S: a folder, or a loop ext4, that can be put back to what prepare made of it."""

    def __init__(self, work):
        self.work, self.path = work, work + "/s"
        self.image, self.first, self.is_mounted = work + "/image", work + "/first", False
        os.mkdir(self.path)
        if args.mode == "kill":
            with open(self.image, "wb") as f:
                f.truncate(args.megabytes << 20)
            self.must("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0", self.image)
            self.mount()

    def prepare(self):
        done = call(self, "prepare")
        if done.returncode != 0:
            sys.exit("sweep: prepare: " + done.stdout)
        self.command = self.told()
        clocks = (time.CLOCK_REALTIME, time.CLOCK_BOOTTIME)
        self.clocks = ":".join("%d" % time.clock_gettime_ns(c) for c in clocks)
        self.known = set()
        self.keep()

    def told(self):
        done = call(self, "run")
        words = done.stdout.split("\0")[:-1]
        if done.returncode != 0 or not words:
            sys.exit("sweep: run: " + done.stdout)
        return words

    def must(self, *command):
        done = quietly(*command)
        if done.returncode != 0:
            sys.exit("sweep: %s: %s" % (" ".join(command), done.stdout))

    def mount(self):
        self.must("mount", "-o", "loop", self.image, self.path)
        self.is_mounted = True

    def unmount(self):
        for _ in range(200 if self.is_mounted else 0):
            if quietly("umount", self.path).returncode == 0:
                self.is_mounted = False
                return
            time.sleep(0.02)

    def keep(self):
        if args.mode == "kill":
            self.unmount()
            self.must("cp", "--sparse=always", self.image, self.first)
        else:
            os.rename(self.path, self.first)

    def restore(self):
        if args.mode == "kill":
            self.unmount()
            self.must("cp", "--sparse=always", self.first, self.image)
            self.mount()
        else:
            shutil.rmtree(self.path, ignore_errors=True)
            shutil.copytree(self.first, self.path, symlinks=True)

    def cut(self):
        """As if the power failed: what is not on the disk by now never gets there."""
        fd = os.open(self.path, os.O_RDONLY)
        fcntl.ioctl(fd, EXT4_IOC_SHUTDOWN, struct.pack("I", NOLOGFLUSH))
        os.close(fd)
        self.unmount()
        self.mount()

    def digest(self):
        """Of all that is there.  The status, which has the time and the process in it, is for people alone."""
        h = hashlib.sha256()
        for folder, folders, files in os.walk(self.path):
            folders.sort()
            for name in sorted(folders + files):
                path = os.path.join(folder, name)
                mode = os.lstat(path).st_mode
                h.update(b"%s %o " % (os.path.relpath(path, self.path).encode(), mode))
                if stat.S_ISREG(mode) and not name.endswith(".status"):
                    with open(path, "rb") as f:
                        h.update(b"%d " % os.fstat(f.fileno()).st_size + f.read())
        return h.digest()

    def remove(self):
        self.unmount()
        shutil.rmtree(self.work, ignore_errors=True)


class Run:
    """The program once, with a rule; afterwards nothing of it is left running."""

    def __init__(self, place, rule):
        counts = place.work + "/counts"
        with open(counts, "wb") as f:
            f.write(bytes(IS_DEAD + 8 * len(NAMES)))
        env = dict(os.environ, S=place.path, LD_PRELOAD=library, FAULTS=rule, FAULTS_COUNTS=counts,
                   FAULTS_CLOCK=place.clocks)
        sites = place.work + "/sites"
        if args.places and not rule:
            with open(sites, "wb"):
                env["FAULTS_SITES"] = sites
        self.is_hung, output = False, open(place.work + "/output", "w+b")
        process = subprocess.Popen(place.command, env=env, cwd=place.path, stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=output, start_new_session=True)
        try:
            self.rc = process.wait(timeout=args.seconds)
        except subprocess.TimeoutExpired:
            self.is_hung = True
        if args.mode == "kill" and self.is_hung:
            self.is_hung = False  # the rest of it waited for what is dead
        with open(counts, "rb") as f:
            data = f.read()
        self.firsts = firsts(sites) if "FAULTS_SITES" in env else None
        self.is_dead = data[:IS_DEAD] != bytes(IS_DEAD)
        try:
            os.killpg(process.pid, signal.SIGKILL)  # a session of its own, which it has not left
        except ProcessLookupError:
            pass
        self.rc = process.wait()
        self.counts = dict(zip(NAMES, struct.unpack("%dQ" % len(NAMES), data[IS_DEAD:])))
        output.seek(0)
        self.output = output.read().decode(errors="replace")
        output.close()


def call(place, what, **env):
    return subprocess.run([args.subject, what, args.build], env=dict(os.environ, S=place.path, **env), cwd=place.path,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def firsts(sites):
    """For each kind of call the numbers of those that come from a place for the first time."""
    seen, found = set(), {name: [] for name in NAMES}
    with open(sites, "rb") as f:
        for call, n, where in struct.iter_unpack("QQQ", f.read()):
            if (call, where) not in seen:
                seen.add((call, where))
                found[NAMES[call]].append(n)
    return found


def rules(counts, numbers):
    names = args.calls.split(",") if args.calls else (CHANGES if args.mode == "kill" else ["malloc"] if args.mode == "oom" else
                                                      [n for n in NAMES if n != "malloc"])
    for name in names:
        for k in numbers[name] if numbers else range(1, counts[name] + 1):
            if args.mode == "kill":
                yield "%s:%d:kill" % (name, k)
                continue
            once, _, always = ERRORS[name].partition("|")
            if numbers:
                once, always = once.split()[0], ""
            for e in once.split():
                yield "%s:%d:%s" % (name, k, e if e == "short" else getattr(errno, e))
            for e in always.split():
                yield "%s:%d+:%d" % (name, k, getattr(errno, e))


def judge(place, run, rule):
    """Return what is wrong, or None."""
    if args.mode == "kill":
        place.cut()
    elif run.is_hung:
        return "hangs"
    elif run.rc < 0:
        return "ended by signal %d" % -run.rc
    elif run.rc not in codes:
        return "ended with %d" % run.rc
    elif run.rc != 0 and not run.output.strip():
        return "ended with %d without a word" % run.rc
    if args.every_check:
        return check(place, run)
    left = (run.rc, place.digest())
    if left in place.known:
        place.skipped += 1
        return None
    wrong = check(place, run)
    if wrong is None:
        place.known.add(left)
    return wrong


def check(place, run):
    done = call(place, "check", RC=str(run.rc))
    return None if done.returncode == 0 else "check: " + done.stdout.strip()[-600:]


class Sweep:
    """All places take points from one list."""

    def __init__(self, places):
        self.places, self.lock = places, threading.Lock()
        self.done = self.bad = self.met = 0

    def begin(self):
        """Prepare each place; the run without a fault says how many points there are."""
        for place in self.places:
            place.prepare()
            place.restore()
            place.skipped = 0
            run = self.undisturbed(place)
        self.counts = run.counts
        todo = list(rules(run.counts, run.firsts))
        self.total = len(todo)
        if 0 < args.points < self.total:
            todo = [todo[i * self.total // args.points] for i in range(args.points)]
        self.todo = iter(todo)

    def undisturbed(self, place):
        run = Run(place, "")
        wrong = "ends with %d: %s" % (run.rc, run.output) if run.rc != 0 else judge(place, run, "")
        if wrong:
            sys.exit("sweep: without any fault: " + wrong)
        return run

    def point(self, place, rule):
        place.restore()
        run = Run(place, rule)
        name, n = rule.split(":")[:2]
        is_met = run.is_dead if args.mode == "kill" else run.counts[name] >= int(n.rstrip("+"))
        wrong = judge(place, run, rule)
        with self.lock:
            self.done += 1
            self.met += is_met
            self.bad += wrong is not None
            if args.verbose:
                print(rule, run.rc, wrong or "", flush=True)
            if wrong:
                print("# VIOLATION %s (ended with %d): %s" % (rule, run.rc, wrong), flush=True)
                print("".join("#     %s\n" % l for l in run.output.splitlines()[-6:]), end="", flush=True)
            if self.done % 1000 == 0:
                print("# %d of %d, %d violations" % (self.done, self.total, self.bad), flush=True)

    def work(self, place):
        while True:
            with self.lock:
                rule = next(self.todo, None)
            if rule is None:
                return
            self.point(place, rule)

    def run(self):
        self.begin()
        threads = [threading.Thread(target=self.work, args=(p,)) for p in self.places]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        print("%s: %d of %d points, %d met, %d ended as one before and were not checked again, %d violations (%s)" % (
            args.mode, self.done, self.total, self.met, sum(p.skipped for p in self.places), self.bad,
            ", ".join("%s %d" % (n, c) for n, c in self.counts.items() if c and n != "malloc")))
        return self.bad == 0 and self.met > 0


def keep_mounts_to_ourselves():
    """A mount that another process's new namespace copied would outlive our umount, and its shut filesystem with it."""
    clone_newns, ms_rec_private = 0x20000, 0x44000
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(clone_newns) != 0 or libc.mount(b"none", b"/", None, ms_rec_private, None) != 0:
        sys.exit("sweep: no mount namespace: " + os.strerror(ctypes.get_errno()))


def main():
    if args.mode == "kill":
        keep_mounts_to_ourselves()
    # In memory: a point is hundreds of syncs.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    places = []
    try:
        for _ in range(args.jobs):
            places.append(Place(tempfile.mkdtemp(prefix="casetap-sweep.", dir=memory)))
            os.chmod(places[-1].work, 0o755)
        return 0 if Sweep(places).run() else 1
    finally:
        for place in places:
            place.remove()


signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
sys.exit(main())
