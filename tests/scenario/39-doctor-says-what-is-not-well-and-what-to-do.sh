#!/usr/bin/env bash
# casetap doctor looks at what an installation needs around it: each thing that is not well is one line, with what to do below;
# it changes nothing, sends nothing, and names no subject.
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"
if ! is_root || ! namespaces_up; then
    skip "doctor says what is not well and what to do" "needs root and namespaces"
    exit
fi
ip -n "$ns_b" link set lo up
installation isp || { fail "an installation is made"; exit; }
sed -i 's/^interface = .*/interface = vb/; s/^ring_bytes.*/ring_bytes = 2M/; /^interface/a pool_bytes = 8M' "$conf"
doctor() { ip netns exec "$ns_b" casetap doctor --config "$conf" "$@"; }
is_found() { # PATTERN ADVICE: it ends with 1
    doctor --quiet >"$work/found" 2>&1
    [ $? = 1 ] && grep -A 1 -E -- "^look +$1" "$work/found" | grep -qE -- "-> .*$2"
}
finds() { # SENTENCE PATTERN [ADVICE]: soon, for the system tells of a link a second late
    if until_true 30 is_found "$2" "${3:-.}"; then
        pass "$1"
    else
        fail "$1"
        sed 's/^/#   /' "$work/found"
    fi
}
# what is not well here whatever we do: nobody sets this machine's clock, its disk may be full
machine='clock|disk|memory'
without() { # PATTERN
    doctor --quiet >"$work/found" 2>&1
    not_in "$work/found" "^look +$1"
}
gone() { check "$1" until_true 30 without "$2"; } # SENTENCE PATTERN: soon

finds "keys that should be elsewhere are found" 'keys .*keys/root\.key is on this machine' 'carry it away'
mkdir "$work/away" && mv "$keys/root.key" "$keys/approver.key" "$work/away"
gone "not when they are gone" keys
until_true 30 without "tower-7 vb" || fail "vb has a link"
find "$work/isp" -type f | sort | xargs sha256sum >"$work/before"
doctor >"$work/all" 2>&1
case $? in
0) check "with all well it says so" grep -qx "all is well" "$work/all" ;;
1) check "all but the machine's clock and disk is well" not_in "$work/all" "^look +(${machine})?[^ ]* *\$" &&
    same "as it counts" "$(grep -c '^look' "$work/all") look" "$(sed -n 's/^\([0-9]*\) things\{0,1\} to look at$/\1 look/p' "$work/all")" ;;
*) fail "doctor ends with 0 or 1" ;;
esac
same "none but those is left" "" "$(grep '^look' "$work/all" | grep -vE "^look +($machine) ")"
check "the clock is judged" grep -qE '^(ok|look) +clock ' "$work/all"
check "the disk is judged" grep -qE '^(ok|look) +disk ' "$work/all"
check "the interface is well" grep -qE '^ok +tower-7 vb +it is up and has a link' "$work/all"
same "it changes nothing" "$(cat "$work/before")" "$(find "$work/isp" -type f | sort | xargs sha256sum)"

# --- the interface
gro() { # 0 | 1
    ip netns exec "$ns_b" /usr/bin/python3 -c '
import ctypes, fcntl, socket, struct, sys
value = ctypes.create_string_buffer(struct.pack("II", 0x2c, int(sys.argv[1])))
fcntl.ioctl(socket.socket(), 0x8946, struct.pack("16sP8x", b"vb", ctypes.addressof(value)))' "$1"
}
gro 1
finds "GRO is found" 'tower-7 vb +GRO on' 'gro off'
gro 0
ip -n "$ns_b" addr add 192.0.2.1/24 dev vb
finds "an address is found" 'tower-7 vb +it has an address' 'ip addr flush'
ip -n "$ns_b" addr flush dev vb
ip -n "$ns_a" link set va down
finds "a link that is missing is found" 'tower-7 vb +it is up and has no link' 'cable'
ip -n "$ns_b" link set vb down
finds "an interface that is down is found" 'tower-7 vb +it is down' 'up, at each boot'
ip -n "$ns_a" link set va up && ip -n "$ns_b" link set vb up
gone "not when it is up" tower-7
sed -i 's/^interface = .*/interface = vb eth77/' "$conf"
finds "one that is not there is found" 'tower-7 eth77 +no such interface' 'casetap.conf'
sed -i 's/^interface = .*/interface = vb/; s/^pool_bytes = .*/pool_bytes = 64G/' "$conf"
finds "memory that is not there is found" 'memory +rings and pools may take' 'pool_bytes'
sed -i 's/^pool_bytes = .*/pool_bytes = 8M/' "$conf"

