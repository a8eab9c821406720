#!/usr/bin/env bash
# One file is handed to HTTPS servers that refuse, stall, cut, change, redirect, flood and impersonate: what each gets is
# one answer, a documented exit code, and never the belief that it has the file.  (FAULTS 90 to 103, 106 to 108.)
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"
probe=$build/tests/unit/handover_probe
installation isp || { fail "installation"; exit; }
head -c 300000 /dev/urandom >"$work/evidence"
small=$work/evidence
make_ca ca && make_ca stranger && make_cert ca good localhost && make_cert stranger forged localhost &&
    make_cert ca othername elsewhere.example && make_cert ca client county && make_cert stranger badclient county &&
    make_cert ca expired localhost faketime "2020-01-01 00:00:00" || fail "certificates: $(tail -n 1 "$work/openssl.log")"
start_liar store good
liar=$port

n=0
# answers WHAT EXIT PATTERN [URL-PATH]: hand the file to a behaviour of the liar; the answer's word and exit code
hand() { # NAME [PATH] [SILENT]
    "$probe" "$conf" "$1" "$small" "${2:-LI-1/t/2026-11-20/x.tar}" "${3:-10}" >"$work/answer" 2>"$work/err" </dev/null
    got=$?
}
answers() { # SENTENCE EXIT PATTERN
    if [ "$got" = "$2" ] && grep -qE -- "$3" "$work/answer"; then
        pass "$1"
    else
        fail "$1 (status $got, not $2): $(cat "$work/answer" "$work/err" | head -c 300)"
    fi
}
behaviour() { # KIND EXIT PATTERN SENTENCE [SILENT]
    n=$((n + 1))
    destination "d$n" "url = https://localhost:$liar/$1/" "ca = $work/ca.pem"
    hand "d$n" LI-1/t/2026-11-20/x.tar "${5:-10}"
    answers "$4" "$2" "$3"
}

behaviour ok 0 '^ok:.*peer sha256:[0-9a-f]{64}' "a server that does its work has the file"
check "and it has all of it" cmp "$small" "$work/store/_ok_LI-1_t_2026-11-20_x.tar"
hand d1
answers "what is there already with the same bytes is delivered" 0 '^ok:'
same "and was not sent again" 1 "$(grep -c 'PUT /ok/' "$work/store.requests")"
behaviour short 76 '^mismatch: what came back' "fault 93: a short store is found"
behaviour flip 76 '^mismatch: what came back' "fault 94: one flipped byte is found"
behaviour longer 76 '^mismatch: what came back' "a longer store is found"
same "no file got its name there" "" "$(ls "$work/store" | grep -E '(short|flip|longer).*x.tar$')"
behaviour lost 69 '^retry: what was stored is not there' "fault 95: 201, then 404, is not delivered"
behaviour published-lost 69 '^retry: what was published is not there' "fault 95: a MOVE that loses the file is not delivered"
behaviour 401 77 '^denied: .*401' "fault 96: 401 is a refusal of who we are"
behaviour 403 77 '^forbidden: .*403' "fault 96: 403 is a refusal"
behaviour 400 77 '^denied: .*client certificate' "400 without a client certificate says what may be missing"
behaviour status-423 69 '^retry: .*423' "423 is a lock that passes"
behaviour move-409 69 '^retry: MOVE.*409' "409 to MOVE passes"
behaviour 507 73 '^full: ' "507 is a full server"
behaviour busy-120 69 '^retry: .*503 \[wait 120\]' "fault 97: 503 with Retry-After is heard"
behaviour busy-minus5 69 '^retry: .*\[wait 0\]' "fault 97: a negative Retry-After is none"
behaviour busy-1000000000 69 '^retry: .*\[wait 3600\]' "fault 97: Retry-After 10^9 is an hour"
behaviour busy-99999999999999999999999 69 '^retry: .*\[wait 3600\]' "fault 97: an overflowing Retry-After is an hour"
behaviour busy-date 69 '^retry: .*\[wait 3600\]' "fault 97: Retry-After may be a date"
behaviour busy-past 69 '^retry: .*\[wait 0\]' "fault 97: a date that has passed is none"
for code in 408 425 429 500 502 504; do
    behaviour "status-$code" 69 "^retry: .*$code" "fault 97: $code may pass"
done
destination any "url = https://localhost:$liar/" "ca = $work/ca.pem"
for code in 402 410 412 413 414 451; do
    hand any "status-$code/x.tar"
    answers "$code concerns this one file, which is not sent again at once" 76 "^rejected: .*$code"
done
for code in 405 501 505; do
    hand any "status-$code/x.tar"
    answers "$code concerns all files" 76 "^refused: .*$code"
