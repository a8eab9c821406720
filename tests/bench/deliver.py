#!/usr/bin/env python3
"""deliver.py BUILD [--files N] [--far-files N] [--bytes N] [--rounds N] [--folder DIR]

Delivery beside curl, rclone, lftp and sftp, in one run: each round runs every way once, so that what else the machine does
falls on all of them; medians of the wall time are shown.  Only casetap reads back what it sent, and keeps a synced receipt
of each file; `digest` is with proof = digest: the server states a hash of each file, which nginx does here by a table (so
the ratio has our side of it: a server that hashes takes about a millisecond more for a MiB).  First over loopback (N files, HTTPS with client certificates to nginx, SFTP to OpenSSH), then at a round trip
of 20 ms, through a proxy that keeps all bytes for 10 ms each way (N far files).  FOLDER should be on tmpfs.
"""
import argparse, asyncio, base64, glob, hashlib, os, re, shutil, signal, socket, statistics, struct, subprocess, sys, tempfile, time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("build")
parser.add_argument("--files", type=int, default=300)
parser.add_argument("--far-files", type=int, default=100)
parser.add_argument("--bytes", type=int, default=1 << 20)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--folder", default="/dev/shm")
parser.add_argument("--loops", action="store_true", help="also the ways that take a process a file")
parser.add_argument("--ways", default="", help="only those that match this regular expression")
parser.add_argument("--where", choices=("near", "far", "both"), default="both")
parser.add_argument("--proxy", type=int, nargs=2, help=argparse.SUPPRESS)
args = parser.parse_args()
args.far = args.where == "far"
build = os.path.realpath(args.build)
START = 1795219200 - 86400  # 2026-11-20T00:00:00Z
LANES = (1, 4, 8, 16)
count = args.far_files if args.far else args.files


async def pump(reader, writer):
    """Hand on what comes, each piece ten milliseconds after it came."""
    pieces = asyncio.Queue()

    async def hand_on():
        while True:
            due, data = await pieces.get()
            await asyncio.sleep(due - time.monotonic())
            if not data:
                break
            writer.write(data)
            await writer.drain()
        writer.close()

    task = asyncio.create_task(hand_on())
    try:
        while True:
            data = await reader.read(1 << 18)
            pieces.put_nowait((time.monotonic() + 0.01, data))
            if not data:
                break
        await task
    except OSError:
        writer.close()


async def proxy(port, target):
    async def accept(reader, writer):
        there = await asyncio.open_connection("127.0.0.1", target, limit=1 << 20)
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer), return_exceptions=True)

    server = await asyncio.start_server(accept, "127.0.0.1", port, limit=1 << 20)
    await server.serve_forever()


if args.proxy:
    asyncio.run(proxy(*args.proxy))
work = tempfile.mkdtemp(prefix="casetap-deliver-bench.", dir=args.folder)
os.chmod(work, 0o755)
os.environ["PATH"] = ":".join(build + "/" + d for d in ("capture", "packager", "uploader", "admin")) + ":" + os.environ["PATH"]
os.environ["HOME"] = work
servers = []


