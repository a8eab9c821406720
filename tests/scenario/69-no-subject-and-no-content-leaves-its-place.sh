#!/usr/bin/env bash
# A whole run, captured live, sealed, delivered, verified, shown and measured, at the greatest loudness: the subject's
# addresses and name and what he sends stand in slices, packages and the order, and nowhere else: no log, no journal, no
# record, no status, no argument, environment or title of a process, no temporary file.  So do what a subject that moves is
# known by, the addresses that it is seen to get and the one that is given with its proof, but for the files that say so; its
# order lies encrypted, and the key to it in no file, output, argument or environment at all.
# Runs alone: it looks at every process of this build, and another scenario's name the subject.
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"
if ! is_root || ! namespaces_up; then
    skip "no subject and no content leaves its place" "needs root and namespaces"
    exit
fi
live isp
ip -n "$ns_a" addr add 198.51.100.7/24 dev va
mkdir "$work/out.d" "$work/tmp" "$work/prom" "$work/page"
export TMPDIR=$work/tmp

# The order is written as on a machine that others use: with an editor, not on a command line.
begin=$(date +%s)
sed -i '/^slice_seconds/a dhcp_servers = 198.51.100.1 198.51.100.2\ndhcp_pool = 198.51.100.0/24\nradius_servers = 192.0.2.9\nradius_clients = 192.0.2.1\nradius_pool = 198.51.100.0/24 2001:db8::/32\npppoe_concentrators = 02:00:00:00:00:01' "$conf"
mkdir -m 0700 "$work/cred"
key=$work/cred/orders.key
age-keygen -o "$key" 2>/dev/null
cat >"$work/subject.order" <<O
[order]
format = casetap-order/1
case_id = LI-SECRET
content_id = 1
lea = county-sheriff
authority = title-iii
order_number = 26-CV-0117
issued_by = Hon. A. Example
presented_by = Det. B. Example
responsible = C. Example
not_before = $(at $((begin - 5)))
not_after = $(at $((begin + 3600)))
revision = 1

[subject]
# Zebulon Quackenbush
ipv4 = 198.51.100.7
ipv6 = 2001:db8:77::7
mac = 02:00:5e:00:53:07

[capture]
scope = content

[delivery]
to = county-sheriff
payload_days = 30
records_days = 1825
O

# Every process of casetap, as often as can be: what anybody on the machine sees of it.
cat >"$work/watch.py" <<'P'
import os, sys, time
build, out = sys.argv[1:]
seen = {}
while not os.path.exists(out + ".stop"):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            exe = os.readlink(f"/proc/{pid}/exe")
            if not exe.startswith(build):
                continue
            got = b"exe " + exe.encode() + b"\n"
            for name in "cmdline", "environ", "comm", "status", "limits", "mountinfo":
                try:
                    got += name.encode() + b" " + open(f"/proc/{pid}/{name}", "rb").read() + b"\n"
                except OSError:
                    pass
            for fd in os.listdir(f"/proc/{pid}/fd"):
                got += b"fd " + os.readlink(f"/proc/{pid}/fd/{fd}").encode() + b"\n"
            seen[hash(got)] = got
        except OSError:
            pass
    time.sleep(0.02)
open(out, "wb").write(b"".join(seen.values()))
P
background /dev/null /usr/bin/python3 "$work/watch.py" "$build/" "$work/out.d/processes"
watcher=$last
run() { # NAME COMMAND...: keep all that it says
    local name=$1
    shift
    "$@" >>"$work/out.d/$name.out" 2>>"$work/out.d/$name.err" </dev/null
}
ordered() { # FILE
    run order casetap order check "$1" --config "$conf"
    run order casetap order approve "$1" --config "$conf" --key "$keys/approver.key"
    run order casetap order install "$1" --config "$conf" --orders-key "$key" || fail "$1"
}
ordered "$work/subject.order"
sed -i "/^\[station\]/a orders_encrypt_to = $(age-keygen -y "$key")" "$conf"
while read -r case_id who; do
    sed "s/LI-SECRET/$case_id/; /^mac/d; /^ipv6/d; s/^ipv4 = .*/$who/" "$work/subject.order" >"$work/$case_id.order"
    ordered "$work/$case_id.order"
