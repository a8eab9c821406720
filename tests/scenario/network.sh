# shellcheck shell=bash
# A small access network in two namespaces: customers in $ns_a, servers and the tap in $ns_b, one veth pair between them.
#
#   line     subject                          neighbour
#   plain    198.51.100.7  2001:db8:77::7     198.51.100.8
#   vlan     198.51.101.7                     198.51.101.8     802.1Q tag 207 and 208
#   pppoe    198.51.102.7                     198.51.102.8     session 77 and 78
#   qinq     198.51.103.7                     198.51.103.8     802.1ad 100, 802.1Q 207 and 208
# Servers: nginx (80), sshd (22), dnsmasq (53) on 198.51.X.1 and 2001:db8:77::1.

line_up() { # NAME KIND TAG ADDRESS PEER MAC-BYTE
    local name=$1 kind=$2 tag=$3 address=$4 peer=$5 n=$6
    background "$work/$name.a.log" ip netns exec "$ns_a" /usr/bin/python3 "$here/access.py" "$name" va \
        "02:00:5e:00:53:$n" "02:00:5e:00:54:$n" "$kind" "$tag"
    background "$work/$name.b.log" ip netns exec "$ns_b" /usr/bin/python3 "$here/access.py" "$name" vb \
        "02:00:5e:00:54:$n" "02:00:5e:00:53:$n" "$kind" "$tag"
    until_true 5 grep -q ready "$work/$name.a.log" && until_true 5 grep -q ready "$work/$name.b.log" || return 1
    ip -n "$ns_a" addr add "$address" peer "$peer" dev "$name" && ip -n "$ns_a" link set "$name" up mtu 1400 &&
        ip -n "$ns_b" addr add "$peer" peer "$address" dev "$name" && ip -n "$ns_b" link set "$name" up mtu 1400
}

network_up() {
    namespaces_up || return 1
    ip netns exec "$ns_b" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 \
        net.ipv6.conf.vb.disable_ipv6=0
    for n in "$ns_a" "$ns_b"; do ip -n "$n" link set lo up; done
    ip -n "$ns_a" addr add 198.51.100.7/24 dev va
    ip -n "$ns_a" addr add 198.51.100.8/24 dev va
    ip -n "$ns_a" addr add 2001:db8:77::7/64 dev va nodad
    ip -n "$ns_a" addr add 2001:db8:77::8/64 dev va nodad
    ip -n "$ns_b" addr add 198.51.100.1/24 dev vb
    ip -n "$ns_b" addr add 2001:db8:77::1/64 dev vb nodad
    line_up vlan7 vlan 207 198.51.101.7 198.51.101.1 a1 && line_up vlan8 vlan 208 198.51.101.8 198.51.101.2 a2 &&
        line_up ppp7 pppoe 77 198.51.102.7 198.51.102.1 a3 && line_up ppp8 pppoe 78 198.51.102.8 198.51.102.2 a4 &&
        line_up qinq7 qinq 207 198.51.103.7 198.51.103.1 a5 || return 1
    servers_up
}

servers_up() {
    mkdir -p "$work/www" "$work/nginx" /run/sshd
    head -c 60000 /dev/urandom | base64 >"$work/www/page.html"
    cat >"$work/nginx.conf" <<C
daemon off; worker_processes 1; pid $work/nginx/pid; error_log $work/nginx/error.log; user root;
events { worker_connections 64; }
http { access_log off; client_body_temp_path $work/nginx; proxy_temp_path $work/nginx; fastcgi_temp_path $work/nginx;
  uwsgi_temp_path $work/nginx; scgi_temp_path $work/nginx;
  server { listen 80; listen [::]:80; root $work/www; } }
C
    background "$work/nginx.log" ip netns exec "$ns_b" nginx -c "$work/nginx.conf" -p "$work/nginx"
    ssh-keygen -q -t ed25519 -N '' -f "$work/ssh_host"
    background "$work/sshd.log" ip netns exec "$ns_b" "$(command -v sshd)" -D -e -o Port=22 -o HostKey="$work/ssh_host" \
        -o PidFile=none -f /dev/null
    background "$work/dnsmasq.log" ip netns exec "$ns_b" dnsmasq -k --no-resolv --no-hosts -C /dev/null --pid-file= \
        --address=/example.org/203.0.113.80 --bind-interfaces --listen-address=198.51.100.1,198.51.101.1
    until_true 10 ip netns exec "$ns_a" curl -s -o /dev/null http://198.51.100.1/page.html
}

# talk SECONDS: everybody uses everything for a while
talk() {
    local end=$((SECONDS + $1)) run=(ip netns exec "$ns_a") src dst
    while [ $SECONDS -lt "$end" ]; do
        for pair in 198.51.100.7:198.51.100.1 198.51.100.8:198.51.100.1 198.51.101.7:198.51.101.1 \
            198.51.101.8:198.51.101.2 198.51.102.7:198.51.102.1 198.51.102.8:198.51.102.2 198.51.103.7:198.51.103.1; do
            src=${pair%:*} dst=${pair#*:}
            "${run[@]}" curl -s -m 3 --interface "$src" -o /dev/null "http://$dst/page.html" &
            "${run[@]}" ping -q -c 2 -i 0.2 -s 3000 -I "$src" "$dst" >/dev/null &
        done
        "${run[@]}" curl -s -m 3 --interface 2001:db8:77::7 -o /dev/null 'http://[2001:db8:77::1]/page.html' &
        "${run[@]}" curl -s -m 3 --interface 2001:db8:77::8 -o /dev/null 'http://[2001:db8:77::1]/page.html' &
        "${run[@]}" dig +tries=1 +time=1 -b 198.51.100.7 @198.51.100.1 www.example.org >/dev/null &
        "${run[@]}" dig +tries=1 +time=1 -b 198.51.101.7 @198.51.101.1 www.example.org >/dev/null &
        "${run[@]}" timeout 2 ssh-keyscan -t ed25519 198.51.102.1 >/dev/null 2>&1 &
        head -c 100000 /dev/zero | "${run[@]}" nc -u -w 1 -s 198.51.100.7 198.51.100.1 5004 >/dev/null 2>&1 &
        sleep 0.7
    done
    sleep 1
}
subject=(--subject 198.51.100.7 --subject 2001:db8:77::7 --subject 198.51.101.7 --subject 198.51.102.7 --subject 198.51.103.7)
subject_display='ip.addr in {198.51.100.7, 198.51.101.7, 198.51.102.7, 198.51.103.7} || ipv6.addr == 2001:db8:77::7'
