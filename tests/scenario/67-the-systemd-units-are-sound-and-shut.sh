#!/usr/bin/env bash
# The units are clean for systemd-analyze verify, as installed, and what they leave open is no more than it was: the exposure
# that systemd-analyze security finds is held to a bound each.
. "$(dirname "$0")/lib.sh"
if ! command -v systemd-analyze >/dev/null; then
    skip "the systemd units are sound and shut" "needs systemd-analyze"
    exit
fi
units=$work/units
mkdir "$units"
for f in "$build"/{capture,packager,uploader}/casetap-*.service "$top"/{packager,uploader}/casetap-*.timer \
    "$build"/examples/casetap-{clock,metrics}.service "$top/examples/systemd/casetap-metrics.timer" \
    "$top"/examples/systemd/casetap.target "$top/examples/systemd/casetap-failure@.service"; do
    # The programs where they were built: verify looks if they are there.
    sed -E "s|^(ExecStart=)[^ ]*/(casetap-[a-z]+)|\1$build/PROGRAM/\2|" "$f" >"$units/$(basename "$f")"
done
for p in capture packager uploader; do
    sed -i "s|$build/PROGRAM/casetap-$p|$build/$p/casetap-$p|" "$units"/casetap-"$p"*.service
done
sed -i "s|$build/PROGRAM/casetap-uploader|$build/uploader/casetap-uploader|" "$units/casetap-summary.service"
sed -i -E "s#^(ExecStart|ExecStartPre)=[^ ]*/casetap #\1=$build/admin/casetap #" "$units"/casetap-{clock,metrics}.service
cp "$units/casetap-capture@.service" "$units/casetap-capture@tower-7.service"
verify() {
    SYSTEMD_UNIT_PATH=$units: systemd-analyze verify --man=no --recursive-errors=no "$units"/casetap-capture@tower-7.service \
        "$units"/casetap-*.timer "$units"/casetap-{clock,packager,uploader,summary,metrics}.service "$units"/casetap.target \
        "$units/casetap-failure@.service" 2>&1 | grep -F casetap && return 1
    return 0
}
check "systemd-analyze verify has nothing to say" verify
exposure() { systemd-analyze security --offline=yes --no-pager "$1" 2>&1 | sed -nE 's/.*exposure level for .*: ([0-9]+\.[0-9]).*/\1/p'; }
at_most() { [ -n "$1" ] && [ "$(awk -v a="$1" -v b="$2" 'BEGIN { print (a <= b) }')" = 1 ]; }
# With a drop-in that names the servers, as casetap-uploader(8) shows it.
sed 's/^KeyringMode=.*/&\nIPAddressAllow=\nIPAddressAllow=localhost 192.0.2.7/' "$units/casetap-uploader.service" >"$units/casetap-uploader-told.service"
# Capture keeps one call that the score counts as privileged: capset, with which the reader gives up CAP_NET_RAW.  The clock's
# unit is there for adjtimex.  The uploader has to reach servers that no unit can know.
for bound in capture@:1.2 clock:0.5 packager:0.2 uploader:1.0 uploader-told:1.0 summary:0.9 metrics:0.9; do
    unit=casetap-${bound%:*}.service
    score=$(exposure "$units/$unit")
    note "exposure of $unit: $score"
    check "$unit is exposed by ${bound#*:} at most" at_most "$score" "${bound#*:}"
done
for unit in casetap-capture@.service casetap-packager.service casetap-uploader.service; do
    check "$unit waits for its state folder to be mounted" grep -q '^RequiresMountsFor=/var/lib/casetap' "$units/$unit"
    check "$unit raises an alarm where it fails" grep -q '^OnFailure=casetap-failure@%n.service' "$units/$unit"
done
check "the uploader's unit calls nothing success that needs a person: neither an age alarm nor a full server, 73" \
    grep -qx 'SuccessExitStatus=69 75' "$units/casetap-uploader.service"
check "the signing key goes to the packager as a credential" grep -q '^LoadCredential=station.key:' "$units/casetap-packager.service"
same "and to no other" 1 "$(grep -l 'station\.key' "$units"/*.service | wc -l)"
same "the key to encrypted orders goes to capture and the packager, and to no other" "casetap-capture@.service casetap-packager.service" \
    "$(cd "$units" && grep -l 'orders\.key' *.service | grep -v tower-7 | xargs)"
same "one unit alone may make the call that sets the clock" casetap-clock.service \
    "$(cd "$units" && grep -lE '^SystemCallFilter=[^~].*adjtime' *.service | xargs)"
check "capture is watched" grep -q '^WatchdogSec=' "$units/casetap-capture@.service"
# systemd counts pipes among @ipc, and a program that can not make one does not start.
for f in "$units"/casetap-*.service; do
    grep -q '^SystemCallFilter=~.*@ipc' "$f" || continue
    check "$(basename "$f") forbids IPC, and lets pipes be made all the same" sh -c "sed '1,/^SystemCallFilter=~.*@ipc/d' '$f' | grep -q '^SystemCallFilter=.*pipe2'"
done
# RestrictSUIDSGID= takes openat2 away, which says where a file may be made with which mode behind a pointer.
installation isp && demo_order LI-1 >/dev/null || fail "an installation with an order"
without() { /usr/bin/python3 "$here/without.py" "$@"; }
expect 0 "capture runs where a unit takes openat2 away" without casetap-capture --config "$conf" -r "$top/examples/demo.pcap"
expect 0 "so does the packager" without casetap-packager --config "$conf"
expect 0 "and the uploader" without casetap-uploader --config "$conf"
check "which delivers" sh -c "ls '$lea'/LI-1/tower-7/*/SHA256SUMS"
expect 0 "and its account of the day before, in which nothing was due" without casetap-uploader --config "$conf" --summary yesterday
