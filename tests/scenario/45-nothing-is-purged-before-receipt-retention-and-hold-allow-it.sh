#!/usr/bin/env bash
# Promise 10: nothing is deleted before receipt, retention and hold allow it.  Holds, release, purge and attachments, asked
# for with casetap and done by the packager, over a case that was captured, sealed and delivered; what stays verifies.
. "$(dirname "$0")/lib.sh"

if ! command -v faketime >/dev/null; then
    skip "promise 10: nothing is deleted before receipt, retention and hold allow it" "needs faketime"
    exit
fi
installation isp
root=$work/isp/etc/root.pub
demo_order LI-1 --payload-days 1 --records-days 2 >/dev/null || fail "order"
expect 0 "capture reads the demo" casetap-capture --config "$conf" -r "$top/examples/demo.pcap"
packager() { faketime -f "+${later:-0}d" casetap-packager --config "$conf"; }
admin() { faketime -f "+${later:-0}d" casetap "$@" --config "$conf"; }
tars() { find "$state/outbox" -name '*.tar' | wc -l; }
log_has() { casetap log LI-1 --config "$conf" | grep -q "$1"; }
expect 0 "packager seals and closes its days" packager
had=$(tars)
check "packages wait in the outbox ($had)" test "$had" -gt 0
later=3

# Not delivered.
expect 0 "a dry run tells what is missing" admin purge --dry-run
check "by file and destination" grep -q "undelivered.*no receipt of county-sheriff" "$work/out"
expect 0 "nothing is due, so nothing is asked" admin purge --key "$keys/approver.key"
check "no request was made" test ! -e "$state/requests/cases/LI-1"
expect 0 "uploader delivers all" casetap-uploader --config "$conf"

# Delivered, but not long enough ago.
later=0 expect 0 "a dry run tells until when it is kept" admin purge --dry-run
check "by date" grep -q "kept until" "$work/out"

# On hold.
later=3
expect 0 "a hold is asked for" admin hold LI-1 --reason "appeal pending"
expect 66 "no hold for a case that nobody knows" admin hold LI-2 --reason "appeal pending"
expect 0 "packager takes it" packager
check "the custody log tells of it" log_has "hold .*appeal pending"
expect 0 "status shows it" casetap status --config "$conf"
check "with its reason" grep -q "on hold since .*appeal pending" "$work/out"
expect 0 "a dry run shows what is held" admin purge --dry-run
check "as held" grep -q " held " "$work/out"

# A purge, also of one who asks all the same, deletes nothing.
sed "s/act = .*/act = purge/; s/reason = .*/reason = over\\nwhat = payload/" "$state/requests/cases/LI-1/0000000001.request" \
    >"$state/requests/cases/LI-1/0000000002.request"
minisign -Sm "$state/requests/cases/LI-1/0000000002.request" -x "$state/requests/cases/LI-1/0000000002.request.a.minisig" \
    -s "$keys/approver.key" -t test >/dev/null </dev/null || fail "minisign"
expect 0 "packager refuses a purge of a case on hold" packager
says "and says so" "case LI-1: not purged: the case is on hold"
same "all packages are there" "$had" "$(tars)"
rm "$state/requests/cases/LI-1/0000000001.request"

