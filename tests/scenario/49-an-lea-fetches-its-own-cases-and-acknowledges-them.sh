#!/usr/bin/env bash
# Two agencies fetch from the ISP's own machine, set up with the very files of examples/lea: OpenSSH, nginx and Apache show
# each of them its cases and nothing of the other's, let nobody write but into the drop folder, and what is fetched with
# sftp, curl, rclone and a browser verifies; the uploader collects the acknowledgements.
#
# In namespaces of its own: /etc is a copy, /srv, /var/lib and /var/log are empty, and ports 22 and 443 are free.
if [ -z "${CASETAP_INSIDE:-}" ] && [ "$(id -u)" = 0 ] && unshare -mn true 2>/dev/null; then
    CASETAP_INSIDE=1 exec unshare -mn bash "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"
for need in rclone apache2 nginx w3m; do
    command -v "$need" >/dev/null || missing=$need
done
if [ -z "${CASETAP_INSIDE:-}" ] || [ -n "${missing:-}" ]; then
    skip "an LEA fetches its own cases and acknowledges them" "needs ${missing:-root and namespaces}"
    exit
fi

# --- the machine
lea=$top/examples/lea
ip link set lo up
cp -a /etc "$work/etc" && mkdir "$work/srv" && mount --bind "$work/etc" /etc && mount --bind "$work/srv" /srv &&
    mount -t tmpfs none /var/lib && mount -t tmpfs none /var/log || { fail "folders of its own"; exit; }
rm -rf /etc/casetap # the copy's
mkdir -p /var/log/nginx /var/log/apache2 /var/lib/nginx /run/sshd
echo "127.0.0.1 intercept.isp.example" >>/etc/hosts
check "sysusers.d makes the users and the agencies' accounts" \
    systemd-sysusers "$top/examples/systemd/casetap.sysusers" "$lea/casetap-lea.sysusers"
conf=/etc/casetap/casetap.conf state=/var/lib/casetap orders=/etc/casetap/orders keys=/etc/casetap/keys
casetap init --config /etc/casetap --state "$state" --name "Example Wireless LLC" --iap tower-7 --destination-name county-sheriff \
    --destination-url file:///srv/casetap/county-sheriff/cases/ --allow-volatile-state >/dev/null || { fail "init"; exit; }
for who in county-sheriff state-police; do
    minisign -G -W -p "$work/$who.pub" -s "$work/$who.key" >/dev/null 2>&1
    casetap keyring add lea "$work/$who.pub" --from 2026-01-01T00:00:00Z >/dev/null || fail "key of $who"
done
casetap keyring sign --root "$keys/root.key" >/dev/null || fail "keyring"
check "tmpfiles.d makes the folders" \
    systemd-tmpfiles --create "$top/examples/systemd/casetap.tmpfiles" "$lea/casetap-lea.tmpfiles"
sed -i '/^url = file/a deliver = both\ndrop = /srv/casetap/county-sheriff/acknowledgements' "$conf"
destination state-police "url = file:///srv/casetap/state-police/cases/" "drop = /srv/casetap/state-police/acknowledgements"

[ "$status" = 0 ] || exit

# --- a case an agency
demo_order LI-SHERIFF >/dev/null && agency=state-police demo_order LI-POLICE >/dev/null || fail "orders"
mkdir -m 0755 "$work/credentials" && install -m 0400 -o casetap-packager "$keys/station.key" "$work/credentials/station.key"
expect 0 "capture" casetap-capture -r "$top/examples/demo.pcap"
as() { setpriv --reuid "$1" --regid "$1" --init-groups "${@:2}"; }
packager() { as casetap-packager env CREDENTIALS_DIRECTORY="$work/credentials" casetap-packager; }
expect 0 "seal" packager
expect 0 "deliver, as casetap-uploader" casetap-uploader
same "files are the uploader's and the agency's, closed to others" "casetap-uploader lea-county-sheriff 640" \
    "$(find /srv/casetap/county-sheriff/cases -type f -printf '%u %g %m\n' | sort -u)"
same "so are folders, and hand the agency's group down" "casetap-uploader lea-county-sheriff 2750" \
    "$(find /srv/casetap/county-sheriff/cases -type d -printf '%u %g %m\n' | sort -u)"
