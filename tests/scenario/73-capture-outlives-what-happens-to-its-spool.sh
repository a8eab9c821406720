#!/usr/bin/env bash
# What happens to the spool, and to the processes, while capture runs: a folder is removed, closed, replaced by a link, its next
# name taken; no descriptor is left; the filesystem turns read-only or is unmounted; a process hangs.  One line says so, what
# is lost is counted, other cases lose nothing, and it goes on by itself or by a restart (faults 116 to 121, 125, 126, 139, 143, 147).
# Runs alone: what a daemon has to notice within seconds is looked at in their order.
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"
if ! is_root || ! namespaces_up; then
    skip "faults 116 to 121, 125, 126, 139, 143, 147: capture outlives what happens to its spool" "needs root and network namespaces"
    exit
fi
extra_cleanup() {
    local i
    for i in disk full; do mountpoint -q "$work/$i/var/spool" && umount "$work/$i/var/spool"; done
}
now=$(date +%s)
stopped() { ! kill -0 "$1" 2>/dev/null; }
reader_of() { pgrep -P "$1"; }
# record, interface: a sum by its name, or `| EXPRESSION` of them
record() { told ".records${1/#[!|]/.&}"; }
trouble() { told ".cases[] | select(.case == \"$1\") | .trouble // \"\""; }
is_troubled() { [ -n "$(trouble "$1")" ]; }
is_well() { [ -z "$(trouble "$1")" ]; }
published() { find "$state/spool/$1" -name '*.pcap' 2>/dev/null | wc -l; }
has_more() { [ "$(published "$1")" -gt "$2" ]; }
sender 400

# --- a reader that hangs, seen to at the end, for it takes the keeper 30 s to be sure
live hang
order LI-HANG $((now - 5)) $((now + 3600))
daemon
hang=$capture hang_state=$state hang_log=$work/hang.log
mv "$work/capture.log" "$hang_log"
until_true 10 is_capturing LI-HANG || fail "LI-HANG is captured"
hung_reader=$(reader_of "$hang")
kill -STOP "$hung_reader"
hung_at=$SECONDS

# --- systemd's watchdog: a keeper that hangs is killed and started again
live dog
order LI-DOG $((now - 5)) $((now + 3600))
background "$work/notify.log" /usr/bin/python3 "$here/notify.py" "$work/notify"
until_true 5 test -S "$work/notify"
daemon NOTIFY_SOCKET="$work/notify"
until_true 10 grep -q READY=1 "$work/notify.log"
check "fault 143: systemd is told when it is ready" grep -q READY=1 "$work/notify.log"
until_true 10 is_capturing LI-DOG
sleep 2
check "fault 143: and kept awake every second or so" [ "$(grep -c WATCHDOG=1 "$work/notify.log")" -ge 2 ]
dog_reader=$(reader_of "$capture")
kill -STOP "$capture"
sleep 1.5
before=$(grep -c WATCHDOG=1 "$work/notify.log")
sleep 1.5
same "fault 143: a keeper that hangs says no more" "$before" "$(grep -c WATCHDOG=1 "$work/notify.log")"
kill -KILL "$capture" # as systemd does
wait "$capture" 2>/dev/null
check "fault 143: its reader ends with it" until_true 5 stopped "$dog_reader"
daemon NOTIFY_SOCKET="$work/notify"
again() { [ "$(grep -c '"event":"capture-start"' "$state/journal/capture/tower-7.jsonl")" -ge 2 ]; }
check "fault 143: started again it captures" until_true 20 again
sleep 1
halt
same "fault 143: and ends with 0" 0 $?
check "fault 143: STOPPING was said" grep -q STOPPING=1 "$work/notify.log"
check "fault 143: no part is left" no_part LI-DOG
check "fault 143: the time between is a declared gap" grep -qE '^(down-time|recovered|reader-lost) ' <(gaps LI-DOG)

