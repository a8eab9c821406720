#!/usr/bin/env bash
# tests/boot.sh: a machine that really boots.  A fresh Debian tree, systemd as PID 1 of it in namespaces of its own, the Debian
# package installed by dpkg, and the commands of the README: units start, capture is live on a veth, timers seal and deliver,
# an order expires, a daemon that hangs is restarted by the watchdog, the machine reboots, and loses power.  Nothing is lost
# but in declared gaps.  Orders lie encrypted, capture has their key out of an encrypted credential, the packager out of a
# plain one; one subject is followed by DHCP, and flows are summed up.  TREE=FILE.tar (of mmdebstrap) and DEB=FILE.deb, where given, are not made anew.
. "$(dirname "$(readlink -f "$0")")/scenario/lib.sh"
here=$top/tests/scenario
for need in age-keygen mmdebstrap unshare nsenter ip tcpdump /usr/bin/python3 $([ -n "${DEB:-}" ] || echo dpkg-buildpackage dh); do
    command -v "$need" >/dev/null || missing=$need
done
if [ -n "${missing:-}" ] || ! is_root || ! namespaces_up || ! unshare --mount --pid --fork --cgroup true; then
    skip "a machine that boots" "needs root, namespaces and ${missing:-what was named}"
    exit
fi

# --- the package and the tree
deb=${DEB:-}
if [ -z "$deb" ]; then
    mkdir "$work/build"
    (cd "$top" && git ls-files -z -co --exclude-standard | tar --null -cf - -T -) | tar xf - -C "$work/build" --one-top-level=casetap
    (cd "$work/build/casetap" && dpkg-buildpackage -us -uc -b) >"$work/build.log" 2>&1 || { fail "the package builds"; exit; }
    deb=$(ls "$work"/build/casetap_*.deb)
fi
root=$work/machine
packages=systemd,systemd-sysv,dbus,iproute2,$(dpkg-deb -f "$deb" Depends | sed -E 's/ \([^)]*\)//g; s/ \|[^,]*//g; s/, */,/g')
tree=${TREE:-$work/tree.tar}
[ -f "$tree" ] || mmdebstrap --variant=minbase --include="$packages" bookworm "$tree" >"$work/tree.log" 2>&1 ||
    { skip "a machine that boots" "no Debian mirror"; exit; }
mkdir "$root" && tar xf "$tree" -C "$root" --exclude './dev/*' && mkdir -p "$root/var/log/journal" && cp "$deb" "$root/casetap.deb" ||
    { fail "the tree is unpacked"; exit; }
echo machine >"$root/etc/hostname"
: >"$root/etc/machine-id"

