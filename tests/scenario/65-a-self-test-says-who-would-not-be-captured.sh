#!/usr/bin/env bash
# casetap-capture --self-test: frames of every subject in force go through the matcher and the kernel filter, and with
# --inject over a wire and a live ring; what would not be captured is said by case and kind of identifier.  Nothing is
# stored, nothing is sent without --inject, and nothing is sent while a daemon could take it for evidence.
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"

installation isp
sed -i 's/^interface = .*/interface = t0/' "$conf"
cat >>"$conf" <<'C'

[tunnel core]
kind = gre vxlan erspan l2tp ipip
from = 192.0.2.1 2001:db8:1::1
to = 192.0.2.2 192.0.2.3 2001:db8:1::2
C
self_test() { casetap-capture --config "$conf" --self-test "$@"; }
fingerprint() { (cd "$state" && find . -printf '%p %s %T@\n' | sort | sha256sum); }

expect 0 "with no order in force there is nothing to test" self_test
check "and it says so" grep -q "0 frames for 0 cases" "$work/out"

now=$(date +%s)
subject=(--subject 198.51.100.7 --subject 2001:db8:77::7 --subject 02:00:5e:00:53:07)
order LI-WHOLE $((now - 60)) $((now + 3600)) --scope content
subject=(--subject 198.51.101.7 --subject 02:00:5e:00:53:08)
order LI-VLAN $((now - 60)) $((now + 3600)) --vlan 207 --vlan 208
subject=(--subject 198.51.105.7 --subject 02:00:5e:00:53:09)
order LI-STACK $((now - 60)) $((now + 3600)) --vlan 207.9 --vlan 3000.208
subject=(--subject 198.51.102.7 --subject 2001:db8:77:2::7)
order LI-SESSION $((now - 60)) $((now + 3600)) --pppoe-session 77
subject=(--subject 198.51.103.7)
order LI-LATER $((now + 3000)) $((now + 3600))
before=$(fingerprint)
expect 0 "every subject in force would be captured" self_test
for c in LI-WHOLE LI-VLAN LI-STACK LI-SESSION; do
    check "$c is told of" grep -qE "^$c +[0-9]+ frames: all would be captured" "$work/out"
done
check "an order that is not in force is not" [ "$(grep -c LI-LATER "$work/out")" = 0 ]
check "a frame of nobody's would not be captured" grep -q "of nobody.*none would be captured" "$work/out"
check "no address, tag or MAC of a subject is shown" not_in "$work/out" '198\.51|2001:db8|02:00|5e:00'
same "nothing in the state folder was made or changed" "$before" "$(fingerprint)"

subject=(--subject 198.51.104.7)
order LI-FILTER $((now - 60)) $((now + 3600)) --filter "tcp port 25"
expect 0 "a case that is narrowed by its own filter is not a fault" self_test
check "and what the filter leaves out is said" grep -q "only without the order's filter" "$work/out"

expect 64 "--inject alone is refused" casetap-capture --config "$conf" --inject t1
expect 64 "--self-test with --check is refused" self_test --check
expect 64 "--self-test with a file is refused" self_test -r "$work/none.pcap"

if ! is_root || ! namespaces_up; then
    skip "frames are injected" "needs root and network namespaces"
    exit
fi
ip -n "$ns_b" link add t0 type veth peer name t1
ip -n "$ns_b" link add x0 type veth peer name x1
for i in t0 t1 x0 x1; do ip -n "$ns_b" link set $i up; done
counter() { ip netns exec "$ns_b" cat "/sys/class/net/$1/statistics/$2"; }
inside() { ip netns exec "$ns_b" "$build/capture/casetap-capture" --config "$conf" "$@"; }

expect 0 "without --inject all is found" inside --self-test
same "and t0 emitted nothing" 0 "$(counter t0 tx_packets)"
same "and nothing was sent into it" 0 "$(counter t0 rx_packets)"

expect 0 "over a veth pair and a live ring every subject would be captured" inside --self-test --inject t1
frames=$(sed -nE 's/.*, ([0-9]+) frames for [0-9]+ cases.*/\1/p' "$work/out")
note "$(tail -n 1 "$work/out")"
same "as many frames went over the wire as were told of" "$frames" "$(counter t0 rx_packets)"
same "t0 emitted nothing" 0 "$(counter t0 tx_packets)"
same "no slice was made" 0 "$(find "$state/spool" -type f | wc -l)"
check "no address, tag or MAC of a subject is shown" not_in "$work/out" '198\.51|2001:db8|02:00|5e:00'

expect 1 "frames that do not come are found missing" inside --self-test --inject x1
check "and that they came to no interface is said" grep -q "sent, but came to no interface" "$work/out"
expect 69 "an interface that is not there is said" inside --self-test --inject nowhere0
ip -n "$ns_b" link set t0 down
expect 69 "an interface that is down is said" inside --self-test --inject t1
ip -n "$ns_b" link set t0 up
expect 77 "without CAP_NET_RAW nothing is sent" ip netns exec "$ns_b" setpriv --bounding-set -net_raw \
    --inh-caps -net_raw "$build/capture/casetap-capture" --config "$conf" --self-test --inject t1

# A daemon that runs must not get to see one of these frames.
daemon
until_true 10 is_capturing LI-WHOLE || fail "capture begins"
sent=$(counter t0 rx_packets)
expect 75 "while a daemon runs nothing is injected" inside --self-test --inject t1
says "and it says why" "would be evidence"
expect 0 "but subjects are tested without sending" inside --self-test
sleep 0.3
same "no frame was sent" "$sent" "$(counter t0 rx_packets)"
same "the daemon saw no frame" 0 "$(told '.interfaces[0].seen')"
halt
same "the daemon is as well as before" 0 $?
same "no frame is in its slices" 0 "$(stored LI-WHOLE)"
