#!/usr/bin/env bash
# Over the years a station's key is rotated, expires and is revoked, keys have passwords, and the root itself is renewed: the
# stream goes on, every delivery verifies by the old root and by the new one, and whoever holds an old key signs nothing new.
# (FAULTS 89.)
. "$(dirname "$0")/lib.sh"
installation isp >/dev/null || { fail "an installation is made"; exit; }
etc=$work/isp/etc
cd "$work" || exit
cp "$etc/root.pub" old-root.pub
new_key() { minisign -G -W -p "$1.pub" -s "$1.key" >/dev/null 2>&1; }
# one_day CASE: a case of its own, captured, sealed and delivered with the keys that are in force
one_day() {
    demo_order "$1" >/dev/null && casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/capture.err" &&
        casetap-packager --config "$conf" && casetap-uploader --config "$conf" 2>"$work/uploader.err" && rm -rf "${orders:?}/$1"
}
verify() { casetap-verify "$@"; }
keyring() { casetap keyring "$@" --config "$conf"; }
expect 0 "a day under the first key" one_day LI-1

# --- rotation
new_key second
expect 0 "a second key is drafted for the station" keyring rotate tower-7 second.pub --until 2099-01-01T00:00:00Z
same "under its name" 2 "$(grep -c '^station: .* name=tower-7' "$etc/keyring.txt.draft")"
same "the old one gets an end" 1 "$(grep -c '^retired: .* at=2099-01-01T00:00:00Z$' "$etc/keyring.txt.draft")"
same "the draft remembers version 1 by its hash" "$(sha256sum <"$etc/keyring.txt" | cut -d' ' -f1)" \
    "$(sed -n 's/^previous: 1 .*sha256=\([^ ]*\) .*/\1/p' "$etc/keyring.txt.draft")"
expect 65 "a station that is none is not rotated" keyring rotate tower-9 second.pub
expect 0 "the keyring is put in force" keyring sign --root "$keys/root.key"
expect 0 "both keys are valid: the old one still seals" one_day LI-2
cp "$keys/station.key" first.key
install -m 600 second.key "$keys/station.key"
expect 0 "and then the new one" one_day LI-3
expect 10 "the old key's days verify" verify --root old-root.pub "$lea/LI-1" "$lea/LI-2"
expect 10 "so do the new key's" verify --root old-root.pub "$lea/LI-3"
expect 0 "verify.sh finds the new key" sh "$lea/LI-3/tower-7/2026-11-20/verify.sh" old-root.pub "$lea/LI-3/tower-7/2026-11-20"

# --- expiry: FAULTS 89
expect 10 "fault 89: long after a key's end its days verify" faketime '2100-01-01 00:00:00' \
    casetap-verify --root old-root.pub "$lea/LI-2"
check "fault 89: and the key is named" grep -q "of station tower-7, whose validity ended 2099-01-01T00:00:00Z" "$work/out"

# --- a key with a password
new_key third && mv third.key third.plain && "$here/password.py" third.plain third.key "correct horse"
expect 0 "a key with a password is drafted" keyring rotate tower-7 third.pub
expect 0 "and put in force" keyring sign --root "$keys/root.key"
install -m 600 third.key "$keys/station.key"
expect 77 "without its password it does not open" casetap-packager --config "$conf"
says "which is said" "station.key: no password given"
mkdir credentials && install -m 600 third.key credentials/station.key && printf 'wrong\n' >credentials/station.password &&
    chmod 600 credentials/station.password
expect 77 "a wrong one does not open it" env CREDENTIALS_DIRECTORY="$work/credentials" casetap-packager --config "$conf"
says "which is said" "station.key: wrong password"
printf 'correct horse\n' >credentials/station.password
demo_order LI-4 >/dev/null && casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/capture.err"
expect 0 "a credential opens it" env CREDENTIALS_DIRECTORY="$work/credentials" casetap-packager --config "$conf"
expect 0 "deliver" casetap-uploader --config "$conf"
rm -rf "${orders:?}/LI-4"
expect 10 "what it sealed verifies" verify --root old-root.pub "$lea/LI-4"
install -m 600 second.key "$keys/station.key"

# --- another root
new_key new-root
expect 78 "who is not the root names no other" keyring renew-root --old second.key --new new-root.key
expect 0 "the root hands over to a new one" keyring renew-root --old "$keys/root.key" --new new-root.key
same "which is pinned" "$(sed -n 2p new-root.pub)" "$(sed -n 2p "$etc/root.pub")"
expect 0 "keyring show says what went before" keyring show
same "three earlier versions" 3 "$(grep -cE '^version [123] was issued' "$work/out")"
check "and the other root" grep -qE '^root [0-9A-F]{16} signed up to version 3; root [0-9A-F]{16} followed it' "$work/out"
check "the keyring is the new root's" minisign -Vm "$etc/keyring.txt" -p new-root.pub
head -n 6 "$etc/roots.txt" >s.txt && sed -n 7,10p "$etc/roots.txt" >s.old && sed -n 11,14p "$etc/roots.txt" >s.new
check "minisign finds the succession signed by the old root" minisign -Vm s.txt -x s.old -p old-root.pub
check "and by the new one" minisign -Vm s.txt -x s.new -p new-root.pub
expect 0 "a day under the new root" one_day LI-5
day5=$lea/LI-5/tower-7/2026-11-20
check "roots.txt is delivered" cmp "$etc/roots.txt" "$day5/roots.txt"
same "and listed" 1 "$(grep -c '  roots.txt$' "$day5/SHA256SUMS")"
for root in old-root new-root; do
    expect 10 "whoever pins $root.pub verifies the new days" verify --root $root.pub "$lea/LI-5"
    expect 0 "verify.sh too" sh "$day5/verify.sh" $root.pub "$day5"
    expect 10 "and with them the old ones" verify --root $root.pub "$lea"
