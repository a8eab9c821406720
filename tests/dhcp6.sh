#!/usr/bin/env bash
# tests/dhcp6.sh [BUILD]: a subject that Kea gives an address and a prefix by DHCPv6, to dhcpcd, and that makes addresses
# itself of what radvd advertises; a stranger who gets the first next, and takes one of the others: every frame of the
# subject is in its case and none of the stranger's (fault 44).  All of it is in namespaces, and ended by PID.
scenario=$(dirname "$(readlink -f "$0")")/scenario
. "$scenario/lib.sh"
. "$scenario/daemon.sh"
sentence="subjects are followed by DHCPv6 and Neighbor Discovery on a live link"
for p in kea-dhcp6 dhcpcd radvd tcpdump; do
    command -v $p >/dev/null || { skip "$sentence" "$p is not installed"; exit; }
done
if ! is_root || ! namespaces_up; then
    skip "$sentence" "needs root and network namespaces"
    exit
fi
live isp
sed -i '/^slice_seconds/a dhcp6_servers = fe80::1\ndhcp6_pool = 2001:db8:6::/48 2001:db8:700::/40\nslaac_pool = 2001:db8:5::/48\nipv6_routers = 02:00:00:00:00:22' "$conf"
ip netns exec "$ns_b" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.vb.disable_ipv6=0 net.ipv6.conf.vb.forwarding=1 \
    net.ipv6.conf.vb.accept_dad=0
ip -n "$ns_b" addr flush dev vb scope link
for a in fe80::1 2001:db8:5::1 2001:db8:6::1; do ip -n "$ns_b" addr add $a/64 dev vb nodad; done
ip -n "$ns_b" route add 2001:db8:700::/56 dev vb
subject_mac=02:00:5e:00:53:07 stranger_mac=02:00:5e:00:53:08
ns_s=cts$$ ns_t=ctt$$
home() { # NAMESPACE MAC: a customer's, on the link of $ns_a
    ip netns add "$1" && namespaces+=("$1") && ip -n "$ns_a" link add link va name "c$1" type macvlan mode private &&
        ip -n "$ns_a" link set "c$1" netns "$1" name eth0 && ip -n "$1" link set eth0 address "$2" &&
        ip netns exec "$1" sysctl -qw net.ipv6.conf.eth0.use_tempaddr=2 net.ipv6.conf.eth0.addr_gen_mode=0
}
home $ns_s $subject_mac && home $ns_t $stranger_mac || fail "two customers live on the link"

cat >"$work/kea.json" <<C
{"Dhcp6": {"interfaces-config": {"interfaces": ["vb"]}, "server-id": {"type": "LL", "identifier": "020000000022", "persist": false}, "lease-database": {"type": "memfile", "persist": false},
  "valid-lifetime": 300, "preferred-lifetime": 200, "renew-timer": 5, "rebind-timer": 100,
  "subnet6": [{"subnet": "2001:db8:6::/64", "interface": "vb", "pools": [{"pool": "2001:db8:6::50 - 2001:db8:6::50"}],
    "pd-pools": [{"prefix": "2001:db8:700::", "prefix-len": 56, "delegated-len": 56}]}],
  "loggers": [{"name": "kea-dhcp6", "severity": "INFO", "output_options": [{"output": "stdout"}]}]}}