def quietly(command, codes=(0,)):
    done = subprocess.run(["sh", "-ec", command], cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    if done.returncode not in codes:
        sys.exit("%s: status %d\n%s" % (command, done.returncode, done.stdout.decode(errors="replace")[-2000:]))
    return done.stdout.decode(errors="replace")


def put(name, text, mode=0o600):
    with open(work + "/" + name, "w") as f:
        f.write(text)
    os.chmod(work + "/" + name, mode)


def serve(port, *command):
    servers.append(subprocess.Popen(command, cwd=work, stdin=subprocess.DEVNULL, stdout=open(work + "/servers.log", "ab"), stderr=subprocess.STDOUT))
    for _ in range(200):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit("%s does not start: %s" % (command[0], open(work + "/servers.log").read()))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def station(web, ssh):
    """Packages of about args.bytes each, in an outbox that is kept."""
    n = (args.bytes - 12000) // 1016  # frames of a slice; the rest of a package is 12 kB or so
    frame = (b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + struct.pack("!BBHHHBBH4s4s", 0x45, 0, 986, 0, 0, 64, 17, 0, bytes([198, 51, 100, 7]),
             bytes([203, 0, 113, 9])) + os.urandom(1000))[:1000]
    with open(work + "/frames.pcap", "wb", 1 << 20) as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for i in range(count):
            for k in range(n):
                f.write(struct.pack("<IIII", START + 1 + i, k * 100, len(frame), len(frame)) + frame)
    quietly("casetap init --config etc --state var --name Bench --iap tower-7 --destination-name lea --destination-url file://%s/lea "
            "--allow-volatile-state; mkdir -p lea; sed -i 's/^slice_seconds = .*/slice_seconds = 1/;/^.destination lea/,$d' etc/casetap.conf" % work)
    tls = "url = https://localhost:%d/in/\nca = %s/ca.pem\nclient_cert = %s/client.pem\nclient_key = %s/client.key\n" % (web, work, work, work)
    sftp = "url = sftp://%s@127.0.0.1:%d%s/sftp/in/\nidentity = %s/client\nknown_hosts = %s/known\n" % ("root", ssh, work, work, work)
    confs = {}
    base = open(work + "/etc/casetap.conf").read()
    for name, text in (("https", tls), ("digest", tls + "proof = digest\n"), ("sftp", sftp)):
        for lanes in LANES:
            confs["casetap %s %d" % (name, lanes)] = base + "\n[destination lea]\n" + text + "parallel = %d\n" % lanes
    put("etc/casetap.conf", confs["casetap https 1"])
    quietly("casetap order new --config etc/casetap.conf --case LI-1 --lea lea --authority title-iii --order-number 1 --issued-by A "
            "--presented-by B --responsible C --subject 198.51.100.7 --from 2026-11-20T00:00:00Z --to %s "
            "--to-destination lea >1.order; casetap order approve 1.order --config etc/casetap.conf --key etc/keys/approver.key; "
            "casetap order install 1.order --config etc/casetap.conf; casetap-capture --config etc/casetap.conf -r frames.pcap; "
            "rm frames.pcap; casetap-packager --config etc/casetap.conf" % time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START + count + 1)))
    for name, text in confs.items():
        put("etc/%s.conf" % name.replace(" ", "-"), text)
    return confs


def table():
    """What the server states of each file, under both its names."""
    lines = []
    for f in glob.glob(work + "/var/outbox/LI-1/tower-7/*/*"):
        with open(f, "rb") as data:
            digest = base64.b64encode(hashlib.sha256(data.read()).digest()).decode()
        for end in ("", ".part"):
            lines.append('"/in%s%s" "sha-256=:%s:";' % (f[len(work + "/var/outbox"):], end, digest))
    put("table", "\n".join(lines), 0o644)


def start_servers(web, ssh):
    for name, subject in (("ca", "/CN=ca"), ("server", "/CN=localhost"), ("client", "/CN=isp")):
        quietly("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem" if name == "ca" else
                "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj %s -keyout %s.key -out %s.csr; "
                "echo subjectAltName=DNS:localhost >ext; openssl x509 -req -days 2 -in %s.csr -CA ca.pem -CAkey ca.key -CAcreateserial "
                "-extfile ext -out %s.pem; chmod 600 %s.key" % (subject, name, name, name, name, name))
    os.makedirs(work + "/web/in")
    os.makedirs(work + "/sftp/in")
    put("nginx.conf", """user root; daemon off; worker_processes 2; pid %(w)s/nginx.pid; error_log %(w)s/nginx.log;
load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;
events { worker_connections 256; }
http { access_log off; client_body_temp_path %(w)s/body; proxy_temp_path %(w)s/p; fastcgi_temp_path %(w)s/f; uwsgi_temp_path %(w)s/u;
 scgi_temp_path %(w)s/s; keepalive_requests 1000000; map_hash_max_size 65536; map_hash_bucket_size 256;
 map $uri $digest { default ""; include %(w)s/table; }
 server { listen 127.0.0.1:%(p)d ssl; server_name localhost; ssl_certificate %(w)s/server.pem; ssl_certificate_key %(w)s/server.key;
  ssl_client_certificate %(w)s/ca.pem; ssl_verify_client on; client_max_body_size 0; root %(w)s/web; add_header Repr-Digest $digest; create_full_put_path on; autoindex on;
  dav_methods PUT DELETE MKCOL COPY MOVE; dav_ext_methods PROPFIND OPTIONS; } }
""" % {"w": work, "p": web}, 0o644)
    quietly("ssh-keygen -q -t ed25519 -N '' -f host; ssh-keygen -q -t ed25519 -N '' -f client; mkdir -p /run/sshd")
    put("known", "[127.0.0.1]:%d %s\n" % (ssh, " ".join(open(work + "/host.pub").read().split()[:2])))
    put("sshd.conf", "Port %d\nListenAddress 127.0.0.1\nHostKey %s/host\nAuthorizedKeysFile %s/client.pub\nPidFile none\nStrictModes no\n"
        "UsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nMaxStartups 100\nSubsystem sftp internal-sftp\n" % (ssh, work, work))
    serve(web, "nginx", "-e", work + "/nginx.log", "-p", work, "-c", work + "/nginx.conf")
    serve(ssh, "/usr/sbin/sshd", "-D", "-e", "-f", work + "/sshd.conf")


