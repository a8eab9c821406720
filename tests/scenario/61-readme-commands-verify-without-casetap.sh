#!/usr/bin/env bash
# The commands that README.md gives an auditor who has no casetap are run as they stand there, over what the real programs
# delivered; and each of them fails when a byte is changed.
. "$(dirname "$0")/lib.sh"

installation isp
# a keyring with two stations: which one signed is to be found out
minisign -G -W -p "$work/other.pub" -s "$work/other.key" >/dev/null 2>&1
casetap keyring add station "$work/other.pub" --name tower-9 --config "$conf" >/dev/null &&
    casetap keyring sign --root "$keys/root.key" --config "$conf" >/dev/null || fail "a second station"
demo_order LI-2026-0042 >/dev/null || fail "order"
expect 0 "capture" casetap-capture --config "$conf" -r "$top/examples/demo.pcap"
expect 0 "seal" casetap-packager --config "$conf"
expect 0 "deliver" casetap-uploader --config "$conf"

# the README speaks of one day; it is the day of the first number
day=$(dirname "$(ls "$lea"/LI-2026-0042/tower-7/*/LI-2026-0042_tower-7_0000000002.tar)")
awk '/<!-- stock-verify/ { on = 1; next } on && /^```/ { if (++fence == 2) exit; next } on' "$top/README.md" |
    sed "s|LI-2026-0042/tower-7/2026-11-20|$day|; s|_0000000001|_0000000002|g; s|root.pub|$work/isp/etc/root.pub|" >"$work/stock.sh"
same "README has its ten lines" 10 "$(grep -c . "$work/stock.sh")"

verify_by_hand() {
    cp -r "$1" "$work/copy" && sed "s|^cd $day|cd $work/copy|" "$work/stock.sh" >"$work/run.sh"
    bash -euo pipefail "$work/run.sh"
    local rc=$?
    chmod -R u+w "$work/copy" && rm -rf "$work/copy"
    return $rc
}
check "minisign, sha256sum and tar verify a day by README's commands" verify_by_hand "$day"

flip() { # FILE OFFSET
    local byte
    chmod u+w "$1"
    byte=$(xxd -p -s "$2" -l 1 "$1")
    printf "$(printf '\\x%02x' $((16#$byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
for victim in keyring.txt SHA256SUMS LI-2026-0042_tower-7_0000000002.tar "$(basename "$(ls "$day"/*.ledger.txt)")"; do
    rm -rf "$work/bad" && cp -r "$day" "$work/bad"
    flip "$work/bad/$victim" 40
    if verify_by_hand "$work/bad" >"$work/check.out" 2>&1; then
        fail "a flipped byte in $victim is found by hand"
    else
        pass "a flipped byte in $victim is found by hand"
    fi
done

# the same from the page that casetap-verify makes, and from its manual
as_they_stand() { # COMMANDS: over a copy of the day
    rm -rf "$work/copy" && cp -r "$day" "$work/copy" &&
        sed -i "s|CASE/IAP/DAY|$work/copy|; s|LI-2026-0042/tower-7/2026-11-20|$work/copy|; s|/path/to/root.pub|$work/isp/etc/root.pub|
            s|tower.pub|$work/isp/etc/root.pub|; s|CASE_IAP_NUMBER|LI-2026-0042_tower-7_0000000002|g" "$1" && sh -eu "$1"
}
expect 10 "a page is made" casetap-verify --root "$work/isp/etc/root.pub" --html "$work/page.html" "$lea/LI-2026-0042"
sed -n '/id="by-hand"/,/That nothing is missing/p' "$work/page.html" | awk '/<pre>/ { on = 1 } on; /<\/pre>/ { on = 0 }' |
    sed 's/<[^>]*>//g; s/&gt;/>/g; s/&lt;/</g; s/&amp;/\&/g' >"$work/page.sh"
same "the page has its commands" 2 "$(grep -c '^minisign -Vm .* -P' "$work/page.sh")"
check "they verify a day and a package" as_they_stand "$work/page.sh"
sed -n '/^The same with what every machine/,/^\.Ed/p' "$top/man/casetap-verify.1" | sed '1,/^\.Bd/d; /^\.Ed/d; s/^\$ //; s/\\e/\\/g' >"$work/man.sh"
same "the manual has its six lines" 6 "$(grep -c . "$work/man.sh")"
check "they verify a day" as_they_stand "$work/man.sh"

tar xOf "$day/LI-2026-0042_tower-7_0000000002.tar" --wildcards '*.pcap' >"$work/one.pcap"
check "tcpdump reads the slice" tcpdump -nr "$work/one.pcap"
check "tshark reads the slice" tshark -r "$work/one.pcap"
check "capinfos reads the slice" capinfos "$work/one.pcap"
check "busybox sha256sum checks the day's sums" sh -c "cd '$day' && busybox sha256sum -c SHA256SUMS"
hash=$(openssl dgst -sha256 -r "$day/LI-2026-0042_tower-7_0000000002.tar" | cut -d' ' -f1)
check "openssl gives the hash that SHA256SUMS has" grep -q "^$hash  LI-2026-0042_tower-7_0000000002.tar$" "$day/SHA256SUMS"

# A package is a bag: whatever validator there is finds it valid, and so does who goes by RFC 8493 alone.
bag=LI-2026-0042_tower-7_0000000002
mkdir "$work/bag" && tar -xf "$day/$bag.tar" -C "$work/bag"
is_bag() {
    /usr/bin/python3 - "$1" <<'PY'
import hashlib, os, sys
bag = sys.argv[1]
def read(name):
    with open(os.path.join(bag, name), "rb") as f:
        return f.read()
def listed(manifest):
    rows = [line.split("  ", 1) for line in read(manifest).decode().splitlines()]
    assert len({n for _, n in rows}) == len(rows), "a name twice"
    for digest, n in rows:
        assert hashlib.sha256(read(n)).hexdigest() == digest, n
    return {n for _, n in rows}
assert read("bagit.txt") == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
files = {os.path.relpath(os.path.join(d, f), bag) for d, _, fs in os.walk(bag) for f in fs}
payload = {f for f in files if f.startswith("data/")}
assert payload and listed("manifest-sha256.txt") == payload
assert listed("tagmanifest-sha256.txt") == files - payload - {"tagmanifest-sha256.txt", "tagmanifest-sha256.txt.minisig"}
info = dict(line.split(": ", 1) for line in read("bag-info.txt").decode().splitlines())
assert info["Payload-Oxum"] == "%d.%d" % (sum(len(read(f)) for f in payload), len(payload)), info
PY
}
check "what RFC 8493 asks of a bag, a package has" is_bag "$work/bag/$bag"
if /usr/bin/python3 -c 'import bagit' 2>/dev/null; then
    check "bagit.py finds the bag valid" /usr/bin/python3 -m bagit --validate "$work/bag/$bag"
else
    skip "bagit.py finds the bag valid" "bagit.py is not installed"
fi
chmod u+w "$work/bag/$bag/data/$bag.pcap" && echo x >>"$work/bag/$bag/data/$bag.pcap"
check "and not one of which a byte is another" sh -c '! "$@" 2>/dev/null' - bash -c "$(declare -f is_bag); is_bag '$work/bag/$bag'"
