#!/usr/bin/env bash
# Users, groups and folders as sysusers.d and tmpfiles.d make them are enough for each program, and no more than it needs:
# capture, packager and uploader run each as its own user over one live case, through a killed capture, to a verified end.
. "$(dirname "$0")/lib.sh"

if ! is_root || ! ip netns list >/dev/null 2>&1; then
    skip "each program runs as its own user" "needs root and namespaces"
    exit
fi
if ! command -v systemd-sysusers >/dev/null || ! command -v systemd-tmpfiles >/dev/null; then
    skip "each program runs as its own user" "needs systemd-sysusers and systemd-tmpfiles"
    exit
fi

# Everything lies under a root of its own: the machine's users stay as they are.
root=$work/root
mkdir -p "$root/etc" "$root/lea"
chmod 0755 "$root"
check "systemd-sysusers makes the users" systemd-sysusers --root="$root" "$top/examples/systemd/casetap.sysusers"
casetap init --config "$root/etc/casetap" --state "$root/var/lib/casetap" --name "Example Wireless LLC" --iap tower-7 \
    --interface vb --slice-seconds 2 --destination-name county-sheriff --destination-url "file://$root/lea" \
    --allow-volatile-state >/dev/null || fail "init"
check "systemd-tmpfiles hands them the folders" \
    systemd-tmpfiles --root="$root" --create "$top/examples/systemd/casetap.tmpfiles"
conf=$root/etc/casetap/casetap.conf
state=$root/var/lib/casetap
orders=$root/etc/casetap/orders
keys=$root/etc/casetap/keys

id_of() { awk -F: -v n="$2" '$1 == n { print $3 }' "$root/etc/$1"; }
groups_of() { awk -F: -v n="$1" '{ k = split($4, m, ","); for (i = 1; i <= k; i++) if (m[i] == n) print $3 }' "$root/etc/group" | paste -sd,; }

# casetap(7) says what tmpfiles.d does
tables() {
    diff <(sed -n 's/^d *\([^ ]*\) *\([^ ]*\) *\([^ ]*\) *\([^ ]*\) .*/\1 \2 \3 \4/p' "$top/examples/systemd/casetap.tmpfiles") \
        <(sed -n 's/^\.It Pa \(\/[^ ]*\) Ta \([0-9]*\) Ta \([^ ]*\) Ta \([^ ]*\)$/\1 \2 \3 \4/p' "$top/man/casetap.7")
}
check "casetap(7) lists the folders as tmpfiles.d makes them" tables

# run PROGRAM CAPABILITIES COMMAND...: as the unit does; in a subshell, which becomes the program
run() {
    local user=casetap-$1 caps=-all$2
    shift 2
    exec "${inside[@]}" setpriv --reuid "$(id_of passwd "$user")" --regid "$(id_of group "$user")" \
        --groups "$(groups_of "$user")" --inh-caps="$caps" --ambient-caps="$caps" --bounding-set="$caps" --no-new-privs "$@"
}
inside=()
# private USER COMMAND...: with PrivateUsers=yes too
private() {
    local user=casetap-$1
    shift
    "$here/users.py" "$(id_of passwd "$user")" "$(id_of group "$user")" "$(groups_of "$user")" "$@"
}
packager() { private packager env CREDENTIALS_DIRECTORY="$work/credentials" "$build/packager/casetap-packager" --config "$conf"; }
uploader() { private uploader "$build/uploader/casetap-uploader" --config "$conf"; }
# with ProcSubset=pid, as the unit has it
capture() {
    inside=(ip netns exec "$ns_b" unshare -m sh -c 'mount -t proc -o subset=pid none /proc && exec "$@"' capture
        env CASETAP_BOOT_ID="$(tr -d - </proc/sys/kernel/random/boot_id)")
    background "$work/capture.log" run capture ,+net_raw casetap-capture --config "$conf"
    inside=()
}
status_of() { jq -r ".$1" "$state/journal/capture/tower-7.status"; }
is_capturing() { [ "$(status_of state)" = capturing ]; }
closed() { ls "$spool" | sed -n 's/\.pcap$//p' | tail -n 1; }
has_slice_after() { [[ $(closed) > $1 ]]; }

