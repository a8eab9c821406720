#!/usr/bin/env bash
# Reloads, signals and second instances at any moment: what runs goes on, what ends ends whole (faults 13, 134 to 136, 140).
. "$(dirname "$0")/lib.sh"
if ! is_root || ! namespaces_up; then
    skip "reloads and signals tear nothing" "needs root and network namespaces"
    exit
fi
RANDOM=${SEED:-20261120}
installation isp
sed -i 's/^interface = .*/interface = vb/; s/^slice_seconds = .*/slice_seconds = 5/' "$conf"
sed -i '/^interface = /a slaac_pool = 2001:db8:77::/64\nipv6_routers = 02:00:5e:00:53:01 02:00:5e:00:53:02' "$conf"
subject=(--subject 198.51.100.7)
from=$(date -u -d '-10 seconds' +%Y-%m-%dT%H:%M:%SZ) to=$(date -u -d '+3600 seconds' +%Y-%m-%dT%H:%M:%SZ)
from=$from to=$to demo_order LI-LIVE >/dev/null || fail "order"
journal=$state/journal/capture/tower-7.jsonl
has_started() { [ "$(grep -c '"event":"capture-start"' "$journal")" -ge "$1" ]; }
start() {
    ip netns exec "$ns_b" "$build/capture/casetap-capture" --config "$conf" >>"$work/capture.log" 2>&1 &
    capture=$!
}
ip -n "$ns_a" addr add 198.51.100.7/24 dev va
background "$work/send.log" ip netns exec "$ns_a" /usr/bin/python3 "$here/send.py" va 1000 100000

start
started+=("$capture")
until_true 5 has_started 1
reader=$(pgrep -P $capture)
cp "$conf" "$work/good.conf"
echo "slice_second = 300" >>"$conf"
kill -HUP $capture
check "fault 013: a bad configuration is named" until_true 5 grep -q 'slice_second: ' "$work/capture.log"
check "fault 013: the old one stays in force" until_true 5 grep -q 'stays the old one' "$work/capture.log"
same "fault 013: nothing was restarted" "$reader" "$(pgrep -P $capture)"
cp "$work/good.conf" "$conf"
mv "$work/isp/etc/keyring.txt.minisig" "$work/kept.minisig"
kill -HUP $capture
check "a keyring without its signature changes nothing" until_true 5 grep -q 'keyring in force stays' "$work/capture.log"
mv "$work/kept.minisig" "$work/isp/etc/keyring.txt.minisig"

for ((i = 0; i < 2000; i++)); do kill -HUP $capture; done
sleep 0.5
same "fault 136: a storm of SIGHUP changes nothing" "$reader" "$(pgrep -P $capture)"
expect 75 "fault 140: a second instance is 75" ip netns exec "$ns_b" "$build/capture/casetap-capture" --config "$conf"
says "fault 140: and says why" 'another casetap-capture is access point tower-7'

sed -i 's/^slice_seconds = .*/slice_seconds = 10/' "$conf"
check "another slice length takes effect without a restart" until_true 5 has_started 2
check "as a declared gap" until_true 5 grep -q '"rolled":"config-change"' "$journal"
sed -i 's/^ipv6_routers = .*/ipv6_routers = 02:00:5e:00:53:01/' "$conf"
kill -HUP $capture
check "a router that is not named any more is not believed any more by who reads" until_true 10 has_started 3
kill -PIPE $capture
kill -XFSZ $capture
sleep 0.2
check "fault 137: SIGPIPE and SIGXFSZ are ignored" kill -0 $capture
kill -SEGV "$(pgrep -P $capture)"
check "fault 137: a reader that crashes is replaced" until_true 10 has_started 4
same "fault 137: and leaves no core" 0 "$(find "$work" "$state" -name 'core*' | wc -l)"
kill -TERM $capture
wait $capture
same "SIGTERM ends it with 0" 0 $?

# Is it our program that runs, as far as that SIGTERM is its own matter (signal 15 in the masks)?
takes_term() {
    local word mask
    [ "$(cat /proc/$1/comm)" = casetap-capture ] || return 1
    while read -r word mask; do
        case $word in SigBlk: | SigCgt:) ((0x$mask & 0x4000)) && return 0 ;; esac
    done </proc/$1/status
    return 1
}
bad=0
for ((i = 0; i < ${STOPS:-20}; i++)); do
    start
    until_true 30 takes_term $capture || fail "it starts"
    sleep "0.$(printf '%03d' $((RANDOM % 900)))"
    kill -TERM $capture
    timeout 20 tail -s 0.05 --pid=$capture -f /dev/null || { bad=$((bad + 1)) && note "stop $i: not soon"; }
    wait $capture
    ended=$?
    parts=$(find "$state/spool" -name '*.part' | wc -l)
    [ "$ended" = 0 ] && [ "$parts" = 0 ] || { bad=$((bad + 1)) && note "stop $i: ended with $ended, $parts parts"; }
done
same "fault 134: SIGTERM at any moment: 0, soon, no part left" 0 $bad
same "windows tile the time: each begins where the last ended" 0 "$(for f in "$state"/spool/LI-LIVE/tower-7/*.json; do
    jq -r '"\(.window.from) \(.window.to)"' "$f"
done | awk 'NR > 1 && $1 != last { n++ } { last = $2 } END { print n + 0 }')"
