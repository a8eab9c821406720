#!/usr/bin/env bash
# Live: real programs talk in two namespaces, plain, VLAN-tagged, double-tagged and over PPPoE; tcpdump runs beside casetap
# on the same interface.  Every frame of the subject that tcpdump saw is in the slices, none twice, none of anyone else;
# orders start, are extended, end and are revoked while others run, to the frame.
# Runs alone: it wants what tcpdump saw, to the frame, and its stamps.
. "$(dirname "$0")/lib.sh"
. "$here/network.sh"
if ! is_root || ! network_up; then
    skip "live capture holds what tcpdump saw" "needs root and network namespaces"
    exit
fi

at() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }
installation isp
sed -i 's/^interface = .*/interface = vb/; s/^slice_seconds = .*/slice_seconds = 5/' "$conf"

background "$work/stamps.log" /usr/bin/python3 "$here/timestamps.py"
ip netns exec "$ns_b" tcpdump -Z root -B 65536 -ni vb -w "$work/all.pcap" 2>"$work/tcpdump.log" &
sniffer=$!
until_true 5 grep -q listening "$work/tcpdump.log"

# $1 the case, $2 from, $3 to: seconds; and options
order() { from=$(at "$2") to=$(at "$3") demo_order "$1" "${@:4}" >/dev/null || fail "order $1"; }
begin=$(($(date +%s) + 3))
order LI-WHOLE $begin $((begin + 3600))
order LI-LATER $((begin + 5)) $((begin + 11))
order LI-REVOKED $begin $((begin + 3600))
# The kernel takes the outer tag off what comes in, of 802.1ad or not; what goes out has it in the frame.
order LI-STACK $begin $((begin + 3600)) --vlan 100.207
order LI-OTHER $begin $((begin + 3600)) --vlan 207.100

background "$work/capture.log" ip netns exec "$ns_b" "$build/capture/casetap-capture" --config "$conf"
capture=$last
talk 8 &
talking=$!
sleep 7
casetap order extend LI-LATER --to "$(at $((begin + 15)))" --config "$conf" >"$work/LI-LATER-2.order" &&
    casetap order approve "$work/LI-LATER-2.order" --config "$conf" --key "$keys/approver.key" &&
    casetap order install "$work/LI-LATER-2.order" --config "$conf" >/dev/null || fail "extend LI-LATER"
wait $talking
talk 8 &
talking=$!
sleep 2
casetap order revoke LI-REVOKED --reason "withdrawn" --key "$keys/approver.key" --config "$conf" >/dev/null || fail "revoke"
revoked=$(date +%s.%N)
wait $talking
same "the capture daemon is still running" yes "$(kill -0 $capture 2>/dev/null && echo yes)"
note "rings held while capturing: $(ip netns exec "$ns_b" cat /proc/net/packet | tail -n +2 | wc -l) packet sockets"
sleep 1.5
stopping=$(date +%s.%N)
kill -TERM "$capture"
wait "$capture"
same "SIGTERM ends casetap-capture with 0" 0 $?
kill -INT $sniffer
wait $sniffer
sed 's/^/# /' "$work/capture.log" | tail -n 12

tshark -r "$work/all.pcap" -Y "$subject_display" -F pcap -w "$work/subject.pcap" 2>/dev/null
for kind in "vlan" "pppoes" "ipv6" "dns" "ssh" "ip.flags.mf == 1" "http"; do
    n=$(tshark -r "$work/subject.pcap" -Y "$kind" 2>/dev/null | wc -l)
    [ "$n" -gt 0 ] || fail "the subject's traffic holds no $kind"
done

slices() { ls "$state/spool/$1/tower-7/"*.pcap; }
matches() { # SENTENCE FROM TO CASE [FILE]
    "$here/frames.py" match "$2" "$3" "${5:-$work/subject.pcap}" $(slices "$4") >"$work/match" 2>&1
    local rc=$?
    note "$4: $(tail -n 1 "$work/match")"
    if [ $rc = 0 ]; then pass "$1"; else
        fail "$1"
        head -n 5 "$work/match" | sed 's/^/#   /'
    fi
}
first=$(jq -r '.gaps[]? | select(.reason == "start-up" or .reason == "late-start") | .to' "$(ls "$state/spool/LI-WHOLE/tower-7/"*.json | head -n 1)")
first=$(date -d "${first:-@0}" +%s.%N)
matches "every frame of the subject that tcpdump saw is in the slices, once, and no other" "$first" "$stopping" LI-WHOLE
tshark -r "$work/subject.pcap" -Y 'ieee8021ad.id == 100 && vlan.id == 207' -F pcap -w "$work/stack.pcap" 2>/dev/null
ways=$(tshark -r "$work/stack.pcap" -T fields -e eth.src 2>/dev/null | sort -u | wc -l)
same "the subject's pair of tags was seen both ways, the outer one taken off by the kernel and not" 2 "$ways"
matches "a pair of VLANs holds its frames, whose outer tag the kernel took off, and no other" "$first" "$stopping" LI-STACK "$work/stack.pcap"
same "the pair the other way round holds nothing" 0 "$("$here/frames.py" list $(slices LI-OTHER) | wc -l)"
matches "an order that starts later and is extended holds exactly its window" $((begin + 5)) $((begin + 15)) LI-LATER
late=$("$here/frames.py" list $(slices LI-REVOKED) | awk -v t="$revoked" '$1 / 1e9 > t + 1' | wc -l)
same "nothing is stored a second after the revocation" 0 "$late"
cut=$("$here/frames.py" list $(slices LI-REVOKED) | sort -n | tail -n 1 | cut -d" " -f1)
cut=$((cut + 1000))
cut=${cut:0:10}.${cut:10}
matches "a revoked case holds every frame up to its end" "$first" "$cut" LI-REVOKED
n=$(slices LI-WHOLE | wc -l)
check "there are at least three rolls ($n slices)" [ "$n" -ge 4 ]
for s in $(slices LI-WHOLE) $(slices LI-LATER); do
    tcpdump -nr "$s" >/dev/null 2>&1 && tshark -r "$s" >/dev/null 2>&1 && capinfos "$s" >/dev/null 2>&1 || fail "stock tools read $s"
done
pass "tcpdump, tshark and capinfos read every slice"

expect 0 "the packager seals it" casetap-packager --config "$conf"
expect 0 "the uploader delivers it" casetap-uploader --config "$conf"
casetap-verify --root "$work/isp/etc/root.pub" "$lea" >"$work/report" 2>&1
rc=$?
check "casetap-verify finds it intact ($rc)" [ $rc = 0 -o $rc = 10 -o $rc = 11 ]
tail -n 25 "$work/report" | sed 's/^/# /'
casetap-verify --root "$work/isp/etc/root.pub" "$lea/LI-LATER" >"$work/report" 2>&1
rc=$?
check "an ended case is complete, its last day final ($rc)" [ $rc = 0 -o $rc = 10 ]
check "the final ledger says not_after" grep -rq '^final: yes (not_after, revision 2)' "$lea/LI-LATER"
check "the final ledger says revoked" grep -rq '^final: yes (revoked' "$lea/LI-REVOKED"
