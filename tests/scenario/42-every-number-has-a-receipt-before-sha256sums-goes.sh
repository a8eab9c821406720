#!/usr/bin/env bash
# Packages of real slices go to a folder, to nginx and to OpenSSH; receipts, completeness, holes, damage, conflicts,
# refusals, a second uploader, orders that ended.  (FAULTS 96, 107, 109, 110, 117, 124, 134, 141, 147.)
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"

uploader() { casetap-uploader --config "$conf" "$@"; }
receipts() { find "$state/receipts" -name "*.$1.receipt" | wc -l; }
events() { jq -r "select(.event == \"$1\") | .event" "$state/journal/uploader/uploader.jsonl" | wc -l; }

# station NAME, then seal [ORDER-OPTION...]: an installation with the case LI-1 of the demo capture, sealed
station() {
    installation "$1" || { fail "installation"; exit; }
    sed -i 's/^slice_seconds = .*/slice_seconds = 300/' "$conf"
    outbox=$state/outbox/LI-1/tower-7
    rm -f "$work"/LI-1.order*
}
seal() {
    demo_order LI-1 "$@" >/dev/null &&
        casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/capture.err" &&
        casetap-packager --config "$conf" 2>"$work/packager.err" ||
        { fail "sealing: $(cat "$work/capture.err" "$work/packager.err")"; exit; }
    day=$(ls "$outbox" | head -n 1)
}

# --- three destinations
make_ca ca && make_cert ca good localhost && make_cert ca client county || fail "certificates"
station three
start_nginx dav good "PUT MKCOL MOVE" "ssl_client_certificate $work/ca.pem;" "ssl_verify_client on;"
destination web "url = https://localhost:$port/" "ca = $work/ca.pem" "client_cert = $work/client.pem" "client_key = $work/client.key"
start_sshd ssh
destination shell "url = sftp://$(id -un)@127.0.0.1:$port$work/ssh/" "identity = $work/ssh.client" "known_hosts = $work/ssh.known_hosts"
seal --to-destination web --to-destination shell
n=$(find "$outbox" -type f | wc -l)
expect 0 "--check judges keys, orders and destinations" uploader --check
same "--check writes nothing" "" "$(ls "$state/journal/uploader")"
expect 0 "the uploader delivers to a folder, to nginx and to OpenSSH" uploader
for where in "$lea" "$work/dav" "$work/ssh"; do
    check "$(basename "$where") holds the outbox, byte for byte, and nothing else" diff -r "$state/outbox" "$where"