C
cat >"$work/radvd.conf" <<C
interface vb { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; prefix 2001:db8:5::/64 { }; };
C
# With its own places for what a program remembers.
folders='for d in /run /var/lib/dhcpcd /var/lib/kea; do [ ! -d $d ] || mount -t tmpfs x $d; done; mkdir -p /run/kea /run/lock/kea; exec "$@"'
client() { # NAMESPACE DUID: its DHCPv6 client, in $last
    printf 'duid %s\nnoipv6rs\nipv6only\nscript /bin/true\ninterface eth0\nia_na 1\nia_pd 2\n' "$2" >"$work/$1.conf"
    background "$work/$1.log" ip netns exec "$1" unshare -m sh -c "$folders" x dhcpcd -B -6 -f "$work/$1.conf" eth0
}
address() { ip -6 -n "$1" -o addr show dev eth0 scope global -tentative | awk '{ print $4 }' | grep -o "^$2[^/]*" | head -n 1; }
has_address() { [ -n "$(address "$@")" ]; }
has_none() { ! has_address "$@"; }
speak() { ip netns exec "$1" ping -6 -q -c 2 -i 0.2 -W 2 -p "$3" -I "$2" 2001:db8:6::1 >/dev/null; } # NAMESPACE FROM PATTERN
events() { jq -r "select(.case == \"$1\" and (.event | startswith(\"binding\"))) | \"\(.event[8:]) \(.detail.how // .detail.reason)\"" \
    "$state/journal/capture/tower-7.jsonl"; }
has_event() { events "$1" | grep -qx "$2"; } # CASE EVENT

now=$(date +%s)
subject=(--dhcp6-duid 0x0003000102005e005307)
order LI-LEASE $((now - 10)) $((now + 3600))
subject=(--slaac-mac $subject_mac)
order LI-HOST $((now - 10)) $((now + 3600))
background "$work/tcpdump.log" ip netns exec "$ns_b" tcpdump -i vb -U -w "$work/link.pcap" ip6
tcpdump=$last
daemon
until_true 60 is_capturing LI-LEASE || fail "LI-LEASE is captured"
until_true 60 grep -q listening "$work/tcpdump.log" || fail "tcpdump listens"
background "$work/radvd.log" ip netns exec "$ns_b" unshare -m sh -c "$folders" x radvd -n -C "$work/radvd.conf" -m stderr
background "$work/kea.log" ip netns exec "$ns_b" unshare -m sh -c "$folders" x kea-dhcp6 -c "$work/kea.json"
until_true 60 grep -q DHCP6_STARTED "$work/kea.log" || fail "Kea has started"

# --- addresses that hosts make themselves
for n in $ns_s $ns_t; do ip -n $n link set eth0 up; done
check "the subject makes itself an address of its MAC" until_true 60 has_address $ns_s 2001:db8:5::5eff:fe00:5307
made=$(address $ns_s 2001:db8:5::5eff:fe00:5307)
temporary() { ip -6 -n $ns_s -o addr show dev eth0 temporary -tentative | awk '{ print $4 }' | cut -d/ -f1; }
has_temporary() { [ -n "$(temporary)" ]; }
check "and a temporary one" until_true 60 has_temporary
chosen=$(temporary | head -n 1)
same "both with an entry" "start assigned,start assigned," "$(events LI-HOST | tr '\n' ',')"
speak $ns_s "$made" 21
speak $ns_s "$chosen" 22
check "the stranger makes his" until_true 60 has_address $ns_t 2001:db8:5:
speak $ns_t "$(address $ns_t 2001:db8:5:)" cc

# --- an address and a prefix by DHCPv6
client $ns_s 00:03:00:01:02:00:5e:00:53:07
subject_client=$last
check "the subject gets an address" until_true 60 has_address $ns_s 2001:db8:6:
check "with an entry" until_true 20 has_event LI-LEASE "start assigned"
check "and a prefix" until_true 20 has_event LI-LEASE "start delegated"
ip -n $ns_s addr add 2001:db8:700:1::7/128 dev eth0 nodad
speak $ns_s 2001:db8:6::50 31
speak $ns_s 2001:db8:700:1::7 32
check "it renews both" until_true 60 has_event LI-LEASE "renewed renewed"
said() { events LI-LEASE | grep -c "^$1"; }
kea() { grep -cE "$1 .*00:03:00:01:02:00:5e:00:53:07" "$work/kea.log"; }
renewals_agree() { [ "$(kea 'DHCP6_(PD_)?LEASE_RENEW')" = "$(said renewed)" ]; }
check "Kea's own log has as many renewals" until_true 20 renewals_agree
sleep 1.5
halt
same "the daemon ends with 0" 0 $?
rm -f "$state/journal/capture/tower-7.status"
daemon
until_true 60 is_capturing LI-LEASE || fail "LI-LEASE is captured again"
check "a daemon that is started again takes both up" until_true 20 has_event LI-LEASE "start resumed"
speak $ns_s 2001:db8:6::50 33
kill -ALRM "$subject_client"
check "the client gives both up" until_true 60 has_event LI-LEASE "end released"
kill -KILL "$subject_client" 2>/dev/null
wait "$subject_client" 2>/dev/null
ip -n $ns_s addr del 2001:db8:700:1::7/128 dev eth0
client $ns_t 00:03:00:01:02:00:5e:00:53:08
stranger_client=$last
check "the stranger gets the address" until_true 60 has_address $ns_t 2001:db8:6::50
speak $ns_t 2001:db8:6::50 cc

