#!/usr/bin/env bash
# tests/dhcp6relay.sh [BUILD [LOWER]]: DHCPv6 between relays and their server, where capture sees no client: Kea, and ISC
# dhcrelay twice, one behind the other; and then once more with a lightweight relay (RFC 6221) in place of the lower one,
# which is synthetic (ldra.py: no daemon here is one), and gives a remote-id (RFC 4649) too.  The subject is named by its line
# at the relay next to it (interface-id and link-address, of the lightweight one the upper's; or remote-id), and once more by
# its DUID; a stranger is on another line.  Every frame of the subject is in all cases and none of the stranger's (fault 44).
# All of it is in namespaces, and ended by PID.
lower=${2:-dhcrelay}
scenario=$(dirname "$(readlink -f "$0")")/scenario
. "$scenario/lib.sh"
. "$scenario/daemon.sh"
cases="LINE DUID"
[ "$lower" = dhcrelay ] || cases="LINE DUID REMOTE"
sentence="subjects are followed by DHCPv6 between relays and a server"
for p in kea-dhcp6 dhcrelay dhcpcd tcpdump; do
    command -v $p >/dev/null || { skip "$sentence" "$p is not installed"; exit; }
done
if ! is_root || ! namespaces_up; then
    skip "$sentence" "needs root and network namespaces"
    exit
fi
live isp
server=2001:db8:9::1 upper=2001:db8:9::2
sed -i "/^slice_seconds/a dhcp6_servers = $server $upper\ndhcp6_pool = 2001:db8:7::/64 2001:db8:8::/64" "$conf"

# The server behind vb; va is the upper relay's, with a line to the stranger and one to the lower relay, which has the subject's.
ns_q=ctq$$ ns_s=cts$$ ns_t=ctt$$
space() { ip netns add "$1" && namespaces+=("$1"); }
space $ns_q && space $ns_s && space $ns_t || fail "there are namespaces"
line() { # NAMESPACE NAME NAMESPACE NAME
    ip -n "$1" link add "$2" type veth peer name "$4" netns "$3" && ip -n "$1" link set "$2" up && ip -n "$3" link set "$4" up
}
line "$ns_a" d8 $ns_t eth0
line "$ns_a" q $ns_q upl
line $ns_q d7 $ns_s eth0
for n in "$ns_a" "$ns_b" $ns_q $ns_s $ns_t; do
    for i in all $(ip -n "$n" -o link show | cut -d: -f2 | cut -d@ -f1); do
        ip netns exec "$n" sysctl -qw net.ipv6.conf.$i.disable_ipv6=0 net.ipv6.conf.$i.accept_dad=0 net.ipv6.conf.$i.dad_transmits=0
    done
done
for n in "$ns_a" $ns_q; do ip netns exec "$n" sysctl -qw net.ipv6.conf.all.forwarding=1; done
address() { ip -n "$1" addr add "$3" dev "$2" nodad; }
address "$ns_b" vb $server/64
address "$ns_a" va $upper/64
address "$ns_a" d8 2001:db8:8::1/64
address "$ns_a" q 2001:db8:17::1/64
address $ns_q upl 2001:db8:17::2/64
address $ns_q d7 2001:db8:7::1/64
address "$ns_a" d8 fe80::8/64
address $ns_q d7 fe80::7/64
ip -n "$ns_b" route add 2001:db8::/32 via $upper
ip -n "$ns_a" route add 2001:db8:7::/64 via 2001:db8:17::2
ip -n $ns_q route add default via 2001:db8:17::1
ip -n $ns_s route add default via fe80::7 dev eth0
ip -n $ns_t route add default via fe80::8 dev eth0

cat >"$work/kea.json" <<C
{"Dhcp6": {"interfaces-config": {"interfaces": ["vb/$server"]}, "server-id": {"type": "LL", "identifier": "020000000022", "persist": false}, "lease-database": {"type": "memfile", "persist": false},
  "valid-lifetime": 300, "preferred-lifetime": 200, "renew-timer": 5, "rebind-timer": 100,
  "subnet6": [{"subnet": "2001:db8:7::/64", "relay": {"ip-addresses": ["2001:db8:7::1", "2001:db8:17::1"]}, "pools": [{"pool": "2001:db8:7::50 - 2001:db8:7::50"}]},
    {"subnet": "2001:db8:8::/64", "pools": [{"pool": "2001:db8:8::50 - 2001:db8:8::50"}]}],
  "loggers": [{"name": "kea-dhcp6", "severity": "INFO", "output_options": [{"output": "stdout"}]}]}}
C
folders='for d in /run /var/lib/dhcpcd /var/lib/kea; do [ ! -d $d ] || mount -t tmpfs x $d; done; mkdir -p /run/kea /run/lock/kea; exec "$@"'
client() { # NAMESPACE DUID: its DHCPv6 client, in $last
    printf 'duid %s\nnoipv6rs\nipv6only\nscript /bin/true\ninterface eth0\nia_na 1\n' "$2" >"$work/$1.conf"
    background "$work/$1.log" ip netns exec "$1" unshare -m sh -c "$folders" x dhcpcd -B -6 -f "$work/$1.conf" eth0
}
has_address() { ip -6 -n "$1" -o addr show dev eth0 scope global -tentative | grep -q "$2"; }
speak() { ip netns exec "$1" ping -6 -q -c 2 -i 0.2 -W 5 -p "$2" -I "$3" $server >/dev/null; } # NAMESPACE PATTERN FROM
events() { jq -r "select(.case == \"$1\" and (.event | startswith(\"binding\"))) | \"\(.event[8:]) \(.detail.how // .detail.reason)\"" \
    "$state/journal/capture/tower-7.jsonl"; }
