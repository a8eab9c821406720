#!/usr/bin/env bash
# What was sent on a wire, by the sender's own count, is what `casetap status --json` accounts for: received = kept out by
# the kernel filter + seen, seen = subject + not the subject + lost, and records = stored + declared lost; also where the
# reader stood still and the ring ran over.  A case whose subject is silent for longer than quiet_after is told of.
# Runs alone: every frame of a flood is counted.
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"
if ! is_root || ! namespaces_up; then
    skip "every frame sent is accounted for" "needs root and network namespaces"
    exit
fi
ip netns exec "$ns_a" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.va.disable_ipv6=1
overview() { casetap status --config "$conf" --json >"$work/overview.json" 2>"$work/err"; }
of() { jq -r "$1" "$work/overview.json"; }
interface='.iaps[0].interfaces[0]'
# is EXPRESSION VALUE: is it that by now?  The daemon writes its status once a second.
is() { overview; [ "$(of "$1")" = "$2" ]; }

live isp
sed -i 's/^ring_bytes = .*/ring_bytes = 1M/' "$conf"
grep -q '^ring_bytes' "$conf" || sed -i 's/^interface = .*/&\nring_bytes = 1M/' "$conf"
now=$(date +%s)
order LI-ONE $((now - 5)) $((now + 3600)) --scope content --quiet-after 10s
order LI-TWO $((now - 5)) $((now + 3600)) --scope content
subject=(--subject 198.51.100.9)
order LI-SILENT $((now - 5)) $((now + 3600)) --quiet-after 0
daemon
for c in LI-ONE LI-TWO LI-SILENT; do until_true 10 is_capturing $c || fail "capture of $c begins"; done
until_true 5 has_socket

# 100 frames each of the subject, plain, in a VLAN, in PPPoE, and of a tunnel of his; of a neighbour, ARP, PPP control,
# compressed PPP, and one whose header is cut.
background "$work/mix.log" ip netns exec "$ns_a" /usr/bin/python3 "$here/mix.py" va 100
wait "$last"
sent=$(cat "$work/mix.log")
until_true 6 is "$interface.received" "$sent"
same "the interface received what was sent" "$sent" "$(of "$interface.received")"
until_true 6 is '.iaps[0].records.matched' 800
same "each frame of the subject was seen once" 400 "$(of "$interface.subject")"
same "each case has its record of each" 800 "$(of '.iaps[0].records.stored')"
same "seen = subject + not the subject + lost" true \
    "$(of "$interface | .seen == .subject + .not_subject + .lost")"
same "what the kernel filter kept out is the neighbour's and ARP" 200 "$(of "$interface | .received - .seen")"
same "nothing was lost" 0 "$(of "$interface | .lost + .missed")"
for kind in ppp-compressed ppp-other tunnel bad-ip; do
    same "$kind is counted" 100 "$(of ".iaps[0].not_followed[\"$kind\"]")"
done
expect 0 "all is well" casetap status --config "$conf"
check "the sums are shown to people" grep -q "subject 400 + not the subject" "$work/out"
check "the kinds that could not be followed too" grep -q "not followed:.*ppp-compressed 100" "$work/out"
same "when a case was last seen is known" number "$(of '.cases[] | select(.case == "LI-ONE") | .last_frame | if . then "number" else . end')"
same "of a silent one that it was not" null "$(of '.cases[] | select(.case == "LI-SILENT") | .last_frame')"

is_told() { casetap status --config "$conf" | grep -q "^! case LI-ONE: no frame since"; }
until_true 15 is_told
expect 1 "a case that is silent for longer than its quiet_after is something to look at" casetap status --config "$conf"
check "it is named" grep -q "^! case LI-ONE: no frame since" "$work/out"
check "one that may be silent is not" not_in "$work/out" "case LI-(TWO|SILENT): no frame"
overview
same "programs are told too" "LI-ONE" "$(of '.cases[] | select(.quiet) | .case')"
check "an order with most of its time before it is not said to end" not_in "$work/out" "its order ends at"
order LI-ENDS $((now - 3000)) $((now + 900))
until_true 10 is_capturing LI-ENDS || fail "capture of LI-ENDS begins"
expect 1 "an order in its last days is something to look at" casetap status --config "$conf"
check "its end is named" grep -q "^! case LI-ENDS: its order ends at $(at $((now + 900)))" "$work/out"
overview
same "of no other, to programs too" "LI-ENDS" "$(of '.cases[] | select(.ends_soon) | .case')"
# A restart does not make it look as if it had just begun.
halt
daemon
until_true 10 is_capturing LI-ONE || fail "capture begins again"
expect 1 "after a restart it is still silent" casetap status --config "$conf"
check "since the same time" grep -q "^! case LI-ONE: no frame since" "$work/out"

# The reader stands still: the ring of 1 MiB runs over.
reader=$(told .reader_pid)
kill -STOP "$reader"
background "$work/flood.log" ip netns exec "$ns_a" /usr/bin/python3 "$here/flood.py" va 6000
wait "$last"
kill -CONT "$reader"
until_true 8 is "$interface | .received == 6000 and .subject + .not_subject + .lost == .seen" true
same "the interface received the flood" 6000 "$(of "$interface.received")"
same "the filter let the subject's through" 6000 "$(of "$interface.seen")"
note "lost in the kernel: $(of "$interface.lost"), stored: $(of '.iaps[0].records.stored') records of two cases"
check "frames were lost" [ "$(of "$interface.lost")" -gt 0 ]
same "sent = stored + lost, to the frame" 6000 "$(of "$interface.lost + .iaps[0].records.stored / 2")"
expect 1 "that is something to look at" casetap status --config "$conf"
check "and the stage is named" grep -q "frames lost in the kernel on vb" "$work/out"
halt
same "the journal says the stage" kernel \
    "$(jq -r 'select(.event == "loss") | .detail.stage' "$state/journal/capture/tower-7.jsonl" | sort -u)"
same "and how many" "$(of "$interface.lost")" \
    "$(jq -s '[.[] | select(.event == "loss") | .detail.frames] | add' "$state/journal/capture/tower-7.jsonl")"
same "its last sums are the wire's" 6000 \
    "$(jq -s '[.[] | select(.event == "interface-sums")] | last | .detail.received' "$state/journal/capture/tower-7.jsonl")"

# What a machine sends to itself is there once, in the counters too; and the ring is told of as it is.
ip -n "$ns_b" link set lo up
ip -n "$ns_b" address add 198.51.100.7/32 dev lo
ip -n "$ns_b" address add 198.51.100.8/32 dev lo
live loop
sed -i 's/^interface = .*/interface = lo/' "$conf"
order LI-LOOP $(($(date +%s) - 5)) $(($(date +%s) + 3600))
daemon
until_true 10 is_capturing LI-LOOP || fail "capture of LI-LOOP begins"
until_true 5 has_socket
ip netns exec "$ns_b" /usr/bin/python3 -c '
import socket
a, b = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in "ab")
a.bind(("198.51.100.7", 0)), b.bind(("198.51.100.8", 5000))
for _ in range(40): a.sendto(bytes(400), ("198.51.100.8", 5000))'
until_true 10 is "$interface.subject" 40
same "lo: each frame is seen once, the subject's, and none is lost" "40 40 0 0" \
    "$(of "$interface | \"\\(.seen) \\(.subject) \\(.not_subject) \\(.lost)\"")"
check "the size of its ring is told" [ "$(of "$interface.ring_bytes")" -gt 1000000 ]
halt