# --- a stranger takes an address of the host's
ip -n $ns_t addr add "$chosen/64" dev eth0
check "the stranger takes the temporary one, which ends it" until_true 20 has_event LI-HOST "end conflict"
until_true 60 has_address $ns_t "$chosen" || fail "it is the stranger's"
speak $ns_t "$chosen" cc
speak $ns_s "$made" 23
sleep 1.5
halt
same "the daemon ends with 0 again" 0 $?
kill -KILL "$stranger_client" # it may not mind any other
kill "$tcpdump"
wait "$tcpdump"

# --- the truth, by tcpdump
files_of() { mapfile -t files < <(slices_of "$1"); }
bytes() { "$here/frames.py" list "$@" | cut -d' ' -f2- | sort; }
missing() { # CASE FILTER: how many frames of the link that pass it there are, and are not in the case
    tcpdump -r "$work/link.pcap" -w "$work/wanted.pcap" "$2" 2>/dev/null
    files_of "$1"
    echo "$(bytes "$work/wanted.pcap" | wc -l) $(comm -23 <(bytes "$work/wanted.pcap") <(bytes "${files[@]}") | wc -l)"
}
foreign() { # CASE FILTER: how many frames of the case pass it
    files_of "$1"
    for f in "${files[@]}"; do tcpdump -r "$f" "$2" 2>/dev/null; done | wc -l
}
# What is sent to the stranger may still go to the subject's MAC, for which it was a moment ago: that is the stranger's.
echo="icmp6 and (ip6[40] = 128 or ip6[40] = 129)"
strangers="($echo and ip6[70] = 0xcc)"
leased="(host 2001:db8:6::50 or net 2001:db8:700::/56)"
same "fault 044: every echo of the subject by what it was given is in its case" "12 0" \
    "$(missing LI-LEASE "ether host $subject_mac and $echo and $leased and not $strangers")"
same "and every message with its server" "0" "$(missing LI-LEASE "ether host $subject_mac and udp port 546 and not dst host ff02::1:2" | cut -d' ' -f2)"
same "fault 044: every echo of the host by what it made itself is in its case" "12 0" \
    "$(missing LI-HOST "ether host $subject_mac and $echo and net 2001:db8:5::/64 and not $strangers")"
same "fault 044: no frame of the stranger's is in either" "0 0" \
    "$(foreign LI-LEASE "ether host $stranger_mac or $strangers") $(foreign LI-HOST "ether host $stranger_mac or $strangers")"
check "there are such frames to leave out" [ "$(tcpdump -r "$work/link.pcap" "ether host $subject_mac and $strangers" 2>/dev/null | wc -l)" -gt 0 ]
same "Kea's own log has as many beginnings and ends" "$(kea 'DHCP6_(PD_)?LEASE_ALLOC') $(kea 'DHCP6_RELEASE_(NA|PD)')" \
    "$(said 'start [ad]') $(said end)"
note "LI-LEASE: $(events LI-LEASE | tr '\n' ','); LI-HOST: $(events LI-HOST | tr '\n' ',')"
same "no address and no MAC is in a log or a journal" 0 \
    "$(cat "$work/capture.log" "$state"/journal/capture/*.* | grep -ciE "2001:db8|$subject_mac|$stranger_mac|5e005307")"