def peers(web, ssh):
    """The same files by other means: {name: shell command}."""
    files = sorted(glob.glob(work + "/var/outbox/LI-1/tower-7/*/*.tar"))
    folder = os.path.dirname(files[0])
    curl = "curl -sS --fail --http1.1 --cacert ca.pem --cert client.pem --key client.key"
    put("curl.list", "".join('upload-file = "%s"\nurl = "https://localhost:%d/in/%s"\n' % (f, web, os.path.basename(f)) for f in files))
    put("sftp.list", "".join('upload-file = "%s"\nurl = "sftp://root@127.0.0.1:%d%s/sftp/in/%s"\n' % (f, ssh, work, os.path.basename(f)) for f in files))
    put("batch", "".join("put %s %s/sftp/in/\n" % (f, work) for f in files))
    # without a shell at the far end, for there is none behind internal-sftp
    rclone = "rclone --sftp-disable-hashcheck --sftp-shell-type none --config /dev/null --retries 1 --include '*.tar' copy %s" % folder
    dav = "--ca-cert ca.pem --client-cert client.pem --client-key client.key ':webdav,url=\"https://localhost:%d/in\":'" % web
    key = "--sftp-host 127.0.0.1 --sftp-port %d --sftp-user root --sftp-key-file client --sftp-known-hosts-file known :sftp:%s/sftp/in" % (ssh, work)
    options = "-o UserKnownHostsFile=known -o IdentityFile=client -o IdentitiesOnly=yes -o BatchMode=yes"
    put("lftp.https", "set ssl:ca-file ca.pem; set ssl:cert-file client.pem; set ssl:key-file client.key; set net:max-retries 1; "
        "open https://localhost:%d/in/; mput -P 4 %s/*.tar; quit\n" % (web, folder))
    put("lftp.sftp", "set sftp:auto-confirm yes; set net:max-retries 1; set sftp:connect-program 'ssh -a -x %s'; "
        "open sftp://root:@127.0.0.1:%d%s/sftp/in/; mput -P 4 %s/*.tar; quit\n" % (options, ssh, work, folder))
    ways = {
        "curl https": curl + " -K curl.list",
        "rclone https": rclone + " " + dav,
        "lftp https": "lftp -f lftp.https",
        "curl sftp": "curl -sS --pubkey client.pub --key client --insecure -K sftp.list",
        "OpenSSH sftp": "sftp -q -P %d %s -b batch root@127.0.0.1" % (ssh, options),
        "rclone sftp": rclone + " " + key,
        "lftp sftp": "lftp -f lftp.sftp",
    }
    if args.loops:
        ways["curl https, one a file"] = "for f in %s/*.tar; do %s -T $f https://localhost:%d/in/$(basename $f); done" % (folder, curl, web)
    return ways


