#!/usr/bin/env bash
# An audit compares the far end's own listing with what was delivered: of a folder, of nginx by its index page, of Apache by
# PROPFIND, of OpenSSH.  What is gone is named and sent again, other people's files are named, and nothing of theirs is
# touched.  Apache is a destination here as nginx is elsewhere.
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"
command -v apache2 >/dev/null || { skip "the far end's listing is compared with what was delivered" "apache2 is not installed"; exit; }
make_ca ca && make_cert ca good localhost || { fail "certificates"; exit; }

installation isp || { fail "installation"; exit; }
start_apache apache good
destination apache "url = https://localhost:$port/" "ca = $work/ca.pem" "parallel = 2"
start_nginx nginx good "PUT MKCOL MOVE" "autoindex on;"
destination nginx "url = https://localhost:$port/" "ca = $work/ca.pem" "parallel = 2"
start_nginx bare good "PUT MKCOL MOVE"
destination bare "url = https://localhost:$port/" "ca = $work/ca.pem"
start_sshd ssh
destination openssh "url = sftp://$(id -un)@127.0.0.1:$port$work/ssh/" "identity = $work/ssh.client" "known_hosts = $work/ssh.known_hosts"
demo_order LI-L $(printf -- '--to-destination %s ' apache nginx bare openssh) >/dev/null || fail "order"
casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" && casetap-packager --config "$conf" 2>"$work/err" ||
    { fail "sealing: $(cat "$work/err")"; exit; }
expect 0 "a case is delivered to a folder, Apache, nginx twice and OpenSSH" casetap-uploader --config "$conf"
n=$(find "$state/outbox/LI-L" -type f -not -name '.*' | wc -l)
same "Apache has all of it" "$(cd "$state/outbox" && find LI-L -type f -not -name '.*' -exec sha256sum {} + | sort)" \
    "$(cd "$work/apache" && find LI-L -type f -not -path '*/.DAV/*' -exec sha256sum {} + | sort)"
expect 0 "an audit finds all of it, and nothing else" casetap-uploader --config "$conf" --audit sizes
for d in county-sheriff apache nginx bare openssh; do
    same "at $d" "$n files are there, 0 were missing and are sent again, 0 differ" \
        "$(sed -n "s/.*destination $d: audit: \([0-9].*\)/\1/p" "$work/err")"
done
says "that one shows no listing is said" "destination bare: audit: it shows no listing"
same "of no other" 1 "$(grep -c 'shows no listing' "$work/err")"

day=$(cd "$lea" && find LI-L -name SHA256SUMS -printf '%h\n' | sort | tail -n 1)
one=$(cd "$lea/$day" && ls -- *.tar | head -n 1)
for d in "$lea" "$work/apache" "$work/nginx" "$work/bare" "$work/ssh"; do
    echo theirs >"$d/$day/minutes & notes.doc"
    rm "$d/$day/$one"
done
printf 'x' >"$lea/$day/$(printf 'odd\033[2Jname')"
expect 0 "an audit after a file has gone, and others have come" casetap-uploader --config "$conf" --audit sizes
for d in county-sheriff apache nginx bare openssh; do
    same "what is gone from $d is named, and sent again" 1 "$(grep -c "$day/$one to $d: audit: it was delivered and is not there any more" "$work/err")"
done
for d in county-sheriff apache nginx openssh; do
    same "a stranger's file at $d is named" 1 "$(grep -cF "$day to $d: audit: minutes & notes.doc lies there and is not ours" "$work/err")"
done
check "one with a name to play tricks with, harmlessly" grep -qF 'odd\x1b[2Jname lies there and is not ours' "$work/err"
for d in "$lea" "$work/apache" "$work/nginx" "$work/bare" "$work/ssh"; do
    check "it is there again, and theirs as it was: $(basename "$d")" eval \
        "cmp '$d/$day/$one' '$state/outbox/$day/$one' && [ \"\$(cat '$d/$day/minutes & notes.doc')\" = theirs ]"
done
check "the custody log will tell of it" grep -q '"result":"strangers"' "$state/journal/uploader/uploader.jsonl"