done <<'W'
LI-LEASE dhcp_mac = 02:00:5e:00:53:07
LI-RADIUS radius_user_name = alice@example
LI-PPPOE pppoe_user = alice
W
run order casetap order list --config "$conf"
run order casetap order list --config "$conf" --orders-key "$key"
with_key=(env CREDENTIALS_DIRECTORY="$work/cred")
background "$work/out.d/capture.err" ip netns exec "$ns_b" "${with_key[@]}" "$build/capture/casetap-capture" -v --config "$conf"
capture=$last
for case_id in SECRET LEASE RADIUS PPPOE; do until_true 60 is_capturing LI-$case_id || fail "capture of LI-$case_id begins"; done
run selftest ip netns exec "$ns_b" "${with_key[@]}" casetap-capture --self-test --config "$conf"
# What he sends, under names that nothing else has.
canary=CANARY-e7f1-Zebulon-sends-this
spoken() {
    ip netns exec "$ns_a" /usr/bin/python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
for i in range(20):
    s.sendto(sys.argv[1].encode() * 8, ("198.51.100.255", 5060))' "$canary"
    grep -rqF "$canary" "$state/spool/LI-SECRET" --include='*.pcap'
}
# What is seen of subjects that move, and of strangers, at once.
for seen in leases sessions lines; do /usr/bin/python3 "$here/$seen.py" "$begin" "$work/$seen.pcap"; done
cat >"$work/replay.py" <<'P'
import socket, struct, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("va", 0))
for path in sys.argv[1:]:
    data, at = open(path, "rb").read(), 24
    while at < len(data):
        n = struct.unpack_from("<I", data, at + 8)[0]
        s.send(data[at + 16 : at + 16 + n])
        at += 16 + n
P
ip netns exec "$ns_a" /usr/bin/python3 "$work/replay.py" "$work"/{leases,sessions,lines}.pcap
for case_id in LEASE RADIUS PPPOE; do
    check "LI-$case_id is followed" until_true 20 journalled LI-$case_id binding-start
done
# An address is given, of a file that speaks of others as well; the terminal it is typed at is slow.
printf 'address,hwaddr,client_id,valid_lifetime,expire\n198.51.100.60,02:00:5e:00:53:07,,7200,%d\n198.51.100.61,02:00:5e:00:53:08,,7200,%d\n' \
    $((begin + 3600)) $((begin + 3600)) >"$work/kea"
{ sleep 0.2 && echo 198.51.100.60; } | casetap bind LI-LEASE - --config "$conf" --from "$(at "$begin")" --to "$(at $((begin + 3500)))" \
    --proof "$work/kea" --kind kea --key "$keys/approver.key" --orders-key "$key" >"$work/out.d/bind.out" 2>"$work/out.d/bind.err"
check "an address is given on standard input" [ $? = 0 ]
given() {
    PYTHONPATH=$here ip netns exec "$ns_a" /usr/bin/python3 -c 'import leases, socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("va", 0))
s.send(leases.says(leases.ROUTER, "198.51.100.60", sys.argv[1] * 8))' "$canary"
    grep -rqF "$canary" "$state/spool/LI-LEASE" --include='*.pcap'
}
check "and followed" until_true 60 given
until_true 120 spoken || fail "a slice holds what he sent"
kill -HUP "$capture"
for again in 1 2; do
    run seal "${with_key[@]}" casetap-packager -v --config "$conf"
    run deliver casetap-uploader -v --config "$conf"
    run status casetap status --config "$conf"
    run status casetap status --json --config "$conf"
    run status casetap status --config "$conf" --orders-key "$key"
    run status casetap status --json --config "$conf" --orders-key "$key"
    run status casetap status --metrics "$work/prom/casetap.prom" --config "$conf"
    run doctor ip netns exec "$ns_b" casetap doctor --config "$conf"
    run doctor ip netns exec "$ns_b" casetap doctor --config "$conf" --orders-key "$key"
