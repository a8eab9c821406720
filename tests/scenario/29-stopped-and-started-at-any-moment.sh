#!/usr/bin/env bash
# SIGTERM at random moments, $STOPS times each (default 15): status 0 within 5 s, nothing half done, and between a start and
# a stop no frame is missing and no gap declared.  A second instance, a stranger and a root that gives itself up.
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"
stops=${STOPS:-15}
RANDOM=${SEED:-20261120}
bad=0
# stop_soon PID: SIGTERM, 0 and within 5 s
stop_soon() {
    kill -TERM "$1" 2>/dev/null
    timeout 5 tail -s 0.05 --pid="$1" -f /dev/null || { note "process $1 still runs after 5 s"; bad=$((bad + 1)); }
    wait "$1"
    local rc=$?
    [ $rc = 0 ] || { note "ended with $rc"; bad=$((bad + 1)); }
}
# listens PID: has the program come so far that it hears SIGTERM, or ended already?  Before that the loader is at work.
listens() {
    [ "$(cat "/proc/$1/comm")" != bash ] || return 1
    local caught
    caught=$(awk '/^SigCgt:/ { print $2 }' "/proc/$1/status")
    [ -z "$caught" ] || [ $((0x$caught >> 14 & 1)) = 1 ]
}
moment() { sleep "0.$(printf '%03d' $((RANDOM % $1)))"; }

# --- packager and uploader
installation file
sed -i 's/^slice_seconds = .*/slice_seconds = 15/' "$conf"
demo_order LI-FILE >/dev/null || fail "order"
expect 0 "capture runs over the demo file" casetap-capture --config "$conf" -r "$top/examples/demo.pcap"
for program in casetap-packager casetap-uploader; do
    bad=0
    for ((i = 0; i < stops; i++)); do
        "$program" --config "$conf" >>"$work/$program.log" 2>&1 </dev/null &
        p=$!
        until_true 10 listens $p
        moment 60
        stop_soon $p
    done
    same "fault 134: $program, told to stop $stops times at random moments, ends with 0" 0 $bad
    same "fault 134: and has nothing to complain about" 0 "$(grep -vc ': complete, ' "$work/$program.log")"
    expect 0 "fault 134: $program finishes afterwards" "$program" --config "$conf"
done
casetap-verify --root "$work/file/etc/root.pub" "$lea" >"$work/report" 2>&1
same "fault 134: what is delivered is intact, gaps declared" 10 $?
same "fault 134: with every frame of the subject" "$(wc -l <"$top/examples/demo.subject")" \
    "$("$here/frames.py" list "$lea"/LI-FILE/tower-7/*/*.tar | wc -l)"
same "fault 134: nothing half done is left" "" \
    "$(find "$state" "$lea" -name '*.tmp' -o -name '*.part' -o -name '*.intent'; find "$state/spool" -name '0*')"

# --- strangers
if is_root; then
    chmod 0755 "$work" "$work/file" "$work/file/etc"
    for program in casetap-packager casetap-uploader; do
        expect 77 "fault 141: $program started by a user who owns nothing of it" \
            setpriv --reuid nobody --regid nogroup --clear-groups "$(command -v $program)" --config "$conf"
        same "fault 141: one line" 1 "$(wc -l <"$work/err")"
    done
else
    skip "fault 141: started by a user who owns nothing of it" "needs root"
fi

if ! is_root || ! namespaces_up; then
    skip "faults 134, 140, 141: capture is stopped and started live" "needs root and network namespaces"
    exit
fi

# --- capture, live, as another user's
live isp
sed -i 's/^slice_seconds = .*/slice_seconds = 5/' "$conf"
now=$(date +%s)
order LI-LIVE "$now" $((now + 3600))
chmod 0755 "$work/isp"
mkdir -p "$state/spool" "$state/journal/capture"
chown -R nobody:nogroup "$state/spool" "$state/journal/capture"
chgrp -R nogroup "$orders"
chmod 0755 "$work/isp/etc"
background "$work/stamps.log" /usr/bin/python3 "$here/timestamps.py"
ip netns exec "$ns_b" tcpdump -Z root -B 65536 -Q in -ni vb -w "$work/all.pcap" src 198.51.100.7 2>"$work/tcpdump.log" &
sniffer=$!
until_true 5 grep -q listening "$work/tcpdump.log"
sender 400
sending=$last
bad=0
for ((i = 0; i < stops; i++)); do
    ip netns exec "$ns_b" "$build/capture/casetap-capture" --config "$conf" >>"$work/stops.log" 2>&1 </dev/null &
    p=$!
    until_true 10 listens $p
    moment 900
    stop_soon $p
done
same "fault 134: casetap-capture, told to stop $stops times at random moments, ends with 0" 0 $bad
same "fault 134: and has nothing to complain about" "" "$(cat "$work/stops.log")"
same "fault 134: no part is left" "" "$(find "$state/spool" -name '*.part')"
daemon
until_true 10 is_capturing LI-LIVE || fail "LI-LIVE is captured"
uids() { for p in $capture $(pgrep -P "$capture"); do awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/$p/status"; done | sort -u; }
nobody=$(id -u nobody)
same "fault 141: started as root, keeper and reader are the owner of their folders" "$nobody $nobody $nobody $nobody" "$(uids)"
same "fault 141: with CAP_NET_RAW in the keeper and nothing in the reader" "0000000000002000 0000000000000000" \
    "$(for p in $capture $(pgrep -P "$capture"); do awk '/^CapEff:/ { print $2 }' "/proc/$p/status"; done | tr '\n' ' ' | sed 's/ $//')"
same "fault 141: none can be had again" "0000000000000000" \
    "$(awk '/^CapBnd:/ { print $2 }' "/proc/$(pgrep -P "$capture")/status")"
expect 75 "fault 140: a second casetap-capture on the same access point" ip netns exec "$ns_b" casetap-capture --config "$conf"
same "fault 140: one line" "casetap-capture: another casetap-capture is access point tower-7" "$(cat "$work/err")"
check "fault 140: the first goes on" is_capturing LI-LIVE
sleep 1
kill "$sending"
sleep 1.2
kill -INT $sniffer
wait $sniffer
halt
same "the daemon ends with 0" 0 $?
same "fault 134: no gap but the times without capture" "" "$(gaps LI-LIVE | cut -d' ' -f1 | sort -u | grep -vE '^(late-start|down-time|start-up)$')"
same "fault 134: no slice is anything but closed" closed \
    "$(find "$state/spool/LI-LIVE" -name '0*.json' ! -name '*.gap.json' | xargs jq -r .state | sort -u)"
same "fault 134: a slice has no gap behind its first frame" "" "$(find "$state/spool/LI-LIVE" -name '0*.json' ! -name '*.gap.json' |
    xargs jq -r 'select(.first_frame != null) | . as $s | .gaps[] | select(.to > $s.first_frame) | "\($s.seq) \(.)"')"
same "fault 141: everything it made is the owner's" nobody "$(find "$state/spool" "$state/journal/capture" -printf '%u\n' | sort -u)"
chown -R root:root "$state/spool" "$state/journal/capture"
expect 0 "the packager seals it" casetap-packager --config "$conf"
check "fault 134: every frame was stored once or lies in a declared gap" "$here/declared.py" "$work/all.pcap" \
    "$state"/outbox/LI-LIVE/tower-7/*/*.tar
sed 's/^/# /' "$work/check.out"
