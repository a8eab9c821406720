#!/usr/bin/env bash
# kill -9 of each program at random moments, $KILLS times each (default 100): the end is a verified, complete case, and
# every frame that was sent is delivered once or lies in a declared gap.
. "$(dirname "$0")/lib.sh"
kills=${KILLS:-100}
RANDOM=${SEED:-20261120}
moment() { sleep "0.$(printf '%03d' $((RANDOM % $1)))"; }

# storm PROGRAM: run it and kill it until that many kills have met it alive, or it has nothing left to do
storm() {
    hit=0
    for ((i = 0; i < 3 * kills && hit < kills; i++)); do
        "$1" --config "$conf" >>"$work/$1.log" 2>&1 &
        p=$!
        moment 60
        kill -9 $p 2>/dev/null && hit=$((hit + 1))
        wait $p 2>/dev/null
    done
    note "$1 was killed $hit times in $i runs"
}

# --- packager and uploader, over a file with many slices
installation file
sed -i 's/^slice_seconds = .*/slice_seconds = 1/' "$conf"
demo_order LI-FILE >/dev/null || fail "order"
expect 0 "capture runs over the demo file" casetap-capture --config "$conf" -r "$top/examples/demo.pcap"
n=$(ls "$state"/spool/LI-FILE/tower-7/*.pcap | wc -l)
note "$n slices wait for the packager"
storm casetap-packager
expect 0 "the packager, killed $hit times, finishes" casetap-packager --config "$conf"
same "nothing is left in the spool" 0 "$(find "$state/spool" -name '0*' | wc -l)"
storm casetap-uploader
expect 0 "the uploader, killed $hit times, finishes" casetap-uploader --config "$conf"
casetap-verify --root "$work/file/etc/root.pub" "$lea/LI-FILE" >"$work/report" 2>&1
same "the delivered case is intact, gaps declared" 10 $?
tail -n 1 "$work/report" | sed 's/^/# /'
awk 'NR == FNR { want[$1]; next } FNR in want' "$top/examples/demo.subject" \
    <("$here/frames.py" list "$top/examples/demo.pcap") | cut -d' ' -f1,4 | sort >"$work/want"
"$here/frames.py" list "$lea"/LI-FILE/tower-7/*/*.tar | cut -d' ' -f1,4 | sort >"$work/got"
check "exactly the subject's frames were delivered ($(wc -l <"$work/got"))" cmp "$work/want" "$work/got"
same "no temporary file is left at the destination" 0 "$(find "$lea" -name '*.part' -o -name '.*.tmp' | wc -l)"

# --- capture, live
[ -n "${ONLY_FILE:-}" ] && exit
if ! is_root || ! namespaces_up; then
    skip "capture, killed live, declares what it lost" "needs root and network namespaces"
    exit
fi
installation live
subject=(--subject 198.51.100.7)
sed -i 's/^interface = .*/interface = vb/; s/^slice_seconds = .*/slice_seconds = 5/' "$conf"
from=$(date -u +%Y-%m-%dT%H:%M:%SZ) to=$(date -u -d '+3600 seconds' +%Y-%m-%dT%H:%M:%SZ) demo_order LI-LIVE >/dev/null || fail "order"
background "$work/stamps.log" /usr/bin/python3 "$here/timestamps.py"
ip netns exec "$ns_b" tcpdump -Z root -B 65536 -Q in -ni vb -w "$work/all.pcap" src 198.51.100.7 2>"$work/tcpdump.log" &
sniffer=$!
until_true 5 grep -q listening "$work/tcpdump.log"
background "$work/send.log" ip netns exec "$ns_a" /usr/bin/python3 "$here/send.py" va 1000 100000
sender=$last
hit=0
for ((i = 0; i < kills; i++)); do
    ip netns exec "$ns_b" "$build/capture/casetap-capture" --config "$conf" >>"$work/capture.log" 2>&1 &
    p=$!
    moment 900
    children=$(pgrep -P $p)
    case $((i % 3)) in
    0) kill -9 $p ;;
    1) kill -9 $p $children 2>/dev/null ;;
    2) [ -n "$children" ] && kill -9 $children 2>/dev/null && moment 500; kill -9 $p ;;
    esac
    hit=$((hit + 1))
    wait $p 2>/dev/null
done
note "capture was killed $hit times"
ip netns exec "$ns_b" "$build/capture/casetap-capture" --config "$conf" >>"$work/capture.log" 2>&1 &
p=$!
sleep 4
kill -TERM $p
wait $p
same "the last capture ends with 0" 0 $?
kill $sender
sleep 1.2
kill -INT $sniffer
wait $sniffer 2>/dev/null
casetap order revoke LI-LIVE --reason done --key "$keys/approver.key" --config "$conf" >/dev/null
ip netns exec "$ns_b" timeout 5 "$build/capture/casetap-capture" --config "$conf" >>"$work/capture.log" 2>&1
expect 0 "the packager seals it" casetap-packager --config "$conf"
expect 0 "the uploader delivers it" casetap-uploader --config "$conf"
casetap-verify --root "$work/live/etc/root.pub" "$lea/LI-LIVE" >"$work/report" 2>&1
same "the case is intact, gaps declared" 10 $?
tail -n 1 "$work/report" | sed 's/^/# /'
check "every frame was delivered once or lies in a declared gap" "$here/declared.py" "$work/all.pcap" \
    "$lea"/LI-LIVE/tower-7/*/*.tar
tail -n 3 "$work/check.out" | sed 's/^/# /'