done
behaviour redirect 76 '^untrusted: .*redirects \(302\)' "fault 98: a redirect is not followed"
same "fault 98: nothing reached the place it pointed to" 0 "$(grep -c stolen "$work/store.requests")"
behaviour flood-headers 76 '^untrusted: the answer is longer' "fault 101: endless headers are cut off"
behaviour flood-body 76 '^untrusted: the answer is longer' "fault 101: a 100 GB answer is cut off"
behaviour garbage 69 '^retry: ' "fault 102: chunked garbage is no answer"
behaviour early 69 '^(retry|unreachable): ' "an answer before the body is not believed"
behaviour reset-100000 69 '^(retry|unreachable): ' "fault 92: a reset in the middle is tried again"
behaviour reset-0 69 '^(retry|unreachable): ' "fault 92: a reset at the first byte is tried again"
behaviour silent 69 '^retry: .*(too slow|[Tt]imed? ?out|timeout)' "fault 91: a file on which a server falls silent is given up, the server is not" 2
behaviour no-move 76 '^refused: the server has no MOVE \(405\)' "a server without MOVE is refused, with the reason"
small=$work/big
head -c 17000000 /dev/urandom >"$work/big"
behaviour no100 0 '^ok:' "fault 103: 100-continue that never comes does not stop a large body"
small=$work/evidence

echo 'another file' >"$work/store/_ok_LI-1_t_2026-11-20_taken.tar"
hand d1 LI-1/t/2026-11-20/taken.tar
answers "fault 107: another file under our name is a conflict" 76 '^conflict: another file'
same "fault 107: and was not overwritten" "another file" "$(cat "$work/store/_ok_LI-1_t_2026-11-20_taken.tar")"
behaviour sneaks 76 '^conflict: another file' "fault 107: what came to lie there between look and MOVE (412) is a conflict"
same "fault 107: and was not overwritten" "other" "$(cat "$work/store/_sneaks_LI-1_t_2026-11-20_x.tar")"
echo 'left by an earlier run' >"$work/store/_ok_LI-1_t_2026-11-20_left.tar.part"
hand d1 LI-1/t/2026-11-20/left.tar
answers "fault 106: a part that was left behind is replaced" 0 '^ok:'

# stranger NAME CERT EXIT PATTERN SENTENCE [SERVER-OPTION] [DESTINATION-LINE...]: not one request may arrive
stranger() {
    local name=$1 cert=$2 code=$3 pattern=$4 sentence=$5 option=$6
    shift 6
    start_liar "$name" "$cert" $option
    destination "$name" "url = https://localhost:$port/ok/" "ca = $work/ca.pem" "$@"
    hand "$name" LI-1/t/2026-11-20/x.tar 2
    answers "$sentence" "$code" "$pattern"
    same "$sentence: not one byte was sent" "" "$(cat "$work/$name.requests")"
}
stranger expired expired 76 '^untrusted: .*expired' "fault 99: an expired certificate is not trusted" ""
stranger selfmade stranger 76 '^untrusted: ' "fault 99: a self-signed certificate is not trusted" ""
stranger forged forged 76 '^untrusted: ' "fault 99: a certificate of another authority is not trusted" ""
stranger othername othername 76 '^untrusted: .*(name|match)' "fault 99: a certificate of another name is not trusted" ""
stranger unpinned good 76 '^untrusted: .*pinned' "fault 99: a certificate with another key than the pinned is not trusted" "" \
    "pin = sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
# revoke NAME LIST CERT...: $work/LIST.pem, of the authority NAME, good for a day
revoke() {
    local ca=$1 list=$2 cert
    shift 2
    mkdir -p "$work/$list.ca" && : >"$work/$list.ca/index" && echo 01 >"$work/$list.ca/number"
    printf '[ca]\ndefault_ca = a\n[a]\ndatabase = %s\ncrlnumber = %s\ndefault_md = sha256\ndefault_crl_days = 1\n' \
        "$work/$list.ca/index" "$work/$list.ca/number" >"$work/$list.ca/conf"
    for cert in "$@"; do
        openssl ca -config "$work/$list.ca/conf" -cert "$work/$ca.pem" -keyfile "$work/$ca.key" -revoke "$work/$cert.pem"
    done 2>>"$work/openssl.log"
    openssl ca -config "$work/$list.ca/conf" -cert "$work/$ca.pem" -keyfile "$work/$ca.key" -gencrl -out "$work/$list.pem" 2>>"$work/openssl.log"
}
revoke ca none && revoke ca revoked good && revoke stranger foreign || fail "revocation lists"
stranger revoked good 76 '^untrusted: .*revoked' "fault 99: a certificate that was revoked is not trusted" "" "crl = $work/revoked.pem"
stranger nolist good 76 '^untrusted: .*(CRL|revocation)' "fault 99: nor is one of which no list tells" "" "crl = $work/foreign.pem"
revoke ca past && openssl ca -config "$work/past.ca/conf" -cert "$work/ca.pem" -keyfile "$work/ca.key" -gencrl -crl_lastupdate 20200101000000Z \
    -crl_nextupdate 20200102000000Z -out "$work/past.pem" 2>>"$work/openssl.log" || fail "a list of the past"