has_event() { events "$1" | grep -qx "$2"; } # CASE EVENT

# dhcrelay gives its line's number as it lies in memory.
now=$(date +%s)
subject=(--dhcp6-interface-id 0x07000000 --dhcp6-relay 2001:db8:7::1)
[ "$lower" = dhcrelay ] || subject=(--dhcp6-interface-id 0x706f727437 --dhcp6-relay 2001:db8:17::1)
order LI-LINE $((now - 10)) $((now + 3600))
subject=(--dhcp6-duid 0x0003000102005e005307)
order LI-DUID $((now - 10)) $((now + 3600))
subject=(--dhcp6-remote-id 0x000000096c696e6537)
[ "$lower" = dhcrelay ] || order LI-REMOTE $((now - 10)) $((now + 3600))
background "$work/tcpdump.log" ip netns exec "$ns_b" tcpdump -i vb -U -w "$work/link.pcap" ip6
tcpdump=$last
daemon
for c in $cases; do until_true 60 is_capturing LI-$c || fail "LI-$c is captured"; done
until_true 60 grep -q listening "$work/tcpdump.log" || fail "tcpdump listens"
background "$work/kea.log" ip netns exec "$ns_b" unshare -m sh -c "$folders" x kea-dhcp6 -c "$work/kea.json"
until_true 60 grep -q DHCP6_STARTED "$work/kea.log" || fail "Kea has started"
background "$work/upper.log" ip netns exec "$ns_a" dhcrelay -6 -d -I -pf "$work/upper.pid" -l 2001:db8:8::1%d8#8 -l 2001:db8:17::1%q#9 -u $server%va
if [ "$lower" = dhcrelay ]; then
    background "$work/lower.log" ip netns exec $ns_q dhcrelay -6 -d -I -pf "$work/lower.pid" -l 2001:db8:7::1%d7#7 -u 2001:db8:17::1%upl
else
    background "$work/lower.log" ip netns exec $ns_q /usr/bin/python3 "$here/ldra.py" d7 upl 706f727437 000000096c696e6537
fi
for r in upper lower; do until_true 60 grep -q 'Listening\|Sending on' "$work/$r.log" || fail "the $r relay runs"; done

client $ns_t 00:03:00:01:02:00:5e:00:53:08
stranger_client=$last
check "the stranger gets an address behind one relay" until_true 60 has_address $ns_t 2001:db8:8::50
client $ns_s 00:03:00:01:02:00:5e:00:53:07
subject_client=$last
check "the subject gets one behind two" until_true 60 has_address $ns_s 2001:db8:7::50
for c in $cases; do check "LI-$c has it with an entry" until_true 20 has_event LI-$c "start assigned"; done
speak $ns_s 31 2001:db8:7::50
speak $ns_t cc 2001:db8:8::50
for c in $cases; do check "LI-$c: it is renewed" until_true 60 has_event LI-$c "renewed renewed"; done
speak $ns_s 32 2001:db8:7::50
sleep 1.5
kill -ALRM "$subject_client"
for c in $cases; do check "LI-$c: it is given up" until_true 60 has_event LI-$c "end released"; done
sleep 1.5
halt
same "the daemon ends with 0" 0 $?
kill -KILL "$subject_client" "$stranger_client" 2>/dev/null # neither may mind any other
kill "$tcpdump"
wait "$tcpdump"

# --- the truth, by tcpdump
bytes() { "$here/frames.py" list "$@" | cut -d' ' -f2- | sort; }
echo="icmp6 and (ip6[40] = 128 or ip6[40] = 129)"
tcpdump -r "$work/link.pcap" -w "$work/wanted.pcap" "$echo and host 2001:db8:7::50" 2>/dev/null
same "there are echoes to compare" 8 "$(bytes "$work/wanted.pcap" | wc -l)"
relayed() { tcpdump -r "$1" 'udp port 547' 2>/dev/null | wc -l; } # between relay and server
kea() { grep -cE "$1 .*00:03:00:01:02:00:5e:00:53:07" "$work/kea.log"; }
for c in $cases; do
    mapfile -t files < <(slices_of LI-$c)
    same "fault 044: LI-$c has every echo of the subject" 0 "$(comm -23 <(bytes "$work/wanted.pcap") <(bytes "${files[@]}") | wc -l)"
    same "fault 044: LI-$c has no frame of the stranger's" 0 \
        "$(for f in "${files[@]}"; do tcpdump -r "$f" "host 2001:db8:8::50" 2>/dev/null; done | wc -l; )"
    same "nor a message of his with the server" 0 "$(cat "${files[@]}" | LC_ALL=C grep -caP '\x00\x03\x00\x01\x02\x00\x5e\x00\x53\x08')"
    check "but the subject's" [ "$(for f in "${files[@]}"; do relayed "$f"; done | awk '{ n += $1 } END { print n }')" -ge 6 ]
    same "Kea's own log has as many beginnings, renewals and ends" \
        "$(kea DHCP6_LEASE_ALLOC) $(kea DHCP6_LEASE_RENEW) $(kea DHCP6_RELEASE_NA)" \
        "$(events LI-$c | grep -c '^start') $(events LI-$c | grep -c '^renewed') $(events LI-$c | grep -c '^end')"
    note "LI-$c: $(events LI-$c | tr '\n' ',')"
done
same "no address and no MAC is in a log or a journal" 0 \
    "$(cat "$work/capture.log" "$state"/journal/capture/*.* | grep -ciE "2001:db8|5e005307|5e:00:53")"
if [ "$lower" = dhcrelay ] && [ -z "${2:-}" ]; then
    bash "$(readlink -f "$0")" "$build" lightweight || status=1
fi
