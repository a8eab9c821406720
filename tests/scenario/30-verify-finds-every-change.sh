#!/usr/bin/env bash
# A case is captured, sealed and delivered by the real programs; then each way to change what was delivered is tried on a
# copy, and casetap-verify must end with the right code and name the file.
. "$(dirname "$0")/lib.sh"

case_id=LI-2026-0042
deliver() {
    casetap-capture --config "$conf" -r "$top/examples/demo.pcap" && casetap-packager --config "$conf" &&
        casetap-uploader --config "$conf"
}
check "an installation" installation demo
check "an order" demo_order $case_id
cp -a "$state" "$work/demo/before"
check "a delivery" deliver
root=$work/demo/etc/root.pub
good=$lea/$case_id
first=$(basename "$(ls -d "$good"/tower-7/*/ | head -n 1)")
last=$(basename "$(ls -d "$good"/tower-7/*/ | tail -n 1)")

# name N: the file of package N, and the folder of the copy that holds it
name() { printf '%s_tower-7_%010d.tar' $case_id "$1"; }
place() { dirname "$(ls "$copy"/tower-7/*/"$(name "$1")")"; }

fresh() {
    copy=$work/copy/$case_id
    rm -rf "$work/copy"
    mkdir "$work/copy"
    cp -a "$good" "$copy"
}

# found STATUS SENTENCE NAME: judge the copy; the report must hold a line of a finding that names NAME
found() {
    local sentence=$2
    expect "$1" "$sentence" casetap-verify --root "$root" "$copy"
    if grep -qE "^  (tampered|malformed|fork|incomplete|gap|note) .*$3" "$work/out"; then
        pass "$sentence: $3 is named"
    else
        fail "$sentence: $3 is named"
        sed 's/^/#   /' "$work/out"
    fi
}

fresh
expect 10 "what was delivered is intact, its gaps declared" casetap-verify --root "$root" "$copy"
same "the verdict is the first line and the last" "$(head -n 1 "$work/out")" "$(tail -n 1 "$work/out")"
expect 10 "a stream alone" casetap-verify --root "$root" "$copy/tower-7"
expect 10 "a folder of cases" casetap-verify --root "$root" "$work/copy"
expect 10 "a day alone" casetap-verify --root "$root" "$copy/tower-7/$first"
expect 0 "a package alone" casetap-verify --root "$root" "$(place 2)/$(name 2)"
expect 10 "a gap package alone" casetap-verify --root "$root" "$copy/tower-7/$last/$(name 7)"
cp "$(place 2)/$(name 2)" "$work/"
expect 66 "a package without any keyring can not be judged" casetap-verify --root "$root" "$work/$(name 2)"
says "a package without any keyring: one line says what to give" "give the station's with --keyring"
expect 0 "a package with a keyring given" casetap-verify --root "$root" --keyring "$copy/tower-7/$first/keyring.txt" "$work/$(name 2)"
expect 10 "the same path twice is looked at once" casetap-verify --root "$root" "$copy" "$copy/tower-7"
expect 10 "the report as JSON" casetap-verify --root "$root" --json "$copy"
check "JSON gives the same exit code, and the time that is due is accounted for" python3 - "$work/out" <<'PY'
import json, sys
r = json.load(open(sys.argv[1]))
c = r["cases"][0]["coverage"]
assert r["exit"] == 10 and r["format"] == "casetap-report/1"
assert c["captured_ns"] + c["declared_ns"] == c["due_ns"] and c["missing_ns"] == 0
PY
report_fits "the report of a good case is as its schema says" "$copy"
report_fits "and of a single package" --keyring "$copy/tower-7/$first/keyring.txt" "$work/$(name 2)"
cp -r "$copy" "$work/spoilt" && chmod -R u+w "$work/spoilt" && rm "$work/spoilt"/tower-7/*/"$(name 4)"
report_fits "and of an incomplete one" "$work/spoilt"
printf x | dd of="$(echo "$work/spoilt"/tower-7/*/"$(name 2)")" bs=1 seek=3000 conv=notrunc 2>/dev/null
report_fits "and of a bad one" "$work/spoilt"
sed 's/"findings_unshown"/"more": 1, "findings_unshown"/' "$work/fits.json" >"$work/grown.json"
expect 1 "a member that the schema does not know is found" /usr/bin/python3 "$here/schema.py" "$top/examples/casetap-report.schema.json" "$work/grown.json"
rm -rf "$work/spoilt"