# --- the unit, where one is installed that runs this configuration
mkdir -p "$work/units/casetap-capture@.service.d"
export SYSTEMD_UNIT_PATH=$work/nowhere:$work/units
unit() { # CONFIGURATION BOUND...
    printf '[Service]\nExecStart=/usr/sbin/casetap-capture --config %s --iap %%i\nRootDirectory=/run/casetap-capture\n' "$1" \
        >"$work/units/casetap-capture@.service"
    printf 'BindReadOnlyPaths=/usr -/bin\nBindPaths=%s\nReadWritePaths=%s/spool %s/journal/capture\n' "${2:-/usr}" "${3:-/usr}" "${3:-/usr}" \
        >>"$work/units/casetap-capture@.service"
}
unit /etc/casetap/casetap.conf
gone "the unit of another configuration is none of this one's" tower-7
unit "$conf"
finds "files that the unit does not show to capture are found" "tower-7 +the unit does not show $state to it" 'systemctl edit .* BindPaths='
finds "so is the keyring" "tower-7 +the unit does not show .*/keyring.txt to it"
finds "and what capture could not write there" "tower-7 +the unit does not let it write $state/spool" 'ReadWritePaths='
printf '[Service]\nBindPaths=%s\nReadWritePaths=%s/spool \\\n  %s/journal/capture\n' "$work/isp" "$state" "$state" \
    >"$work/units/casetap-capture@.service.d/here.conf"
gone "not with a drop-in that shows them" tower-7
doctor --offline >"$work/all"
check "and it says so" grep -qE '^ok +tower-7 +its unit shows it all' "$work/all"
unset SYSTEMD_UNIT_PATH

# --- units: what is not enabled is not there after a boot
units() { # LINK...: doctor, as where systemd runs, with only those enabled
    unshare -m sh -c 'mount -t tmpfs none /run && mkdir -p /run/systemd/system && mount -t tmpfs none /etc/systemd || exit 99
        for link; do mkdir -p "/etc/systemd/system/${link%/*}" && ln -s /x "/etc/systemd/system/$link" || exit 99; done
        exec casetap doctor --quiet --offline --config "$0"' "$conf" "$@" >"$work/enabled"
}
w=casetap.target.wants
units $w/casetap-capture@tower-7.service $w/casetap-packager.timer $w/casetap-uploader.timer
same "a target that is not enabled is found, by its name only" "casetap.target is not enabled: after the next boot nobody starts it" \
    "$(sed -n 's/^look *units *//p' "$work/enabled")"
check "with what to do" grep -q -- '-> systemctl enable --now' "$work/enabled"
units multi-user.target.wants/casetap.target $w/casetap-packager.timer
same "so are a timer and a daemon" "casetap-uploader.timer casetap-capture@tower-7.service" \
    "$(sed -n 's/^look *units *\([^ ]*\) is not enabled.*/\1/p' "$work/enabled" | paste -sd ' ')"
units multi-user.target.wants/casetap.target $w/casetap-capture@tower-7.service $w/casetap-packager.timer $w/casetap-uploader.timer
check "with all of them nothing is" not_in "$work/enabled" '^look *units'

cp "$conf" "$work/without.conf"
sed -i '/^\[destination /,/^$/d' "$conf"
units multi-user.target.wants/casetap.target $w/casetap-capture@tower-7.service $w/casetap-packager.timer
check "where there is nothing to upload, nobody has to" not_in "$work/enabled" '^look *units'
cat "$work/without.conf" >"$conf"

# --- destinations
mv "$lea" "$lea.off"
finds "a folder that is not mounted is found" 'county-sheriff +.*/lea: No such' 'mount'
mv "$lea.off" "$lea"
sed -i '/^\[destination county-sheriff\]/a mounted = yes' "$conf"
finds "so is a mount point on which nothing lies" 'county-sheriff +.*/lea.*: nothing is mounted there' 'mount it'
destination volume "url = file:///dev/shm/"
finds "and a volume that may go away unseen" 'volume +/dev/shm.*: a volume is mounted there' 'mounted = yes'
cp "$work/without.conf" "$conf"
port=$(free_port)
ssh-keygen -q -t ed25519 -N '' -f "$work/id"
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$work/id.pub")" >"$work/hosts"
destination far "url = sftp://casetap@127.0.0.1:$port/in/" "identity = $work/id" "known_hosts = $work/hosts"
finds "a server that is not there is found" "far +127.0.0.1 port $port: Connection refused" 'firewall'
chmod 0604 "$work/id"
expect 77 "a secret that others read is refused, as by every program" doctor
chmod 0600 "$work/id"
background "$work/heard" ip netns exec "$ns_b" /usr/bin/python3 -c '
import socket, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    c = s.accept()[0]
    print("a connection with", len(c.recv(100)), "bytes", flush=True)' "$port"
answers() { doctor >"$work/all"; grep -qE "^ok +far +127.0.0.1 port $port takes connections" "$work/all"; }
check "one that is there is well" until_true 30 answers
check "and gets no byte" until_true 10 grep -qx 'a connection with 0 bytes' "$work/heard"
check "nor any later" not_in "$work/heard" 'with [1-9]'
before=$(wc -l <"$work/heard")
doctor --offline >/dev/null
same "offline, it is not asked" "$before" "$(wc -l <"$work/heard")"

