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

# Who may read and write what, tried: a folder is read by listing it and written by making a file there, a file is opened.
# The table is that of DESIGN section 1; journals are handed over to all three programs, as casetap(7) says.
case_dir=LI-2026-0042
one() { find "$1" -maxdepth "${2:-1}" -type f -name "${3:-*}" ! -name '.*' | sort | head -n 1; }
as() { # USER COMMAND...: without a capability, in the groups that it has
    local user=$1 uid gid
    shift
    uid=$(id_of passwd "$user") gid=$(id_of group "$user")
    if [ "$user" = nobody ]; then uid=65534 gid=65534; fi
    setpriv --reuid "$uid" --regid "$gid" --groups "$gid,$(groups_of "$user" | sed 's/^$/'"$gid"'/')" --inh-caps=-all --ambient-caps=-all \
        --bounding-set=-all --no-new-privs "$@"
}
as_program() { as "casetap-$1" sh -c "umask 077; $2"; }
# what no run of this one case has left there
as_program packager "mkdir -p '$state/quarantine/$case_dir'; echo x >'$state/quarantine/$case_dir/x'"
as_program capture "mkdir -p -m 0700 '$state/journal/capture/bindings'; echo x >'$state/journal/capture/bindings/x'"
as_program capture "umask 027; mkdir -p -m 0750 '$state/journal/capture/given'; echo x >'$state/journal/capture/given/x'"
as_program clock "umask 022; echo x >'$root/run/casetap/clock'"
install -m 0600 -o "$(id_of passwd casetap-uploader)" "$keys/station.key" "$keys/lea.token"
casetap hold "$case_dir" --reason "another appeal" --config "$conf" >/dev/null || fail "a hold"
request=$(one "$state/requests/cases" 2)
# NAME PATH of each row
rows() {
    cat <<END
etc $root/etc/casetap
etc/casetap.conf $conf
etc/keyring.txt $root/etc/casetap/keyring.txt
etc/keys $keys
etc/keys/station.key $keys/station.key
etc/keys/approver.key $keys/approver.key
etc/keys/lea.token $keys/lea.token
credential/station.key $work/credentials/station.key
orders $orders
orders/CASE $orders/$case_dir
orders/CASE/1.order $orders/$case_dir/1.order
state $state
spool $state/spool
spool/CASE/IAP $spool
spool/CASE/IAP/state $spool/state
outbox $state/outbox
outbox/CASE/IAP $state/outbox/$case_dir/tower-7
outbox/CASE/IAP/DAY/package $(one "$state/outbox/$case_dir/tower-7" 2 '*.tar')
records $state/records
records/CASE $state/records/$case_dir
records/CASE/custody.jsonl $state/records/$case_dir/custody.jsonl
receipts $state/receipts
receipts/CASE/IAP $state/receipts/$case_dir/tower-7
receipts/CASE/IAP/receipt $(one "$state/receipts/$case_dir/tower-7" 1 '*.receipt')
quarantine $state/quarantine
quarantine/CASE/file $state/quarantine/$case_dir/x
requests $state/requests
requests/request $request
journal $state/journal
journal/capture $state/journal/capture
journal/capture/IAP.jsonl $state/journal/capture/tower-7.jsonl
journal/capture/bindings $state/journal/capture/bindings
journal/capture/bindings/file $state/journal/capture/bindings/x
journal/capture/given $state/journal/capture/given
journal/capture/given/file $state/journal/capture/given/x
journal/packager $state/journal/packager
journal/packager/packager.jsonl $state/journal/packager/packager.jsonl
journal/uploader $state/journal/uploader
journal/uploader/uploader.jsonl $state/journal/uploader/uploader.jsonl
journal/operator $state/journal/operator
journal/operator/operator.jsonl $state/journal/operator/operator.jsonl
run/casetap $root/run/casetap
run/casetap/clock $root/run/casetap/clock
END
}
rows >"$work/rows"
same "each row of the table is there" "" "$(while read -r name path; do [ -e "$path" ] || echo "$name"; done <"$work/rows" | paste -sd' ')"
cat >"$work/try.py" <<'END'
import os, sys
def may(act):
    try:
        act()
        return True
    except PermissionError:
        return False