# --- a reader dies while the disk is full: recovery can not put the stream in order until there is room again
live full
mkdir -p -m 2770 "$state/spool"
mount -t tmpfs -o size=4m,mode=2770 none "$state/spool"
sed -i 's/^slice_seconds = .*/slice_seconds = 300/' "$conf"
order LI-FULL $((now - 5)) $((now + 3600))
daemon
until_true 20 is_capturing LI-FULL
has_some() { find "$state/spool/LI-FULL" -name '*.part' -size +8k | grep -q part; }
until_true 20 has_some || fail "LI-FULL is written"
dd if=/dev/zero of="$state/spool/filler" bs=64k >/dev/null 2>&1
kill -KILL "$(reader_of "$capture")"
is_out_of_order() { [[ "$(trouble LI-FULL)" = *"not in order"* ]]; }
check "fault 111: a stream that could not be put in order is named" until_true 20 is_out_of_order
reader=$(reader_of "$capture")
is_said() { casetap status --config "$conf" >"$work/status.out"; [ $? = 1 ] && grep -q '^! .*LI-FULL.*not captured at tower-7.*not in order' "$work/status.out"; }
check "fault 111: and casetap status says that its case is not captured" until_true 30 is_said
casetap status --config "$conf" --json >"$work/full.json"
check "fault 111: so does --json" jq -e '.cases[] | .not_captured[] | .iap == "tower-7" and (.trouble | test("not in order"))' "$work/full.json"
casetap status --config "$conf" --metrics "$work/full.prom"
check "fault 111: and --metrics" grep -qx 'casetap_cases_not_captured 1' "$work/full.prom"
says_once "fault 111: its refusal is said once" 'LI-FULL: its stream at tower-7 is not in order'
says_once "fault 111: and what recovery met" 'LI-FULL: putting its stream'
rm "$state/spool/filler"
check "fault 111: with room again it is put in order, and captured" until_true 90 is_capturing LI-FULL
same "fault 111: by the reader that was there" "$reader" "$(reader_of "$capture")"
check "fault 111: nothing is the matter any more" until_true 10 is_well LI-FULL
halt
# Not of a certain number: the slice may have rolled just before the reader was killed.
check "fault 111: what was written is recovered" grep -qr --include='*.json' '"state":"recovered"' "$state/spool/LI-FULL"

# --- folders
live folders
hostile=(LANG=tr_TR.UTF-8 LC_ALL=xx_YY TZ=:/etc/passwd TMPDIR=/nonexistent http_proxy=http://203.0.113.1:1 SSL_CERT_FILE=/nonexistent
    MALLOC_PERTURB_=85 IFS=x ENV=/nonexistent OPENSSL_CONF=/nonexistent)
for c in FINE GONE SHUT NAME; do order LI-$c $((now - 5)) $((now + 3600)); done
find "$work/folders" -exec touch -d 2099-01-01 {} +
(
    umask 0777
    ulimit -l 0
    exec ip netns exec "$ns_b" env "${hostile[@]}" "$build/capture/casetap-capture" --config "$conf"
) >"$work/capture.log" 2>&1 </dev/null &
capture=$!
started+=("$capture")
for c in FINE GONE SHUT NAME; do until_true 15 is_capturing LI-$c; done
check "faults 139 and 147: without lockable memory, in a hostile environment, it captures" is_capturing LI-FINE
same "fault 139: without a word" 0 "$(lines .)"
same "fault 147: with its own modes, whatever the umask is" 640 "$(stat -c %a "$(find "$state/spool/LI-FINE" -name '*.part' | head -n 1)")"
mkdir "$work/elsewhere" "$state/spool/LI-LINK" && ln -s "$work/elsewhere" "$state/spool/LI-LINK/tower-7"
order LI-LINK $((now - 5)) $((now + 3600))
reader=$(reader_of "$capture")
until_true 5 has_more LI-FINE 0
rm -rf "$state/spool/LI-GONE/tower-7"
chmod 0 "$state/spool/LI-SHUT/tower-7"
next=$(jq .next "$state/spool/LI-NAME/tower-7/state")
echo stranger >"$state/spool/LI-NAME/tower-7/$(printf '%010d' "$next").part"
check "fault 125: among files stamped in 2099 it captures, and takes a new order" until_true 10 grep -q LI-LINK "$work/capture.log"
check "fault 119: a folder that is removed is named" until_true 12 is_troubled LI-GONE
check "fault 121: so is one that is closed" until_true 12 is_troubled LI-SHUT
# Where the slice rolls just as the name is taken, the trouble may be over before the status is looked at.
check "fault 126: so is a name that is taken" until_true 12 journalled LI-NAME blocked
check "fault 120: a link in place of a folder is refused" until_true 5 grep -q 'LI-LINK: opening its stream' "$work/capture.log"
same "fault 120: and not followed" "" "$(ls -A "$work/elsewhere")"
note "GONE: $(trouble LI-GONE), SHUT: $(trouble LI-SHUT), NAME: $(trouble LI-NAME)"
for c in GONE SHUT NAME; do same "and journalled once ($c)" 1 "$(grep -c "\"case\":\"LI-$c\",\"event\":\"blocked\"" "$state/journal/capture/tower-7.jsonl")"; done
same "fault 126: the stranger's file is left alone" stranger "$(cat "$state/spool/LI-NAME/tower-7/$(printf '%010d' "$next").part")"
chmod 2770 "$state/spool/LI-SHUT/tower-7"
rm "$state/spool/LI-NAME/tower-7/$(printf '%010d' "$next").part"
check "fault 121: put right, it goes on by itself" until_true 8 is_well LI-SHUT
check "fault 126: put right, it goes on by itself" until_true 8 is_well LI-NAME

