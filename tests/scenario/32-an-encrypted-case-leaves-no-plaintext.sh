#!/usr/bin/env bash
# A case whose destination has encrypt_to: its packages leave as .tar.age, stock age opens them, and what a canary in the
# payload was sent in is found nowhere under the state folder; killed at any write, the same holds.  (Promise 11; FAULTS
# 123, 124, 135.)
. "$(dirname "$0")/lib.sh"

canary=CASETAP-CANARY-4711-PLAINTEXT
age-keygen -o "$work/lea.key" 2>/dev/null
age-keygen -o "$work/lea2.key" 2>/dev/null
age-keygen -o "$work/escrow.key" 2>/dev/null
age-keygen -o "$work/stranger.key" 2>/dev/null
lea_pub=$(age-keygen -y "$work/lea.key") lea2_pub=$(age-keygen -y "$work/lea2.key")
escrow_pub=$(age-keygen -y "$work/escrow.key")

# the demo capture, with frames of the subject that carry the canary, in pieces that no compression hides
/usr/bin/python3 - "$top/examples/demo.pcap" "$work/canary.pcap" "$canary" <<'PY'
import struct, sys
data, word = open(sys.argv[1], "rb").read(), sys.argv[3].encode()
head, at, out, n = data[:24], 24, [], 0
e = "<" if head[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
while at < len(data):
    s, u, c, l = struct.unpack(e + "IIII", data[at:at + 16])
    f = bytearray(data[at + 16:at + 16 + c])
    if f[12:14] == b"\x08\x00" and len(f) >= 14 + 28 + len(word) and bytes([198, 51, 100, 7]) in (bytes(f[26:30]), bytes(f[30:34])):
        f[-len(word):] = word
        n += 1
    out.append(struct.pack(e + "IIII", s, u, c, l) + bytes(f))
    at += 16 + c
open(sys.argv[2], "wb").write(head + b"".join(out))
sys.exit(0 if n else 1)
PY
check "the capture carries the canary" grep -qa "$canary" "$work/canary.pcap"

holds_canary() { grep -rlaF "$canary" "$@" 2>/dev/null; }
age_names() { find "$1" -name '*.tar.age' | sort; }
encrypt() { sed -i "s|^encrypt_to =.*||; /^\[destination $1\]/a encrypt_to = $2" "$conf"; }
rewind_state() { rm -rf "$state" && cp -a "$work/before" "$state"; }

installation isp
encrypt county-sheriff "$lea_pub $lea2_pub"
demo_order LI-1 --escrow "$escrow_pub" >/dev/null || fail "order"
expect 0 "capture" casetap-capture --config "$conf" -r "$work/canary.pcap"
check "the canary is in the spool" holds_canary "$state/spool"
cp -a "$state" "$work/before"
expect 0 "the packager seals" casetap-packager --config "$conf"
same "promise 11: no plaintext stays: the canary is found nowhere under the state folder" "" "$(holds_canary "$state")"
same "no package lies there in the clear" "" "$(find "$state" -name '*.tar' ! -name '*.tags.tar')"
same "nothing is left in the spool" "" "$(find "$state/spool" -name '*.pcap')"
n=$(age_names "$state/outbox" | wc -l)
check "there are encrypted packages" [ "$n" -gt 3 ]
check "SHA256SUMS lists them" sh -c "cd '$state'/outbox/LI-1/tower-7 && for d in *; do (cd \$d && sha256sum -c --quiet SHA256SUMS) || exit 1; done"
same "the hashes of open days are gone with their closing" "" "$(find "$state/outbox" -name '.*.sum')"
same "the tag files of each package are in records, in the clear" "$n" "$(find "$state/records" -name '*.tags.tar' | wc -l)"
first=$(age_names "$state/outbox" | head -n 1)
for key in lea lea2 escrow; do
    age -d -i "$work/$key.key" "$first" >"$work/$key.tar" 2>"$work/age.err"
    check "stock age opens a package with the key of $key, and tar lists it" tar tf "$work/$key.tar"
done
same "all get the same package" "$(sha256sum <"$work/lea.tar")" "$(sha256sum <"$work/escrow.tar")"
check "a stranger's key opens none" sh -c "! age -d -i '$work/stranger.key' '$first' >/dev/null 2>&1"
found=0
for f in $(age_names "$state/outbox"); do
    age -d -i "$work/lea.key" "$f" 2>/dev/null | grep -qaF "$canary" && found=$((found + 1))
done
check "the canary is in what the LEA opens" [ "$found" -gt 0 ]
same "the seal id in the ledger is that of the package inside" "$(tar xOf "$work/lea.tar" --wildcards '*/tagmanifest-sha256.txt' | sha256sum | cut -d' ' -f1)" \
    "$(awk '$1 == 1 {print $2}' "$(dirname "$first")"/*.ledger.txt)"
same "and that of its tag files in records" "$(tar xOf "$work/lea.tar" --wildcards '*/tagmanifest-sha256.txt')" \
    "$(tar xOf "$state"/records/LI-1/tower-7/LI-1_tower-7_0000000001.tags.tar --wildcards '*/tagmanifest-sha256.txt')"
same "the custody log names the files as they are" "$n" "$(grep -o '"file":"[^"]*\.tar\.age"' "$state/records/LI-1/custody.jsonl" | wc -l)"

# --- delivery and verification
expect 0 "the uploader delivers" casetap-uploader --config "$conf"
check "the LEA has the outbox, byte for byte" diff -r "$state/outbox" "$lea"
root=$work/isp/etc/root.pub
expect 10 "with its identity, casetap-verify judges it as any delivery" casetap-verify --root "$root" --identity "$work/lea.key" "$lea"
report_fits "the report of an encrypted case is as its schema says" --identity "$work/lea.key" "$lea"
report_fits "and of one that stays closed" "$lea"
expect 10 "and so with the escrow's" casetap-verify --root "$root" --identity "$work/escrow.key" "$lea"
expect 10 "and beside the records of the station, in which nothing is out of place" casetap-verify --root "$root" --identity "$work/lea.key" "$lea" "$state/records"
check "or to be remarked" not_in "$work/out" "$state/records"
expect 11 "without, it says that the payload was not opened, and that is 11" casetap-verify --root "$root" "$lea"
check "it says so in words" grep -q "payload not opened" "$work/out"
check "and finds nothing else wrong with days, ledgers and the chain" sh -c "! grep -v '^verdict' '$work/out' | grep -E 'tampered|malformed|missing'"
expect 11 "a stranger's identity opens nothing" casetap-verify --root "$root" --identity "$work/stranger.key" "$lea"
check "and it says so" grep -q "payload not opened" "$work/out"
expect 10 "a single package opens with the identity" casetap-verify --root "$root" --identity "$work/lea.key" "$lea/LI-1/tower-7/$(basename "$(dirname "$first")")/$(basename "$first")"
expect 66 "an identity file that is not there" casetap-verify --root "$root" --identity "$work/none.key" "$lea"
expect 64 "one that is none" casetap-verify --root "$root" --identity "$root" "$lea"
cp -r "$lea" "$work/bad" && chmod -R u+w "$work/bad"
bad=$work/bad/LI-1/tower-7/$(basename "$(dirname "$first")")/$(basename "$first")
printf 'X' | dd of="$bad" bs=1 seek=3000 conv=notrunc status=none
expect 12 "a changed byte of ciphertext is tampering, without the identity" casetap-verify --root "$root" "$work/bad"
expect 12 "and with it" casetap-verify --root "$root" --identity "$work/lea.key" "$work/bad"
check "the file is named" grep -q "$(basename "$bad")" "$work/out"

# --- killed anywhere: at each write of the packager, what stays is ciphertext or the slice
killed=0 leaked=
for at in $(seq 1 40); do
    rewind_state
    strace -qq -f -o /dev/null -e trace=write,fsync,renameat2,unlinkat -e inject=write,fsync,renameat2,unlinkat:signal=KILL:when=$((at * at / 8 + at)) \
        casetap-packager --config "$conf" >/dev/null 2>&1
    [ $? = 137 ] && killed=$((killed + 1))
    # in the spool the slice; elsewhere nothing
    for f in $(holds_canary "$state"); do
        case $f in "$state"/spool/*.pcap) ;; *) leaked="$leaked $f" ;; esac
    done
    casetap-packager --config "$conf" 2>"$work/err" || { fail "killed at $at: $(cat "$work/err")"; break; }
    [ -z "$(holds_canary "$state")" ] || leaked="$leaked after-$at"
    [ "$(age_names "$state/outbox" | wc -l)" = "$n" ] || { fail "killed at $at: $(age_names "$state/outbox" | wc -l) packages, not $n"; break; }
done
check "the packager was killed in $killed of 40 runs" [ "$killed" -gt 25 ]
same "promise 11: killed anywhere, no plaintext stays but the slice" "" "$leaked"
rm -rf "$lea"/*
rm -rf "$state/receipts" && mkdir "$state/receipts"
expect 0 "what the last of them sealed is delivered" casetap-uploader --config "$conf"
opened=0
for f in $(age_names "$lea"); do
    age -d -i "$work/lea2.key" "$f" 2>/dev/null | tar tf - >/dev/null && opened=$((opened + 1))
done
same "and every package of it opens" "$n" "$opened"

# --- an open day: rot is found before it is sent
rewind_state
day=$(date -u +%F)
f=$state/outbox/LI-1/tower-7
casetap-packager --config "$conf" || fail "seal"
last=$(ls "$f" | tail -n 1)
(cd "$f/$last" && for p in *.tar.age; do sha256sum "$p" >".$p.sum"; done && rm SHA256SUMS* ./*.ledger.txt && printf X | dd of="$p" bs=1 seek=900 conv=notrunc status=none)
rm -rf "$lea"/* "$state"/receipts/*
expect 65 "fault 124: bit rot in an encrypted package of an open day is found before it is sent" casetap-uploader --config "$conf"
says "the file is named" 'tar\.age to county-sheriff: .*not the package that was sealed'

rm -rf "$lea"/* "$state"/receipts/* "$state"/journal/uploader/*.blocked "$f/$last"/.*.sum
expect 69 "packages whose hashes are not there wait" casetap-uploader --config "$conf"
says "which is said" 'tar\.age to county-sheriff: unproven: its hash is not there'
check "and is not the destination's fault" test ! -e "$state/journal/uploader/county-sheriff.blocked"

# --- the rule of the case
refused() { # SENTENCE PATTERN
    rewind_state
    expect 78 "$1" casetap-packager --config "$conf"
    says "  in one line" "$2"
    same "  and the slices stay" "$(find "$work/before/spool" -name '*.pcap' | wc -l)" "$(find "$state/spool" -name '*.pcap' | wc -l)"
}
cp "$conf" "$work/conf.good"
sed -i '/^encrypt_to/d' "$conf"
refused "an escrow recipient without encrypt_to is refused" 'case LI-1: nothing is sealed: it names an escrow recipient'
cp "$work/conf.good" "$conf"
casetap-packager --config "$conf" && rm -rf "$work/half" && cp -a "$state" "$work/half"
rm -rf "$state/spool" && cp -a "$work/before/spool" "$state/spool"
sed -i '/^encrypt_to/d' "$conf"
expect 78 "a case that was encrypted is not sealed in the clear" casetap-packager --config "$conf"
cp "$work/conf.good" "$conf"
mkdir "$work/second"
printf '\n[destination second]\nurl = file://%s\n' "$work/second" >>"$conf"
order() {
    casetap order new --config "$conf" --case "$1" --lea county-sheriff --authority title-iii --order-number 1 --issued-by a \
        --presented-by b --responsible c --from 2026-11-19T23:45:00Z --to 2026-11-20T00:15:00Z --subject 198.51.100.7 "${@:2}"
}
expect 78 "an order to one destination with encrypt_to and one without is refused" order LI-2 --to-destination county-sheriff --to-destination second
says "  in one line that names it" 'case LI-2: .*all must have, but not second'
expect 78 "an escrow that is no recipient is refused" order LI-2 --to-destination county-sheriff --escrow age1x
for bad in age1x "${lea_pub}q" "${lea_pub^^}" "$lea_pub $lea_pub" "$(head -c 62 /dev/zero | tr '\0' a)"; do
    cp "$work/conf.good" "$conf" && encrypt county-sheriff "$bad"
    expect 78 "encrypt_to = ${bad:0:12}... is refused" casetap-packager --config "$conf" --check
    says "  by line" 'casetap\.conf:[0-9]+: encrypt_to: '
done