def make(folder):
    name = "%s/.try-%d" % (folder, os.getpid())
    os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    os.unlink(name)
for line in sys.stdin:
    path = line.split(" ", 1)[1].rstrip("\n")
    if may(lambda: os.stat(path)) and os.path.isdir(path) or path in sys.argv[1:]:
        read, write = may(lambda: os.listdir(path)), may(lambda: make(path))
    else:
        read = may(lambda: os.close(os.open(path, os.O_RDONLY)))
        write = may(lambda: os.close(os.open(path, os.O_WRONLY | os.O_APPEND)))
    print(("r" if read else "-") + ("w" if write else "-"))
END
chmod 0644 "$work/try.py"
mapfile -t folders < <(while read -r _ path; do [ -d "$path" ] && echo "$path"; done <"$work/rows")
users=(casetap-capture casetap-packager casetap-uploader casetap-clock nobody)
for u in "${users[@]}"; do
    check "$u can run a program" as "$u" true
    same "as itself" "$([ "$u" = nobody ] && echo 65534 || id_of passwd "$u")" "$(as "$u" id -u)"
    as "$u" /usr/bin/python3 "$work/try.py" "${folders[@]}" <"$work/rows" >"$work/$u.tried" 2>"$work/$u.err"
    same "$u tries every row" "$(wc -l <"$work/rows")" "$(wc -l <"$work/$u.tried")"
done
paste -d' ' <(cut -d' ' -f1 "$work/rows") "$work"/{casetap-capture,casetap-packager,casetap-uploader,casetap-clock,nobody}.tried >"$work/matrix"
# what it is of              capture packager uploader clock nobody
sed 's/  */ /g' >"$work/expected" <<'END'
etc                                r- r- r- r- r-
etc/casetap.conf                   r- r- r- r- r-
etc/keyring.txt                    r- r- r- r- r-
etc/keys                           -- -- -- -- --
etc/keys/station.key               -- -- -- -- --
etc/keys/approver.key              -- -- -- -- --
etc/keys/lea.token                 -- -- rw -- --
credential/station.key             -- r- -- -- --
orders                             r- r- r- -- --
orders/CASE                        r- r- r- -- --
orders/CASE/1.order                r- r- r- -- --
state                              r- r- r- r- r-
spool                              rw rw -- -- --
spool/CASE/IAP                     rw rw -- -- --
spool/CASE/IAP/state               rw r- -- -- --
outbox                             -- rw r- -- --
outbox/CASE/IAP                    -- rw r- -- --
outbox/CASE/IAP/DAY/package        -- rw r- -- --
records                            -- rw -- -- --
records/CASE                       -- rw -- -- --
records/CASE/custody.jsonl         -- rw -- -- --
receipts                           -- r- rw -- --
receipts/CASE/IAP                  -- r- rw -- --
receipts/CASE/IAP/receipt          -- r- r- -- --
quarantine                         -- rw -- -- --
quarantine/CASE/file               -- rw -- -- --
requests                           r- r- r- -- --
requests/request                   r- r- r- -- --
journal                            r- r- r- r- r-
journal/capture                    rw r- r- -- --
journal/capture/IAP.jsonl          rw r- r- -- --
journal/capture/bindings           rw -- -- -- --
journal/capture/bindings/file      rw -- -- -- --
journal/capture/given              rw r- r- -- --
journal/capture/given/file         rw r- r- -- --
journal/packager                   r- rw r- -- --
journal/packager/packager.jsonl    r- rw r- -- --
journal/uploader                   r- r- rw -- --
journal/uploader/uploader.jsonl    r- r- rw -- --
journal/operator                   r- r- r- -- --
journal/operator/operator.jsonl    r- r- r- -- --
run/casetap                        r- r- r- rw r-
run/casetap/clock                  r- r- r- rw r-
END
check "each reads and writes what DESIGN grants it, and nothing else" diff "$work/expected" "$work/matrix"
