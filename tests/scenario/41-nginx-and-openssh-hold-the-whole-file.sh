#!/usr/bin/env bash
# One file is handed to nginx (WebDAV: mTLS, password, token) and to OpenSSH, set up well and set up wrongly.  (FAULTS 96,
# 104 to 107, and ANCHORS' traps of libcurl with libssh2.)
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"
probe=$build/tests/unit/handover_probe
path=LI-1/t/2026-11-20/x.tar
installation isp || { fail "installation"; exit; }
head -c 3000000 /dev/urandom >"$work/evidence"
: >"$work/empty"
make_ca ca && make_cert ca good localhost && make_cert ca client county || fail "certificates"

hand() { # NAME [PATH] [FILE]
    "$probe" "$conf" "$1" "$work/${3:-evidence}" "${2:-$path}" 5 >"$work/answer" 2>"$work/err" </dev/null
    got=$?
}
answers() { # SENTENCE EXIT PATTERN
    if [ "$got" = "$2" ] && cat "$work/answer" "$work/err" | grep -qE -- "$3"; then
        pass "$1"
    else
        fail "$1 (status $got, not $2): $(cat "$work/answer" "$work/err" | head -c 300)"
    fi
}

# --- nginx
start_nginx dav good "PUT MKCOL MOVE" "ssl_client_certificate $work/ca.pem;" "ssl_verify_client on;"
destination dav "url = https://localhost:$port/" "ca = $work/ca.pem" "client_cert = $work/client.pem" "client_key = $work/client.key"
destination nocert "url = https://localhost:$port/" "ca = $work/ca.pem"
hand dav
answers "nginx with mTLS has the file, in folders that were not there" 0 '^ok:.*peer sha256:'
check "all of it" cmp "$work/evidence" "$work/dav/$path"
same "and nothing beside it" x.tar "$(ls "$work/dav/LI-1/t/2026-11-20")"
hand dav
answers "delivered again, it is found there" 0 '^ok:'
hand dav LI-1/t/2026-11-20/empty empty
answers "an empty file is a file" 0 '^ok:'
echo other >"$work/dav/LI-1/t/2026-11-20/taken"
hand dav LI-1/t/2026-11-20/taken
answers "fault 107: another file is a conflict" 76 '^conflict:'
same "fault 107: and stays" other "$(cat "$work/dav/LI-1/t/2026-11-20/taken")"
hand nocert
answers "fault 96: nginx answers 400 without a client certificate: a refusal, not a retry" 77 '^denied: .*client certificate'

start_nginx nomove good "PUT MKCOL"
destination nomove "url = https://localhost:$port/" "ca = $work/ca.pem"
hand nomove
answers "nginx without MOVE is refused, with what to turn on" 76 "^refused: the server has no MOVE .*turn WebDAV's MOVE on"
start_nginx nomkcol good "PUT MOVE"
destination nomkcol "url = https://localhost:$port/" "ca = $work/ca.pem"
hand nomkcol
answers "nginx without MKCOL and without the folder: the line says what may be missing" 69 '500; MKCOL .*is the folder there'
mkdir -p "$work/nomkcol/LI-1/t/2026-11-20"
hand nomkcol
answers "with the folder there it goes" 0 '^ok:'
start_nginx autofolder good "PUT MOVE" "create_full_put_path on;"
destination autofolder "url = https://localhost:$port/" "ca = $work/ca.pem"
hand autofolder
answers "a server that makes folders by itself needs no MKCOL" 0 '^ok:'

echo "county:$(openssl passwd -apr1 sesame)" >"$work/htpasswd"
start_nginx basic good "PUT MKCOL MOVE" "auth_basic county;" "auth_basic_user_file $work/htpasswd;"
(umask 077; echo sesame >"$work/password"; echo wrong >"$work/badpassword")
mkdir "$work/basic/in"
destination password "url = https://localhost:$port/in" "ca = $work/ca.pem" "user = county" "password_file = $work/password"
destination badpassword "url = https://localhost:$port/" "ca = $work/ca.pem" "user = county" "password_file = $work/badpassword"
hand password
answers "a user and a password go; a base without its last slash is a folder too" 0 '^ok:'
check "it lies in that folder" cmp "$work/evidence" "$work/basic/in/$path"
hand badpassword
answers "fault 96: a wrong password is refused" 77 '^denied: .*401'
start_nginx bearer good "PUT MKCOL MOVE" 'if ($http_authorization != "Bearer 0123456789abcdef") { return 401; }'
(umask 077; echo 0123456789abcdef >"$work/token")
destination token "url = https://localhost:$port/" "ca = $work/ca.pem" "token_file = $work/token"
hand token
answers "a bearer token goes" 0 '^ok:'
same "no secret was printed" 0 "$(cat "$work/answer" "$work/err" | grep -c 0123456789abcdef)"

