#!/usr/bin/env bash
# The clock is set back and forth while capturing.  libfaketime gives the keeper, who decides what is in force, another
# realtime; boottime stays true, as when a clock is stepped.  The reader in its sandbox can not read libfaketime's file:
# frames keep the kernel's stamps.  What the rule does instant by instant is tests/unit/clock_test.c's.
# Runs alone: a clock that is stepped is noticed within seconds.
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"
fake=$(find /usr/lib -name libfaketime.so.1 2>/dev/null | head -n 1)
if [ -z "$fake" ]; then
    skip "faults 31 and 128: clock steps while capturing" "needs libfaketime"
    exit
fi
if ! is_root || ! namespaces_up; then
    skip "faults 31 and 128: clock steps while capturing" "needs root and network namespaces"
    exit
fi
live isp
background "$work/stamps.log" /usr/bin/python3 "$here/timestamps.py"
ip netns exec "$ns_b" tcpdump -Z root -B 65536 -Q in -ni vb -w "$work/all.pcap" src 198.51.100.7 2>"$work/tcpdump.log" &
sniffer=$!
until_true 5 grep -q listening "$work/tcpdump.log"
sender
sending=$last
faked=(LD_PRELOAD="$fake" FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1 FAKETIME_NO_CACHE=1
    FAKETIME_TIMESTAMP_FILE="$work/isp/etc/faketime")
# set_clock OFFSET: seconds from the true time; each is a step that the daemon tells of
steps=0
clock_file() { echo "$1" >"$work/isp/etc/.faketime" && mv "$work/isp/etc/.faketime" "$work/isp/etc/faketime"; }
stepped() { [ "$(lines 'the clock was stepped by')" = "$steps" ]; }
set_clock() {
    steps=$((steps + 1))
    clock_file "$1"
    until_true 5 stepped || fail "a step to $1 s is noticed, and once"
}
hour=3600 day=86400 year=31557600

clock_file +0
now=$(date +%s)
begin=$((now - 600)) end=$((now + 12))
[ $((end % 5)) != 0 ] || end=$((end + 1))
order LI-LONG $begin $((now + 2 * hour))
order LI-BRIEF $((now - 3 * hour)) $end
order LI-PAST $((now - 2 * hour)) $((now - hour / 2))
order LI-TOMORROW $((now + day - hour)) $((now + day + hour))
order LI-2106 4294967000 4294969000
daemon "${faked[@]}"
until_true 10 is_capturing LI-LONG || fail "LI-LONG is captured"
until_true 10 is_capturing LI-BRIEF || fail "LI-BRIEF is captured"
until_true 5 is_case LI-PAST expired || fail "LI-PAST is over"

set_clock -1
sleep 1
check "fault 31: a step back of 1 s changes nothing" is_capturing LI-LONG
same "fault 31: not even for a moment" 0 "$(lines 'LI-LONG: clock')"
set_clock +0

set_clock -$hour
check "fault 128: an hour back: what began in that hour is not in force" until_true 5 is_case LI-LONG clock
check "fault 31: no order is entered again through its window" is_case LI-PAST expired
check "fault 128: its slice is closed" until_true 5 no_part LI-LONG
sleep 0.5
before=$(stored LI-LONG)
check "fault 128: what covers the hour goes on" is_capturing LI-BRIEF
check "fault 31: but an hour back extends nothing: it ends when it would have" until_true 20 is_case LI-BRIEF expired
until_true 5 no_part LI-BRIEF
same "fault 31: to the frame" 0 "$(stored LI-BRIEF $end)"
check "fault 31: with its last second" [ "$(stored LI-BRIEF "$((end - 1))" $end)" -gt 20 ]
same "fault 128: nothing was stored for the case in doubt" "$before" "$(stored LI-LONG)"
same "fault 128: with no order in force there is no socket but tcpdump's" 1 "$(sockets)"
set_clock +0
check "fault 128: when the clock is right again, capture goes on" until_true 5 is_capturing LI-LONG
check "fault 31: what is over stays over" is_case LI-BRIEF expired

set_clock -$((10 * year))
check "fault 128: ten years back: not in force" until_true 5 is_case LI-LONG clock
check "fault 31: and nothing that is over is" is_case LI-BRIEF expired
set_clock +0
check "fault 128: and back: in force" until_true 5 is_capturing LI-LONG

set_clock +$day
check "fault 128: a day forward: not in force while the clock is in doubt" until_true 5 is_case LI-LONG clock
check "fault 128: and tomorrow's order does not start early" until_true 5 is_case LI-TOMORROW clock
same "fault 128: nothing of it is stored" 0 "$(find "$state/spool/LI-TOMORROW" -type f 2>/dev/null | wc -l)"
set_clock +0
check "fault 128: and back: in force" until_true 5 is_capturing LI-LONG

set_clock +$((4294967100 - now))
check "fault 31: a jump to 2106 starts no order of that time" until_true 5 is_case LI-2106 clock
set_clock +0
check "fault 31: and back: casetap is not locked out" until_true 5 is_capturing LI-LONG
check "fault 31: the order of 2106 is not yet" until_true 5 is_case LI-2106 not-yet
same "fault 128: each step is in the journal" "$steps" "$(grep -c '"event":"clock"' "$state/journal/capture/tower-7.jsonl")"
kill $sending
sleep 1.2
kill -INT $sniffer
wait $sniffer
halt
same "the daemon ends with 0" 0 $?
check "fault 128: what was not captured has its reason" grep -q '^clock ' <(gaps LI-LONG)
expect 0 "the packager seals it" casetap-packager --config "$conf"
check "fault 128: every frame was stored once or lies in a declared gap" "$here/declared.py" "$work/all.pcap" \
    "$state"/outbox/LI-LONG/tower-7/*/*.tar
sed 's/^/# /' "$work/check.out"

# --- started with a clock that is wrong
clock_file -$hour
daemon "${faked[@]}"
check "fault 31: a start with the clock an hour back revives nothing" until_true 10 is_case LI-BRIEF expired
check "fault 31: nor enters a window again" is_case LI-PAST expired
check "fault 128: and what began in that hour waits" is_case LI-LONG clock
same "fault 128: without a socket" 0 "$(sockets)"
halt
same "it ends with 0" 0 $?
same "fault 31: nothing came to the case that had ended" "" "$(slices_of LI-BRIEF)"