# --- orders
keys=$work/away
cp "$conf" "$work/without.conf"
destination nowhere "url = file:///srv/nowhere/"
casetap order new --config "$conf" --case LI-NAT --lea county-sheriff --authority title-iii --order-number 1 --issued-by A --presented-by B \
    --responsible C --from "$(date -u +%FT%TZ)" --to "$(date -u -d '+3 days' +%FT%TZ)" --subject 100.64.7.7 --subject 10.7.7.7 \
    --subject fd00::77 --subject 198.51.100.77 --subject 02:00:5e:00:77:77 --to-destination nowhere >"$work/nat.order" &&
    casetap order approve "$work/nat.order" --config "$conf" --key "$keys/approver.key" &&
    casetap order install "$work/nat.order" --config "$conf" || fail "order"
cat "$work/without.conf" >"$conf"
finds "a destination that is not configured is found" 'case LI-NAT +its order sends to nowhere' 'casetap.conf'
finds "what status finds is among it" 'status +case LI-NAT: in force, but' 'casetap status'
doctor >"$work/all"
notes() { grep -A 1 -E "^note +case LI-NAT +$1" "$work/all" | grep -q -- "-> .*$2"; }
check "an address behind a carrier's NAT is noted" notes '1 of its addresses are of 100.64.0.0/10' 'between the subscriber and the NAT'
check "private ones are noted" notes '2 of its addresses are private' 'before the NAT'
check "a public one beside them is noted" notes '1 of its addresses are public' 'all behind it would be stored'
check "no subject is named" not_in "$work/all" '7\.7\.7|fd00::77|198\.51\.100\.77|5e:00:77'
subject=(--slaac-mac 02:00:5e:00:77:78)
from=$(date -u +%FT%TZ) to=$(date -u -d '+3 days' +%FT%TZ) demo_order LI-MOVES >/dev/null || fail "order LI-MOVES"
finds "a subject that moves, and of whom no access point learns an address, is found" \
    'case LI-MOVES +no access point learns every address of its subject; at tower-7: its access point has no slaac_pool' 'casetap bind'
same "in one line for its order, and none for one whose subject stays" 1 "$(grep -c 'address of its subject' "$work/found")"
cp "$conf" "$work/without.conf"
printf '[iap pop-east]\nslaac_pool = 2001:db8:77::/64\n' >>"$conf"
doctor --offline >"$work/all"
check "where another learns them, it is noted" grep -qE \
    '^note +case LI-MOVES +1 of 2 access points do not learn every address of its subject; at tower-7' "$work/all"
cat "$work/without.conf" >"$conf"
sed -i '/^interface/a slaac_pool = 2001:db8:77::/64' "$conf"
gone "where all do, nothing is found" 'case LI-MOVES .*address'
cat "$work/without.conf" >"$conf"
# An order of before link-local subjects were refused, which capture remembers as accepted.
mkdir "$orders/LI-LINK"
sed '/^to = /d; s/^case_id.*/case_id = LI-LINK/; s/^ipv4 = .*/ipv4 = 169.254.7.7/' "$work/nat.order" >"$orders/LI-LINK/1.order"
printf '{"format":"casetap-orders/1","iap":"tower-7","cases":[{"case":"LI-LINK","revision":1,"sha256":"%s","state":"accepted"}]}\n' \
    "$(sha256sum <"$orders/LI-LINK/1.order" | cut -c1-64)" >"$state/journal/capture/tower-7.orders"
finds "a link-local subject that was accepted once is found" 'case LI-LINK +1 of its addresses are link-local' "the subject's own link"
expect 0 "order check takes it as it is" casetap order check "$orders/LI-LINK/1.order" --config "$conf"
says "with a warning" '^casetap: case LI-LINK: it names a link-local address'
rm -r "$orders/LI-LINK" "$state/journal/capture/tower-7.orders"
room=$(ip netns exec "$ns_b" cat /proc/sys/net/core/optmem_max 2>/dev/null)
if [ -n "$room" ]; then
    ip netns exec "$ns_b" sysctl -qw net.core.optmem_max=1000
    finds "too little room for the kernel filter is found" 'kernel filter +1000 bytes \(net.core.optmem_max\)' 'sysctl net.core.optmem_max=131072'
    ip netns exec "$ns_b" sysctl -qw net.core.optmem_max=131072
    gone "with more of it there is nothing" 'kernel filter'
else
    skip "too little room for the kernel filter is found" "this kernel has one figure for all networks"
fi
expect 64 "a word too many is refused" casetap doctor --config "$conf" more
expect 0 "it says how it is used" casetap doctor --help
expect 66 "without a configuration there is nothing to look at" casetap doctor --config "$work/none"