# --- OpenSSH
start_sshd ssh
user=$(id -un)
ssh_destination() { # NAME IDENTITY KNOWN-HOSTS [FOLDER]
    chmod 600 "$work/$2"
    destination "$1" "url = sftp://$user@127.0.0.1:$port${4:-$work/ssh}/" "identity = $work/$2" "known_hosts = $work/$3"
}
ssh_destination ssh ssh.client ssh.known_hosts
hand ssh
answers "OpenSSH has the file, in folders that were not there" 0 '^ok:.*peer sha256:'
check "all of it" cmp "$work/evidence" "$work/ssh/$path"
same "the peer is the hash of the host key" \
    "sha256:$(cut -d' ' -f2 "$work/ssh.host.pub" | base64 -d | sha256sum | cut -d' ' -f1)" "$(grep -o 'sha256:[0-9a-f]*' "$work/answer")"
same "and nothing beside it" x.tar "$(ls "$work/ssh/LI-1/t/2026-11-20")"
hand ssh
answers "delivered again, it is found there" 0 '^ok:'
hand ssh LI-1/t/2026-11-20/empty empty
answers "an empty file is a file over SFTP too" 0 '^ok:'
echo "left by an earlier run" >"$work/ssh/LI-1/t/2026-11-20/left.part"
hand ssh LI-1/t/2026-11-20/left
answers "fault 106: a part that was left behind is replaced" 0 '^ok:'
check "fault 106: by all of the file" cmp "$work/evidence" "$work/ssh/LI-1/t/2026-11-20/left"
echo other >"$work/ssh/LI-1/t/2026-11-20/taken"
hand ssh LI-1/t/2026-11-20/taken
answers "fault 107: another file is a conflict" 76 '^conflict:'
head -c 3000000 /dev/urandom >"$work/ssh/LI-1/t/2026-11-20/taken2"
hand ssh LI-1/t/2026-11-20/taken2
answers "fault 107: also one of the same length" 76 '^conflict:'
cp "$work/evidence" "$work/ssh/LI-1/t/2026-11-20/longer" && echo more >>"$work/ssh/LI-1/t/2026-11-20/longer"
hand ssh LI-1/t/2026-11-20/longer
answers "fault 107: also a longer one that starts like ours" 76 '^conflict:'
is_root || { chmod 500 "$work/ssh/LI-1" && hand ssh LI-1/other/2026-11-20/x && answers "a folder that may not be made is a refusal" 77 '^forbidden:'; chmod 700 "$work/ssh/LI-1"; }

ssh-keygen -q -t ed25519 -N '' -f "$work/other.host"
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$work/other.host.pub")" >"$work/changed.known_hosts"
ssh_destination changed ssh.client changed.known_hosts
hand changed "LI-1/t/2026-11-20/never"
answers "fault 104: a changed host key is not trusted" 76 '^untrusted: the host key is not the one in'
echo "[127.0.0.1]:1 $(cut -d' ' -f1,2 "$work/ssh.host.pub")" >"$work/unknown.known_hosts"
ssh_destination unknown ssh.client unknown.known_hosts
hand unknown "LI-1/t/2026-11-20/never"
answers "a host that is not in known_hosts gets nothing" 76 '^untrusted: the host is not in'
ssh-keygen -q -t ecdsa -N '' -f "$work/ecdsa.host"
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$work/ecdsa.host.pub")" >"$work/kind.known_hosts"
ssh_destination kind ssh.client kind.known_hosts
hand kind "LI-1/t/2026-11-20/never"
answers "fault 104: a host with a key of another kind only is not trusted" 76 '^untrusted: '
same "none of them got a byte" "" "$(find "$work/ssh" -name 'never*')"
ssh-keygen -q -t ed25519 -N '' -f "$work/stranger"
ssh_destination stranger stranger ssh.known_hosts
hand stranger
answers "fault 96: a client key that is not authorized is refused" 77 '^denied: '

