#!/usr/bin/env bash
# casetap-verify looks into CASE_IAP_DAY.day.tar where it lies: its sum, its signature and its container, then the day in it
# as a folder's; alone, several, beside the folder, encrypted.  (FAULTS 60, 61, 63, 66, 70, 73, 74, 75, 80.)
. "$(dirname "$0")/lib.sh"

verify() { casetap-verify --root "$work/isp/etc/root.pub" "$@"; }

installation isp
sed -i '/^\[destination county-sheriff\]/,$ { /^deliver/d }; /^\[destination county-sheriff\]/a deliver = both' "$conf"
demo_order LI-1 >/dev/null || fail "order"
casetap-capture --config "$conf" -r "$top/examples/demo.pcap" && casetap-packager --config "$conf" &&
    casetap-uploader --config "$conf" || fail "a delivery"
both=$lea/LI-1/tower-7
days=("$both"/*/)
mkdir "$work/tars" "$work/folders"
for day in "${days[@]}"; do
    name=$(basename "$day")
    mkdir -p "$work/tars/LI-1/tower-7/$name" "$work/folders/LI-1/tower-7/$name"
    cp -p "$day"/*.day.tar* "$work/tars/LI-1/tower-7/$name/"
    cp -p "$day"/* "$work/folders/LI-1/tower-7/$name/" && rm "$work/folders/LI-1/tower-7/$name"/*.day.tar*
done

# --- the same answer as of the folders
expect 10 "folders verify" verify --json "$work/folders/LI-1"
plain() { jq -S 'del(.at)' "$1"; }
plain "$work/out" >"$work/folders.json"
expect 10 "so do the days as one file" verify --json "$work/tars/LI-1"
plain "$work/out" >"$work/tars.json"
sed -i "s|$work/folders/||g" "$work/folders.json"
sed -i "s|$work/tars/||g; s|/[^/\"]*\\.day\\.tar||g" "$work/tars.json"
check "and the report is the same, to the last figure" diff "$work/folders.json" "$work/tars.json"
expect 10 "a delivery of both verifies" verify --json "$both/.."
same "and finds nothing more" "$(jq '.findings | length' "$work/folders.json")" "$(jq '.findings | length' "$work/out")"
mkdir "$work/flat"
cp -p "$work"/tars/LI-1/tower-7/*/* "$work/flat"
expect 10 "all days in one folder are a stream" verify --json "$work/flat"
same "of which everything is due" true "$(jq '.cases[0].streams[0].whole' "$work/out")"
same "and which is judged as before" "$(jq -cS .cases[0].coverage "$work/folders.json")" "$(jq -cS .cases[0].coverage "$work/out")"
expect 10 "several can be named" verify --html "$work/page.html" "$work"/flat/*.day.tar
check "and make a page" grep -q '<svg' "$work/page.html"
check "nothing was unpacked" sh -c "[ \$(find '$work/flat' -type f | wc -l) = $((3 * ${#days[@]})) ]"

# --- one of them, alone and spoilt
one=$(echo "$work"/flat/*.day.tar | cut -d' ' -f1)
base=$(basename "$one")
mkdir "$work/x"
x=$work/x/$base
fresh() { rm -rf "$work/x" && mkdir "$work/x" && cp -p "$one" "$one.sha256" "$one.minisig" "$work/x"; }
found() { grep -qF -- "$1" "$work/out"; }
fresh
expect 10 "one file alone verifies" verify "$x"
rm "$x.sha256" "$x.minisig"
expect 10 "also without its sum and signature" verify "$x"
check "which is said" found "did not come along"
fresh && sed -i '1s/^[^0]/0/;t;1s/^0/f/' "$x.sha256"
expect 12 "a changed sum is found" verify "$x"
fresh && cp "$(ls "$work"/flat/*.day.tar.minisig | tail -n 1)" "$x.minisig"
expect 12 "a signature of another file is found" verify "$x"
check "by name" found "$base.minisig"
fresh && sed -i '1s/station/Station/;1s/casetap/Casetap/' "$x.minisig"
expect 12 "so is a comment that nobody signed" verify "$x"
offset() { # offset NAME: where the data of that member begins
    python3 - "$x" "$1" <<'P'
import sys, tarfile
for m in tarfile.open(sys.argv[1]):
    if m.name.endswith(sys.argv[2]):
        print(m.offset_data)
        break
P
}
package=$(tar tf "$one" | grep '\.tar$' | head -n 1)
flip() { printf '\377' | dd of="$x" bs=1 seek="$1" conv=notrunc status=none; }
fresh && flip "$(($(offset "$package") + 700))"
expect 13 "a byte of a package in it is found" verify "$x"
check "and the package named" found "$base/$(basename "$package")"
rm "$x.sha256" "$x.minisig"
expect 13 "also where nothing vouches for the whole" verify "$x"
fresh && at=$(offset SHA256SUMS) && [ "$(dd if="$x" bs=1 skip="$at" count=1 status=none)" = 0 ] && digit=1 || digit=0
printf %s "$digit" | dd of="$x" bs=1 seek="$at" conv=notrunc status=none
expect 12 "a byte of the list" verify "$x"
fresh && flip "$(($(offset ledger.txt) + 40))"
expect 12 "a byte of the ledger" verify "$x"
check "which is named" found "$base/LI-1_tower-7_"
fresh && flip "$(($(offset keyring.txt) + 40))"
expect 12 "a byte of the keyring" verify "$x"
fresh && truncate -s -512 "$x"
expect 13 "fault 60: cut" verify "$x"
fresh && printf x >>"$x"
expect 13 "fault 80: something behind the end" verify "$x"
fresh && tar --delete -f "$x" "$package"
expect 13 "fault 74: a member taken out" verify "$x"
check "which is named" found "$package"
mkdir "$work/u"
tar xf "$one" -C "$work/u"
again() { (cd "$work/u" && tar cf "$x" --owner=0 --group=0 --numeric-owner --mode=0444 --format=ustar "$@"); }
fresh && again "${base%.day.tar}"
expect 13 "made anew by tar" verify "$x"
fresh && truncate -s 0 "$x"
expect 13 "empty" verify "$x"
fresh && cp "$(ls "$work"/flat/*.day.tar | tail -n 1)" "$x"
expect 13 "another day under this name" verify "$x"
fresh && rm "$x"
mkfifo "$x"
expect 66 "a pipe is none" verify "$x"
rm "$x" && ln -s "$one" "$x"
expect 13 "a link to one, found in a folder, is not followed" verify "$work/x"
rm -rf "$work/two" && cp -rp "$both" "$work/two"
first=$(ls "$work/two" | head -n 1)
cp "$(ls "$work"/flat/*.day.tar | tail -n 1)" "$work/two/$first/$base"
expect 13 "beside the folder, a file that is another day's" verify "$work/two"
rm -rf "$work/two" && cp -rp "$both" "$work/two"
rm "$work/two/$first"/*.day.tar.*
x=$work/two/$first/$base
flip "$(($(offset "$package") + 700))"
expect 12 "beside the folder, a byte of it that nothing else vouches for" verify "$work/two"
rm "$work/tars/LI-1/tower-7/$first"/*.day.tar
expect 11 "a file that is gone is missed by its sum" verify "$work/tars/LI-1"
check "and named" found "$base"

# --- with a shell and openssl
root=$work/isp/etc/root.pub
tar xOf "$one" --wildcards '*/verify.sh' >"$work/verify.sh"
by_hand() { "$1" "$work/verify.sh" "$root" "$work/x/$base"; }
with_busybox() { busybox sh "$work/verify.sh" "$root" "$base"; }
fresh
expect 0 "verify.sh finds a day as one file whole" by_hand dash
same "keyring, list, files, sum and signature" 6 "$(grep -c '^ok ' "$work/out")"
cd "$work/x" || exit
expect 0 "so it does with busybox, from where it lies" with_busybox
cd "$work" || exit
rm "$work/x/$base.minisig" "$work/x/$base.sha256"
expect 0 "also without sum and signature" by_hand dash
same "which is said" 2 "$(grep -c '^note .*did not come along' "$work/out")"
x=$work/x/$base
flip "$(($(offset "$package") + 700))"
expect 1 "it finds a byte of a package in it" by_hand dash
fresh && sed -i '1s/^[^0]/0/;t;1s/^0/f/' "$x.sha256"
expect 1 "and a changed sum" by_hand dash
fresh && cp "$(ls "$work"/flat/*.day.tar.minisig | tail -n 1)" "$x.minisig"
expect 1 "and a signature of another file" by_hand dash
check "which is named" found "$base: not signed by the station"
fresh && rm "$x".* && ln -s /etc/hostname "$work/u/${base%.day.tar}/link" && again "${base%.day.tar}"
expect 1 "what is no day is not unpacked" by_hand dash
check "which is said" found "holds more than"
rm "$work/u/${base%.day.tar}/link"
echo canary >"$work/outside"
(cd "$work/u/${base%.day.tar}" && tar cPf "$x" ../../outside)
expect 1 "fault 62: nor is what points out of it" by_hand dash

# --- the LEA's acknowledgement
minisign -G -W -f -p "$work/lea.pub" -s "$work/lea.sec" >/dev/null </dev/null || fail "minisign"
fresh
expect 10 "the LEA acknowledges it" verify --receipt "$work/lea.sec" "$work/x/$base"
check "beside it" grep -q "^casetap-acknowledgement\|^casetap-ack" "$work/x/SHA256SUMS.received"
check "over the list in it" grep -q "$(tar xOf "$one" --wildcards '*/SHA256SUMS' | sha256sum | cut -d' ' -f1)" "$work/x/SHA256SUMS.received"

# --- an encrypted case
installation enc
age-keygen -o "$work/lea.key" 2>/dev/null
sed -i "/^encrypt_to/d; /^deliver/d; /^\[destination county-sheriff\]/a encrypt_to = $(age-keygen -y "$work/lea.key")\ndeliver = day" "$conf"
rm -f "$work"/LI-1.order*
demo_order LI-1 >/dev/null && casetap-capture --config "$conf" -r "$top/examples/demo.pcap" && casetap-packager --config "$conf" &&
    casetap-uploader --config "$conf" || fail "an encrypted installation"
expect 11 "encrypted, it says what it could not open" casetap-verify --root "$work/enc/etc/root.pub" "$lea/LI-1"
check "by the day" found "payload not opened"
expect 10 "with the LEA's key all of it verifies" casetap-verify --root "$work/enc/etc/root.pub" --identity "$work/lea.key" "$lea/LI-1"