day=2026-11-20
[ "$status" = 0 ] || exit
outbox=$state/outbox/LI-SHERIFF/tower-7/$day
# verifies DAY: intact, the demo's gaps declared
verifies() { casetap-verify --root /etc/casetap/root.pub --keyring /etc/casetap/keyring.txt "$1"; [ $? = 10 ]; }
fetched() { # SENTENCE FOLDER
    check "$1" diff -r -x '*.day.*' "$outbox" "$2"
    check "and verifies" verifies "$2"
}
expect 2 "without any chroot, an agency reads nothing of another's" as lea-state-police ls /srv/casetap/county-sheriff/cases

# --- OpenSSH
mkdir -p /etc/ssh/casetap-lea /etc/ssh/sshd_config.d
cp "$lea/sshd_config.conf" /etc/ssh/sshd_config.d/casetap-lea.conf
grep -q '^Include /etc/ssh/sshd_config.d' /etc/ssh/sshd_config || echo 'Include /etc/ssh/sshd_config.d/*.conf' >>/etc/ssh/sshd_config
ssh-keygen -q -t ed25519 -N '' -f "$work/host"
echo "intercept.isp.example $(cut -d' ' -f1,2 "$work/host.pub")" >"$work/known_hosts"
for who in county-sheriff state-police; do
    ssh-keygen -q -t ed25519 -N '' -f "$work/$who.ssh"
    cp "$work/$who.ssh.pub" /etc/ssh/casetap-lea/lea-$who
done
background "$work/sshd.log" /usr/sbin/sshd -D -e -f /etc/ssh/sshd_config -o HostKey="$work/host" -o PidFile=none
until_true 30 is_listening 22 || { fail "sshd: $(cat "$work/sshd.log")"; exit; }
options() { echo -i "$work/$1.ssh" -o UserKnownHostsFile="$work/known_hosts" -o BatchMode=yes -o IdentitiesOnly=yes -F none; }
# sftp_as AGENCY LINE...: goes on after a line that fails
sftp_as() {
    local who=$1
    shift
    printf -- '-%s\n' "$@" | sftp -q -b - $(options "$who") "lea-$who@intercept.isp.example" 2>&1
}
sftp_as county-sheriff "get -r /cases/LI-SHERIFF/tower-7/$day $work/by-sftp" >"$work/sftp.out"
fetched "sftp fetches a day" "$work/by-sftp"
mkdir "$work/one"
sftp_as county-sheriff "lcd $work/one" "get /cases/LI-SHERIFF/tower-7/$day/*.day.*" >"$work/sftp.out"
check "and the day as one file, which verifies" verifies "$work/one/LI-SHERIFF_tower-7_$day.day.tar"
sftp_as state-police "ls -la /" "ls -1 /cases" "ls -1 /cases/../../county-sheriff/cases" "ls -1 /srv/casetap/county-sheriff" \
    "get /etc/passwd $work/passwd" >"$work/sftp.out"
check "an agency sees its case" grep -q LI-POLICE "$work/sftp.out"
check "and nothing of another's" not_in "$work/sftp.out" '^[^>]*(SHERIFF|county-sheriff)$'
check "nor of the machine" test ! -e "$work/passwd"
sums=/cases/LI-SHERIFF/tower-7/$day/SHA256SUMS
sftp_as county-sheriff "put $work/host.pub /cases/new" "put $work/host.pub $sums" "put $work/host.pub /new" "rm $sums" \
    "rename $sums /acknowledgements/x" "chmod 777 /cases" "mkdir /cases/d" "symlink /x /acknowledgements/l" \
    "ln $sums /acknowledgements/h" "mkdir /acknowledgements/d" >"$work/sftp.out"
check "it changes nothing of what it reads" diff -r "$outbox" "/srv/casetap/county-sheriff/cases/LI-SHERIFF/tower-7/$day" -x '*.day.*'
same "and makes nothing, anywhere" "" \
    "$(find /srv/casetap/county-sheriff -name new -o -path '*/acknowledgements/*' -o -name d -o -perm /0002)"
expect 1 "it gets no shell" ssh $(options county-sheriff) lea-county-sheriff@intercept.isp.example id
expect 255 "it reaches nobody through the machine" ssh $(options county-sheriff) -W 127.0.0.1:22 lea-county-sheriff@intercept.isp.example
expect 255 "another's key does not let it in" ssh $(options state-police) lea-county-sheriff@intercept.isp.example

# --- nginx, and Apache in its place
make_ca lea-ca && make_cert lea-ca cert.county-sheriff county-sheriff && make_cert lea-ca cert.state-police state-police &&
    make_cert lea-ca cert.other unknown-agency && make_ca web && make_cert web site intercept.isp.example &&
    make_ca stranger && make_cert stranger cert.stranger county-sheriff || fail "certificates"