done
cp "$work/prom/casetap.prom" "$work/out.d/metrics"
cp "$state/journal/capture/tower-7.status" "$work/out.d/status-file"
verify() { # NAME CASE [OPTION...]
    local name=$1 case_id=$2
    shift 2
    run "$name" casetap-verify --root "$work/isp/etc/root.pub" --keyring "$work/isp/etc/keyring.txt" "$@" "$lea/LI-$case_id"
}
verify verify SECRET
verify verify SECRET --json
verify verify SECRET --html "$work/page/report.html"
for case_id in LEASE RADIUS PPPOE; do verify "verify-$case_id" $case_id && verify "verify-$case_id" $case_id --json; done
run revoke casetap order revoke LI-SECRET --config "$conf" --reason "withdrawn by the court" --key "$keys/approver.key"
has_ended() { grep -q '"ended":{"reason":"revoked"' "$state/spool/LI-SECRET/tower-7/state"; }
check "a revocation after a reload is followed" until_true 60 has_ended
halt
same "and remembered, by the access point's name" "tower-7.orders revoked" "$(cd "$state/journal/capture" && echo *.orders \
    "$(jq -r '.. | objects | select(.case? == "LI-SECRET") | .state' tower-7.orders)")"
run seal "${with_key[@]}" casetap-packager -v --config "$conf"
run deliver casetap-uploader -v --config "$conf"
for case_id in SECRET LEASE RADIUS PPPOE; do
    run log casetap log LI-$case_id --config "$conf"
    run log casetap log LI-$case_id --json --config "$conf"
done
run status casetap status --config "$conf"
touch "$work/out.d/processes.stop"
wait "$watcher"

# --- where is it?
cat >"$work/look.py" <<'P'
import base64, ipaddress, os, re, sys
canary, key, roots = sys.argv[1].encode(), sys.argv[2].encode(), sys.argv[3:]
CHARSET = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"
digits = re.search(b"AGE-SECRET-KEY-1([0-9A-Z]+)", open(key, "rb").read()).group(1).lower()
bits = "".join(format(CHARSET.index(c), "05b") for c in digits[:-6])
secret = bytes(int(bits[i : i + 8], 2) for i in range(0, 256, 8))
terms = {b"KEY": [b"AGE-SECRET-KEY", digits, secret, secret.hex().encode(), base64.b64encode(secret)[:42]]}
terms[b""] = [b"Zebulon", b"Quackenbush", canary, canary[:12], canary.hex().encode(), base64.b64encode(canary)[:16],
    b"CANARY-bob", b"CANARY-eve", b"password of"]
for mac in "02005e005307", "02005e005308", "02005e005309", "02005e00530a":
    terms[b""] += [sep.join(mac[i : i + 2] for i in range(0, 12, 2)).encode() for sep in ("", "-", ":")] + [bytes.fromhex(mac)]
for text in ["2001:db8:77::7", "2001:db8:200:1::7", "2001:db8:201:1::7"] + ["198.51.100.%d" % n for n in (7, 50, 51, 52, 53, 60, 61)]:
    a = ipaddress.ip_address(text)
    terms[b""] += [text.encode(), a.exploded.encode(), str(int(a)).encode()] + [a.packed.hex(*sep).encode() for sep in ((), "-", ":")]
# A name of five letters is found by itself only: by chance it is in the base64 of a signature.
word = rb"(?<![a-z0-9+/])alice(?![a-z0-9+/])"
find = re.compile(b"(%s)|(%s|%s)(?![0-9])" % tuple([b"|".join(map(re.escape, terms[k])) for k in (b"KEY", b"")] + [word]), re.I)
def found(data):
    return {"KEY" if key else other.decode() if re.fullmatch(b"[ -~]+", other) else other.hex() for key, other in find.findall(data)}
for root in roots:
    for where, _, names in os.walk(root):
        for name in [os.path.basename(where)] + names:
            if found(name.encode()):
                print("the name", os.path.join(where, name))
        for name in names:
            path = os.path.join(where, name)
            if os.path.isfile(path) and not os.path.islink(path):
                for m in found(open(path, "rb").read()):
                    print(path, m)
