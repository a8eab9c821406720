#!/usr/bin/env bash
# A flood of frames: what was read before SIGTERM is stored; a disk that stalls costs nothing while the pool lasts; one that is
# full, and a flood past every limit, cost frames that are counted exactly, stage by stage; and a case that is flooded takes
# nothing from another (faults 46, 111, 127, 134; promises 4 and 15).  LONG=1, in the soak: 200,000 frames a second, a stall
# of 5 s with the default pool, a disk that is full for 10 s.
# Runs alone: floods fill what they are to fill in seconds.
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"
library=$build/tests/faults/libcasetap_faults.so
if ! is_root || ! namespaces_up || [ ! -e "$library" ]; then
    skip "faults 46, 111, 127, 134: a flood costs what is counted" "needs root, network namespaces, a build without sanitizers"
    exit
fi
extra_cleanup() { mountpoint -q "$work/full/var/spool" && umount "$work/full/var/spool"; }
long=${LONG:-0}

# isp NAME RING POOL: an installation; isp_case CASE HOST: an order for now
isp() {
    live "$1"
    sed -i "/^ring_bytes/d; /^pool_bytes/d; s/^slice_seconds.*/&\\nring_bytes = $2\\npool_bytes = $3/" "$conf"
}
isp_case() {
    subject=(--subject "198.51.100.$2")
    order "$1" $(($(date +%s) - 5)) $(($(date +%s) + 3600))
}
# begin CASE [FAULTS]: a daemon whose calls fail as that says
begin() {
    truncate -s 4096 "$work/counts"
    dropped_before=$(dropped_by_vb)
    if [ -n "${2:-}" ]; then
        daemon LD_PRELOAD="$library" FAULTS="$2" FAULTS_COUNTS="$work/counts" FAULTS_PATH=/spool/
    else
        daemon
    fi
    until_true 10 is_capturing "$1" || fail "$1 is captured"
}
# on_the_way: what the veth pair dropped since begin; a queue of the machine that no network card has
dropped_by_vb() { ip -n "$ns_b" -j -s link show vb | jq '.[0].stats64.rx.dropped'; }
on_the_way() { echo $(($(dropped_by_vb) - dropped_before)); }
# flood PPS SECONDS WEIGHT...: in the background; sent HOST: how many, once it has ended
flood() {
    background "$work/flood.log" ip netns exec "$ns_a" "$build/tests/faults/flood" va "$1" "$2" 200 "${@:3}"
    flood=$last
}
sent() { sed -n "$1p" "$work/flood.log"; }
# record, interface: a sum by its name, or `| EXPRESSION` of them
record() { told ".records${1/#[!|]/.&}"; }
interface() { told ".interfaces[0]${1/#[!|]/.&}"; }
of_slices() { find "$state/spool/$1" -name '*.json' ! -name '*.gap.json' | xargs jq -s "map($2) | add"; } # CASE FIELD
# numbers CASE LETTER: sets n, different, first, last
numbers() { read -r n different first last < <("$here/numbers.py" "$2" $(slices_of "$1")); }
# accounts: the equations of each stage, in the status, the journal and the slices
accounts() {
    same "$1: seen = the subjects' + nobody's + lost in the kernel" "$(interface seen)" "$(interface '| .subject + .not_subject + .lost')"
    same "$1: matched = stored + outside + lost to pool, quota and disk" "$(record matched)" \
        "$(record '| .stored + .outside + .lost_pool + .lost_quota + .lost_disk')"
    same "$1: the journal says the same" "$(record '| "\(.matched) \(.stored) \(.lost_pool) \(.lost_quota) \(.lost_disk)"')" \
        "$(jq -r 'select(.event == "record-sums") | .detail | "\(.matched) \(.stored) \(.lost_pool) \(.lost_quota) \(.lost_disk)"' "$state/journal/capture/tower-7.jsonl" | tail -n 1)"
    note "$1: sent $(paste -sd+ "$work/flood.log"), missed $(interface missed), seen $(interface seen), kernel $(interface lost), pool $(record lost_pool), quota $(record lost_quota), disk $(record lost_disk), stored $(record stored), pool peak $(record pool_peak)"
}

# --- SIGTERM in the middle
isp stop 64M 64M
isp_case LI-STOP 7
begin LI-STOP
flood 40000 5 1
sleep 2.5
halted=$(date +%s%N)
halt
same "fault 134: SIGTERM under a flood ends it with 0" 0 $?
check "fault 134: within 5 s" [ $(($(date +%s%N) - halted)) -lt 5000000000 ]
wait "$flood"
numbers LI-STOP A
note "stored $n, from number $first to $last"
same "fault 134: every frame up to the last is stored, or counted as lost" $((last - first + 1)) \
    $((n + $(interface lost) + $(record '| .lost_pool + .lost_quota + .lost_disk')))