stranger outdated good 76 '^untrusted: .*CRL has expired' "fault 99: nor is any once its list should have come anew" "" "crl = $work/past.pem"
destination listed "url = https://localhost:$liar/ok/" "ca = $work/ca.pem" "crl = $work/none.pem"
hand listed LI-1/t/2026-11-20/listed.tar
answers "fault 99: one that stands in no list is" 0 '^ok:'
stranger tls1 good 76 '^untrusted: ' "fault 100: TLS 1.0 is not spoken" tls1
stranger mute good 69 '^unreachable: ' "fault 91: a server that accepts and is silent is given up" mute
start_liar wantscert good "client=$work/ca.pem"
destination wantscert "url = https://localhost:$port/ok/" "ca = $work/ca.pem"
hand wantscert
answers "a server that wants a client certificate and gets none has it said" "$got" '^(denied: |retry: .*client certificate)'
same "and not one byte was sent" "" "$(cat "$work/wantscert.requests")"
destination withcert "url = https://localhost:$port/ok/" "ca = $work/ca.pem" "client_cert = $work/client.pem" \
    "client_key = $work/client.key"
hand withcert
answers "with its client certificate it goes" 0 '^ok:'
start_liar badclient good "client=$work/ca.pem"
destination badclient "url = https://localhost:$port/ok/" "ca = $work/ca.pem" "client_cert = $work/badclient.pem" \
    "client_key = $work/badclient.key"
hand badclient
answers "a client certificate that the server does not know gets nowhere, and the line says so" "$got" \
    '^(denied: |retry: .*client certificate)'
same "and not one byte was sent" "" "$(cat "$work/badclient.requests")"
pin=$(openssl x509 -in "$work/good.pem" -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64)
destination pinned "url = https://localhost:$liar/ok/" "ca = $work/ca.pem" "pin = sha256//$pin"
hand pinned LI-1/t/2026-11-20/pinned.tar
answers "the pinned key is accepted" 0 '^ok:'

destination refuses "url = https://localhost:$(free_port)/in/" "ca = $work/ca.pem"
hand refuses
answers "fault 90: a refused connection is tried again" 69 '^unreachable: '
destination nowhere "url = https://no-such-host.invalid/in/" "ca = $work/ca.pem"
hand nowhere
answers "fault 108: a name that does not resolve is tried again" 69 '^unreachable: '
# resolves HOSTS RESOLV.CONF COMMAND...: run it with these, and with a name server that never answers
cat >"$work/resolves" <<'EOF'
hosts=$1 resolv=$2
shift 2
ip link set lo up
mount --bind "$hosts" /etc/hosts && mount --bind "$resolv" /etc/resolv.conf || exit 99
/usr/bin/python3 -c 'import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 53)); time.sleep(60)' &
"$@"
got=$?
kill $!
exit $got
EOF
printf '127.0.0.1 localhost lea.example\n0.0.0.0 zero.example\n' >"$work/hosts"
printf 'nameserver 127.0.0.1\noptions timeout:30\n' >"$work/resolv.conf"
for name in lea zero; do destination "$name" "url = https://$name.example:$liar/ok/" "ca = $work/ca.pem"; done
destination slow "url = https://slow.example:$liar/ok/" "ca = $work/ca.pem"
if is_root && unshare -mn true 2>/dev/null; then
    told=$(wc -l <"$work/store.requests")
    for name in lea zero; do
        unshare -m bash -c 'mount --bind "$1" /etc/hosts && shift && exec "$@"' - "$work/hosts" \
            "$probe" "$conf" "$name" "$small" LI-1/t/2026-11-20/poison.tar 5 >"$work/answer" 2>"$work/err" </dev/null
        got=$?
        answers "fault 108: $name.example leads to another server (poison, 0.0.0.0): it is not trusted" 76 '^untrusted: .*(name|match)'
    done
    same "fault 108: and gets not one byte" "$told" "$(wc -l <"$work/store.requests")"
    began=$(date +%s)
    unshare -mn bash "$work/resolves" "$work/hosts" "$work/resolv.conf" \
        "$probe" "$conf" slow "$small" LI-1/t/2026-11-20/slow.tar 1 >"$work/answer" 2>"$work/err" </dev/null
    got=$?
    answers "fault 108: a name server that does not answer is waited for as long as a server" 69 '^unreachable: .*([Rr]esolv|timed out)'
    check "fault 108: and no longer" [ $(($(date +%s) - began)) -lt 20 ]
else
    skip "fault 108: a name that leads to another server, and a name server that does not answer" "needs root and namespaces"
fi
start_liar hostile forged
destination hostile "url = https://localhost:$port/ok/" "ca = $work/ca.pem"
export SSL_CERT_FILE=$work/stranger.pem SSL_CERT_DIR=$work http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 \
    ALL_PROXY=socks5://127.0.0.1:9 CURL_CA_BUNDLE=$work/stranger.pem
hand hostile
answers "fault 147: SSL_CERT_FILE adds no trust" 76 '^untrusted: '
hand d1 LI-1/t/2026-11-20/env.tar
answers "fault 147: proxies of the environment are ignored" 0 '^ok:'