echo "[127.0.0.1]:$port ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ" >"$work/rsa.known_hosts"
ssh_destination rsahost ssh.client rsa.known_hosts
hand rsahost
answers "an RSA host key is refused before anything is sent" 78 'destination rsahost: known_hosts .*RSA'
ssh-keygen -q -t rsa -b 2048 -N '' -f "$work/rsa.client"
ssh_destination rsaclient rsa.client ssh.known_hosts
hand rsaclient
answers "an RSA client key is refused with the reason" 78 'destination rsaclient: identity .*RSA'
ssh-keygen -q -t ed25519 -N 'sesame' -f "$work/locked.client"
ssh_destination locked locked.client ssh.known_hosts
hand locked
answers "a client key with a password is refused, nobody is asked" 78 'destination locked: identity .*password'
: >"$work/none.known_hosts"
ssh_destination nohosts ssh.client none.known_hosts
hand nohosts
answers "an empty known_hosts is no known host" 78 'destination nohosts: known_hosts .*names no host'

# --- as an ISP and an LEA set it up: an account that sees one folder, and gets no shell; the other kind of keys
for key in host client; do ssh-keygen -q -t ecdsa -N '' -f "$work/jail.$key"; done
if is_root; then
    root=$(mktemp -d /run/casetap-jail.XXXXXX) # every folder above has to be root's alone
    extra_cleanup() { rm -rf "$root"; }
    chmod 755 "$root" && mkdir "$root/in"
    start_sshd jail "ChrootDirectory $root" "ForceCommand internal-sftp" "DisableForwarding yes"
    ssh_destination jail jail.client jail.known_hosts /in
    hand jail
    answers "a chrooted internal-sftp takes the file, with ECDSA keys on both sides" 0 '^ok:.*peer sha256:'
    check "all of it" cmp "$work/evidence" "$root/in/$path"
    echo other >"$root/in/LI-1/t/2026-11-20/taken"
    hand jail LI-1/t/2026-11-20/taken
    answers "fault 107: another file there is a conflict" 76 '^conflict:'
else
    start_sshd jail
    ssh_destination jail jail.client jail.known_hosts "$work/jail"
    hand jail
    answers "ECDSA keys do on both sides" 0 '^ok:.*peer sha256:'
fi
start_sshd norename "Subsystem sftp internal-sftp -P rename"
ssh_destination norename norename.client norename.known_hosts "$work/norename"
hand norename
answers "fault 105: a server that does not rename is refused" 76 '^refused: rename'
start_sshd full "Subsystem sftp /bin/bash -c 'ulimit -f 1000; trap \"\" XFSZ; exec /usr/lib/openssh/sftp-server'"
ssh_destination full full.client full.known_hosts "$work/full"
hand full
answers "fault 105: a full quota is no delivery" 69 '^(full|retry): '
same "fault 105: nothing has the name" "" "$(find "$work/full" -name x.tar)"
start_sshd home
cd "$work/home" && ssh_destination home home.client home.known_hosts "/~"
mkdir -p "$HOME" && marker=casetap-test-$$/x
hand home "$marker/2026-11-20/x.tar"
answers "a path below the home folder, /~/, is understood" 0 '^ok:'
rm -rf "${HOME:?}/casetap-test-$$"

# --- as fast as the operator allows: a second's worth may go at once, the rest takes its time
start_nginx paced good "PUT MKCOL MOVE"
destination paced "url = https://localhost:$port/" "ca = $work/ca.pem" "rate_limit = 1M"
began=$(date +%s%N)
hand paced
answers "a destination with a rate_limit takes the file" 0 '^ok:'
took=$((($(date +%s%N) - began) / 1000000))
check "three megabytes at one a second take two seconds at least ($took ms)" [ "$took" -ge 1860 ]