# --- descriptors: none is left for the next slice
limit=$(ls /proc/"$reader"/fd | wc -l)
prlimit --pid "$reader" --nofile=$((limit - 1)):$(ulimit -Hn)
check "fault 118: without a descriptor for the next slice it says so" until_true 12 is_troubled LI-FINE
note "FINE: $(trouble LI-FINE)"
prlimit --pid "$reader" --nofile="$(ulimit -Hn)":"$(ulimit -Hn)"
check "fault 118: with one again it goes on by itself" until_true 8 is_well LI-FINE
same "faults 118 to 121, 126: the reader was never replaced" "$reader" "$(reader_of "$capture")"
same "and every record is accounted for" "$(record matched)" "$(record '| .stored + .outside + .lost_pool + .lost_quota + .lost_disk')"
halt
check "fault 119: what could not be published makes it end with 74" [ $? = 74 ]
for c in FINE SHUT NAME; do
    same "$c: windows tile the time" 0 "$(for f in "$state/spool/LI-$c"/tower-7/*.json; do
        jq -r '"\(.window.from) \(.window.to)"' "$f"
    done | awk 'NR > 1 && $1 != last { n++ } { last = $2 } END { print n + 0 }')"
done
check "fault 121: the loss is a declared gap" grep -q '^disk-error ' <(gaps LI-SHUT)

# --- the reader that hung
check "fault 143: a reader that hangs is killed" until_true $((40 - SECONDS + hung_at)) grep -q 'is silent: killing it' "$hang_log"
state=$hang_state
again() { [ -n "$(reader_of "$hang")" ] && [ "$(reader_of "$hang")" != "$hung_reader" ] && is_capturing LI-HANG; }
check "fault 143: and replaced" until_true 10 again
capture=$hang
halt
same "fault 143: the daemon ends with 0" 0 $?
check "fault 143: the gap is declared" grep -qE '^reader-lost ' <(gaps LI-HANG)
check "fault 143: its part was put in order" grep -q '"event":"recovered"' "$state/journal/capture/tower-7.jsonl"

# --- the filesystem of the spool
if ! losetup -f >/dev/null 2>&1; then
    skip "faults 116 and 117: the spool's filesystem goes away" "needs loop devices"
    exit
fi
live disk
order LI-DISK $((now - 5)) $((now + 3600))
truncate -s 48M "$work/image" && mkfs.ext4 -q -F "$work/image"
mkdir -p "$state/spool" && mount -o loop,errors=remount-ro "$work/image" "$state/spool" && chmod 2770 "$state/spool"
daemon
until_true 10 is_capturing LI-DISK
until_true 10 has_more LI-DISK 0
check "fault 117: the spool is marked" [ -e "$state/spool/.casetap" ]
# in the daemon's own mount namespace, which ip netns exec made
nsenter -t "$capture" -m umount -l "$state/spool"
order LI-LATE $((now - 5)) $((now + 3600))
check "fault 117: unmounted under us, a new stream is refused" until_true 8 grep -q 'LI-LATE: opening its stream' "$work/capture.log"
same "fault 117: nothing is written into the folder below" 0 "$(nsenter -t "$capture" -m find "$state/spool" -mindepth 1 | wc -l)"
check "fault 117: a stream that is open goes on where it was" is_well LI-DISK
halt
expect 78 "fault 117: a start without the mount is refused" unshare -m bash -c \
    "umount '$state/spool'; exec ip netns exec $ns_b '$build/capture/casetap-capture' --config '$conf'"
says "fault 117: in a line" 'is a filesystem not mounted'
daemon
until_true 10 is_capturing LI-LATE
check "fault 117: mounted again it captures" is_capturing LI-LATE
device=$(basename "$(findmnt -no SOURCE "$state/spool")")
echo 1 >"/sys/fs/ext4/$device/trigger_fs_error"
check "fault 116: a filesystem that turns read-only is named" until_true 12 is_troubled LI-DISK
note "DISK: $(trouble LI-DISK)"
kill -TERM "$capture"
check "fault 116: SIGTERM ends it all the same" until_true 10 stopped "$capture"
wait "$capture"
same "fault 116: with 74" 74 $?
umount "$state/spool"
e2fsck -fy "$work/image" >/dev/null 2>&1
mount -o loop "$work/image" "$state/spool"
daemon
until_true 10 is_capturing LI-DISK
check "fault 116: mended and mounted it goes on" is_capturing LI-DISK
halt
same "fault 116: and ends with 0" 0 $?
same "fault 116: windows tile the time" 0 "$(for f in "$state/spool/LI-DISK"/tower-7/*.json; do
    jq -r '"\(.window.from) \(.window.to)"' "$f"
done | awk 'NR > 1 && $1 != last { n++ } { last = $2 } END { print n + 0 }')"
