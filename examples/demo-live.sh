# shellcheck shell=bash
# The live half of the demo: root only, in two network namespaces that it makes and removes, over a sshd on loopback that
# it starts and stops.

live_cleanup() {
    local p
    for p in "${live_pids[@]}"; do
        kill "$p" 2>/dev/null || true
    done
    ip netns del ctdemoA 2>/dev/null || true
    ip netns del ctdemoB 2>/dev/null || true
}

# a chrooted-looking sshd for one account on a high port of loopback, with keys of its own
live_sshd() {
    local d=$dir/live/sshd keys=$dir/live/etc/keys
    mkdir -p "$d" "$dir/live/lea" /run/sshd
    ssh-keygen -q -t ed25519 -N '' -f "$d/host"
    ssh-keygen -q -t ed25519 -N '' -f "$keys/county-sheriff.ed25519"
    mv "$keys/county-sheriff.ed25519.pub" "$d/authorized"
    cat >"$d/config" <<C
Port 2922
ListenAddress 127.0.0.1
HostKey $d/host
PidFile none
AuthorizedKeysFile $d/authorized
PasswordAuthentication no
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
C
    "$(command -v sshd)" -D -e -f "$d/config" 2>"$d/log" &
    live_pids+=("$!")
    echo "[127.0.0.1]:2922 $(cut -d' ' -f1,2 "$d/host.pub")" >"$keys/county-sheriff.known_hosts"
}

live_demo() {
    local case_id=LI-2026-0043 from to lconf=$dir/live/etc/casetap.conf capture sniff i captured seen
    if [ "$(id -u)" != 0 ]; then
        say "Live capture is left out: it needs root"
        return 0
    fi
    live_pids=()
    if ! ip netns add ctdemoA 2>/dev/null || ! ip netns add ctdemoB 2>/dev/null; then
        say "Live capture is left out: no network namespaces can be made here"
        live_cleanup
        return 0
    fi
    trap live_cleanup EXIT
    say "The same live: a customer and his neighbour behind a veth pair, delivered through a real sshd"
    ip -n ctdemoA link add cust type veth peer name tap netns ctdemoB
    ip -n ctdemoA addr add 198.51.100.7/24 dev cust
    ip -n ctdemoA addr add 198.51.100.8/24 dev cust
    ip -n ctdemoA addr add 2001:db8:77::7/64 dev cust nodad
    ip -n ctdemoB addr add 198.51.100.1/24 dev tap
    ip -n ctdemoB addr add 2001:db8:77::1/64 dev tap nodad
    ip -n ctdemoA link set cust up
    ip -n ctdemoB link set tap up
    mkdir -p "$dir/live"
    sleep 1.5 # until the kernel says that the links are running
    casetap init --config "$dir/live/etc" --state "$dir/live/var" --name "Example Wireless LLC" --iap tower-8 \
        --interface tap --slice-seconds 5 --allow-volatile-state \
        --destination-name county-sheriff --destination-url "sftp://$(id -un)@127.0.0.1:2922$dir/live/lea/" >/dev/null
    live_sshd
    from=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    to=$(date -u -d '+16 seconds' +%Y-%m-%dT%H:%M:%SZ)
    casetap order new --config "$lconf" --case $case_id --lea county-sheriff --authority title-iii \
        --order-number 26-CV-0118 --issued-by "Hon. A. Example" --presented-by "Det. B. Example" --responsible "C. Example" \
        --subject 198.51.100.7 --subject 2001:db8:77::7 --from "$from" --to "$to" --to-destination county-sheriff \
        >"$dir/live/$case_id.order"
    casetap order approve "$dir/live/$case_id.order" --config "$lconf" --key "$dir/live/etc/keys/approver.key"
    run casetap order install "$dir/live/$case_id.order" --config "$lconf"
    echo "\$ casetap-capture --config live/etc/casetap.conf &"
    ip netns exec ctdemoB "$build/capture/casetap-capture" --config "$lconf" 2>"$dir/live/capture.log" &
    capture=$!
    ip netns exec ctdemoB tcpdump -Z root -U -ni tap -w "$dir/live/all.pcap" 2>/dev/null &
    sniff=$!
    live_pids+=("$capture" "$sniff")
    sleep 3 # the ring is open and the neighbours have found each other
    for i in 1 2 3 4 5 6; do # the subject, his neighbour, the subject over IPv6
        ip netns exec ctdemoA ping -q -c 3 -i 0.2 -I 198.51.100.7 198.51.100.1 >/dev/null || true
        ip netns exec ctdemoA ping -q -c 2 -i 0.2 -I 198.51.100.8 198.51.100.1 >/dev/null || true
        ip netns exec ctdemoA ping -q -c 2 -i 0.2 -I 2001:db8:77::7 2001:db8:77::1 >/dev/null || true
    done
    while [ "$(date +%s)" -lt "$(($(date -d "$to" +%s) + 3))" ]; do
        sleep 0.2
    done
    kill -TERM "$capture"
    wait "$capture" || { cat "$dir/live/capture.log" >&2; return 1; }
    kill -INT "$sniff" && wait "$sniff" || true
    run casetap-packager --config "$lconf"
    run casetap-uploader --config "$lconf"
    i=0
    run casetap-verify --root "$dir/live/etc/root.pub" "$dir/live/lea/$case_id" || i=$?
    [ "$i" = 0 ] || [ "$i" = 10 ] || return 1
    captured=0
    for package in "$dir/live/lea/$case_id"/tower-8/*/*.tar; do
        if tar tf "$package" | grep '\.pcap$' >/dev/null; then # a gap has none
            captured=$((captured + $(tar xOf "$package" --wildcards '*.pcap' | tcpdump -nr - 2>/dev/null | wc -l)))
        fi
    done
    seen=$(tcpdump -ttnr "$dir/live/all.pcap" 'ip host 198.51.100.7 or ip6 host 2001:db8:77::7' 2>/dev/null |
        awk -v begin="$(date -d "$from" +%s)" -v end="$(date -d "$to" +%s)" '$1 >= begin && $1 < end' | wc -l)
    echo "frames of the subject: tcpdump saw $seen, casetap delivered $captured"
    live_cleanup
    trap - EXIT
}
