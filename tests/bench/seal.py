#!/usr/bin/env python3
"""seal.py BUILD [--bytes N] [--rounds N] [--small N] [--folder DIR]

Sealing and verifying beside what people script, in one run: each round runs every way once, so that what else the machine
does falls on all of them; the medians are shown, with CPU time and the peak of resident memory
(never less than this program's own, 16 MiB or so, which each child begins with).  BUILD is a build folder
configured with -DBENCH=ON.  FOLDER should be on tmpfs, so that hashing and copying are measured and not a disk.

  people    sha256sum SLICE; tar; sync; minisign -Sm TAR
  good      openssl dgst SLICE; tar; sync; minisign -Sm of the sums      (the tar itself is hashed by nobody)
  write     seal_bench: what casetap-packager writes, signed and synced; the tar is hashed when it is read back
  seal      casetap-packager: the same, read back with the verifier's code, ledger and all
  unpack    tar xf PACKAGE; openssl dgst of the slice in it
  verify    casetap-verify PACKAGE
"""
import argparse, glob, os, shutil, statistics, struct, subprocess, sys, tempfile, time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("build")
parser.add_argument("--bytes", type=int, default=1 << 30, help="length of the slice")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--small", type=int, default=2000, help="packages of the case of small slices, 0 for none")
parser.add_argument("--folder", default="/dev/shm")
args = parser.parse_args()
build = os.path.realpath(args.build)
work = tempfile.mkdtemp(prefix="casetap-seal-bench.", dir=args.folder)
os.environ["PATH"] = ":".join(build + "/" + d for d in ("capture", "packager", "uploader", "admin")) + ":" + os.environ["PATH"]
START = 1795219200 - 86400  # 2026-11-20T00:00:00Z


