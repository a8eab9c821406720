#!/usr/bin/env bash
# An LEA verifies a day and signs that it did: the uploader fetches the acknowledgement, believes it only with the LEA's key
# over that very day, keeps it, journals it, and status shows it.  The key never meets what is verified.
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"
installation isp >/dev/null || { fail "an installation is made"; exit; }
root=$work/isp/etc/root.pub
cd "$work" || exit
for who in county-sheriff stranger other; do minisign -G -W -p "$who.pub" -s "$who.key" >/dev/null 2>&1; done
casetap keyring add lea county-sheriff.pub --config "$conf" --from 2026-01-01T00:00:00Z >/dev/null &&
    casetap keyring add lea other.pub --config "$conf" --from 2026-01-01T00:00:00Z >/dev/null &&
    casetap keyring sign --root "$keys/root.key" --config "$conf" >/dev/null || fail "the LEAs' keys are added"
demo_order LI-1 >/dev/null || fail "order"
expect 0 "capture" casetap-capture --config "$conf" -r "$top/examples/demo.pcap"
expect 0 "seal" casetap-packager --config "$conf"
uploader() { casetap-uploader --config "$conf"; }
expect 0 "deliver" uploader
stream=$lea/LI-1/tower-7
day=$stream/2026-11-20
kept=$state/receipts/LI-1/tower-7
chmod -R u+w "$lea"
events() { jq -r "select(.event == \"$1\") | .event" "$state/journal/uploader/uploader.jsonl" | wc -l; }

# --- the LEA's side
verify() { casetap-verify --root "$root" "$@"; }
expect 64 "a receipt is for one day" verify --receipt county-sheriff.key "$day" "$stream/2026-11-19"
expect 74 "not for a whole stream" verify --receipt county-sheriff.key "$stream"
says "which is said" "no receipt: 2 closed days were given"
cp -r "$stream" "$work/bad" && echo x >>"$work/bad/2026-11-20/keyring.txt"
expect 12 "what is not intact gets none" verify --receipt county-sheriff.key "$work/bad/2026-11-20"
says "which is said" "no receipt: what was not found intact is not acknowledged"
check "and leaves none" [ ! -e "$work/bad/2026-11-20/SHA256SUMS.received" ]
verify "$day" >"$work/plain" 2>/dev/null
code=$?
expect "$code" "a day that is intact is acknowledged" verify --receipt county-sheriff.key "$day"
same "the report is the same as without" "$(grep -v '^$' "$work/plain")" "$(grep -v '^$' "$work/out")"
ack=$day/SHA256SUMS.received
head -n 9 "$ack" >ack.txt && tail -n 4 "$ack" >ack.txt.minisig
check "minisign finds the LEA's signature good" minisign -Vm ack.txt -p county-sheriff.pub
same "it names the very list" "sums-sha256: $(sha256sum <"$day/SHA256SUMS" | cut -d' ' -f1)" "$(sed -n 5p ack.txt)"
same "and its verdict" "verdict: $code" "$(sed -n 7p ack.txt)"
expect 74 "it is never written over" verify --receipt county-sheriff.key "$day"
expect "$code" "a day with its acknowledgement verifies as before" verify "$day"
check "a key gets a password" "$here/password.py" other.key pw.key "correct horse"
rm -f "$ack"
verify --receipt pw.key "$day" <<<'correct horse' >"$work/out" 2>"$work/err"
same "a key with a password is asked for it" "$code" $?
rm -f "$ack"
typed() { "$here/typed.py" "$1" casetap-verify --root "$root" --receipt pw.key "$day" >"$work/typed" 2>&1; }
typed $'correct horse\n'
same "on a terminal it is typed" "$code" $?
check "which makes the acknowledgement" [ -s "$ack" ]
expect "$code" "of an LEA that no order names it proves little" verify "$stream"
check "and that is named" grep -q "SHA256SUMS.received: is signed by other, whom no order that is here names as its LEA or a destination" "$work/out"
check "and never shown" not_in "$work/typed" horse
same "because the terminal does not echo meanwhile" "echo asked OFF" "$(grep '^echo asked' "$work/typed")"
check "key and password wait in memory that is not swapped out" awk '/^locked/ { exit !($2 >= 12) }' "$work/typed"
rm -f "$ack"
typed $'\003'
same "who thinks better of it ends it" 74 $?
same "and has the terminal as it was" "echo end ON" "$(grep '^echo end' "$work/typed")"
check "no acknowledgement was made" [ ! -e "$ack" ]
if is_root && command -v strace >/dev/null && strace -f -o "$work/strace.out" true 2>/dev/null; then
    rm -f "$ack"
    strace -f -e trace=openat,read,clone,clone3,fork,vfork,exit_group -o "$work/strace.out" \
        casetap-verify --root "$root" --receipt county-sheriff.key "$day" >/dev/null 2>&1
    same "the process that opened the key opened no package" "" "$(
        signer=$(awk '/county-sheriff.key/ { print $1 }' "$work/strace.out" | sort -u)
        grep "^$signer .*\.tar\"" "$work/strace.out" | head -n 3)"
    check "and another one did" grep -q '\.tar"' "$work/strace.out"
