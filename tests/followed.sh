#!/usr/bin/env bash
# tests/followed.sh [BUILD]: a subject that moves, by the daemons that networks run: ISC dhcpd and Kea with dhclient and
# dhcpcd, the same behind dhcrelay (option 82), FreeRADIUS with radclient.  He gets an address, renews it, capture is started
# anew, he loses it, a stranger gets the same one, he gets another.  Every frame of his and none of the stranger's is in the
# case, and the events are, line for line, what the daemon's own log says.  What is not installed is said to be skipped.
scenario=$(dirname "$(readlink -f "$0")")/scenario
. "$scenario/lib.sh"
. "$scenario/daemon.sh"
here=$scenario
is_root && namespaces_up || { skip "a subject is followed by real daemons" "needs root and network namespaces"; exit; }
subject_mac=02:00:5e:00:53:07 stranger_mac=02:00:5e:00:53:08
ns_s=cts$$ ns_t=ctt$$ ns_r=ctr$$
ip -n "$ns_b" addr add 198.51.100.1/24 dev vb
has() { command -v "$1" >/dev/null; }

# --- DHCP: servers and clients, each with what its log says of the subject as "ACK ADDRESS" and "RELEASE ADDRESS"
server_isc() {
    printf 'default-lease-time 24; max-lease-time 24; authoritative; ping-check false;\n%s\n' "$1" >"$work/dhcpd.conf"
    : >"$work/dhcpd.leases"
    background "$work/server.log" ip netns exec "$ns_b" dhcpd -4 -d -f -cf "$work/dhcpd.conf" -lf "$work/dhcpd.leases" -pf "$work/dhcpd.pid" vb
    until_true 20 grep -q 'Server starting service' "$work/server.log"
}
isc_plain='subnet 198.51.100.0 netmask 255.255.255.0 { range 198.51.100.50 198.51.100.51; }'
isc_relayed='subnet 198.51.100.0 netmask 255.255.255.0 { }
subnet 100.64.0.0 netmask 255.255.255.0 { range 100.64.0.50 100.64.0.53; option routers 100.64.0.1; }'
log_isc() {
    sed -nE "s/^DHCPACK on ([0-9.]+) to $subject_mac .*/ACK \1/p; s/^DHCPRELEASE of ([0-9.]+) from $subject_mac .*/RELEASE \1/p" "$work/server.log"
}
server_kea() {
    local subnet='"subnet": "198.51.100.0/24", "pools": [ { "pool": "198.51.100.50 - 198.51.100.51" } ]'
    rm -f "$work"/kea.csv* # else the stranger of the pair before has his lease still
    cat >"$work/kea.conf" <<K
{ "Dhcp4": { "interfaces-config": { "interfaces": [ "vb" ] }, "valid-lifetime": 24, "authoritative": true,
  "lease-database": { "type": "memfile", "name": "$work/kea.csv" }, "subnet4": [ { $subnet } ],
  "loggers": [ { "name": "kea-dhcp4", "severity": "INFO", "output_options": [ { "output": "stdout" } ] } ] } }
K
    mkdir -p "$work/kea"
    background "$work/server.log" ip netns exec "$ns_b" env KEA_PIDFILE_DIR="$work/kea" KEA_LOCKFILE_DIR="$work/kea" kea-dhcp4 -c "$work/kea.conf"
    until_true 20 grep -q DHCP4_STARTED "$work/server.log"
}
log_kea() {
    sed -nE "s/.*DHCP4_LEASE_ALLOC .*$subject_mac\].* lease ([0-9.]+) has been allocated.*/ACK \1/p
        s/.*DHCP4_RELEASE .*$subject_mac\].* address ([0-9.]+) was released.*/RELEASE \1/p" "$work/server.log"
}

