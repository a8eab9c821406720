#!/usr/bin/env bash
# A whole run, captured live, sealed, delivered, verified, shown and measured, at the greatest loudness: the subject's
# addresses and name and what he sends stand in slices, packages and the order, and nowhere else: no log, no journal, no
# record, no status, no argument, environment or title of a process, no temporary file.
# Runs alone: it looks at every process of this build, and another scenario's name the subject.
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"
if ! is_root || ! namespaces_up; then
    skip "no subject and no content leaves its place" "needs root and namespaces"
    exit
fi
live isp
ip -n "$ns_a" addr add 198.51.100.7/24 dev va
mkdir "$work/out.d" "$work/tmp" "$work/prom"
export TMPDIR=$work/tmp

# The order is written as on a machine that others use: with an editor, not on a command line.
begin=$(date +%s)
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
            if not os.readlink(f"/proc/{pid}/exe").startswith(build):
                continue
            got = b""
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
run order casetap order check "$work/subject.order" --config "$conf"
run order casetap order approve "$work/subject.order" --config "$conf" --key "$keys/approver.key"
run order casetap order install "$work/subject.order" --config "$conf" || fail "order"
run order casetap order list --config "$conf"
background "$work/out.d/capture.err" ip netns exec "$ns_b" "$build/capture/casetap-capture" -v --config "$conf"
capture=$last
until_true 60 is_capturing LI-SECRET || fail "capture begins"
run selftest ip netns exec "$ns_b" casetap-capture --self-test --config "$conf"
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
until_true 120 spoken || fail "a slice holds what he sent"
kill -HUP "$capture"
for again in 1 2; do
    run seal casetap-packager -v --config "$conf"
    run deliver casetap-uploader -v --config "$conf"
    run status casetap status --config "$conf"
    run status casetap status --json --config "$conf"
    run status casetap status --metrics "$work/prom/casetap.prom" --config "$conf"
    run doctor ip netns exec "$ns_b" casetap doctor --config "$conf"
done
cp "$work/prom/casetap.prom" "$work/out.d/metrics"
cp "$state/journal/capture/tower-7.status" "$work/out.d/status-file"
run verify casetap-verify --root "$work/isp/etc/root.pub" --keyring "$work/isp/etc/keyring.txt" "$lea/LI-SECRET"
run verify casetap-verify --root "$work/isp/etc/root.pub" --keyring "$work/isp/etc/keyring.txt" --json "$lea/LI-SECRET"
run verify casetap-verify --root "$work/isp/etc/root.pub" --keyring "$work/isp/etc/keyring.txt" --html "$work/out.d/report.html" "$lea/LI-SECRET"
run revoke casetap order revoke LI-SECRET --config "$conf" --reason "withdrawn by the court" --key "$keys/approver.key"
has_ended() { grep -q '"ended":{"reason":"revoked"' "$state/spool/LI-SECRET/tower-7/state"; }
check "a revocation after a reload is followed" until_true 60 has_ended
halt
same "and remembered, by the access point's name" "tower-7.orders revoked" "$(cd "$state/journal/capture" && echo *.orders \
    "$(jq -r '.. | objects | select(.case? == "LI-SECRET") | .state' tower-7.orders)")"
run seal casetap-packager -v --config "$conf"
run deliver casetap-uploader -v --config "$conf"
run log casetap log LI-SECRET --config "$conf"
run log casetap log LI-SECRET --json --config "$conf"
run status casetap status --config "$conf"
touch "$work/out.d/processes.stop"
wait "$watcher"

# --- where is it?
cat >"$work/look.py" <<'P'
import base64, os, re, sys
canary, roots = sys.argv[1].encode(), sys.argv[2:]
subject = [b"198.51.100.7", b"2001:db8:77::7", b"2001:0db8:0077:0000:0000:0000:0000:0007", b"02:00:5e:00:53:07",
    b"Zebulon", b"Quackenbush", canary, canary[:12], canary.hex().encode(), base64.b64encode(canary)[:16]]
subject += [x.replace(b":", sep) for x in (b"02:00:5e:00:53:07", b"c6:33:64:07") for sep in (b"", b"-", b":")]
subject += [b"3325256711"]  # 198.51.100.7 as a number
find = re.compile(b"|".join(re.escape(s) for s in subject) + rb"(?![0-9])", re.I)
for root in roots:
    for where, _, names in os.walk(root):
        for name in [os.path.basename(where)] + names:
            if find.search(name.encode()):
                print("the name", os.path.join(where, name))
        for name in names:
            path = os.path.join(where, name)
            if os.path.isfile(path) and not os.path.islink(path):
                for m in set(find.findall(open(path, "rb").read())):
                    print(path, m.decode(errors="replace"))
P
look() { /usr/bin/python3 "$work/look.py" "$canary" "$@" | sed "s|$work/||" | sort -u; }
look "$work/isp" >"$work/all"
# slices and packages; the order, in its place and among the records, by itself and in the tag files of packages
place='^isp/(var/spool/LI-SECRET/tower-7/[0-9]+\.(pcap|part|raw)|(var/outbox|lea)/LI-SECRET/tower-7/[0-9-]+/LI-SECRET_tower-7_[0-9]+\.tar|etc/orders/LI-SECRET/1\.order|var/records/LI-SECRET/[^ ]*(\.order|\.tags\.tar)) '
check "packages hold what he sent" grep -qE "\.tar CANARY" "$work/all"
check "and the order names him" grep -q "orders/LI-SECRET/1.order 198.51.100.7" "$work/all"
same "nothing else of the installation, its journals, records, receipts and ledgers does" "" "$(grep -vE "$place" "$work/all")"
same "what he sent does not get among the records" "" "$(grep -i canary "$work/all" | grep -vE '(pcap|part|tar) ' ; grep -iE 'tags\.tar CANARY' "$work/all")"
# The page for a court shows the order as its packages hold it; everything else is for screens and logs.
mkdir "$work/page" && mv "$work/out.d/report.html" "$work/page"
same "no log, report, status, self-test, figure, argument, environment or title does" "" "$(look "$work/out.d" "$work/tmp")"
same "the page of a verification shows the order, and not what he sent" "" "$(look "$work/page" | grep -iE 'canary|434e4152|Q0FOQVJZ')"
for program in capture/casetap-capture packager/casetap-packager uploader/casetap-uploader packager/casetap-verify admin/casetap; do
    check "$program was watched" grep -qaF "$build/$program" "$work/out.d/processes"
done
check "no core is dumped: none has the room" sh -c "grep -a '^limits\|^Max core' '$work/out.d/processes' | grep -aqE 'core file size +0 +0 '"
for name in capture.err deliver.err selftest.out status.out status-file verify.out log.out doctor.out metrics; do
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