def quietly(*command, codes=(0,)):
    done = subprocess.run(command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    if done.returncode not in codes:
        sys.exit("%s: status %d\n%s" % (" ".join(command), done.returncode, done.stdout.decode(errors="replace")))
    return done.stdout.decode()


def frame(i, size):
    """A UDP datagram of the subject."""
    body = (b"%08d" % i) * (size // 8 + 1)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, size - 14, i & 0xFFFF, 0, 64, 17, 0, bytes([198, 51, 100, 7]), bytes([203, 0, 113, 9]))
    return (b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip + body)[:size]


def pcap(path, frames):
    with open(path, "wb", 1 << 20) as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for t, data in frames:
            f.write(struct.pack("<IIII", int(t), int(t % 1 * 1e6), len(data), len(data)) + data)


def installation(name, source):
    """A station whose spool holds the slices of the source: the path of its state, and of a copy that is to be kept."""
    home = os.path.join(work, name)
    os.makedirs(home + "/lea")
    quietly("casetap", "init", "--config", home + "/etc", "--state", home + "/var", "--name", "Bench", "--iap", "tower-7",
            "--destination-name", "lea", "--destination-url", "file://" + home + "/lea", "--allow-volatile-state")
    conf = home + "/etc/casetap.conf"
    text = open(conf).read().replace("slice_seconds = 300", "slice_seconds = 300\nslice_bytes = 64G")
    open(conf, "w").write(text)
    order = quietly("casetap", "order", "new", "--config", conf, "--case", "LI-1", "--lea", "lea", "--authority", "title-iii",
                    "--order-number", "1", "--issued-by", "A", "--presented-by", "B", "--responsible", "C", "--subject",
                    "198.51.100.7", "--from", "2026-11-20T00:00:00Z", "--to", "2026-12-20T00:00:00Z", "--to-destination", "lea")
    open(home + "/1.order", "w").write(order)
    quietly("casetap", "order", "approve", home + "/1.order", "--config", conf, "--key", home + "/etc/keys/approver.key")
    quietly("casetap", "order", "install", home + "/1.order", "--config", conf)
    quietly("casetap-capture", "--config", conf, "-r", source)
    os.rename(home + "/var", home + "/before")
    return home


def measure(command, codes=(0,)):
    """(wall, cpu, peak MiB) of a shell command and its children."""
    began = time.monotonic()
    pid = os.posix_spawn("/bin/sh", ["sh", "-ec", command], os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, work + "/out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2)])
    _, status, usage = os.wait4(pid, 0)
    wall = time.monotonic() - began
    if os.waitstatus_to_exitcode(status) not in codes:
        sys.exit("%s: status %d\n%s" % (command, os.waitstatus_to_exitcode(status), open(work + "/out", errors="replace").read()))
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def fresh(home):
    shutil.rmtree(home + "/var", ignore_errors=True)
    quietly("cp", "-a", home + "/before", home + "/var")


def table(title, results, ratios):
    print("\n%s\n%-10s %8s %8s %10s" % (title, "", "wall s", "CPU s", "peak MiB"))
    for name, runs in results.items():
        print("%-10s %8.2f %8.2f %10.1f" % ((name,) + tuple(statistics.median(r[i] for r in runs) for i in range(3))))
    for name, other, goal in ratios:
        a, b = (statistics.median(r[0] for r in results[n]) for n in (name, other))
        print("%-24s %5.2f  (goal %s: %s)" % (name + " / " + other, a / b, goal, "met" if a / b <= goal else "MISSED"))
    sys.stdout.flush()


def large():
    size = 60000
    count = args.bytes // (size + 16)
    pcap(work + "/large.pcap", ((START + 1 + i / 100000, frame(i, size)) for i in range(count)))
    home = installation("large", work + "/large.pcap")
    os.unlink(work + "/large.pcap")
    spool = home + "/before/spool/LI-1/tower-7/"
    slice_path = max(glob.glob(spool + "*.pcap"), key=os.path.getsize)
    record = slice_path[:-5] + ".json"
    quietly("minisign", "-G", "-W", "-p", work + "/m.pub", "-s", work + "/m.key", "-f")
    quietly("chmod", "600", work + "/m.key")
    folder, name = os.path.split(slice_path)
    tar = "tar cf %s/t.tar -C %s %s %s.json; sync -d %s/t.tar" % (work, folder, name, name[:-5], work)
    ways = {
        "people": "sha256sum %s >%s/sums; %s; minisign -Sm %s/t.tar -s %s/m.key" % (slice_path, work, tar, work, work),
        "good": "openssl dgst -sha256 %s >%s/sums; %s; minisign -Sm %s/sums -s %s/m.key" % (slice_path, work, tar, work, work),
        "write": "%s/tests/bench/seal_bench %s %s %s/t.tar" % (build, record, slice_path, work),
        "seal": "casetap-packager --config %s/etc/casetap.conf" % home,
    }
    checks = {
        "unpack": "cd %s; mkdir x; tar xf $(ls -S %s/var/outbox/LI-1/tower-7/*/*.tar | head -n 1) -C x; openssl dgst -sha256 x/*/data/*.pcap" % (work, home),
        "verify": "casetap-verify --root %s/etc/root.pub $(ls -S %s/var/outbox/LI-1/tower-7/*/*.tar | head -n 1)" % (home, home),
    }
    results = {name: [] for name in list(ways) + list(checks)}
    for _ in range(args.rounds):
        for name, command in ways.items():
            if name == "seal":
                fresh(home)
            results[name].append(measure(command))
            for left in (work + "/t.tar", work + "/sums"):
                if os.path.exists(left):
                    os.unlink(left)
        for name, command in checks.items():
            results[name].append(measure(command, (0, 10)))
            shutil.rmtree(work + "/x", ignore_errors=True)
    table("one slice of %d MiB, medians of %d" % (args.bytes >> 20, args.rounds), results,
          [("write", "good", 0.6), ("write", "people", 0.2), ("seal", "good", 0.8), ("verify", "unpack", 0.6)])
    shutil.rmtree(home)


def small():
    """Many small slices: a stream as an ISP has it."""
    pcap(work + "/small.pcap", ((START + 1 + i * 30, frame(i, 600)) for i in range(args.small * 10)))
    home = installation("small", work + "/small.pcap")
    os.unlink(work + "/small.pcap")
    fresh(home)
    results = {"seal": [measure("casetap-packager --config %s/etc/casetap.conf" % home)], "verify": [], "verify-1": []}
    case = home + "/var/outbox/LI-1"
    for _ in range(args.rounds):
        for name, prefix in (("verify", ""), ("verify-1", "taskset -c 0 ")):
            results[name].append(measure("%scasetap-verify --root %s/etc/root.pub %s" % (prefix, home, case), (0, 10, 11)))
    count = len(glob.glob(case + "/*/*/*.tar"))
    table("%d small packages (verify-1: on one core)" % count, results, [])
    for name in results:
        print("%-10s %8.0f packages a second" % (name, count / statistics.median(r[0] for r in results[name])))


try:
    large()
    if args.small:
        small()
finally:
    shutil.rmtree(work)