# client NAME NAMESPACE [ADDRESS]: ask, for that address if one is named / release NAME NAMESPACE
client() {
    local kind=$1 ns=$2 want=${3:-}
    rm -f "$work/$ns.leases"
    case $kind in
    dhclient)
        { [ -z "$want" ] || echo "send dhcp-requested-address $want;"; } >"$work/$ns.conf"
        echo "${client_conf:-}" >>"$work/$ns.conf"
        background "$work/$ns.log" ip netns exec "$ns" dhclient -4 -d -v -cf "$work/$ns.conf" -lf "$work/$ns.leases" -pf "$work/$ns.pid" \
            -sf "$work/lease.sh" eth0
        ;;
    dhcpcd)
        mkdir -p "$work/$ns.run" "$work/$ns.lib"
        background "$work/$ns.log" ip netns exec "$ns" unshare -m sh -c 'mount -t tmpfs none /run && mount --bind "$1" /var/lib/dhcpcd &&
            exec dhcpcd -4 -B -d -A -f /dev/null -c /bin/true ${2:+-r "$2"} eth0' sh "$work/$ns.lib" "$want"
        ;;
    esac
    clients[$ns]=$last
}
release() {
    case ${lose:-$1} in
    expire)
        kill "${clients[$2]}"
        wait "${clients[$2]}"
        ;;
    dhclient)
        kill "${clients[$2]}"
        wait "${clients[$2]}"
        ip netns exec "$2" dhclient -4 -r -cf "$work/$2.conf" -lf "$work/$2.leases" -pf "$work/$2.pid" -sf "$work/lease.sh" eth0 >>"$work/$2.log" 2>&1
        ;;
    dhcpcd)
        kill -ALRM "${clients[$2]}" # releases and ends
        wait "${clients[$2]}"
        ;;
    esac
    ip -n "$2" addr flush dev eth0
}
declare -A clients
cat >"$work/lease.sh" <<'C'
#!/bin/sh
case $reason in
BOUND | RENEW | REBIND | REBOOT) ip addr replace "$new_ip_address/24" dev eth0
    [ -z "$new_routers" ] || ip route replace default via "$new_routers" dev eth0 ;;
EXPIRE | RELEASE | STOP | FAIL) ip addr flush dev eth0 ;;
esac
C
chmod +x "$work/lease.sh"
address() { ip -n "$1" -4 -o addr show dev eth0 2>/dev/null | sed -nE 's/.* inet ([0-9.]+)\/.*/\1/p'; }
has_address() { [ -n "$(address "$1")" ]; }
has_none() { ! has_address "$1"; }
speak() { # NAMESPACE PATTERN
    [ -z "${after_lease:-}" ] || "$after_lease" "$1"
    ip netns exec "$1" ping -q -c 3 -i 0.2 -W 2 -p "$2" 198.51.100.1 >"$work/ping" 2>&1
}
home() { # NAMESPACE MAC: a customer's, on the link of $ns_a
    ip netns add "$1" && ip -n "$ns_a" link add link va name "c$1" type macvlan mode private &&
        ip -n "$ns_a" link set "c$1" netns "$1" name eth0 && ip -n "$1" link set eth0 address "$2" up && ip -n "$1" link set lo up &&
        ip netns exec "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
}
journal() { jq -r "select(.case == \"$1\" and (.event | startswith(\"binding\"))) | \"\(.event) \(.detail.how // .detail.reason)\"" \
    "$state/journal/capture/tower-7.jsonl"; }
last_is() { [ "$(journal "$1" | tail -n 1)" = "$2" ]; }
has_line() { journal "$1" | grep -qx "$2"; }
events() { # CASE: as a server's log would say it
    find "$state/spool/$1" -name '*.json' | sort | xargs jq -r '.access.events[]? | select(.kind | startswith("address")) | select(.reason != "lease-ended") |
        "\(if .kind == "address-released" then "RELEASE" else "ACK" end) \(.address | sub("/32"; ""))"'
}
at_most() { [ "$(comm -23 "$1" "$2" | wc -l)" = 0 ]; }
hashes() { "$here/frames.py" list "$@" | cut -d' ' -f2- | sort; }