same "fault 134: from the first that was sent" 0 "$first"
check "fault 134: up to the moment of SIGTERM" [ "$last" -gt 50000 ]
same "fault 134: none twice" "$n" "$different"
accounts "fault 134"

# --- a disk that stalls
isp stall 64M 512M
isp_case LI-STALL 7
if [ "$long" = 1 ]; then
    pps=200000 stall=5000 seconds=12
else
    pps=25000 stall=3000 seconds=6
fi
begin LI-STALL "fdatasync:3:delay$stall"
flood $pps $seconds 1
wait "$flood"
halt
same "fault 127: a disk that stalls $stall ms under $pps frames/s: ends with 0" 0 $?
numbers LI-STALL A
same "fault 127: every frame is stored" "$(sent 1)" "$different"
same "fault 127: none is lost anywhere" "0 0 0 0 0" \
    "$(interface missed) $(interface lost) $(record '| "\(.lost_pool) \(.lost_quota) \(.lost_disk)"')"
check "fault 127: it did stall: the pool was in use" [ "$(record pool_peak)" -gt $((pps * 216 * stall / 2000)) ]
accounts "fault 127"

# --- a disk that is full for a while
isp full 64M 64M
isp_case LI-FULL 7
rm -rf "$state/spool" && mkdir -m 2770 "$state/spool"
if [ "$long" = 1 ]; then
    pps=50000 full=10 size=512m
else
    pps=10000 full=3 size=48m
fi
mount -t tmpfs -o size=$size,mode=2770 tmpfs "$state/spool"
begin LI-FULL
flood $pps $((full + 4)) 1
sleep 2
cat /dev/zero >"$state/spool/filler" 2>/dev/null
sleep "$full"
rm "$state/spool/filler"
wait "$flood"
halt
same "fault 111: a disk that is full for $full s: ends with 0" 0 $?
numbers LI-FULL A
check "fault 111: it was full" [ "$(record lost_disk)" -gt $((pps * full / 2)) ]
same "fault 111: sent = stored + declared, exactly" "$(sent 1)" \
    $((different + $(on_the_way) + $(interface '| .missed + .lost') + $(record '| .lost_pool + .lost_quota + .lost_disk')))
same "fault 111: the slices say so too" "$(record lost_disk)" "$(of_slices LI-FULL .loss.disk)"
same "fault 111: it goes on by itself, to the last frame" $(($(sent 1) - 1)) "$last"
check "fault 111: with a gap" grep -q '^disk-full ' <(gaps LI-FULL)
check "fault 111: and a line in the journal" journalled LI-FULL blocked
accounts "fault 111"
umount "$state/spool"

# --- past every limit: a small ring, a small pool, a slow disk, as many frames as go
isp limit 1M 1M
isp_case LI-LIMIT 7
missed_by_vb() { ip -n "$ns_b" -j -s -s link show vb | jq ".[0].stats64.rx | .missed_errors + .fifo_errors"; }
missed_before=$(missed_by_vb)
begin LI-LIMIT "write:20+:delay20"
flood 0 $((long == 1 ? 10 : 3)) 1
wait "$flood"
halt
same "fault 046: a flood past every limit ends with 0" 0 $?
numbers LI-LIMIT A
lost=$(($(on_the_way) + $(interface '| .missed + .lost') + $(record '| .lost_pool + .lost_quota + .lost_disk')))
check "fault 046: much of it is lost" [ "$lost" -gt $(($(sent 1) / 10)) ]
same "fault 046: sent = stored + declared, exactly" "$(sent 1)" $((different + lost))
same "fault 046: the interface's part is what the system says" "$(interface missed)" \
    $(($(missed_by_vb) - missed_before))
same "fault 046: and the slice calls loss possible" possible "$(find "$state/spool" -name '*[0-9].json' | xargs jq -r .loss.shared 2>/dev/null | grep -m 1 possible)"
accounts "fault 046"

# --- one case is flooded, the other is not
isp quota 64M 8M
isp_case LI-HOG 7
isp_case LI-QUIET 8
begin LI-QUIET "fdatasync:3+:delay1000"
until_true 5 is_capturing LI-HOG
flood 30000 6 40 1
wait "$flood"
halt
same "promise 15: a flooded case beside a quiet one: ends with 0" 0 $?
numbers LI-QUIET B
same "promise 15: the quiet one has every frame" "$(sent 2)" "$different"
same "promise 15: and is told of no loss" "zero 0 0" \
    "$(find "$state/spool/LI-QUIET" -name '*[0-9].json' | xargs jq -r '.loss | "\(.shared) \(.quota) \(.disk)"' | sort -u)"
numbers LI-HOG A
check "promise 15: the flooded one had more than its share" [ "$(of_slices LI-HOG .loss.quota)" -gt 0 ]
same "promise 15: its loss is its own, and exact" "$(sent 1)" $((different + $(of_slices LI-HOG .loss.quota)))
accounts "promise 15"