install -m 0644 "$work/lea-ca.pem" "$work/site.pem" "$keys"
mv "$keys/site.pem" "$keys/web.pem" && install -m 0600 "$work/site.key" "$keys/web.key"
site=https://intercept.isp.example
web() { curl -sS -m 60 --cacert "$work/web.pem" --cert "$work/cert.$1.pem" --key "$work/cert.$1.key" "${@:2}"; }
code() { web "$1" -o /dev/null -w '%{http_code}' "${@:2}" 2>/dev/null; }
refused() { case $(code "$@") in 400 | 403 | 404 | 405) ;; *) return 1 ;; esac; }
anonymous() { case $(curl -s -m 60 --cacert "$work/web.pem" -o /dev/null -w '%{http_code}' "$1") in 000 | 400) ;; *) return 1 ;; esac; }
# a server ends TLS, or answers 400
unknown() { case $(code "$@") in 000 | 400) ;; *) return 1 ;; esac; }
# shown SERVER: what both servers have to do
shown() {
    local server=$1 at=/cases/LI-SHERIFF/tower-7/$day other to=$work/$1
    mkdir "$to"
    (cd "$to" && web county-sheriff -O "$site$at/SHA256SUMS" -O "$site$at/SHA256SUMS.minisig" &&
        sed "s|^[0-9a-f]*  \(.*\)|url = \"$site$at/\1\"\noutput = \"\1\"|" SHA256SUMS >../urls && web county-sheriff -K ../urls)
    fetched "$server: curl fetches a day, by its SHA256SUMS" "$to"
    rclone copy --config /dev/null --ca-cert "$work/web.pem" --client-cert "$work/cert.county-sheriff.pem" --client-key \
        "$work/cert.county-sheriff.key" --http-url "$site/cases/" ":http:LI-SHERIFF/tower-7/$day" "$work/$server-rclone" \
        --exclude '*.day.*' >"$work/rclone.out" 2>&1 || sed 's/^/# /' "$work/rclone.out"
    fetched "$server: rclone fetches a day, by the index" "$work/$server-rclone"
    w3m -o ssl_ca_file="$work/web.pem" -o ssl_cert_file="$work/cert.county-sheriff.pem" -o ssl_key_file="$work/cert.county-sheriff.key" \
        -o use_cookie=0 -dump "$site$at/" >"$work/w3m.out" 2>&1 </dev/null
    check "$server: a browser shows the day" grep -q "LI-SHERIFF_tower-7_0000000004.tar" "$work/w3m.out"
    web state-police "$site/cases/" >"$work/index"
    check "$server: an agency sees its case" grep -q LI-POLICE "$work/index"
    check "$server: and no other" not_in "$work/index" SHERIFF
    for other in "$at/SHA256SUMS" /cases/../../county-sheriff$at/SHA256SUMS /cases/..%2f..%2fcounty-sheriff$at/SHA256SUMS \
        /cases/%2e%2e/%2e%2e/county-sheriff$at/SHA256SUMS /county-sheriff$at/SHA256SUMS / /acknowledgements/; do
        check "$server: it does not reach $other" refused state-police --path-as-is "$site$other"
    done
    check "$server: without a certificate there is nothing" anonymous "$site/cases/"
    check "$server: nor with one of another authority" unknown stranger "$site/cases/"
    check "$server: nor for an agency that has no folder" refused other "$site/cases/"
    for other in "-X DELETE" "-X PUT -d x" "-X MKCOL" "-X MOVE -H Destination:/acknowledgements/x.received" "-X PROPFIND"; do
        check "$server: $other is refused on what it reads" refused county-sheriff $other "$site$at/SHA256SUMS"
    done
    check "$server: nothing larger than an acknowledgement is taken" large "$site/acknowledgements/large.received"
    check "$server: an acknowledgement is put" put_by county-sheriff "$site/acknowledgements/LI-SHERIFF_tower-7_$day.received"
    check "$server: and not read" refused county-sheriff "$site/acknowledgements/LI-SHERIFF_tower-7_$day.received"
    check "$server: no other name is taken" refused county-sheriff -T "$work/host.pub" "$site/acknowledgements/x"
}
large() { case $(code county-sheriff -T "$outbox/LI-SHERIFF_tower-7_0000000004.tar" "$1") in 413) ;; *) return 1 ;; esac; }
put_by() { case $(code "$1" -T "$work/ack" "$2") in 201 | 204) ;; *) return 1 ;; esac; }
ack_of() { # FOLDER AGENCY: into $work/ack
    rm -f "$1/SHA256SUMS.received"
    casetap-verify --root /etc/casetap/root.pub --receipt "$work/$2.key" "$1" >/dev/null 2>&1
    mv "$1/SHA256SUMS.received" "$work/ack"
}
dropped() { touch -d '1 minute ago' /srv/casetap/*/acknowledgements/*.received; }
kept=$state/receipts/LI-SHERIFF/tower-7/${day}_SHA256SUMS.county-sheriff.received
ack_of "$work/by-sftp" county-sheriff

nginx_conf=$work/nginx.conf
printf 'daemon off;\nuser www-data;\npid %s;\nevents {}\nhttp {\n    include %s;\n}\n' "$work/nginx.pid" "$lea/nginx.conf" >"$nginx_conf"
background "$work/nginx.log" nginx -c "$nginx_conf" -e "$work/nginx.error"
web_server=$last
until_true 30 is_listening 443 || { fail "nginx: $(cat "$work/nginx.log" "$work/nginx.error")"; exit; }
shown nginx
expect 0 "what is still being written is left alone" casetap-uploader
check "so it is not there yet" test ! -e "$kept"
dropped
expect 0 "the uploader collects what nginx took" casetap-uploader
check "as it was" cmp "$work/ack" "$kept"
kill "$web_server"
wait "$web_server" 2>/dev/null
rm -f "$kept" /srv/casetap/*/acknowledgements/*

modules=/usr/lib/apache2/modules
{
    for m in mpm_event authz_core authz_host ssl rewrite autoindex dir mime dav dav_fs headers socache_shmcb; do
        echo "LoadModule ${m}_module $modules/mod_$m.so"
    done
    cat <<C
ServerName intercept.isp.example
Listen 443
User www-data
Group www-data
PidFile $work/apache.pid
ErrorLog $work/apache.error
TypesConfig /dev/null
LogFormat "%h %u %t \"%r\" %>s %O" combined
DavLockDB /var/lib/apache-lock/DAVLock
Mutex pthread
Include $lea/apache.conf
C
} >"$work/apache2.conf"
install -d -o www-data /var/lib/apache-lock
background "$work/apache.log" apache2 -DFOREGROUND -f "$work/apache2.conf"
until_true 30 is_listening 443 || { fail "Apache: $(cat "$work/apache.log" "$work/apache.error")"; exit; }
shown apache
dropped
expect 0 "the uploader collects what Apache took" casetap-uploader
check "as it was" cmp "$work/ack" "$kept"

# --- an acknowledgement by sftp, and what else somebody may drop
rm -f "$kept" /srv/casetap/*/acknowledgements/*
ack=/srv/casetap/county-sheriff/acknowledgements/LI-SHERIFF_tower-7_$day.received
sftp_as county-sheriff "put $work/ack /acknowledgements/LI-SHERIFF_tower-7_$day.received" >"$work/sftp.out"
dropped
expect 0 "the uploader collects what came by sftp" casetap-uploader
check "as it was" cmp "$work/ack" "$kept"
rm -f "$kept"
cp "$work/ack" /srv/ack
held() { rm -f "$state"/journal/uploader/*.blocked "$ack"; }
for bad in "ln -s $keys/station.key" "mkfifo" "cp $outbox/LI-SHERIFF_tower-7_0000000004.tar" "ln /srv/ack" "install -m 0600 $work/ack"; do
    held
    $bad "$ack"
    touch -hd '1 minute ago' "$ack"
    expect 76 "no acknowledgement: ${bad%% *}" casetap-uploader
    says "which is said" "LI-SHERIFF/tower-7/$day/SHA256SUMS.received to county-sheriff: (forged|rejected): "
    check "and nothing is kept" test ! -e "$kept"
done
held
mv "${ack%/*}" "$work/drop"
agency=county-sheriff demo_order LI-LATER >/dev/null && casetap-capture -r "$top/examples/demo.pcap" &&
    packager || fail "a later case"
expect 66 "without the drop folder" casetap-uploader
same "which is said once" 1 "$(grep -c "county-sheriff: drop .*No such file" "$work/err")"
check "deliveries go on" test -s "/srv/casetap/county-sheriff/cases/LI-LATER/tower-7/$day/SHA256SUMS"