# follow CASE SERVER CLIENT
follow() {
    local case_id=$1 server=$2 client=$3 now first tcpdump lost=released
    [ -z "${lose:-}" ] || lost=lease-ended
    now=$(date +%s)
    order "$case_id" $((now - 10)) $((now + 3600))
    background "$work/tcpdump.log" ip netns exec "$ns_b" tcpdump -i vb -U -w "$work/$case_id.pcap" ip
    tcpdump=$last
    daemon
    until_true 30 is_capturing "$case_id" && until_true 30 grep -q listening "$work/tcpdump.log" || fail "$case_id is captured"
    client "$client" "$ns_s"
    check "$case_id: the subject gets an address" until_true 60 has_address "$ns_s"
    first=$(address "$ns_s")
    check "$case_id: and is bound to it" until_true 30 last_is "$case_id" "binding-start assigned"
    speak "$ns_s" 11
    check "$case_id: it renews" until_true 60 has_line "$case_id" "binding-renewed renewed"
    speak "$ns_s" 12
    halt
    rm "$state/journal/capture/tower-7.status"
    daemon
    until_true 30 is_capturing "$case_id" || fail "$case_id is captured again"
    check "$case_id: after a new start it goes on" until_true 30 has_line "$case_id" "binding-start resumed"
    speak "$ns_s" 13
    release "$client" "$ns_s"
    check "$case_id: it loses the address" until_true 60 last_is "$case_id" "binding-end $lost"
    client "$client" "$ns_t" "$first"
    check "$case_id: a stranger gets an address" until_true 60 has_address "$ns_t"
    same "$case_id: the same one" "$first" "$(address "$ns_t")"
    speak "$ns_t" cc
    client "$client" "$ns_s"
    check "$case_id: the subject gets another" until_true 60 has_address "$ns_s"
    check "$case_id: and is bound to it" until_true 30 last_is "$case_id" "binding-start assigned"
    [ "$(address "$ns_s")" != "$first" ] || fail "$case_id: the subject has the stranger's address"
    speak "$ns_s" 14
    speak "$ns_t" cc
    release "$client" "$ns_s"
    until_true 60 last_is "$case_id" "binding-end $lost" || fail "$case_id: it gives that up too"
    sleep 2 # tcpdump loses what it has not read
    halt
    kill "$tcpdump" "${clients[$ns_t]}"
    wait "$tcpdump" "${clients[$ns_t]}"
    judge "$case_id" "$server"
}

judge() { # CASE SERVER
    local files
    mapfile -t files < <(slices_of "$1")
    tcpdump -r "$work/$1.pcap" -w "$work/subject.pcap" "$subject_filter" 2>/dev/null
    check "$1: there are frames to compare" [ "$(hashes "$work/subject.pcap" | wc -l)" -gt 20 ]
    check "$1: every frame of the subject is in the case, and none of the stranger's" \
        diff <(hashes "$work/subject.pcap") <(hashes "${files[@]}")
    same "$1: nothing that the stranger sent" 0 "$(cat "${files[@]}" | LC_ALL=C grep -cF "$(printf '\xcc\xcc\xcc\xcc\xcc\xcc\xcc\xcc')")"
    check "$1: events are what the server's log says, line for line" diff <("log_$2") <(events "$1")
    note "$1: $("log_$2" | tr '\n' ',')"
}

# only WHAT: everything, or what is asked for
only() { [[ "${ONLY:-$1}" == "$1" ]]; }

for server in isc kea; do
    only $server || continue
    { [ $server = isc ] && has dhcpd; } || { [ $server = kea ] && has kea-dhcp4; } || {
        skip "$server: a subject is followed from lease to lease" "is not installed"
        continue
    }
    for client in dhclient dhcpcd; do
        has $client || { skip "$server with $client" "is not installed"; continue; }
        live "$server-$client"
        sed -i '/^slice_seconds/a dhcp_servers = 198.51.100.1\ndhcp_pool = 198.51.100.0/24' "$conf"
        home $ns_s $subject_mac && home $ns_t $stranger_mac || fail "two customers live on the link"
        subject=(--dhcp-mac $subject_mac)
        subject_filter="ether host $subject_mac"
        "server_$server" "$isc_plain" || fail "$server starts"
        running=$last
        follow "LI-${server^^}-${client^^}" $server $client
        kill "$running"
        wait "$running"
        ip netns del $ns_s
        ip netns del $ns_t
    done