# boot: systemd as PID 1 in the tree, in the network namespace that outlives it
boot() {
    background "$work/console.log" ip netns exec "$ns_b" unshare --mount --pid --fork --uts --ipc --cgroup --kill-child bash -c '
        root=$0
        mount --make-rprivate / && mount --bind "$root" "$root" && mount -t proc proc "$root/proc" &&
            mount -t sysfs sysfs "$root/sys" && mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup" &&
            mount -t tmpfs -o mode=755 tmpfs "$root/run" && mount -t tmpfs tmpfs "$root/tmp" &&
            mount -t tmpfs -o mode=755 tmpfs "$root/dev" || exit
        for n in null zero full random urandom tty; do touch "$root/dev/$n"; mount --bind "/dev/$n" "$root/dev/$n"; done
        mkdir "$root/dev/pts" "$root/dev/shm" && ln -s /proc/self/fd "$root/dev/fd"
        mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=0666 && ln -s pts/ptmx "$root/dev/ptmx"
        # As a container manager leaves it to systemd, which hands over credentials by mounts that propagate.
        cd "$root" && pivot_root . mnt && umount -l /mnt && mount --make-rshared / || exit
        exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --show-status=1' "$root"
    outer=$last
    until_true 60 child_is_systemd && until_true 300 is_up
}
child_is_systemd() { init=$(pgrep -P "$outer") && [ "$(cat "/proc/$init/comm" 2>/dev/null)" = systemd ]; }
inside() { nsenter -t "$init" --mount --pid --uts --ipc --cgroup --root env -C / -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"; }
is_up() { [[ $(inside systemctl is-system-running 2>/dev/null) =~ ^(running|degraded)$ ]]; }
told() { inside cat /var/lib/casetap/journal/capture/tower-7.status | jq -r "$1"; }
is_case() { [ "$(told ".cases[] | select(.case == \"$1\") | .state")" = "$2" ]; }
is_capturing() { [ "$(told '.cases[] | select(.case == "LI-LONG") | .capturing')" = true ] && [ "$(told .pid)" = "$(pid_inside)" ]; }
pid_inside() { inside systemctl show -P MainPID casetap-capture@tower-7; }
delivered() { ls "$root/srv/lea/$1"/tower-7/*/$2 >/dev/null 2>&1; }
order() { # CASE TO SUBJECT-OPTION...
    inside sh -c "cd /root && casetap order new --case $1 --lea county-sheriff --authority title-iii --order-number 26-CV-0117 \
        --issued-by 'Hon. A. Example' --presented-by 'Det. B. Example' --responsible 'C. Example' ${*:3} --summary flows \
        --from $(date -u +%FT%TZ) --to $(date -u -d "$2" +%FT%TZ) --to-destination county-sheriff >$1.order &&
        casetap order approve $1.order --key /etc/casetap/keys/approver.key && casetap order install $1.order && rm $1.order" >"$work/order.log" 2>&1 ||
        { fail "order $1"; sed 's/^/# /' "$work/order.log"; }
    check "$1 lies encrypted" grep -q '^age-encryption.org/v1' "$root/etc/casetap/orders/$1/1.order"
}
gone() { ! kill -0 "$outer" 2>/dev/null; }

check "the machine boots" boot
is_up || { tail -n 30 "$work/console.log" | sed 's/^/# /'; exit; }

# --- installed as the README says
expect 0 "the package installs" inside dpkg -i /casetap.deb
expect 0 "init makes an installation" inside casetap init --config /etc/casetap --state /var/lib/casetap --name "Example Wireless LLC" \
    --iap tower-7 --interface vb --slice-seconds 5 --destination-name county-sheriff --destination-url file:///srv/lea
expect 0 "its folders go to their users" inside systemd-tmpfiles --create casetap.conf
inside install -d -o casetap-uploader /srv/lea
# As casetap-uploader(8) says of a file:// destination.
inside sh -c 'mkdir -p /etc/systemd/system/casetap-uploader.service.d && printf "[Service]\nReadWritePaths=/srv/lea\n" >/etc/systemd/system/casetap-uploader.service.d/lea.conf && systemctl daemon-reload'
# Whom the uploader's unit lets it speak to: a host, and no address that is reserved.
ip -n "$ns_b" link set lo up && ip -n "$ns_b" addr add 192.0.2.7/32 dev lo && ip -n "$ns_b" addr add 240.0.0.1/32 dev lo
background "$work/listen.log" ip netns exec "$ns_b" /usr/bin/python3 -c '
import socket, time
s = socket.create_server(("", 9999))
print("listens", flush=True)
time.sleep(86400)'
until_true 30 grep -q listens "$work/listen.log" || fail "somebody listens"
mapfile -t rules < <(sed -n 's|localhost|127.0.0.0/8|; s/^IPAddress/-pIPAddress/p' "$root/lib/systemd/system/casetap-uploader.service")
reaches() { inside systemd-run --quiet --wait "${@:2}" bash -c "exec 3<>/dev/tcp/$1/9999"; }
check "a host is reached under the rules of the uploader's unit" reaches 192.0.2.7 "${rules[@]}"
check "a reserved address is there" reaches 240.0.0.1
check "and is not reached" eval '! reaches 240.0.0.1 "${rules[@]}"'
# As casetap-orders(7) says, with another key to each program.
inside install -d -m 0700 /etc/credstore /etc/credstore.encrypted
age-keygen -o "$work/capture.key" 2>/dev/null && age-keygen -o "$root/etc/credstore/casetap.orders.key" 2>/dev/null || fail "keys to the orders"
inside systemd-creds encrypt --name=orders.key - /etc/credstore.encrypted/casetap.orders.key <"$work/capture.key" 2>"$work/creds.log" ||
    { fail "a credential is encrypted"; sed 's/^/# /' "$work/creds.log"; }
inside sh -c 'd=/etc/systemd/system/casetap-capture@.service.d && mkdir -p $d && printf "[Service]\nLoadCredentialEncrypted=orders.key:casetap.orders.key\n" >$d/orders.conf && systemctl daemon-reload'
sed -i "/^\[station\]/a orders_encrypt_to = $(age-keygen -y "$work/capture.key") $(age-keygen -y "$root/etc/credstore/casetap.orders.key")
    /^slice_seconds/a dhcp_servers = 198.51.100.1\ndhcp_pool = 198.51.100.0/24" "$root/etc/casetap/casetap.conf"
order LI-LONG "+1 hour" --subject 198.51.100.7
expect 0 "the units are enabled and started" inside systemctl enable --now casetap.target casetap-capture@tower-7 casetap-packager.timer casetap-uploader.timer casetap-summary.timer
check "capture is live, in its unit" until_true 60 is_capturing
is_capturing || { inside journalctl -q -b --no-hostname -t casetap-capture -t systemd | tail -n 20 | sed 's/^/# /'; exit; }
keeper=$(pgrep -P "$init" casetap-capture)
same "as its own user, with no capability but CAP_NET_RAW" "$(inside id -u casetap-capture) 0000000000002000" \
    "$(stat -c %u "/proc/$keeper") $(sed -n 's/^CapEff:\t//p' "/proc/$keeper/status")"
# others FOLDER NAME...: what lies in that folder of capture's root besides these
others() { ls "/proc/$keeper/root$1" | grep -vxF "$(printf '%s\n' "${@:2}")" | xargs; }
same "in a root of its own, with what it needs" "" "$(others / bin dev etc home lib lib64 proc root run sys tmp usr var)"
same "where no other's settings are" "" "$(others /etc casetap ld.so.cache ssl)"
same "and no other's files" "" "$(others /var lib tmp)$(others /var/lib casetap)$(others /run casetap credentials systemd)"
clock=$(pgrep -P "$init" -f 'casetap clock')
same "the clock is read by a user of its own, with no capability" "$(inside id -u casetap-clock) 0000000000000000" \
    "$(stat -c %u "/proc/$clock") $(sed -n 's/^CapEff:\t//p' "/proc/$clock/status")"
background "$work/tcpdump.log" ip netns exec "$ns_b" tcpdump -Z root -B 65536 -Q in -ni vb -w "$work/all.pcap" src 198.51.100.7
sniffer=$last
until_true 30 grep -q listening "$work/tcpdump.log" || fail "tcpdump listens"
background "$work/send.log" ip netns exec "$ns_a" /usr/bin/python3 "$here/send.py" va 200 100000
sender=$last

# --- an order that expires, while the other goes on
order LI-SHORT "+20 seconds" --subject 198.51.100.7
check "an order that comes is captured" until_true 15 is_case LI-SHORT in-force
check "and expires" until_true 60 is_case LI-SHORT expired
check "timers seal and deliver it, to its final ledger" until_true 600 delivered LI-SHORT SHA256SUMS
check "and the packages of the other" until_true 600 delivered LI-LONG '*_0000000001.tar'

# --- a subject who gets an address, of an order that the machine's own casetap can not read
order LI-MOVES "+40 seconds" --dhcp-mac 02:00:00:00:00:11
check "a subject who moves is looked for" until_true 15 is_case LI-MOVES in-force
ip netns exec "$ns_a" /usr/bin/python3 - "$here" <<'PY' || fail "a lease is given"
import socket, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import leases
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("va", 0))
s.send(leases.asks(3, "020000000011", 7))
s.send(leases.gives("020000000011", 7, "198.51.100.8"))
PY
check "found" until_true 20 grep -q '"event":"binding-start"' "$root/var/lib/casetap/journal/capture/tower-7.jsonl"
check "and delivered, to the final ledger" until_true 600 delivered LI-MOVES SHA256SUMS

expect 0 "the account of the day before, in which nothing was due, is given in its unit" inside systemctl start casetap-summary.service
inside journalctl -q -b --no-hostname -u casetap-summary.service | tail -n 8 | sed "s/^/# /"

# --- how well the clock is kept: read by one program, told by a file, written by another
clocks() { # of the slices that are sealed: are there some, and is one unknown?
    for t in "$root"/srv/lea/LI-SHORT/tower-7/*/*.tar; do tar xOf "$t" --wildcards '*/custody.json'; done |
        jq -rs '[.. | objects | .adjtimex_state? | numbers] | [length > 0, any(. == -1)] | @csv'
}
same "every slice's record has the clock's state, out of the file" "true,false" "$(clocks)"
same "and capture never missed it" 0 "$(inside journalctl -q -b -u casetap-capture@tower-7 | grep -c 'do not say how well')"

# --- a daemon that hangs
before=$(pid_inside)
hung=$(pgrep -P "$init" casetap-capture)
kill -STOP "$hung"
was_replaced() { [ "$(pid_inside)" != "$before" ] && is_capturing; }
check "fault 143: a daemon that hangs is restarted by the watchdog" until_true 300 was_replaced
check "which the journal says" inside sh -c 'journalctl -q -b -u casetap-capture@tower-7 | grep -q "Watchdog timeout"'

# --- reboot, and loss of power
inside systemctl reboot
check "the machine goes down" until_true 300 gone
check "and boots again" boot
check "where capture goes on by itself" until_true 60 is_capturing
kill -KILL "$init"
check "it loses power" until_true 60 gone
check "and boots once more" boot
check "where capture goes on by itself" until_true 60 is_capturing
sleep 12

# --- what is left of it all
kill "$sender"
sleep 2
kill -INT "$sniffer"
wait "$sniffer" 2>/dev/null
inside casetap order revoke LI-LONG --reason done --key /etc/casetap/keys/approver.key >/dev/null || fail "a revocation"
check "a revoked order ends, and its final ledger is delivered" until_true 900 delivered LI-LONG SHA256SUMS
same "no unit has failed" "" "$(inside systemctl list-units --failed --no-legend 'casetap*')"
judge() { # CASE: prints the verifier's exit code
    casetap-verify --root "$root/etc/casetap/root.pub" "$root/srv/lea/$1" >"$work/report" 2>&1 </dev/null
    echo $?
}
verdict=$(judge LI-SHORT)
check "what expired is intact, without a gap or with a declared opening one" [ "$verdict" = 0 -o "$verdict" = 10 ]
same "who moved too, gaps declared" 10 "$(judge LI-MOVES)"
same "what went through it all is intact, gaps declared" 10 "$(judge LI-LONG)"
tail -n 1 "$work/report" | sed 's/^/# /'
moved() { # EXPRESSION: how many of the frames of LI-MOVES are of that kind
    for t in "$root"/srv/lea/LI-MOVES/tower-7/*/*.tar; do tar xOf "$t" --wildcards '*/data/*.pcap' 2>/dev/null | tcpdump -nr - "$1" 2>/dev/null; done | wc -l
}
check "of who moved there are frames with his address" [ "$(moved 'src 198.51.100.8')" -gt 100 ]
same "and, but for the lease, no others" 0 "$(moved 'not host 198.51.100.8 and not port 67')"
members() { for t in "$root/srv/lea/$1"/tower-7/*/*.tar; do tar tf "$t"; done | grep -c "$2"; }
check "the access events came with it" [ "$(members LI-MOVES 'events\.xml$')" -gt 0 ]
check "and flows summed up, with each case" [ "$(members LI-MOVES 'flows\.csv$')" -gt 0 -a "$(members LI-LONG 'flows\.csv$')" -gt 0 ]
same "what the orders say lies in packages alone" "" \
    "$(grep -rlaE '26-CV-0117|198\.51\.100\.7|02:00:00:00:00:11' "$root/etc/casetap" "$root/var/lib/casetap" | grep -v '\.tar$')"
same "and is in no line of the journal" 0 "$(inside journalctl -q | grep -cE '26-CV-0117|198\.51\.100\.7|02:00:00:00:00:11')"
check "every frame was delivered once or lies in a declared gap" "$here/declared.py" "$work/all.pcap" "$root"/srv/lea/LI-LONG/tower-7/*/*.tar
tail -n 3 "$work/check.out" | sed 's/^/# /'
inside casetap status 2>&1 | tail -n 4 | sed 's/^/# status: /'
for unit in casetap-capture@tower-7 casetap-packager casetap-uploader; do
    note "$unit, live: $(inside systemd-analyze security --no-pager "$unit.service" 2>/dev/null | tail -n 1)"
done
inside journalctl -q --no-hostname -o short --grep 'casetap|Watchdog|Reached target' -t systemd | grep -vE 'Starting|Deactivated|Finished|Consumed' | tail -n 45 | sed 's/^/# /'
inside systemctl poweroff
until_true 120 gone || fail "the machine goes down at the end"
