#!/usr/bin/env bash
# The capture interface emits nothing: while orders begin, are revoked and reloaded, and frames that ask for an answer come
# in, the other end of the wire counts what arrives, twice: the kernel's own counter of its interface, and tcpdump.
# RUN is for how many seconds (default 8; `./bootstrap soak` runs ten minutes).
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"
run=${RUN:-8}
if ! is_root || ! namespaces_up; then
    skip "the capture interface emits no frame" "needs root and network namespaces"
    exit
fi
# Nothing but casetap may have a reason to speak on this wire: no address, no IPv6, no ARP of the test's own.
ip netns exec "$ns_a" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.va.disable_ipv6=1
received() { ip netns exec "$ns_a" cat /sys/class/net/va/statistics/rx_packets; }
heard() { tshark -r "$work/heard.pcap" 2>/dev/null | wc -l; }

ip netns exec "$ns_a" tcpdump -Z root -Q in -U -ni va -w "$work/heard.pcap" 2>"$work/tcpdump.log" &
listener=$!
started+=("$listener")
until_true 5 grep -q listening "$work/tcpdump.log"
before=$(received)

live isp
begin=$(($(date +%s) + 2))
order LI-WHOLE $begin $((begin + run + 3600)) --scope content
order LI-REVOKED $begin $((begin + run + 3600))
daemon
background "$work/send.log" ip netns exec "$ns_a" /usr/bin/python3 "$here/send.py" va 200 $((run + 30))
until_true 10 is_capturing LI-WHOLE || fail "capture begins"
# What a host would answer: who has this address, are you there, a closed port.
background "$work/ask.log" ip netns exec "$ns_a" /usr/bin/python3 "$here/ask.py" va $((run + 30))
end=$((SECONDS + run))
order LI-LATER $((begin + 4)) $((begin + run + 3600))
kill -HUP "$capture"
casetap order revoke LI-REVOKED --reason "withdrawn" --key "$keys/approver.key" --config "$conf" >/dev/null || fail "revoke"
while [ "$SECONDS" -lt "$end" ]; do
    sleep 1
done
same "the daemon captured all the while" true "$(told '.cases[] | select(.case == "LI-WHOLE") | .capturing')"
frames=$(stored LI-WHOLE)
halt
same "SIGTERM ends it with 0" 0 $?
sleep 0.5
same "the kernel of the other end counted no frame in $run s" 0 $(($(received) - before))
same "tcpdump at the other end saw no frame in $run s" 0 "$(heard)"
note "$frames frames were stored meanwhile, $(grep -c asked "$work/ask.log") rounds of questions were asked"
[ "$frames" -gt 0 ] || fail "frames were captured"

# Both counters count: one frame is sent from this end.
ip netns exec "$ns_b" /usr/bin/python3 -c '
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("vb", 0))
s.send(bytes.fromhex("02000000001102000000002288b5") + bytes(46))'
one_came() { [ $(($(received) - before)) = 1 ] && [ "$(heard)" = 1 ]; }
check "one frame that is sent is counted by both" until_true 5 one_came
