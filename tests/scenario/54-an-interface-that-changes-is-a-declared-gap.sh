#!/usr/bin/env bash
# Interfaces go down, disappear, come back, are renamed and change their link type; readers are killed: the daemon stays, and
# every stretch without capture is declared (faults 45 and 47, promise 5).
. "$(dirname "$0")/lib.sh"
if ! is_root || ! namespaces_up; then
    skip "an interface that changes is a declared gap" "needs root and network namespaces"
    exit
fi
installation isp
sed -i 's/^interface = .*/interface = vb/; s/^slice_seconds = .*/slice_seconds = 5/' "$conf"
subject=(--subject 198.51.100.7)
from=$(date -u -d '-10 seconds' +%Y-%m-%dT%H:%M:%SZ) to=$(date -u -d '+3600 seconds' +%Y-%m-%dT%H:%M:%SZ)
from=$from to=$to demo_order LI-LIVE >/dev/null || fail "order"
status_file=$state/journal/capture/tower-7.status
is_link() { [ "$(jq -r '.interfaces[0].state' "$status_file")" = "$1" ]; }
starts() { grep -c '"event":"capture-start"' "$state/journal/capture/tower-7.jsonl"; }
has_started() { [ "$(starts)" -ge "$1" ]; }
gaps() { cat "$state"/spool/LI-LIVE/tower-7/*.json | jq -r ".gaps[]?.reason, .reason // empty"; }

background "$work/capture.log" ip netns exec "$ns_b" "$build/capture/casetap-capture" --config "$conf"
capture=$last
until_true 5 has_started 1

ip -n "$ns_b" link set vb down
check "fault 045: an interface that goes down is noticed" until_true 5 is_link down
sleep 0.5
ip -n "$ns_b" link set vb up
check "fault 045: and when it comes back" until_true 5 is_link up
same "fault 045: the reader stays meanwhile" 1 "$(starts)"

ip -n "$ns_b" link set vb mtu 9000
ip -n "$ns_b" link set vb mtu 1500
sleep 0.5
same "fault 045: another MTU changes nothing" 1 "$(starts)"

# Sooner than anybody looks.
flapped_from=$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)
printf 'link set vb down\nlink set vb up\n' | ip -n "$ns_b" -batch -
flapped_to=$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)
sleep 0.5
same "fault 045: an interface that is up again at once changes no more" 1 "$(starts)"

ip -n "$ns_b" link set vb down
ip -n "$ns_b" link set vb name vx
check "fault 045: a renamed interface is missing" until_true 5 is_link missing
ip -n "$ns_b" link set vx name vb
ip -n "$ns_b" link set vb up
check "fault 045: and taken up again under its name" until_true 5 has_started 2

ip -n "$ns_b" link del vb
check "fault 045: an interface that disappears is missing" until_true 5 is_link missing
check "fault 045: which is said" until_true 5 grep -q 'waiting for it' "$work/capture.log"
sleep 1
check "fault 045: once each time, without a busy loop" [ "$(grep -c 'waiting for it' "$work/capture.log")" -le 2 ]
ip -n "$ns_a" link add va type veth peer name vb netns "$ns_b"
ip -n "$ns_a" link set va up
ip -n "$ns_b" link set vb up
check "fault 045: a new one of that name is taken up" until_true 5 has_started 3

has_part() { [ -n "$(find "$state/spool" -name '*.part')" ]; }
until_true 5 has_part
kill -9 "$(pgrep -P $capture)"
check "promise 5: a reader that is killed is replaced" until_true 10 has_started 4
check "promise 5: after its part was put in order" grep -q '"event":"recovered"' "$state/journal/capture/tower-7.jsonl"

stored() { [ "$(jq -r .records.stored "$status_file")" -gt 0 ]; }
if [ -c /dev/net/tun ]; then
    ip -n "$ns_a" link del va
    background "$work/tun.log" ip netns exec "$ns_b" "$here/tun.py" vb
    check "fault 047: one of that name and of another link type is taken up" until_true 15 has_started 5
    check "fault 047: and its frames are stored" until_true 15 stored
else
    skip "fault 047: an interface of another link type is taken up" "no /dev/net/tun"
fi
kill -TERM "$capture"
wait "$capture"
same "SIGTERM ends it with 0" 0 $?
check "fault 045: and that time is declared all the same" grep -q . < <(jq -r --arg from "$flapped_from" --arg to "$flapped_to" \
    '.gaps[]? | select(.reason == "link-down" and .to > $from and .from < $to)' "$state"/spool/LI-LIVE/tower-7/*[0-9].json)
if [ -c /dev/net/tun ]; then
    same "fault 047: in a slice of its own" "1 101" \
        "$(jq -r .linktype "$state"/spool/LI-LIVE/tower-7/*[0-9].json | uniq | paste -sd' ')"
    same "fault 047: every slice has the link type that its record says" "" "$(for f in "$state"/spool/LI-LIVE/tower-7/*.pcap; do
        [ "$(jq .linktype "${f%.pcap}.json")" = "$(od -An -tu4 -j20 -N4 "$f" | tr -d ' ')" ] || echo "$f"
    done)"
fi
# A reader that is killed while two slices are open leaves both: the first is declared up to where the second begins.
same "only a slice that was recovered says so of a gap" "" "$(cat "$state"/spool/LI-LIVE/tower-7/*.json |
    jq -r 'select(.state != "recovered") | .gaps[]?.reason, .reason // empty' | grep -x recovered)"
same "all of that is declared" "late-start link-down reader-lost" "$(gaps | grep -vx recovered | sort -u | tr '\n' ' ' | sed 's/ $//')"
same "windows tile the time: each begins where the last ended" 0 "$(for f in "$state"/spool/LI-LIVE/tower-7/*.json; do
    jq -r '"\(.window.from) \(.window.to)"' "$f"
done | awk 'NR > 1 && $1 != last { n++ } { last = $2 } END { print n + 0 }')"