done

# --- behind a relay that tells the line: at the server's link the subject is told by his address alone
relayed() {
    local p
    live relayed
    sed -i '/^slice_seconds/a dhcp_servers = 198.51.100.1 198.51.100.2\ndhcp_pool = 100.64.0.0/24' "$conf"
    home $ns_r 02:00:5e:00:53:0f || fail "a relay lives on the link"
    ip -n $ns_r addr add 198.51.100.2/24 dev eth0
    ip netns exec $ns_r sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0
    for p in "$ns_s 7" "$ns_t 8"; do
        set -- $p
        ip netns add "$1" && ip -n $ns_r link add "port$2" type veth peer name eth0 netns "$1" &&
            ip -n "$1" link set eth0 address "02:00:5e:00:53:0$2" up && ip -n $ns_r addr add 100.64.0.1/32 dev "port$2" &&
            ip -n $ns_r link set "port$2" up && ip netns exec "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 || fail "a customer at port$2"
    done
    ip -n "$ns_b" route add 100.64.0.0/24 via 198.51.100.2
    server_isc "$isc_relayed" || fail "isc starts"
    p=$last
    background "$work/relay.log" ip netns exec $ns_r dhcrelay -4 -d -a -id port7 -id port8 -iu eth0 198.51.100.1
    until_true 20 grep -q 'Sending on' "$work/relay.log" || fail "the relay starts"
    subject=(--dhcp-circuit-id port7 --dhcp-relay 100.64.0.1)
    # his messages by the client's address in them, what he says by what he says
    subject_filter='(udp port 67 and udp[36:4] = 0x02005e00 and udp[40:2] = 0x5307) or (icmp and icmp[28] != 0xcc)'
    client_conf='supersede dhcp-server-identifier 255.255.255.255;' # renew through the relay
    after_lease=route_lease lose=expire
    follow LI-RELAYED isc dhclient
    after_lease='' client_conf='' lose=''
    kill "$p"
    wait "$p"
    for p in $ns_s $ns_t $ns_r; do ip netns del "$p"; done
}
route_lease() { # NAMESPACE: the relay's way back
    local port=7
    [ "$1" = $ns_s ] || port=8
    ip -n $ns_r route replace "$(address "$1")/32" dev port$port
}
if only relayed; then
    if has dhcpd && has dhcrelay && has dhclient; then relayed; else
        skip "a subject is followed behind a relay" "dhcpd, dhcrelay or dhclient is not installed"
    fi
fi