# what the unit's LoadCredential does, and a destination that is the uploader's
install -d -m 0755 "$work/credentials"
install -m 0400 -o "$(id_of passwd casetap-packager)" "$keys/station.key" "$work/credentials/station.key"
chown "$(id_of passwd casetap-uploader)" "$root/lea"

namespaces_up || fail "namespaces"
ip -n "$ns_a" addr add 198.51.100.7/24 dev va
from=$(date -u +%FT%TZ) to=$(date -u -d "+1 hour" +%FT%TZ) demo_order LI-2026-0042 >/dev/null || fail "order"
spool=$state/spool/LI-2026-0042/tower-7
capture
check "capture, with CAP_NET_RAW only, captures" until_true 10 is_capturing
ip netns exec "$ns_a" ping -q -c 2 -i 0.1 -W 1 198.51.100.9 >/dev/null 2>&1
check "it fills slices" until_true 10 has_slice_after 0000000001
same "which name this boot" "$(cat /proc/sys/kernel/random/boot_id)" "$(jq -r .clock.open.boot_id "$spool"/*[0-9].json | sort -u)"
expect 0 "packager seals them" packager
expect 0 "uploader delivers them" uploader
check "the LEA has a package" test -s "$(ls "$root"/lea/LI-2026-0042/tower-7/*/*_0000000002.tar)"

# Killed between a slice's record and its rename: only who takes the lock of capture may finish it.
last_one=$(closed)
until_true 10 has_slice_after "${last_one:-0}"
kill -KILL "$(status_of reader_pid)" "$(status_of pid)" 2>/dev/null
wait "$last" 2>/dev/null
last_one=$(closed)
mv "$spool/$last_one.pcap" "$spool/$last_one.part"
expect 0 "packager finishes a part of a capture that was killed, under its lock" packager
check "its package is there" test -s "$(ls "$state"/outbox/LI-2026-0042/tower-7/*/*_"$last_one".tar)"
check "and its part is gone" test ! -e "$spool/$last_one.part"

rm -f "$state/journal/capture/tower-7.status"
capture
until_true 10 is_capturing || fail "capture again"
casetap order revoke LI-2026-0042 --config "$conf" --reason "end of test" --key "$keys/approver.key" >/dev/null || fail "revoke"
check "a revocation reaches it" until_true 10 grep -q '"ended":{"reason":"revoked"' "$spool/state"
kill -TERM "$last"
wait "$last"
same "capture ends with 0" 0 "$?"
expect 0 "packager seals the rest" packager
expect 0 "uploader delivers the rest" uploader
expect 10 "all of it verifies, with the gaps declared" \
    casetap-verify --root "$root/etc/casetap/root.pub" "$root/lea/LI-2026-0042"
expect 0 "a hold is asked for" casetap hold LI-2026-0042 --reason "appeal pending" --config "$conf"
expect 0 "packager takes it" packager
check "it is kept among the records" test -s "$(ls "$state"/records/LI-2026-0042/requests/*.request)"
expect 0 "status finds all well" casetap status --config "$conf"
check "and shows the hold" grep -q "on hold since .*appeal pending" "$work/out"

# Each is kept out of what it has no business with.
kept_out() { ! (run "$1" "" "$2" "$3" "$4"); }
check "uploader does not see the spool" kept_out uploader test -r "$state/spool"
check "uploader does not see the records" kept_out uploader test -r "$state/records"
check "uploader does not write the outbox" kept_out uploader test -w "$state/outbox"
check "packager does not write receipts" kept_out packager test -w "$state/receipts"
check "packager does not write the journal of capture" kept_out packager test -w "$state/journal/capture"
check "capture does not see the outbox" kept_out capture test -r "$state/outbox"
check "capture does not write orders" kept_out capture test -w "$orders"
check "nobody reads the station's key" kept_out packager test -r "$keys/station.key"