done
for name in county-sheriff web shell; do
    same "$name: a receipt for each of $n files" "$n" "$(receipts "$name")"
    same "$name: the receipts are one chain, each naming the hash of the one before" ok "$(
        prev= i=0
        for f in $(for r in "$state"/receipts/LI-1/tower-7/*."$name".receipt; do echo "$(jq .number "$r") $r"; done | sort -n | cut -d' ' -f2); do
            i=$((i + 1))
            [ "$(jq -r .prev "$f")" = "$prev" ] && [ "$(jq .number "$f")" = "$i" ] || { echo "broken at $f"; exit; }
            prev=$(sha256sum <"$f" | cut -d' ' -f1)
        done
        echo ok)"
    same "$name: SHA256SUMS.minisig was the last of each day" "" "$(
        for f in "$state"/receipts/LI-1/tower-7/*."$name".receipt; do jq -r '[.day, .number, .file] | @tsv' "$f"; done |
            sort -k1,1 -k2,2n | awk '{last[$1] = $3} END {for (d in last) if (last[d] != "SHA256SUMS.minisig") print d, last[d]}')"
done
same "each receipt names the hash of its file" "" "$(cd "$state/receipts/LI-1/tower-7" && jq -r '.sha256 + "  " + .day + "/" + .file' ./*.receipt |
    (cd "$outbox" && sha256sum -c --quiet 2>&1))"
same "each day is journaled as complete, at each destination" $((3 * $(ls "$outbox" | wc -l))) "$(events complete)"
lines=$(wc -l <"$state/journal/uploader/uploader.jsonl")
expect 0 "a second run has nothing to do" uploader
same "and says nothing in the journal" "$lines" "$(wc -l <"$state/journal/uploader/uploader.jsonl")"
expect 0 "packager runs again" casetap-packager --config "$conf"
same "the custody log has every receipt" $((3 * n)) "$(jq -r 'select(.entry.event == "receipt") | 1' "$state/records/LI-1/custody.jsonl" | wc -l)"
casetap-verify --root "$work/three/etc/root.pub" "$work/ssh/LI-1" >"$work/report" 2>&1
same "what OpenSSH holds verifies: intact, gaps declared" 10 $?
tail -n 1 "$work/report" | sed 's/^/# /'

# --- resend
first=$(ls "$outbox/$day"/*.tar | head -n 1)
base=$(basename "$first")
rm -f "$work/dav/LI-1/tower-7/$day/$base"
before=$(events receipt)
expect 0 "--resend looks again at the far end and sends what is not there" uploader --resend LI-1/tower-7:1-2
check "the file that was lost there is back" cmp "$first" "$work/dav/LI-1/tower-7/$day/$base"
same "two numbers at three destinations were acknowledged again" $((before + 6)) "$(events receipt)"
same "no second receipt was written" "$n" "$(receipts web)"
echo tampered >"$work/ssh/LI-1/tower-7/$day/$base"
expect 76 "--resend finds a file that was changed at the far end" uploader --resend LI-1/tower-7:1
says "and names case, file and destination" "^casetap-uploader: LI-1/tower-7/$day/$base to shell: conflict"
same "it was not overwritten" tampered "$(cat "$work/ssh/LI-1/tower-7/$day/$base")"
expect 64 "--resend of nonsense is refused" uploader --resend "LI-1/tower-7:2-1"
expect 66 "--resend of a stream that is not there is said" uploader --resend LI-1/tower-9:1-2

# --- a lost receipt is written anew after another look at the far end
receipt=$state/receipts/LI-1/tower-7/$base.web.receipt
rm -f "$receipt"
expect 0 "a number without a receipt is sent again" uploader
same "and has its receipt" "$(sha256sum <"$first" | cut -d' ' -f1)" "$(jq -r .sha256 "$receipt")"

# --- refusals are not hammered
station blocked
start_liar liar good
destination gone "url = https://localhost:$port/401/" "ca = $work/ca.pem"
seal --to-destination gone
expect 77 "fault 96: a refused key is 77" uploader
same "the other destination has all" "$n" "$(receipts county-sheriff)"
asked=$(wc -l <"$work/liar.requests")
expect 77 "fault 96: the next run says so again" uploader
says "with the time from which on it tries again" '^casetap-uploader: destination gone: held back until 20.*401'
same "fault 96: and does not ask the server" "$asked" "$(wc -l <"$work/liar.requests")"
same "one blocked event was journaled" 1 "$(events blocked)"
sed -i "s#/401/#/ok/#" "$conf"
expect 0 "a changed configuration is tried at once" uploader
same "gone has a receipt for each file" "$n" "$(receipts gone)"
same "nothing is held back any more" "" "$(ls "$state/journal/uploader" | grep blocked)"

# --- a server that is away, and a folder that is not mounted: nothing is lost
station away && seal
mv "$lea" "$lea.away"
expect 69 "fault 117: a folder that is not mounted is tried again" uploader
says "and named" 'unreachable: .*is it mounted'
same "and not made" no "$([ -e "$lea" ] && echo yes || echo no)"
mv "$lea.away" "$lea"
expect 0 "when it is back, everything goes" uploader
check "byte for byte" diff -r "$state/outbox" "$lea"
station unmounted && seal
sed -i '/^\[destination county-sheriff\]/a mounted = yes' "$conf"
expect 69 "fault 117: nor is anything written into a mount point on which nothing lies" uploader
says "which is named" 'unreachable: nothing is mounted on '
same "it stays empty" "" "$(ls -A "$lea")"
if is_root && unshare -m true 2>/dev/null; then
    rm -f "$state"/journal/uploader/*.blocked
    expect 0 "with its volume everything goes there" unshare -m sh -c 'mount -t tmpfs none "$2" && casetap-uploader --config "$1" && [ -d "$2/LI-1" ]' \
        - "$conf" "$lea"
else
    skip "with its volume everything goes there" "needs root and namespaces"
fi

# --- damage at home
station rot && seal
victim=$(ls "$outbox/$day"/*.tar | head -n 1)
name=$(basename "$victim")
chmod u+w "$victim"
size=$(stat -c %s "$victim")
printf '\x55' | dd of="$victim" bs=1 seek=$((size / 2)) conv=notrunc status=none
printf '#!/bin/sh\necho "$*" >>%s\n' "$work/paged" >"$work/page" && chmod 755 "$work/page"
sed -i "/^state_dir/a alarm_program = $work/page" "$conf"
expect 65 "fault 124: a package with a flipped byte is found before it is sent" uploader
says "fault 124: and named with its case" "^casetap-uploader: LI-1/tower-7/$day/$name to county-sheriff: damaged: "
check "fault 124: and an alarm is raised" grep -q "^damaged county-sheriff LI-1 LI-1/tower-7/$day/$name" "$work/paged"
says "the hole is named, and SHA256SUMS held back" "^casetap-uploader: LI-1/tower-7/$day to county-sheriff: incomplete: SHA256SUMS is held back, no receipt for 1\$"
same "it did not leave the house" no "$([ -e "$lea/LI-1/tower-7/$day/$name" ] && echo yes || echo no)"
same "nor SHA256SUMS of that day" no "$([ -e "$lea/LI-1/tower-7/$day/SHA256SUMS" ] && echo yes || echo no)"
same "the other files of the day did" $(($(ls "$outbox/$day" | wc -l) - 3)) "$(ls "$lea/LI-1/tower-7/$day" | wc -l)"
same "journal: blocked, incomplete" "1 1" "$(events blocked) $(events incomplete)"
expect 65 "the next run still says so" uploader
says "and until when the file is left alone" "^casetap-uploader: LI-1/tower-7/$day/$name to county-sheriff: held back until 20"
same "journal: still one of each" "1 1" "$(events blocked) $(events incomplete)"

station holes && seal
rm -f "$outbox/$day"/LI-1_tower-7_000000000[13].tar
expect 66 "packages that are missing at home are holes" uploader
says "the hole is named" 'incomplete: SHA256SUMS is held back, no receipt for 1, 3$'

station sums && seal
sed -i '1s/^./x/' "$outbox/$day/SHA256SUMS" 2>/dev/null || { chmod u+w "$outbox/$day/SHA256SUMS" && sed -i '1s/^./x/' "$outbox/$day/SHA256SUMS"; }
expect 65 "a changed SHA256SUMS is found" uploader
says "by its signature" "SHA256SUMS to county-sheriff: damaged: SHA256SUMS: the signature"
expect 65 "and found again" uploader
same "and journaled once" 1 "$(events blocked)"
same "the packages, which are proven by themselves, went" "$(ls "$outbox/$day"/*.tar | wc -l)" "$(ls "$lea/LI-1/tower-7/$day" | wc -l)"

station forged && seal
mkdir -p "$state/receipts/LI-1/tower-7"
expect 0 "delivered" uploader
rm -f "$state"/receipts/LI-1/tower-7/*SHA256SUMS*
mv "$state/receipts/LI-1/tower-7/LI-1_tower-7_0000000002.tar.county-sheriff.receipt" \
    "$state/receipts/LI-1/tower-7/LI-1_tower-7_0000000001.tar.county-sheriff.receipt"
rm -f "$lea/LI-1/tower-7/$day"/SHA256SUMS*
expect 76 "fault 109: a receipt of another number counts for nothing" uploader
says "fault 109: and is named" 'LI-1_tower-7_0000000001.tar.county-sheriff.receipt: is the receipt of something else'
same "fault 109: SHA256SUMS is held back" no "$([ -e "$lea/LI-1/tower-7/$day/SHA256SUMS" ] && echo yes || echo no)"

# --- one at a time
station twice && seal
exec 9>"$state/journal/uploader/lock"
flock 9
expect 75 "fault 110: a second uploader gives way" uploader
says "fault 110: and says why" 'another casetap-uploader is at work'
exec 9>&-
expect 0 "when the first is gone it works" uploader

# --- orders that have ended
station ended && seal
casetap order revoke LI-1 --reason "withdrawn" --key "$keys/approver.key" --config "$conf" >/dev/null || fail "revoke"
expect 0 "what was captured is delivered also when its order was revoked" uploader
same "all of it" "$n" "$(receipts county-sheriff)"
station removed && seal
mv "$orders/LI-1" "$work/LI-1.orders"
expect 0 "and when the order's file is gone: records/ knows it" uploader
same "all of it" "$n" "$(receipts county-sheriff)"
mv "$work/LI-1.orders" "$orders/LI-1"
expect 0 "a run with the order notes its destinations" uploader
same "without a subject" 0 "$(grep -c 198.51.100.7 "$state/journal/uploader/LI-1.addressees")"
rm -rf "$orders/LI-1" "$state/records/LI-1/orders" "$state/receipts/LI-1"
expect 0 "and that note suffices when both are gone" uploader
same "all of it" "$n" "$(receipts county-sheriff)"
rm -f "$state/journal/uploader/LI-1.addressees"
expect 78 "without any of the three nobody gets anything" uploader
says "and the case is named" '^casetap-uploader: case LI-1: no accepted order can be read'
station unknown && seal
sed -i '/^\[destination county-sheriff\]/,$d' "$conf"
expect 78 "an order that names a destination without configuration is said" uploader
says "with case and name" 'case LI-1: its order names the destination county-sheriff, which casetap.conf does not'

# --- configuration that must not start
station conf && seal
cp "$conf" "$work/conf.good"
refuses() { # SENTENCE EXIT PATTERN LINE...
    cp "$work/conf.good" "$conf"
    destination bad "${@:4}"
    expect "$2" "$1" uploader --check
    says "$1: the line says why" "$3"
}
refuses "plain http:// is refused" 78 'url' "url = http://localhost/in/"
refuses "sftp without known_hosts is refused" 78 'known_hosts' "url = sftp://county@localhost/in/" "identity = $work/ssh.client"
refuses "sftp without identity is refused" 78 'identity' "url = sftp://county@localhost/in/" "known_hosts = $work/ssh.known_hosts"
refuses "sftp without a user is refused" 78 'no user' "url = sftp://localhost/in/" "identity = $work/ssh.client" "known_hosts = $work/ssh.known_hosts"
refuses "a missing token file is said" 66 'token' "url = https://localhost/" "ca = $work/ca.pem" "token_file = $work/no-token"
chmod 644 "$work/ssh.client"
refuses "a readable identity is refused" 77 'ssh.client' "url = sftp://county@localhost/in/" "identity = $work/ssh.client" "known_hosts = $work/ssh.known_hosts"
expect 64 "an unknown option is refused" uploader --force
cp "$work/conf.good" "$conf"
expect 66 "a case of which nothing was sealed is said" uploader --case LI-2
expect 66 "a missing configuration is said" casetap-uploader --config "$work/no.conf"
