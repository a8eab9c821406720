#!/usr/bin/env bash
# A subject who is named by its MAC at the DHCP server gets an address, renews it, gives it up, and gets another, while a
# stranger gets the first: every frame of the subject is in the case and none of the stranger's (fault 44).
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"

if ! is_root || ! namespaces_up; then
    skip "a subject that moves is followed from lease to lease" "needs root and network namespaces"
    exit
fi
live isp
sed -i '/^slice_seconds/a dhcp_servers = 198.51.100.1\ndhcp_pool = 198.51.100.0/24' "$conf"
ip -n "$ns_b" addr add 198.51.100.1/24 dev vb
subject_mac=02:00:5e:00:53:07
ns_s=cts$$ ns_t=ctt$$
home() { # NAMESPACE MAC: a customer's, on the link of $ns_a
    ip netns add "$1" && namespaces+=("$1") && ip -n "$ns_a" link add link va name "c$1" type macvlan mode private &&
        ip -n "$ns_a" link set "c$1" netns "$1" name eth0 && ip -n "$1" link set eth0 address "$2" up
}
home $ns_s $subject_mac && home $ns_t 02:00:5e:00:53:08 || fail "two customers live on the link"
for n in $ns_s $ns_t; do ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1; done

cat >"$work/lease.sh" <<'C'
#!/bin/sh
case $1 in
deconfig) ip addr flush dev eth0; echo - >"$LEASE" ;;
bound | renew) ip addr replace "$ip/24" dev eth0; echo "$ip $1 $$" >"$LEASE" ;;
esac
C
chmod +x "$work/lease.sh"
client() { # NAMESPACE [OPTION...]: its DHCP client, in $last
    local ns=$1
    shift
    background "$work/$ns.log" ip netns exec $ns env LEASE="$work/$ns.lease" busybox udhcpc -f -i eth0 -s "$work/lease.sh" -t 20 -T 1 \
        -x hostname:CANARY-$ns "$@"
}
address() { cut -d' ' -f1 "$work/$1.lease" 2>/dev/null; }
has_address() { [[ $(address $1) == 198.* ]]; }
is_renewed() { grep -q ' renew ' "$work/$1.lease"; }
has_none() { ! has_address $1; }
speak() { ip netns exec $1 ping -q -c 2 -i 0.2 -W 2 -p "$2" 198.51.100.1 >/dev/null; } # NAMESPACE PATTERN
speaks() { ip netns exec $1 ping -q -c 1 -W 1 -p 16 198.51.100.1 >/dev/null; }
events() { jq -r "select(.case == \"LI-MOVES\" and (.event | startswith(\"binding\"))) | \"\(.event) \(.detail.how // .detail.reason)\"" \
    "$state/journal/capture/tower-7.jsonl"; }
last_is() { [ "$(events | tail -n 1)" = "$1" ]; }

background "$work/dnsmasq.log" ip netns exec "$ns_b" dnsmasq -k -C /dev/null --port=0 --interface=vb --bind-interfaces --pid-file= \
    --dhcp-range=198.51.100.50,198.51.100.51,300 --no-ping --dhcp-leasefile="$work/leases"
now=$(date +%s)
subject=(--dhcp-mac $subject_mac)
order LI-MOVES $((now - 10)) $((now + 3600))
check "a self-test says what it does not show" grep -q "LI-MOVES .*its subject moves" <(casetap-capture --config "$conf" --self-test)
background "$work/tcpdump.log" ip netns exec "$ns_b" tcpdump -i vb -U -w "$work/link.pcap" ip
tcpdump=$last
daemon
until_true 20 is_capturing LI-MOVES || fail "LI-MOVES is captured"
until_true 20 grep -q listening "$work/tcpdump.log" || fail "tcpdump listens"

client $ns_s
subject_client=$last
check "the subject gets an address" until_true 20 has_address $ns_s
first=$(address $ns_s)
check "and is bound to it with an entry" until_true 20 last_is "binding-start assigned"
speak $ns_s 11
kill -USR1 "$subject_client"
check "it renews" until_true 20 is_renewed $ns_s
check "with an entry" until_true 20 last_is "binding-renewed renewed"
speak $ns_s 12
kill -USR2 "$subject_client"
check "it gives the address up" until_true 20 has_none $ns_s
check "with an entry" until_true 20 last_is "binding-end released"

client $ns_t -r "$first"
stranger_client=$last
check "a stranger gets an address" until_true 20 has_address $ns_t
same "the same one" "$first" "$(address $ns_t)"
speak $ns_t cc
kill -USR1 "$subject_client"
check "the subject gets another" until_true 20 has_address $ns_s
check "with an entry" until_true 20 last_is "binding-start assigned"
[ "$(address $ns_s)" != "$first" ] || fail "the subject has the stranger's address"
speak $ns_s 13
speak $ns_t cc