P
look() { /usr/bin/python3 "$work/look.py" "$canary" "$key" "$@" | sed "s|$work/||" | sort -u; }
look "$work/isp" >"$work/all"
# slices and packages; an address that was given, with its proof; what capture knows by now; the order, in its place and among the records, by itself and in the tag files of packages
cases='LI-(SECRET|LEASE|RADIUS|PPPOE)'
place="^isp/(var/spool/$cases/tower-7/[0-9]+\.(pcap|part|raw)|(var/outbox|lea)/$cases/tower-7/[0-9-]+/${cases}_tower-7_[0-9]+\.tar|etc/orders/LI-SECRET/1\.order|var/records/LI-SECRET/[^ ]*\.order|var/records/$cases/[^ ]*\.tags\.tar|var/(requests|records/LI-LEASE/orders|journal/capture/given/tower-7)/[^ /]*\.binding|var/(requests/cases/LI-LEASE/[^ ]*\.data|records/LI-LEASE/attachments/[^ ]*-kea)|var/journal/capture/bindings/$cases\.tower-7\.json) "
check "packages hold what he sent" grep -qE "\.tar CANARY" "$work/all"
check "so do they what was sent from the address that was given" grep -qE "LI-LEASE_tower-7_[0-9]+\.tar CANARY" "$work/all"
check "and the order names him" grep -q "orders/LI-SECRET/1.order 198.51.100.7" "$work/all"
same "nothing else of the installation, its journals, records, receipts and ledgers does" "" "$(grep -vE "$place" "$work/all")"
same "what he sent does not get among the records" "" "$(grep -i canary "$work/all" | grep -vE '(pcap|part|tar) ' ; grep -iE 'tags\.tar CANARY' "$work/all")"
# The page for a court shows the order as its packages hold it, and the report of a subject that moves by what it had which
# address; everything else is for screens and logs.
mv "$work/out.d"/verify-*.out "$work/page"
same "no log, report, status, self-test, figure, argument, environment or title does" "" "$(look "$work/out.d" "$work/tmp")"
same "the page of a verification shows the order, and not what he sent" "" "$(look "$work/page" | grep -iE 'canary|434e4152|Q0FOQVJZ')"
for program in capture/casetap-capture packager/casetap-packager uploader/casetap-uploader packager/casetap-verify admin/casetap; do
    check "$program was watched" grep -qaF "$build/$program" "$work/out.d/processes"
done
check "no core is dumped: none has the room" sh -c "grep -a '^limits\|^Max core' '$work/out.d/processes' | grep -aqE 'core file size +0 +0 '"
for name in capture.err deliver.err selftest.out bind.out status.out status-file verify.out log.out doctor.out metrics; do
    check "$name has been looked at" test -s "$work/out.d/$name"
done

# --- what monitoring gets
check "the figures are of the text format" awk '!/^# (HELP|TYPE) casetap_[a-z_]+ / && !/^casetap_[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9]+$/ { bad = 1; print } END { exit bad }' \
    "$work/out.d/metrics"
check "they say that capture is up" grep -qx 'casetap_capture_up{iap="tower-7"} 1' "$work/out.d/metrics"
check "and what the interface received" grep -qE '^casetap_frames_received_total\{iap="tower-7",interface="vb"\} [1-9]' "$work/out.d/metrics"
check "they count cases" grep -qx 'casetap_cases{state="in-force"} 1' "$work/out.d/metrics"
check "and name none, nor an agency" not_in "$work/out.d/metrics" 'LI-|sheriff|subject|stored|matched|seen'
same "anybody may read them, and they lie there whole" "casetap.prom 644" "$(find "$work/prom" -type f -printf '%f %m\n')"
expect 64 "a path that is not absolute is refused" casetap status --metrics casetap.prom --config "$conf"
expect 73 "a folder that is not there is said" casetap status --metrics "$work/none/casetap.prom" --config "$conf"