# --- RADIUS: a server with its own log and detail file, a client that asks, accounts, and is told to disconnect
radius_conf() { # FOLDER SECTIONS
    mkdir -p "$1"
    echo '$INCLUDE /usr/share/freeradius/dictionary' >"$1/dictionary"
    printf 'alice Cleartext-Password := "a"\n  Framed-IP-Address := 198.51.100.50, Session-Timeout := 3600\nbob Cleartext-Password := "b"\n  Framed-IP-Address := 198.51.100.50\n' >"$1/users"
    cat >"$1/radiusd.conf" <<R
libdir = /usr/lib/freeradius
logdir = $1
log {
  destination = stdout
  auth = yes
}
security {
  max_attributes = 200
  reject_delay = 0
}
client peer {
  ipaddr = $3
  secret = testing
}
modules {
  files {
    usersfile = $1/users
  }
  pap {
  }
  detail {
    filename = $1/detail
  }
  always ok {
    rcode = ok
  }
}
server default {
  $2
}
R
}
radius() { # auth | acct | ..., then attributes, one a word
    local where=192.0.2.9:1812 ns=$ns_a how=$1
    shift
    [ "$how" = auth ] || where=192.0.2.9:1813
    case $how in disconnect | coa) where=192.0.2.1:3799 ns=$ns_b ;; esac
    printf '%s\n' "$@" | ip netns exec "$ns" radclient -t 5 -r 2 $where "$how" testing >>"$work/radclient.log" 2>&1
}
account() { radius acct "Acct-Status-Type = $1" "User-Name = \"$2\"" "Acct-Session-Id = \"$3\"" "NAS-IP-Address = 192.0.2.1" ${4:+"Framed-IP-Address = $4"}; }
sends() { # ADDRESS PATTERN: from the client's side
    ip -n "$ns_a" addr add "$1/24" dev va 2>/dev/null
    ip netns exec "$ns_a" ping -q -c 3 -i 0.2 -W 2 -I "$1" -p "$2" 198.51.100.1 >"$work/ping" 2>&1
    ip -n "$ns_a" addr del "$1/24" dev va
}
follow_radius() {
    local running nas tcpdump now files
    live radius
    sed -i '/^slice_seconds/a radius_servers = 192.0.2.9\nradius_clients = 192.0.2.1\nradius_pool = 198.51.100.0/24\nradius_silence = 1m' "$conf"
    ip -n "$ns_a" addr add 192.0.2.1/24 dev va
    ip -n "$ns_b" addr add 192.0.2.9/24 dev vb
    radius_conf "$work/server" 'listen {
  type = auth
  ipaddr = 192.0.2.9
  port = 1812
  }
  listen {
  type = acct
  ipaddr = 192.0.2.9
  port = 1813
  }
  authorize {
    files
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
  }
  accounting {
    detail
  }' 192.0.2.1
    radius_conf "$work/nas" 'listen {
  type = coa
  ipaddr = 192.0.2.1
  port = 3799
  }
  recv-coa {
    ok
  }' 192.0.2.9
    background "$work/server.log" ip netns exec "$ns_b" freeradius -X -d "$work/server"
    running=$last
    background "$work/nas.log" ip netns exec "$ns_a" freeradius -X -d "$work/nas"
    nas=$last
    until_true 30 grep -q 'Ready to process' "$work/server.log" && until_true 30 grep -q 'Ready to process' "$work/nas.log" || {
        fail "FreeRADIUS starts"
        tail -n 5 "$work/server.log" "$work/nas.log" | sed 's/^/#   /'
        return
    }
    now=$(date +%s)
    subject=(--radius-user-name alice)
    order LI-RADIUS $((now - 10)) $((now + 3600))
    background "$work/tcpdump.log" ip netns exec "$ns_b" tcpdump -i vb -U -w "$work/radius.pcap" ip
    tcpdump=$last
    daemon
    until_true 30 is_capturing LI-RADIUS && until_true 30 grep -q listening "$work/tcpdump.log" || fail "LI-RADIUS is captured"
    radius auth 'User-Name = "alice"' 'User-Password = "wrong"'
    radius auth 'User-Name = "alice"' 'User-Password = "a"' 'Acct-Session-Id = "s1"' 'NAS-IP-Address = 192.0.2.1'
    account Start alice s1 198.51.100.50
    check "LI-RADIUS: the subject has what FreeRADIUS gave" until_true 30 has_line LI-RADIUS "binding-renewed renewed"
    sends 198.51.100.50 11
    account Interim-Update alice s1 198.51.100.50
    sends 198.51.100.50 12
    halt
    rm "$state/journal/capture/tower-7.status"
    daemon
    until_true 30 is_capturing LI-RADIUS || fail "LI-RADIUS is captured again"
    check "LI-RADIUS: after a new start it goes on" until_true 30 last_is LI-RADIUS "binding-start resumed"
    sends 198.51.100.50 13
    check "LI-RADIUS: its client is told to change the session, and does" radius coa 'User-Name = "alice"' 'Acct-Session-Id = "s1"' 'Session-Timeout = 1800'
    check "LI-RADIUS: and to end it" radius disconnect 'User-Name = "alice"' 'Acct-Session-Id = "s1"'
    check "LI-RADIUS: it is over" until_true 30 last_is LI-RADIUS "binding-end disconnected"
    account Stop alice s1 198.51.100.50
    radius auth 'User-Name = "bob"' 'User-Password = "b"'
    account Start bob s2 198.51.100.50
    sends 198.51.100.50 cc
    account Start alice s3 198.51.100.51
    sends 198.51.100.51 14
    radius acct 'Acct-Status-Type = Accounting-On' 'Acct-Session-Id = "0"' 'NAS-IP-Address = 192.0.2.1'
    check "LI-RADIUS: its client begins anew: it has nothing" until_true 30 last_is LI-RADIUS "binding-end client-restarted"
    sends 198.51.100.51 cc
    account Start alice s4 198.51.100.52
    sends 198.51.100.52 15
    check "LI-RADIUS: and where interim accounting is lost, for a silence" until_true 90 last_is LI-RADIUS "binding-end session-silent"
    sends 198.51.100.52 cc
    sleep 2 # as above
    halt
    kill "$tcpdump" "$running" "$nas"
    wait "$tcpdump" "$running" "$nas"
    mapfile -t files < <(slices_of LI-RADIUS)
    same "LI-RADIUS: every frame that the subject sent or got, and none of the stranger's" "$(spoken "$work/radius.pcap" | grep -v '^cc')" \
        "$(spoken "${files[@]}")"
    same "LI-RADIUS: which are those of five times" "11 12 13 14 15 " "$(spoken "${files[@]}" | uniq | tr '\n' ' ')"
    same "LI-RADIUS: as many of its messages as FreeRADIUS had of it, with the answers" \
        "$(($(tcpdump -nr "$work/radius.pcap" 'udp port 1812 or udp port 1813 or udp port 3799' 2>/dev/null | wc -l) - 6))" \
        "$(for f in "${files[@]}"; do tcpdump -nr "$f" 'udp port 1812 or udp port 1813 or udp port 3799' 2>/dev/null; done | wc -l)"
    check "LI-RADIUS: events are what FreeRADIUS' own log and detail file say, line for line" diff <(radius_log) <(radius_events)
    note "LI-RADIUS: $(radius_log | tr '\n' ',')"
}
spoken() { # FILE...: the pattern of each ping, in order
    local f
    for f in "$@"; do tcpdump -xx -nr "$f" icmp 2>/dev/null | sed -nE 's/^\s+0x0040:\s+(..).*/\1/p'; done
}
radius_log() { # logins, then accounting
    sed -nE 's/.*Login OK: \[alice.*/ACCEPT/p; s/.*Login incorrect.*\[alice.*/REJECT/p' "$work/server.log"
    awk '/User-Name = "alice"/ { own = 1 } /Acct-Status-Type = / { what = $3 } /Acct-Session-Id = / { id = $3 }
        /^$/ { if (own) print toupper(what), id; own = 0 }' "$work/server/detail" | tr -d '"' | grep -E 'START|STOP'
}
radius_events() {
    local e
    e=$(find "$state/spool/LI-RADIUS" -name '*.json' | sort | xargs jq -r '.access.events[]? | "\(.kind) \(.session) \(.reason)"')
    sed -nE 's/^access-accepted .*/ACCEPT/p; s/^access-rejected .*/REJECT/p' <<<"$e"
    # it was over with the client's yes to the server; the two that were never stopped have no stop in the detail file
    sed -nE 's/^session-start (\S+).*/START \1/p; s/^session-end (\S+) disconnected/STOP \1/p' <<<"$e"
}
if only radius; then
    if has freeradius && has radclient; then follow_radius; else skip "a subject is followed by RADIUS" "freeradius or radclient is not installed"; fi
fi

# --- PPPoE needs the kernel's PPP
only pppoe && skip "a subject is followed by pppd and rp-pppoe" "$([ -c /dev/ppp ] && echo "not written: the parsers' tests stand for it" || echo "no /dev/ppp here")"