# --- over a new start what was known goes on, as long as nothing speaks against it
again() { # a new daemon
    rm -f "$state/journal/capture/tower-7.status"
    daemon
    until_true 20 is_capturing LI-MOVES || fail "LI-MOVES is captured again"
}
forgotten() { jq -r 'select(.event == "binding-forgotten") | .detail.reason' "$state/journal/capture/tower-7.jsonl" | tr '\n' ' '; }
is_forgotten() { [ "$(forgotten)" = "$1 " ]; }
kept=$state/journal/capture/bindings/LI-MOVES.tower-7.json
halt
same "the daemon ends with 0" 0 $?
same "what is known is kept, for the daemon alone" "-rw------- drwx--" "$(stat -c %A "$kept" "${kept%/*}" | tr '\n' ' ' | cut -c 1-17)"
again
check "it is resumed" until_true 20 last_is "binding-start resumed"
speak $ns_s 14
renewing=$(date +%s.%N)
kill -USR1 "$subject_client"
check "and renewed" until_true 20 last_is "binding-renewed renewed"
sleep 1.5
kill -KILL "$capture"
{ wait "$capture"; } 2>/dev/null
again
check "fault 135: so it is where the daemon was killed" until_true 20 last_is "binding-start resumed"
speak $ns_s 15
speak $ns_t cc
halt

renew() { # it was forgotten for that reason: nothing is stored until the subject is seen again
    check "it is forgotten where $1" until_true 20 is_forgotten "$2"
    speak $ns_s 16
    kill -USR1 "$subject_client"
    check "and known again with the next word of it" until_true 20 last_is "binding-start established"
    speak $ns_s 17
}
casetap order extend LI-MOVES --to "$(at $((now + 4000)))" --config "$conf" >"$work/2.order" &&
    casetap order approve "$work/2.order" --config "$conf" --key "$keys/approver.key" >/dev/null &&
    casetap order install "$work/2.order" --config "$conf" >/dev/null || fail "the order is extended"
again
renew "the order is another" order
halt
size=$(stat -c %s "$kept")
truncate -s $((size - 1)) "$kept"
again
renew "its file was cut" "order damaged"
check "which is said" grep -q 'LI-MOVES.tower-7.json: damaged' "$work/capture.log"
halt

# --- the worst: while nobody looks, the subject gives its address up, and a stranger gets it
second=$(address $ns_s) unseen=$(date +%s.%N)
kill -USR2 "$subject_client"
kill -USR2 "$stranger_client"
check "the subject gives the address up" until_true 20 has_none $ns_s
until_true 20 has_none $ns_t
kill "$stranger_client"
client $ns_t -r "$second"
check "a stranger gets it" until_true 20 has_address $ns_t
same "the same one again" "$second" "$(address $ns_t)"
sed -i '/^dhcp_servers/a resume_within = 1s' "$conf"
sleep 1
seen=$(date +%s.%N)
again
check "fault 044: after longer than resume_within nothing is believed" until_true 20 is_forgotten "order damaged away"
speak $ns_t cc
kill -USR1 "$subject_client"
check "until the subject gets one" until_true 20 last_is "binding-start assigned"
speak $ns_s 18
speak $ns_t cc

# --- and the same while the daemon looks, and its interface is down
ip -n "$ns_a" link set va down
check "fault 045: what was unseen for longer, the link being down, is over" until_true 20 last_is "binding-end unseen"
ip -n "$ns_a" link set va up
until_true 20 speaks $ns_s || fail "the link is up again"
kill -USR1 "$subject_client"
check "until the next word of it" until_true 20 last_is "binding-start established"
speak $ns_s 19
sleep 1.5 # tcpdump loses what it has not read yet
halt
same "the daemon ends with 0 again" 0 $?
kill "$tcpdump"
wait "$tcpdump"

# --- the truth, by tcpdump: what the subject's interface sent and got, but for what was sent while nothing was known
tcpdump -r "$work/link.pcap" -w "$work/subject.pcap" "ether host $subject_mac and not (icmp and icmp[28] = 0x16)" 2>/dev/null
mapfile -t files < <(slices_of LI-MOVES)
bytes() { "$here/frames.py" list "$@" | cut -d' ' -f2- | sort; }
truth() { # but for what the subject sent while no daemon ran
    "$here/frames.py" list "$work/subject.pcap" | awk -v a="$unseen" -v b="$seen" '$1 / 1e9 < a || $1 / 1e9 > b' | cut -d' ' -f2- | sort
}
check "there are frames to compare" [ "$(bytes "$work/subject.pcap" | wc -l)" -gt 15 ]
check "fault 044: every frame of the subject is in the case, and none of who had its address next" \
    diff <(truth) <(bytes "${files[@]}")
unknown=$(gaps LI-MOVES | awk '$1 == "binding-unknown"')
spans() { # is there a gap around that time?
    local at
    at=$(date -u -d "@$1" +%Y-%m-%dT%H:%M:%S.%N)
    awk -v at="$at" '$2 < at && at < $3 { found = 1 } END { exit !found }' <<<"$unknown"
}
check "what was not known is a declared gap" spans "$renewing"
same "one from each start, and from its release, to the next word of it" 8 \
    "$(awk '$2 != to { n++ } { to = $3 } END { print n }' <<<"$unknown")"
same "nothing of the stranger is kept anywhere" 0 "$(grep -rlE "CANARY-$ns_t" "$state" | wc -l)"
same "no address and no MAC is in a log or a journal" 0 \
    "$(cat "$work/capture.log" "$state"/journal/capture/*.* | grep -ciE "198\.51\.100\.5[01]|$subject_mac|02:00:5e:00:53:08|CANARY")"
same "each entry names the frame that proves it, which is in the case" 0 "$(comm -23 \
    <(jq -r 'select((.event | startswith("binding")) and .object) | .object' "$state/journal/capture/tower-7.jsonl" | sort -u) \
    <("$here/frames.py" list "${files[@]}" | cut -d' ' -f4 | sort -u) | wc -l)"