# one flipped byte
small=$(ls -Sr "$copy"/tower-7/*/*.tar | while read -r f; do tar tf "$f" | grep -q '\.pcap$' && echo "$f" && break; done)
for f in "$(place 1)/$(name 1)" "$small"; do
    check "a flipped bit in any byte of $(basename "$f"), and any cut, is noticed" \
        "$build/tests/unit/verify_probe" "$copy/tower-7/$first/keyring.txt" "$(basename "$f")" "$f"
done
unnoticed=0
for at in 0 100 156 511 512 700 1100 2000 3000 5000 8000 10000 11000; do
    fresh
    python3 - "$(place 1)/$(name 1)" $at <<'PY'
import os, sys
path, at = sys.argv[1], int(sys.argv[2])
os.chmod(path, 0o644)
with open(path, "r+b") as f:
    at %= os.path.getsize(path)
    f.seek(at)
    b = f.read(1)
    f.seek(at)
    f.write(bytes([b[0] ^ 1]))
PY
    casetap-verify --root "$root" "$copy" >"$work/out" 2>&1
    case $? in
    12 | 13) grep -qE "(tampered|malformed) .*$(name 1): " "$work/out" || unnoticed=$((unnoticed + 1)) ;;
    *) unnoticed=$((unnoticed + 1)) ;;
    esac
done
same "a flipped byte ends with 12 or 13 and the package's name" "$unnoticed" 0

# packages
fresh
rm "$(place 5)/$(name 5)"
found 11 "one package removed" "$(name 5)"
fresh
d=$(place 5)
mv "$d/$(name 5)" "$d/x" && mv "$d/$(name 6)" "$d/$(name 5)" && mv "$d/x" "$d/$(name 6)"
found 12 "two packages swapped" "$(name 5)"
found 12 "two packages swapped" "$(name 6)"
fresh
cp "$(place 2)/$(name 2)" "$(place 3)/$(name 8)"
found 12 "one duplicated under another number" "$(name 8)"
fresh
cp "$copy/tower-7/$first/$(name 2)" "$copy/tower-7/$last/"
found 12 "one duplicated into another day" "$(name 2)"
expect 0 "the same package given twice from two places" \
    casetap-verify --root "$root" --keyring "$copy/tower-7/$first/keyring.txt" "$copy/tower-7/$first/$(name 2)" "$work/$(name 2)"

# days
fresh
rm -r "$copy/tower-7/$first"
found 11 "the first day removed" "ledgers before"
fresh
rm -r "${copy:?}/tower-7/$last"
if command -v faketime >/dev/null; then
    expect 11 "the last days removed, two days later" faketime -f +3d casetap-verify --root "$root" "$copy"
    check "the missing tail is named" grep -q "not final, and its ledgers from $last on are missing" "$work/out"
else
    skip "the last days removed" "there is no faketime"
fi
fresh
mv "$copy/tower-7/$first" "$copy/tower-7/x" && mv "$copy/tower-7/$last" "$copy/tower-7/$first" &&
    mv "$copy/tower-7/x" "$copy/tower-7/$last"
found 12 "two days swapped" "$first.ledger.txt"
fresh
sed -i 's/^frames/&/; s/ zero -$/ 1 -/' "$copy/tower-7/$last/${case_id}_tower-7_$last.ledger.txt"
found 12 "a ledger edited" "$last.ledger.txt"
fresh
rm "$copy/tower-7/$last/${case_id}_tower-7_$last.ledger.txt"
found 11 "a ledger removed" "$last.ledger.txt"
fresh
sed -i '/0000000005/d' "$copy/tower-7/$last/SHA256SUMS"
rm "$copy/tower-7/$last/$(name 5)"
found 12 "SHA256SUMS edited to hide a package removed" "SHA256SUMS"
fresh
rm "$copy/tower-7/$last/SHA256SUMS.minisig"
found 11 "the signature of SHA256SUMS removed" "SHA256SUMS.minisig"
fresh
cp "$copy/tower-7/$first/SHA256SUMS.minisig" "$copy/tower-7/$last/"
found 12 "the signature of another day put there" "SHA256SUMS"

# another station, with another root, of the same names
home=$conf
rm "$work/$case_id".order*
check "a foreign installation" installation foreign
check "its order" demo_order $case_id
check "its delivery" deliver
foreign=$lea/$case_id
fresh
cp "$foreign/tower-7/$last/"keyring.txt* "$copy/tower-7/$last/"
found 12 "a keyring replaced by a foreign one" "keyring.txt"
fresh
cp "$foreign/tower-7/$last/"* "$copy/tower-7/$last/"
found 12 "a whole day replaced by a foreign one" "$last/keyring.txt"
fresh
cp "$foreign/tower-7/$first/$(name 2)" "$copy/tower-7/$first/"
found 12 "a package replaced by a foreign one" "$(name 2)"
expect 12 "a foreign root" casetap-verify --root "$work/foreign/etc/root.pub" "$copy"

# the same station seals the same numbers twice, as it might after its state was restored from an old copy
conf=$home
rm -rf "$work/demo/var"
mv "$work/demo/before" "$work/demo/var"
if casetap-capture --config "$conf" -r "$top/examples/demo.pcap" >"$work/fork.out" 2>&1 &&
    casetap-packager --config "$conf" >>"$work/fork.out" 2>&1; then
    fork=$(ls "$work"/demo/var/outbox/$case_id/tower-7/*/"$(name 2)")
    fresh
    expect 14 "one number sealed twice is a fork" casetap-verify --root "$root" "$copy/tower-7/$first/$(name 2)" "$fork"
    check "the fork is named" grep -q "^  fork .*$(name 2)" "$work/out"