done
expect 12 "the old days alone do not know the new root" verify --root new-root.pub "$lea/LI-3"
expect 10 "with a keyring of today they do" verify --root new-root.pub --keyring "$etc/keyring.txt" "$lea/LI-3"
expect 12 "a third root verifies nothing" verify --root second.pub "$lea/LI-5"
cp "$etc/root.pub" pinned.pub && cp old-root.pub "$etc/root.pub"
expect 0 "a program that still pins the old root goes on" casetap-packager --config "$conf"
expect 0 "so does the uploader, in its sandbox" casetap-uploader --config "$conf"
cp pinned.pub "$etc/root.pub"

# --- whoever stole the old root
sed 's/^version: .*/version: 9/' "$etc/keyring.txt" >stolen.txt
minisign -Sm stolen.txt -s "$keys/root.key" -W >/dev/null 2>&1
expect 78 "the old root signs no later keyring" keyring import stolen.txt
says "which is said" "signed by a root that may not sign version 9"
cp -r "$lea/LI-5" bad && chmod -R u+w bad && cp stolen.txt bad/tower-7/2026-11-20/keyring.txt && cp stolen.txt.minisig bad/tower-7/2026-11-20/keyring.txt.minisig
expect 12 "nor one in a delivery" verify --root old-root.pub bad
check "which is named" grep -q "signed by a root that was not the root when this version was issued" "$work/out"
expect 1 "verify.sh finds it too" sh "$day5/verify.sh" old-root.pub bad/tower-7/2026-11-20
rm -rf bad && cp -r "$lea/LI-5" bad && chmod -R u+w bad && sed -i 's/^last-version: .*/last-version: 99/' bad/tower-7/2026-11-20/roots.txt
expect 12 "a changed succession is tampering" verify --root old-root.pub bad
expect 1 "verify.sh finds that as well" sh "$day5/verify.sh" old-root.pub bad/tower-7/2026-11-20

# --- an approver's key ends, and another approval is asked for, after an order was accepted and before its first slice
printf '\n[iap tower-8]\ninterface = eth8\n' >>"$conf" && demo_order LI-7 >/dev/null
expect 0 "an order is accepted at one access point" casetap-capture --config "$conf" --iap tower-7 -r "$top/examples/demo.pcap"
accepted=$(sed -n 's/.*"case":"LI-7",.*"accepted":"\([^"]*\)".*/\1/p' "$state/journal/capture/tower-7.orders")
check "when is remembered" test -n "$accepted"
check "and journaled, with the keyring" grep -q "\"event\":\"order-accepted\".*\"accepted\":\"$accepted\",\"keyring_sha256\":\"$(sha256sum <"$etc/keyring.txt" | cut -d' ' -f1)\"" \
    "$state/journal/capture/tower-7.jsonl"
new_key legal && keyring add approver legal.pub --role legal --approvals 2 >/dev/null
approver=$(sed -n 2p "$keys/approver.pub")
printf 'retired: %s at=%s\n' "$approver" "$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)" >>"$etc/keyring.txt.draft"
expect 0 "its approver's key ends, and two approve from now on" keyring sign --root new-root.key
expect 0 "another access point takes it over" casetap-capture --config "$conf" --iap tower-8 -r "$top/examples/demo.pcap"
expect 0 "seal" casetap-packager --config "$conf"
expect 0 "deliver" casetap-uploader --config "$conf"
expect 10 "its slices, all begun later, stand on the approval of that time" verify --root old-root.pub "$lea/LI-7/tower-8"
check "which is said" grep -q "LI-7/1.order: was accepted at ${accepted%%.*}.*they would not have been enough" "$work/out"
check "and whose key ended" grep -q "LI-7/1.order: is signed by key [0-9A-F]* of approver .*, whose validity ended" "$work/out"
expect 10 "the whole case does, too" verify --root old-root.pub "$lea/LI-7" "$state/records/LI-7"

# --- the key that signs is in no process that reads packets or has a network
if command -v strace >/dev/null && strace -f -o strace.out true 2>/dev/null; then
    demo_order LI-6 >/dev/null
    strace -f -e trace=openat -o capture.trace casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>/dev/null
    same "capture opens no signing key" "" "$(grep -E '"[^"]*\.key"' capture.trace | grep -v ENOENT | head -n 3)"
    strace -f -e trace=socket,openat -o packager.trace casetap-packager --config "$conf" 2>/dev/null
    check "the packager does" grep -q 'station.key"' packager.trace
    same "and has no socket" "" "$(grep 'socket(' packager.trace | head -n 3)"
    strace -f -e trace=openat -o uploader.trace casetap-uploader --config "$conf" 2>/dev/null
    same "the uploader opens no signing key" "" "$(grep -E '"[^"]*(station|root|approver)\.key"' uploader.trace | head -n 3)"
else
    skip "capture opens no signing key" "no strace"
fi
