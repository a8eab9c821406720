#!/usr/bin/env bash
# Under a flood of frames cases begin, change and end, each with a new kernel filter: no other case loses a frame, what
# begins at its not_before is whole from there, and most of what is nobody's stays in the kernel.
# Runs alone: no frame of a flood may be missing, and the keeper is late by milliseconds.
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"

if ! is_root || ! namespaces_up; then
    skip "orders change under a flood" "needs root and network namespaces"
    exit
fi
live isp
sed -i 's/^ring_bytes = .*/ring_bytes = 64M/' "$conf"
pps=8000 seconds=24
now=$(date +%s)
order LI-STAYS "$now" $((now + 3600))
daemon
until_true 10 is_capturing LI-STAYS || fail "LI-STAYS is captured"
background "$work/flood.log" ip netns exec "$ns_a" /usr/bin/python3 "$here/send.py" va $pps $seconds
flood=$last

# others NUMBER: orders for the next host, and for addresses nobody has
other() {
    subject=(--subject 198.51.100.8 --subject "192.0.2.$1" --subject "2001:db8:9::$1")
    order "LI-OTHER-$1" "$2" "$3"
}
kernel_filter() { told .kernel_filter; }
filter_is() { [[ $(kernel_filter) == $1 ]]; }
check "what is in force stands in the status" until_true 5 filter_is 'tree * instructions, 1 addresses'

# --- one that begins, and ends, on the second; others that come and go as fast as files are moved
begins=$((now + 10)) ends=$((now + 15))
subject=(--subject 198.51.100.9)
order LI-TIMED $begins $ends
for n in 1 2 3 4 5 6; do
    other $n "$now" $((now + 3600))
    until_true 5 is_capturing LI-OTHER-$n || fail "LI-OTHER-$n begins"
    [ $((n % 2)) = 0 ] || mv "$orders/LI-OTHER-$n" "$work/away-$n"
done
check "the filter grew with the orders" until_true 5 filter_is 'tree * instructions, 1[0-9] addresses'
# The keeper is kept from running over that second: the reader alone is there at the first instant.
/usr/bin/python3 -c '
import os, signal, sys, time
keeper, begins = int(sys.argv[1]), float(sys.argv[2])
time.sleep(max(0, begins - 0.2 - time.time()))
os.kill(keeper, signal.SIGSTOP)
time.sleep(max(0, begins + 0.1 - time.time()))
os.kill(keeper, signal.SIGCONT)
print("%d" % ((time.time() - begins) * 1000))' "$capture" $begins >"$work/paused"
until_true 15 is_case LI-TIMED expired || fail "LI-TIMED ends"
for n in 2 4 6; do mv "$orders/LI-OTHER-$n" "$work/away-$n"; done
check "and shrank with them" until_true 8 filter_is 'tree * instructions, 1 addresses'
wait "$flood"
sleep 1
halt
same "the daemon ends with 0" 0 $?

sent=$(cat "$work/flood.log")
same "every frame of the case that stayed is stored ($sent)" "$sent" "$(stored LI-STAYS)"
mapfile -t files < <(slices_of LI-STAYS)
same "none of them twice" "$sent" "$("$here/frames.py" list "${files[@]}" | sort -u -k4 | wc -l)"
seen=$(told '.interfaces[0].seen') lost=$(told '.interfaces[0].lost')
same "none was lost on the way" 0 "$lost"
same "frames that came are the subjects' or nobody's" "$seen" \
    "$(told '.interfaces[0] | .subject + .not_subject + .lost')"
check "a good part of the flood stayed in the kernel ($seen of $((4 * sent)) came)" [ "$seen" -lt $((3 * sent)) ]

# --- what began at its second: one frame in four is its, in turn
mapfile -t files < <(slices_of LI-TIMED)
timed() { "$here/frames.py" list "${files[@]}"; }
neighbours() { # frames of LI-STAYS stamped within the window of LI-TIMED
    stored LI-STAYS $begins $ends
}
n=$(timed | wc -l) m=$(neighbours)
# The reader waits for half a second at most.
if [ "$(<"$work/paused")" -lt 250 ]; then
    check "a case is whole from its not_before on, though the keeper is late ($n frames, $m of another host in that time)" \
        [ $((n - m)) -ge -1 -a $((n - m)) -le 1 ]
    same "and declares no gap" "" "$(gaps LI-TIMED)"
else
    skip "a case is whole from its not_before on, though the keeper is late" "it was kept from running for $(<"$work/paused") ms"
fi
same "nothing is stamped outside" 0 "$(($(stored LI-TIMED 0 $begins) + $(stored LI-TIMED $ends)))"
check "its slices say that a filter was in force" grep -q tree <(find "$state/spool/LI-STAYS" -name '*.json' -exec jq -r .kernel_filter {} +)