else
    fail "the station seals the same numbers twice"
    sed 's/^/#   /' "$work/fork.out"
fi

# what is no delivery
fresh
expect 64 "no path" casetap-verify --root "$root"
expect 64 "no root" casetap-verify "$copy"
says "no root: one line says what is needed" "--root ROOT.pub is needed"
expect 10 "a page beside the report" casetap-verify --root "$root" --html "$work/page.html" "$copy"
expect 73 "a page never replaces a file" casetap-verify --root "$root" --html "$work/page.html" "$copy"
says "a page never replaces a file: it is named" "$work/page.html: File exists"
expect 64 "an option that is not known" casetap-verify --root "$root" --xml "$copy"
expect 64 "a root that is no key" casetap-verify --root "$conf" "$copy"
expect 66 "a root that is not there" casetap-verify --root "$work/nowhere" "$copy"
expect 66 "a path that is not there" casetap-verify --root "$root" "$work/nowhere"
says "a path that is not there is named" "$work/nowhere: No such file"
mkdir "$work/empty"
expect 66 "an empty folder" casetap-verify --root "$root" "$work/empty"
expect 66 "a device" casetap-verify --root "$root" /dev/zero
mkfifo "$work/pipe"
expect 66 "a pipe" casetap-verify --root "$root" "$work/pipe"
if is_root; then
    chmod -R u=rwX,go= "$work/copy" && chmod 0711 "$work/copy" "$copy" "$copy/tower-7"
    expect 74 "a day that may not be read" setpriv --reuid 65534 --regid 65534 --clear-groups \
        "$build/packager/casetap-verify" --root "$root" "$copy/tower-7/$first"
    chown -R 65534:65534 "$work/copy"
    expect 10 "root reads what another user owns" casetap-verify --root "$root" "$copy"
    chmod -R a+rX "$work/copy"
    expect 10 "a user who owns nothing of it" setpriv --reuid 65533 --regid 65533 --clear-groups \
        "$build/packager/casetap-verify" --root "$root" "$copy"
else
    chmod 000 "$copy/tower-7/$first"
    expect 74 "a day that may not be read" casetap-verify --root "$root" "$copy/tower-7/$first"
    chmod 755 "$copy/tower-7/$first"
fi