else
    skip "the process that opened the key opened no package" "needs root, whose strace sees names in a process that keeps its memory to itself"
fi

# --- the station's side
sign_by() { # KEY [DAY]: an acknowledgement by that key; casetap-verify itself ends with 10 for declared gaps
    rm -f "$ack"
    verify --receipt "$1" "${2:-$day}" >/dev/null 2>&1
    [ -s "${2:-$day}/SHA256SUMS.received" ]
}
good() { sign_by county-sheriff.key; }
refused() { # SENTENCE PATTERN
    rm -f "$state/journal/uploader/county-sheriff.blocked"
    expect 76 "$1 is refused" uploader
    says "and said" "SHA256SUMS.received to county-sheriff: forged: $2"
    check "and not kept" [ ! -e "$kept/2026-11-20_SHA256SUMS.county-sheriff.received" ]
}
good && sed -i 's/^packages: .*/packages: 9/' "$ack"
refused "an acknowledgement that was changed" "is not signed by the key that it names"
sign_by stranger.key
refused "one by an unknown key" "is signed by a key that is no LEA's in the keyring"
sign_by other.key
refused "one by another LEA" "is signed by another LEA"
sign_by county-sheriff.key "$stream/2026-11-19" && mv "$stream/2026-11-19/SHA256SUMS.received" "$ack"
refused "one of another day" "acknowledges another day"
good && sed "s/^sums-sha256: .*/sums-sha256: $(sha256sum </dev/null | cut -d' ' -f1)/" "$ack" | head -n 9 >other.txt &&
    minisign -Sm other.txt -s county-sheriff.key -W >/dev/null 2>&1 && cat other.txt other.txt.minisig >"$ack"
refused "one of other bytes" "acknowledges something else than what was sealed"
head -c 9000 /dev/zero >"$ack"
refused "what is none at all" "is no acknowledgement"
expect 76 "the next run leaves it alone, and says so" uploader
says "with the time" "SHA256SUMS.received to county-sheriff: held back until"
same "each was journaled" 6 "$(events blocked)"
rm -f "$state/journal/uploader/county-sheriff.blocked"
good
expect 0 "a good one is fetched" uploader
says "and said" "LI-1/tower-7/2026-11-20: received and verified, says county-sheriff"
check "it is kept as it was" cmp "$ack" "$kept/2026-11-20_SHA256SUMS.county-sheriff.received"
same "it is journaled" 1 "$(events acknowledged)"
expect 0 "once" uploader
same "and no second time" 1 "$(events acknowledged)"
casetap-packager --config "$conf" 2>/dev/null
same "the custody log has it, apart from the receipts" 1 \
    "$(jq -r 'select(.entry.event == "acknowledged") | .entry.detail.lea' "$state/records/LI-1/custody.jsonl" | grep -c county-sheriff)"
casetap-verify --root "$root" --json --html "$work/page.html" "$state/outbox/LI-1" "$state/records/LI-1" >"$work/out" 2>"$work/err"
same "which the station's own report tells, although it lies in its receipts alone" "county-sheriff 2026-11-20" \
    "$(jq -r '.cases[0].events[] | select(.kind == "received and verified") | "\(.who) \(.day)"' "$work/out")"
check "so does its page" grep -q "2026-11-20: received and verified at .* by county-sheriff" "$work/page.html"
casetap status --config "$conf" >"$work/status" 2>&1
check "status shows it" grep -q "acknowledged.*2026-11-20" "$work/status"

# --- servers: asked for what is not there, then for what is, and every 15 minutes only
make_ca ca && make_cert ca good localhost || fail "certificates"
start_nginx dav good "PUT MKCOL MOVE"
destination web "url = https://localhost:$port/" "ca = $work/ca.pem" "lea = county-sheriff"
start_sshd ssh
destination shell "url = sftp://$(id -un)@127.0.0.1:$port$work/ssh/" "identity = $work/ssh.client" \
    "known_hosts = $work/ssh.known_hosts" "lea = county-sheriff"
demo_order LI-2 --to-destination web --to-destination shell >/dev/null &&
    casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/capture.err" && casetap-packager --config "$conf" ||
    fail "a case for servers: $(cat "$work/capture.err")"
expect 0 "the uploader delivers to nginx and OpenSSH, and finds no acknowledgement there" uploader
for where in web:dav shell:ssh; do
    name=${where%:*} far=$work/${where#*:}/LI-2/tower-7/2026-11-20
    chmod -R u+w "$far"
    sign_by county-sheriff.key "$far" || fail "an acknowledgement at $name"
    expect 0 "$name is not asked again at once" uploader
    check "so nothing is fetched yet" [ ! -e "$state/receipts/LI-2/tower-7/2026-11-20_SHA256SUMS.$name.received" ]
    touch -d '20 minutes ago' "$state/journal/uploader/$name.asked"
    expect 0 "$name is asked again after a while" uploader
    check "and the acknowledgement is kept" cmp "$far/SHA256SUMS.received" "$state/receipts/LI-2/tower-7/2026-11-20_SHA256SUMS.$name.received"
done