def measure(command):
    for d in ("/web/in", "/sftp/in", "/var/receipts"):
        shutil.rmtree(work + d, ignore_errors=True)
        os.makedirs(work + d, 0o2750 if d == "/var/receipts" else 0o755)
    quietly("rm -f var/journal/uploader/*")
    began = time.monotonic()
    said = quietly(command)
    return time.monotonic() - began, said


def check(name, said):
    """Has everything arrived, and by the proof that is asked for?"""
    stated = len(re.findall("receiver's digest", quietly("cat $(find var/receipts -name '*.tar.lea.receipt') /dev/null")))
    if stated != ("digest" in name) * len(glob.glob(work + "/var/outbox/LI-1/tower-7/*/*.tar")):
        sys.exit("%s: %d receipts by a digest that was stated" % (name, stated))
    for d in ("/web/in", "/sftp/in"):
        there = [os.path.getsize(f) for f in glob.glob(work + d + "/**/*.tar", recursive=True)]
        if there:
            ours = [os.path.getsize(f) for f in glob.glob(work + "/var/outbox/LI-1/tower-7/*/*.tar")]
            if sorted(there) != sorted(ours):
                sys.exit("%s: %d files of %d" % (name, len(there), len(ours)))
            return
    sys.exit("%s: nothing arrived\n%s" % (name, said[-2000:]))


def distant(far, port):
    """The same server, twenty milliseconds away."""
    serve(far, sys.executable, os.path.abspath(__file__), build, "--proxy", str(far), str(port))


def main():
    web, ssh = free_port(), free_port()
    there = (free_port(), free_port()) if args.far else (web, ssh)
    station(*there)
    table()
    start_servers(web, ssh)
    if args.far:
        distant(there[0], web)
        distant(there[1], ssh)
        put("known", "[127.0.0.1]:%d %s\n" % (there[1], " ".join(open(work + "/host.pub").read().split()[:2])))
    web, ssh = there
    ways = peers(web, ssh)
    for kind in ("https", "digest", "sftp"):
        for lanes in LANES:
            ways["casetap %s %d" % (kind, lanes)] = "casetap-uploader --config 'etc/casetap-%s-%d.conf'" % (kind, lanes)
    if args.far:
        for name in ("curl sftp", "casetap sftp 1"):  # one connection that waits for each answer: minutes
            del ways[name]
    ways = {name: command for name, command in ways.items() if re.search(args.ways, name)}
    times = {name: [] for name in ways}
    for _ in range(args.rounds):
        for name, command in ways.items():
            spent, said = measure(command)
            times[name].append(spent)
            check(name, said)
    median = {name: statistics.median(t) for name, t in times.items()}
    print("\n%d packages of %.2f MiB, %s, medians of %d" % (count, args.bytes / (1 << 20), "20 ms" if args.far else "loopback", args.rounds))
    for name, t in times.items():
        print("%-24s %8.2f s   (%.2f to %.2f)" % (name, median[name], min(t), max(t)))
    best = {}
    for name in sorted(median, key=median.get, reverse=True):
        if name.startswith("casetap "):
            best[name.split()[1]] = name
    goals = {"curl https": 2.0, "curl digest": 1.3} | ({"lftp sftp": 1.5} if args.far else {})
    pairs = [(n, n.replace(",", "").split()[1]) for n in ways if not n.startswith("casetap ")]
    for other, kind in pairs + [("curl https", "digest")] * ("curl https" in ways):
        name = best.get(kind)
        if name is None:
            continue
        goal, ratio = goals.get("curl digest" if kind == "digest" else other), median[name] / median[other]
        print("%-40s %6.2f%s" % (name + " / " + other, ratio, "" if goal is None else "  (goal %.1f: %s)" % (goal, "met" if ratio <= goal else "MISSED")))
    sys.stdout.flush()


try:
    main()
finally:
    for s in servers:
        s.send_signal(signal.SIGTERM)
        s.wait()
    shutil.rmtree(work, ignore_errors=True)
if args.where == "both":
    sys.exit(subprocess.run([sys.executable, os.path.abspath(__file__)] + sys.argv[1:] + ["--where", "far"]).returncode)