# Released by an approver's word only.
expect 0 "a release without a signature is asked for" admin release LI-1 --reason "appeal withdrawn"
expect 0 "packager lets it wait" packager
expect 1 "status says that it waits" casetap status --config "$conf"
check "for an approver" grep -q "waits for an approver" "$work/out"
expect 0 "a purge is not even asked for" admin purge --key "$keys/approver.key"
request=$(ls "$state"/requests/cases/LI-1/*.request | tail -n 1)
check "an approver signs it with stock minisign" sh -c "minisign -Sm '$request' -x '$request.a.minisig' -s '$keys/approver.key' \
    -t test </dev/null"
expect 0 "packager releases" packager
check "the custody log tells of it, and who approved" log_has "release .*approver"

# Court papers.
echo "canary: what the court wrote" >"$work/order 26-CV.pdf"
expect 0 "court papers are attached" admin attach LI-1 "$work/order 26-CV.pdf" --reason "court order"
ln -s "$work/order 26-CV.pdf" "$work/link"
mkfifo "$work/pipe"
expect 65 "a symbolic link is not" admin attach LI-1 "$work/link"
expect 65 "nor a pipe" admin attach LI-1 "$work/pipe"
expect 0 "packager takes them" packager
check "they lie among the records under a clean name" cmp "$work/order 26-CV.pdf" \
    "$(echo "$state"/records/LI-1/attachments/????????-order_26-CV.pdf)"
check "the custody log tells of them" log_has attach
check "and not what they say" sh -c "! grep -rq canary '$state'/records/LI-1/custody.jsonl '$state'/journal"

# The working copies, as long as nothing is purged: each file of them changed, or gone, and a log that was written anew.
cat >"$work/copies.py" <<'EOM'
import datetime, hashlib, json, os, shutil, subprocess, sys
root, keyring, records = sys.argv[1:]
tried = bad = 0
def judge(how, name, codes=(11, 12, 13)):
    global tried, bad
    done = subprocess.run(["casetap-verify", "--root", root, "--keyring", keyring, records], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    tried += 1
    if done.returncode not in codes or (codes != (0,) and name.encode() not in done.stdout):
        bad += 1
        print(f"{how} {name}: status {done.returncode}")
files = [os.path.join(d, f) for d, _, all in os.walk(records) for f in all if f != "lock"]
for path in sorted(files):
    name = os.path.basename(path)
    kept = open(path, "rb").read()
    middle = len(kept) // 2
    for how, data in ("changed", kept[:middle] + bytes([kept[middle] ^ 1]) + kept[middle + 1:]), ("cut", kept[:middle]):
        with open(path, "wb") as f:
            f.write(data)
        judge(how, name)
    os.unlink(path)
    # Of a signature that is gone the request is named; what custody.head remembers is made anew without it.
    judge("removed", name.split(".request.")[0], {"custody.head": (0,), "custody.jsonl": (11,)}.get(name, (11, 12)))
    with open(path, "wb") as f:
        f.write(kept)
# Signed heads of the log are for themselves: without them, the other witnesses are asked.
heads = {path: open(path, "rb").read() for path in files if "/custody-" in path}
for path in heads:
    os.unlink(path)
log, head, prev = records + "/custody.jsonl", records + "/custody.head", "0" * 64
kept, remembered = open(log, "rb").read(), open(head, "rb").read()
lines = kept.splitlines()
with open(log, "wb") as f:
    for i, line in enumerate(lines):
        j = json.loads(line)
        j["prev"] = prev
        if i == 1:
            j["entry"]["uid"] = 4711
        line = json.dumps(j, separators=(",", ":")).encode()
        prev = hashlib.sha256(line).hexdigest()
        f.write(line + b"\n")
os.unlink(head)
judge("rewritten", "custody.jsonl", (12,))
with open(log, "wb") as f:
    f.write(b"\n".join(lines[:3]) + b"\n")
judge("cut short", "custody.jsonl", (11,))
open(log, "wb").write(kept), open(head, "wb").write(remembered)
open(records + "/attachments/12345678-other", "w").close()
judge("added", "12345678-other", (0, 10))
os.unlink(records + "/attachments/12345678-other")

# What the log tells of and the records do not know, as far as no run that was killed explains it.
def told(how, name, code, words, end=None):
    os.path.exists(head) and os.unlink(head)
    chain = lines[:end]
    for event, change in words:
        j = json.loads([line for line in lines if f'"event":"{event}"'.encode() in line][-1])
        j["n"], j["prev"] = len(chain) + 1, hashlib.sha256(chain[-1]).hexdigest()
        j["entry"]["n"] = 1 + max(k["entry"]["n"] for k in map(json.loads, chain) if k["source"] == j["source"])
        j["entry"].update({k: v for k, v in change.items() if k in j["entry"]})
        j["entry"]["detail"].update({k: v for k, v in change.items() if k in j["entry"]["detail"]})
        chain.append(json.dumps(j, separators=(",", ":")).encode())
    with open(log, "wb") as f:
        f.write(b"\n".join(chain) + b"\n")
    judge(how, name, (code,))
def first(event):
    return min(i for i, line in enumerate(lines) if f'"event":"{event}"'.encode() in line)
def last(event):
    return max(i for i, line in enumerate(lines) if f'"event":"{event}"'.encode() in line)
stream = records + "/tower-7"
other, late = "ab" * 32, "2099-01-01"
refused = [("purge-refused", {"why": "tower-8: the case is on hold"})]
told("refused for two streams", "", 0, refused)
told("refused and not kept", "", 0, [("purge-refused", {"object": other})] * 2)
told("held and not kept", other + ".request", 11, [("hold", {"object": other})])
told("sealed more", "tower-7/stream.json", 11, [("seal", {"seq": 9999})])
told("another stream", "tower-8/stream.json", 11, [("seal", {"iap": "tower-8", "seq": 1})])
told("a ledger that the state does not know yet", "", 0, [("ledger", {"day": late})])
told("or should", "tower-7/stream.json", 11, [("ledger", {"day": late}), ("ledger", {"day": "2099-01-02"})])
told("a ledger that the log does not know yet", "", 0, [], last("ledger"))
told("an order on its way", "", 0, [("order-accepted", {"object": other, "revision": 2})])
told("or gone", "2.order", 11, [("order-accepted", {"object": other, "revision": i}) for i in (2, 3)])
def after(hours):  # a package that was sealed so long after the order was accepted
    at = json.loads(lines[last("seal")])["entry"]["time"]
    moved = datetime.datetime.fromisoformat(at[:19]) + datetime.timedelta(hours=hours)
    return [("order-accepted", {"object": other, "revision": 2, "time": at}), ("seal", {"time": moved.isoformat() + at[19:]})]
told("an order on its way in a long run", "", 0, after(0.9))
told("or gone since", "2.order", 11, after(1.1))
shutil.move(stream, records + ".stream")
told("the stream's folder gone", "tower-7/stream.json", 11, [])
os.mkdir(stream)
tags = sorted(f for f in os.listdir(records + ".stream") if f.endswith(".tags.tar"))
shutil.copy(f"{records}.stream/{tags[0]}", stream)
told("killed in the very first package", "", 0, [], first("seal"))
shutil.rmtree(stream)
shutil.move(records + ".stream", stream)
# One line and no more for the streams behind the 4096th.
chain, seal = lines[:], json.loads([line for line in lines if b'"event":"seal"' in line][-1])
told_last = max(j["entry"]["n"] for j in map(json.loads, lines) if j["source"] == seal["source"])
for i in range(4099):
    seal["n"], seal["prev"], seal["entry"]["n"] = len(chain) + 1, hashlib.sha256(chain[-1]).hexdigest(), told_last + 1 + i
    seal["entry"]["detail"]["iap"] = f"mast-{i}"
    chain.append(json.dumps(seal, separators=(",", ":")).encode())
open(log, "wb").write(b"\n".join(chain) + b"\n")
done = subprocess.run(["casetap-verify", "--root", root, "--keyring", keyring, records], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
tried += 1
if done.stdout.count(b"tells of over 4096 streams") != 1:
    bad += 1
    print(f"over 4096 streams: {done.stdout[:1000]}")
open(log, "wb").write(kept), open(head, "wb").write(remembered)
for path, data in heads.items():
    open(path, "wb").write(data)
print(f"{tried} tried, {bad} unnoticed or unnamed")
EOM
copies=$work/copies/LI-1
mkdir "$work/copies"
cp -r "$state/records/LI-1" "$copies"
keyring=$work/isp/etc/keyring.txt
expect 0 "the records of a station verify alone" casetap-verify --root "$root" --keyring "$keyring" "$copies"
check "as no more than that" grep -q "only a station's records were given" "$work/out"
expect 10 "and beside what they are of" casetap-verify --root "$root" "$state/outbox/LI-1" "$copies"
same "with nothing to be said of them but how much of the log nobody has signed yet" "its last N lines, since T, come after" \
    "$(grep -F "$copies" "$work/out" | sed -E 's/^ *note .*custody.jsonl: (its last )[0-9]+( lines, since )20[0-9TZ:-]+(, come after) .*/\1N\2T\3/')"
/usr/bin/python3 "$work/copies.py" "$root" "$keyring" "$copies" >"$work/copied"
n=$(find "$copies" -type f ! -name lock | wc -l)
same "each file of the records that is changed, cut or removed is named" "$((3 * n + 18)) tried, 0 unnoticed or unnamed" "$(cat "$work/copied")"
minisign -GW -p "$work/stranger.pub" -s "$work/stranger.key" >/dev/null || fail "minisign"
signed=$(ls "$copies"/requests/*.minisig | head -n 1) request=${signed%.request.*}.request
cp "$signed" "$work/signed"
minisign -Sm "$request" -x "$signed" -s "$work/stranger.key" -t test >/dev/null </dev/null || fail "minisign"
expect 12 "so is a request whose approver's signature is now a stranger's" casetap-verify --root "$root" --keyring "$keyring" "$copies"
check "which is named" grep -q "tampered .*$(basename "$signed"): by a key that is not in the keyring" "$work/out"
cp "$work/signed" "$signed"
expect 0 "and with all of them back they verify" casetap-verify --root "$root" --keyring "$keyring" "$copies"

# Purged.
expect 0 "a purge is asked for and signed" admin purge --key "$keys/approver.key"
cp -r "$state/outbox/LI-1" "$work/before"
expect 0 "packager purges" packager
same "no package is left" 0 "$(tars)"
check "no frame is left in the records" sh -c "! grep -rlq -a data/.*pcap --include='*.pcap' '$state'/records"
expect 10 "what stays verifies" casetap-verify --root "$root" "$state/records/LI-1"
report_fits "the report of a purged case is as its schema says" "$state/records/LI-1"
check "the report names the certificate" grep -q "payload purged on .*approver .* asked, .*certificate valid" "$work/out"
expect 10 "so they do on a page, with their custody log" casetap-verify --root "$root" --json --html "$work/page.html" "$state/records/LI-1"
same "which tells of holds, releases, attachments and purges" "attached held payload purged released" \
    "$(jq -r '[.cases[0].events[].kind] | unique | join(" ")' "$work/out")"
check "each with its words" grep -q "<td>held</td>.*<td>appeal pending</td>" "$work/page.html"
check "and with a sign below its day" grep -q 'class="sign".*: payload purged at ' "$work/page.html"
sed -i 's/appeal pending/appeal granted/' "$state/records/LI-1/custody.jsonl"
expect 12 "a changed line of the custody log breaks its chain" casetap-verify --root "$root" "$state/records/LI-1"
sed -i 's/appeal granted/appeal pending/' "$state/records/LI-1/custody.jsonl"
expect 10 "what stays verifies as before" casetap-verify --root "$root" "$state/records/LI-1"
check "the verdict says so" grep -q "payload was purged, and a certificate says so" "$work/out"
expect 10 "so does what the LEA has" casetap-verify --root "$root" "$lea/LI-1"
expect 10 "and both together are no fork" casetap-verify --root "$root" "$lea/LI-1" "$state/records/LI-1"
expect 0 "uploader has nothing to do" casetap-uploader --config "$conf"
expect 66 "what is purged can not be sent again" casetap-uploader --config "$conf" --resend LI-1/tower-7:1-3
says "and that is said" "none of these numbers lies in outbox/LI-1/tower-7: not sealed, or purged"
expect 0 "status finds all well" casetap status --config "$conf"
check "and tells what is purged" grep -q "payload of .* days purged" "$work/out"
day=$(echo "$state"/records/LI-1/tower-7/20??-??-??/ | cut -d' ' -f1)
station=$(sed -n 's/^station: \([^ ]*\).*/\1/p' "$day/keyring.txt")
check "stock minisign checks the certificate" minisign -Vm "$day"/*.purge.txt -P "$station"

# A certificate that was touched, a list that was touched, a tag file that is gone.
spoil() { rm -rf "$work/copy" && cp -r "$state/records/LI-1" "$work/copy"; }
spoil && sed -i 's/^reason: .*/reason: other/' "$work/copy/tower-7/$(basename "$day")"/*.purge.txt
expect 12 "a changed certificate is found" casetap-verify --root "$root" "$work/copy"
spoil && rm "$work/copy/tower-7/$(basename "$day")"/*.purge.txt*
expect 11 "without a certificate the packages are missing" casetap-verify --root "$root" "$work/copy"
spoil && rm "$(ls "$work/copy/tower-7/$(basename "$day")"/*.tags.tar | head -n 1)"
expect 11 "what has to stay of a package is missed" casetap-verify --root "$root" "$work/copy"
spoil && sed -i 's/^what = .*/what = records/' "$work/copy/tower-7/$(basename "$day")/purge.request"
expect 12 "a changed request is found" casetap-verify --root "$root" "$work/copy"

# Every file of what stays of a day: one bit changed, or gone, or another one beside it.
spoil
cat >"$work/mutate.py" <<'EOM'
import json, os, shutil, subprocess, sys
root, records, day = sys.argv[1:]
folder = f"{records}/tower-7/{day}"
tried = bad = 0
def judge(how, name, codes=(11, 12, 13)):
    global tried, bad
    done = subprocess.run(["casetap-verify", "--root", root, records], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    tried += 1
    if done.returncode not in codes or name.encode() not in done.stdout:
        bad += 1
        print(f"{how} {name}: status {done.returncode}")
for name in sorted(os.listdir(folder)):
    path = f"{folder}/{name}"
    kept = open(path, "rb").read()
    os.chmod(path, 0o600)
    middle = len(kept) // 2
    with open(path, "wb") as f:
        f.write(kept[:middle] + bytes([kept[middle] ^ 1]) + kept[middle + 1:])
    judge("changed", name)
    os.unlink(path)
    judge("removed", name)
    with open(path, "wb") as f:
        f.write(kept)
first = sorted(n for n in os.listdir(folder) if n.endswith(".tags.tar"))[0]
beside = first[:-len("0000000001.tags.tar")] + "0000009999.tags.tar"
shutil.copy(f"{folder}/{first}", f"{folder}/{beside}")
judge("added", beside)
os.unlink(f"{folder}/{beside}")
stranger = first.replace(".tags.tar", ".tar")
with open(f"{folder}/{stranger}", "wb") as f:
    f.write(b"not the package that was purged")
judge("added", stranger)
os.unlink(f"{folder}/{stranger}")
print(f"{tried} tried, {bad} unnoticed or unnamed")
EOM
/usr/bin/python3 "$work/mutate.py" "$root" "$work/copy" "$(basename "$day")" >"$work/mutated"
n=$(find "$day" -type f | wc -l)
same "each file of a purged day that is changed, removed or added is named" "$((2 * n + 2)) tried, 0 unnoticed or unnamed" "$(cat "$work/mutated")"
expect 10 "and with all of them back it verifies" casetap-verify --root "$root" "$work/copy"

# What the station itself signs must be as promise 10 has it; and a log of which nobody signed any line, or that was changed
# behind the last package, is not believed.
resign() { # CERTIFICATE SED
    sed -i "$2" "$1" && minisign -Sm "$1" -s "$keys/station.key" -t "$(sed -n 's/^trusted comment: //p' "$1.minisig")" \
        -c "$(sed -n 's/^untrusted comment: //p' "$1.minisig")" >/dev/null </dev/null || fail "minisign"
}
cert=$(echo "$work/copy/tower-7/$(basename "$day")"/*.purge.txt)
resign "$cert" 's/^days: .*/days: 365/'
expect 12 "promise 10: a certificate of a purge before its retention was over is not believed" casetap-verify --root "$root" "$work/copy"
check "and that is said" grep -q "purge.txt: tells of a purge before the retention that it names was over" "$work/out"
spoil && resign "$cert" '/^receipt /d; s/^receipts: .*/receipts: 0/'
expect 12 "promise 10: nor one without receipts" casetap-verify --root "$root" "$work/copy"
spoil && sed -i '1s/$/ /' "$cert.minisig"
expect 12 "nor is its signature, in which a line that is not signed was changed" casetap-verify --root "$root" "$work/copy"
cat >"$work/anew.py" <<'EOM'
import hashlib, json, os, sys
log = sys.argv[1] + "/custody.jsonl"
lines = [json.loads(line) for line in open(log)]
last = max(i for i, j in enumerate(lines) if j["entry"]["event"] in ("seal", "ledger"))
lines[last + 1 if len(sys.argv) < 3 else int(sys.argv[2])]["entry"]["uid"] = 4711
prev = lines[0]["prev"]
with open(log, "w") as f:
    for j in lines:
        j["prev"] = prev
        line = json.dumps(j, separators=(",", ":"))
        prev = hashlib.sha256(line.encode()).hexdigest()
        f.write(line + "\n")
EOM
spoil && rm "$work/copy"/custody*.head* && /usr/bin/python3 "$work/anew.py" "$work/copy"
expect 12 "a log that was written anew behind the last package does not fit the certificates" casetap-verify --root "$root" "$work/copy"
check "which name its head" grep -q "custody.jsonl: has no line that was the last when the purge in .* was decided" "$work/out"
# The last head that the station signed of the ended case vouches for the log, with no package or certificate beside it.
head=$(echo "$state"/records/LI-1/custody-20*.head | cut -d' ' -f1)
check "the head of the log is signed once the case has ended" test -s "$head"
same "by the station, with its line and hash" "$(sed -n 's/^head: //p' "$head")" \
    "$(sed -n "$(sed -n 's/^lines: //p' "$head")p" "$state/records/LI-1/custody.jsonl" | head -c -1 | sha256sum | cut -d' ' -f1)"
check "as stock minisign finds" minisign -Vm "$head" -p "$keys/station.pub"
mkdir "$work/vouched" && cp "$state"/records/LI-1/custody.jsonl "$head" "$head.minisig" "$work/vouched"
expect 11 "a log with a signed head has a witness" casetap-verify --root "$root" --keyring "$keyring" "$work/vouched"
check "which is enough" not_in "$work/out" "nobody vouches"
/usr/bin/python3 "$work/anew.py" "$work/vouched" 1
expect 12 "a log that does not fit it is found" casetap-verify --root "$root" --keyring "$keyring" "$work/vouched"
mkdir "$work/alone" && cp "$state/records/LI-1/custody.jsonl" "$work/alone"
expect 11 "a log alone is nobody's word" casetap-verify --root "$root" --keyring "$keyring" "$work/alone"
check "and that is said" grep -q "custody.jsonl: nobody vouches for it: none of its [0-9]* lines, since 20" "$work/out"
# Each of those witnesses alone tells that the log was written anew from its first lines on; without any, nobody does.
witness() { # KIND: the only one that is left
    spoil && /usr/bin/python3 "$work/anew.py" "$work/copy" 1 && rm "$work/copy/custody.head"
    local kind
    for kind in custody-20*.head '*.tags.tar' '*.ledger.txt' '*.purge.txt'; do
        [ "$kind" = "$1" ] || find "$work/copy" \( -name "$kind" -o -name "$kind.minisig" \) -delete
    done
}
while IFS='|' read -r kind said; do
    witness "$kind"
    expect 12 "$kind alone is a witness" casetap-verify --root "$root" --keyring "$keyring" "$work/copy"
    check "which is named" grep -q "tampered .*custody.jsonl: $said" "$work/out"
done <<'EOM'
custody-20*.head|its line [0-9]* is not the one that was the last when a head in .* was sealed
*.tags.tar|its line [0-9]* is not the one that was the last when a package in .* was sealed
*.ledger.txt|has no line that was the last when the ledger in .* was closed
*.purge.txt|has no line that was the last when the purge in .* was decided
EOM
witness none
expect 11 "without any nothing contradicts it" casetap-verify --root "$root" --keyring "$keyring" "$work/copy"
check "and nobody vouches for it" grep -q "incomplete .*custody.jsonl: nobody vouches for it" "$work/out"
spoil

# However deep below the given folder: where days are not looked for, their tag files still are.
mkdir -p "$work/deep/state/records" && mv "$work/copy" "$work/deep/state/records/LI-1"
expect 10 "a state folder verifies, its purged days with it" casetap-verify --root "$root" "$work/deep/state"
check "which are told" grep -q "payload purged on" "$work/out"
tags=$(find "$work/deep" -name '*_0000000001.tags.tar')
chmod u+w "$tags" && printf X | dd of="$tags" bs=1 seek=1000 conv=notrunc status=none
expect 13 "and what was changed is found" casetap-verify --root "$root" --keyring "$keyring" "$work/deep/state"
expect 13 "also from further above" casetap-verify --root "$root" --keyring "$keyring" "$work/deep"
check "by its name" grep -q "malformed .*$(basename "$tags")" "$work/out"

# The custody log, filtered.
events() { casetap log LI-1 --json --config "$conf" "$@" | jq -r .entry.event | sort -u | paste -sd,; }
same "the custody log can be asked for some events" "hold,purged" "$(events --type hold --type purged)"
same "and for a time" "" "$(events --to 2026-01-01T00:00:00Z)"
check "all of it are events since then" test "$(events --from 2026-01-01T00:00:00Z)" = "$(events)"
expect 64 "a time that is none is refused" casetap log LI-1 --from yesterday --config "$conf"

# The records, last.
later=9
cp -r "$state/records/LI-1" "$work/midway.prior"
expect 0 "the purge of the records is asked for" admin purge --records --case LI-1 --key "$keys/approver.key"
expect 0 "packager purges them" packager
check "the order is gone" test ! -e "$state/records/LI-1/orders"
check "the certificates stay" test -s "$state/records/LI-1/LI-1.purge.txt"
check "so does the custody log" log_has purged
expect 11 "verify tells that only certificates are left" casetap-verify --root "$root" "$state/records/LI-1"
check "and that they are valid" grep -q "only the certificate is left, which is valid" "$work/out"
spoil && find "$work/copy" \( -name 'custody*.head*' -o -path '*/tower-7/*' -type f -not -name stream.json \) -delete
/usr/bin/python3 "$work/anew.py" "$work/copy" 1
expect 12 "that of the records is a witness too" casetap-verify --root "$root" --keyring "$keyring" "$work/copy"
check "which is named" grep -q "tampered .*custody.jsonl: has no line that was the last when the purge in .* was decided" "$work/out"

# A run that was killed while it deleted: what the certificate names is still there from some file on.
cat >"$work/midway.py" <<'EOF'
import json, os, shutil, subprocess, sys

root, before, after, copy = sys.argv[1:]
certificate = open(f"{after}/LI-1.purge.txt").read().split("\n")
files = [line.split(" ", 2)[2] for line in certificate if line.startswith("file ")]
there = [os.path.exists(f"{before}/{name}") for name in files]
shutil.copytree(after, copy)
# The log as it was when that was decided: up to the line whose hash the certificate names.
decided = next(line.split(" ")[1] for line in certificate if line.startswith("custody-head: "))
lines = open(f"{after}/custody.jsonl").read().splitlines(keepends=True)
last = next(n for n, line in enumerate(lines) if json.loads(line)["prev"] == decided)
open(f"{copy}/custody.jsonl", "w").writelines(lines[:last])
shutil.copy(f"{before}/custody.head", copy)
bad = 0
for n in reversed(range(1, len(files))):
    if there[n]:
        os.makedirs(os.path.dirname(f"{copy}/{files[n]}"), exist_ok=True)
        shutil.copy(f"{before}/{files[n]}", f"{copy}/{files[n]}")
    if n % 2 == 0 or sum(there[n:]) == 0:
        continue
    done = subprocess.run(["casetap-verify", "--root", root, copy], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = f"LI-1.purge.txt: the purge of the records is under way: {sum(there[n:])} of the {len(files)} files that it names are still there"
    if done.returncode != 11 or said.encode() not in done.stdout:
        bad += 1
        print(n, files[n], done.returncode, done.stdout.decode())
print(f"{sum(there) > 15}, {bad} misjudged")
EOF
python3 "$work/midway.py" "$root" "$work/midway.prior" "$state/records/LI-1" "$work/midway" >"$work/midway.out"
same "a purge of the records whose run was killed is said to be under way, whatever is left" "True, 0 misjudged" "$(cat "$work/midway.out")"
cp "$state/records/LI-1"/custody.* "$work/midway"
casetap-verify --root "$root" "$work/midway" >"$work/out" 2>&1
check "but not where the log tells of its end" sh -c "! grep -q 'under way' '$work/out'"

# The requests that were followed are kept: one that purged something may have more to purge, until another one is tried.
purges=$(jq -r 'select(.entry.event == "purged").entry.detail.request' "$state/records/LI-1/custody.jsonl" | uniq)
same "two requests have purged something" 2 "$(wc -w <<<"$purges")"
spoil && for one in $purges; do rm "$work/copy/requests/$one.request"*; done
expect 11 "without them the records verify no better" casetap-verify --root "$root" "$work/copy"
check "the first is missed" grep -q "incomplete .*${purges%%$'\n'*}.request: is missing; the custody log says that it was followed" "$work/out"
check "the last is noted" grep -q "note .*${purges##*$'\n'}.request: is not kept; the custody log says that it was begun" "$work/out"

# A case that goes on after that: the records are those of later days alone, and numbers go on.
cp "$state"/records/LI-1/custody.* "$copies" && cp "$state"/records/LI-1/requests/* "$copies/requests"
rm -r "$copies/orders" "$copies/tower-7"/*_000000000[1-3].tags.tar "$copies/tower-7/$(cd "$copies/tower-7" && ls ./*.rows | head -n 1)"
expect 12 "records whose first days are gone are not as they were" casetap-verify --root "$root" --keyring "$keyring" "$copies"
forge() { # CODE SENTENCE WORDS
    expect "$1" "$2" casetap-verify --root "$root" --keyring "$keyring" "$copies"
    check "and named" grep -q "tampered .*LI-1/LI-1.purge.txt: $3" "$work/out"
}
cert=$state/records/LI-1/LI-1.purge.txt
sed 's/^reason: ./reason: _/' "$cert" >"$copies/LI-1.purge.txt" && cp "$cert.minisig" "$copies"
forge 12 "a certificate of their purge in which one byte was changed is found" "not a signature of this text"
cp "$cert" "$copies" && rm "$copies/LI-1.purge.txt.minisig"
forge 12 "so is one that nobody signed" "has no signature"
sed 's/LI-1/LI-2/' "$cert" >"$copies/LI-1.purge.txt" && cp "$cert.minisig" "$copies"
forge 12 "one of another case" "is about something else than these records"
cp "$day"/*.purge.txt "$copies/LI-1.purge.txt" && cp "$day"/*.purge.txt.minisig "$copies/LI-1.purge.txt.minisig"
forge 12 "and one of a day's payload, which is signed" "is about something else than these records"
cp "$cert" "$cert.minisig" "$state/records/LI-1"/custody.* "$copies" && cp "$state/records/LI-1/requests"/* "$copies/requests"
expect 0 "but not if a certificate tells of a purge before" casetap-verify --root "$root" --keyring "$keyring" "$copies"
cp "$copies/tower-7/stream.json" "$work/stream.json"
sed -i -E 's/("custody_head":")[0-7]/\18/; t; s/("custody_head":")[89a-f]/\10/' "$copies/tower-7/stream.json"
expect 12 "a state that tells another head of the log than its last package is found" casetap-verify --root "$root" --keyring "$keyring" "$copies"
check "by what it is" grep -q "tampered .*stream.json: its head of the custody log is not what" "$work/out"
sed -E 's/"custody_lines":[0-9]+/"custody_lines":1/' "$work/stream.json" >"$copies/tower-7/stream.json"
expect 12 "so is one that tells of fewer lines" casetap-verify --root "$root" --keyring "$keyring" "$copies"
sed -E 's/"custody_(lines|head)":("[0-9a-f]*"|[0-9]+),?//g' "$work/stream.json" >"$copies/tower-7/stream.json"
expect 11 "and one that tells of none" casetap-verify --root "$root" --keyring "$keyring" "$copies"
check "for what it lacks" grep -q "incomplete .*stream.json: does not tell of the custody log" "$work/out"
sed 's/"next":8/"next":7/' "$work/stream.json" >"$copies/tower-7/stream.json"
expect 11 "a state that is older than their log is found then, too" casetap-verify --root "$root" --keyring "$keyring" "$copies"
check "and named" grep -q "incomplete .*stream.json: counts numbers up to 6, but the custody log tells of number 7" "$work/out"
