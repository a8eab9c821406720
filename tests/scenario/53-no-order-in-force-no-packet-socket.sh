#!/usr/bin/env bash
# Without an approved order in force there is no packet socket and no reader; with its end both go, and the interface never
# emits a frame (promises 1 and 15; faults 15 to 17, 28 to 30).
# Runs alone: what is stored a second after an order has gone is a failure.
. "$(dirname "$0")/lib.sh"
if ! is_root || ! namespaces_up; then
    skip "no order in force, no packet socket" "needs root and network namespaces"
    exit
fi
installation isp
sed -i 's/^interface = .*/interface = vb/; s/^slice_seconds = .*/slice_seconds = 5/' "$conf"
subject=(--subject 198.51.100.7)
at() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }
order() { from=$(at "$2") to=$(at "$3") demo_order "$1" >/dev/null || fail "order $1"; }
sockets() { ip netns exec "$ns_b" tail -n +2 /proc/net/packet | wc -l; }
is_open() { [ "$(sockets)" -gt 0 ]; }
is_shut() { [ "$(sockets)" = 0 ]; }
state_of() { jq -r --arg c "$1" '.cases[]? | select(.case == $c) | .state' "$state/journal/capture/tower-7.status"; }
is_state() { [ "$(state_of "$1")" = "$2" ]; }
journaled() { grep -c "\"case\":\"$1\",\"event\":\"$2\"" "$state/journal/capture/tower-7.jsonl"; }
has() { [ "$(journaled "$1" "$2")" -ge 1 ]; }
ended() { jq -r '.ended.reason // "no"' "$state/spool/$1/tower-7/state"; }
has_ended() { [ "$(ended "$1")" = "$2" ]; }
last_frame() { "$here/frames.py" list "$state/spool/$1/tower-7/"*.pcap | sort -n | tail -n 1 | cut -d' ' -f1; }

sent_before=$(ip -n "$ns_b" -j -s link show vb | jq '.[0].stats64.tx.packets')
ip -n "$ns_a" addr add 198.51.100.7/24 dev va
background "$work/send.log" ip netns exec "$ns_a" /usr/bin/python3 "$here/send.py" va 500 100000
background "$work/capture.log" ip netns exec "$ns_b" "$build/capture/casetap-capture" --config "$conf"
capture=$last
until_true 5 test -s "$state/journal/capture/tower-7.status"
until_true 5 grep -q '"state":"idle"' "$state/journal/capture/tower-7.status"
same "fault 015: without an order it is up, idle, without a socket" "yes 0" "$(kill -0 $capture && echo yes) $(sockets)"

now=$(date +%s)
order LI-OVER $((now - 100)) $((now - 1))
until_true 5 is_state LI-OVER expired
check "fault 016: an order that is over is refused, with an entry" has LI-OVER order-refused
same "fault 016: and opens nothing, makes nothing" "0 0" "$(sockets) $(find "$state/spool" -mindepth 1 -name 'LI-OVER' | wc -l)"

order LI-SOON $((now + 5)) $((now + 9))
until_true 5 is_state LI-SOON not-yet
same "fault 017: an order that is not yet valid opens nothing" 0 "$(sockets)"
check "it opens the ring when it begins" until_true 10 is_open
check "fault 029: and shuts it when it ends" until_true 10 is_shut
check "fault 029: the stream's end is on the disk" until_true 5 has_ended LI-SOON not_after
same "fault 029: nothing is stored at or after not_after" yes "$([ "$(last_frame LI-SOON)" -lt $((now + 9))000000000 ] && echo yes)"
check "fault 029: there are frames up to it" [ "$(last_frame LI-SOON)" -gt $((now + 8))500000000 ]

order LI-KEPT $((now - 100)) $((now + 3600))
order LI-LOST $((now - 100)) $((now + 3600))
until_true 5 has LI-LOST capture-start
until_true 5 has LI-KEPT capture-start
sleep 1
reader=$(pgrep -P $capture)
same "the reader holds nothing of the journal but the lock" "$state/journal/capture/tower-7.lock" \
    "$(find "/proc/$reader/fd" -lname "$state/journal/*" -printf '%l\n')"
mv "$orders/LI-LOST/1.order" "$work/kept.order"
moved=$(date +%s%N)
check "fault 028: a removed order stops its capture" until_true 5 has LI-LOST capture-stop
until_true 5 has LI-LOST slice
sleep 1.5
same "fault 028: nothing is stored a second later" yes "$([ "$(last_frame LI-LOST)" -lt $((moved + 1000000000)) ] && echo yes)"
same "fault 028: the slice is closed" 0 "$(find "$state/spool/LI-LOST" -name '*.part' | wc -l)"
same "fault 028: the others go on, with the same reader" "$reader" "$(pgrep -P $capture)"
mv "$work/kept.order" "$orders/LI-LOST/1.order"
resumed() { [ "$(journaled LI-LOST capture-start)" = 2 ]; }
check "fault 028: the same bytes resume it" until_true 5 resumed

sed -i 's/26-CV-0117/26-CV-0118/' "$orders/LI-LOST/1.order"
check "fault 030: an order edited in place stops at once" until_true 5 is_state LI-LOST changed
check "fault 030: with an entry" has LI-LOST order-changed
check "fault 030: and a line" grep -q 'LI-LOST: the order.s file was changed' "$work/capture.log"

casetap order revoke LI-KEPT --reason "withdrawn" --key "$keys/approver.key" --config "$conf" >/dev/null || fail "revoke"
check "fault 028: after a revocation the ring is shut" until_true 5 is_shut
check "fault 028: and the stream's end is on the disk" until_true 5 has_ended LI-KEPT revoked
rm "$orders/LI-KEPT/revoked"*
touch "$orders/LI-KEPT"
sleep 1.5
same "fault 030: removing the revocation revives nothing" "revoked 0" "$(state_of LI-KEPT) $(sockets)"

kill -TERM "$capture"
wait "$capture"
same "SIGTERM ends it with 0" 0 $?
same "the interface has emitted nothing" "$sent_before" "$(ip -n "$ns_b" -j -s link show vb | jq '.[0].stats64.tx.packets')"
same "no subject stands in the log, the journal or the status" 0 \
    "$(cat "$work/capture.log" "$state"/journal/capture/* | grep -c '198\.51\.100\.7')"
