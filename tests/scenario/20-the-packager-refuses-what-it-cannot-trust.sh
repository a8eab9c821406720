#!/usr/bin/env bash
# casetap-packager: one clear line and the documented exit code for each thing that is wrong with its command line, its
# key, its keyring and its state; nothing is sealed then, and all of it afterwards.  (FAULTS 1, 14, 117, 140, 141, 144.)
. "$(dirname "$0")/lib.sh"

installation main || exit 1
demo_order LI-2026-0042 >/dev/null 2>"$work/err" || { fail "an order is installed"; exit 1; }
casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" || { fail "a file is captured"; exit 1; }
key=$keys/station.key
cp "$key" "$work/station.key"

packages() { find "$state/outbox" -name '*.tar' | wc -l; }
restore_key() {
    rm -f "$key"
    cp "$work/station.key" "$key"
    chmod 0600 "$key"
}

expect 64 "an unknown option is refused" casetap-packager --config "$conf" --frobnicate
expect 64 "a case ID with a path in it is refused" casetap-packager --config "$conf" --case ../../etc
expect 66 "fault 1: a missing configuration" casetap-packager --config "$work/none.conf"
says "fault 1: names the file" 'none\.conf'

chmod 0644 "$key"
expect 77 "fault 14: a signing key that others can read" casetap-packager --config "$conf"
says "fault 14: names the key" 'station\.key'
rm "$key"
expect 66 "a signing key that is missing" casetap-packager --config "$conf"
says "a missing key is named" 'station\.key'
cp "$keys/approver.key" "$key"
chmod 0600 "$key"
expect 78 "a key that is no station of the keyring" casetap-packager --config "$conf"
says "the key's id is named" '[0-9A-F]{16} is no station'
printf 'not a key\n' >"$key"
expect 78 "a file that is no key" casetap-packager --config "$conf"
restore_key
sed '/^\[seal\]/,$d' "$conf" >"$work/noseal.conf"
expect 78 "a configuration without [seal]" casetap-packager --config "$work/noseal.conf"

expect 0 "--check finds nothing wrong" casetap-packager --config "$conf" --check
same "nothing was sealed by any of these" "$(packages)" 0

mv "$state/.casetap" "$work/marker"
expect 78 "fault 117: a state folder without its marker is not written to" casetap-packager --config "$conf"
mv "$work/marker" "$state/.casetap"

exec 9>>"$state/journal/packager/packager.jsonl"
flock -n 9
expect 75 "faults 140, 144: a second packager ends at once" casetap-packager --config "$conf"
exec 9>&-

if is_root; then
    other=$(getent passwd nobody | cut -d: -f1)
    chmod 0755 "$work"
    chmod -R a+rX "$work/main/etc"
    chmod 0600 "$key"
    expect 77 "fault 141: a user who owns nothing of it" setpriv --reuid "$other" --clear-groups "$(command -v casetap-packager)" --config "$conf"
else
    skip "fault 141: a user who owns nothing of it" "needs root"
fi

mkdir -p "$state/records/LI-2026-0042" && : >"$state/records/LI-2026-0042/orders"
expect 74 "an order that can not be put into the records" casetap-packager --config "$conf"
says "the order file is named" 'order file LI-2026-0042/1\.order'
same "holds its case back: no package goes without its order" "$(packages)" 0
rm "$state/records/LI-2026-0042/orders"
expect 0 "then all of it is sealed" casetap-packager --config "$conf"
same "seven packages" "$(packages)" 7
find "$state" -type f ! -name packager.run -exec sha256sum {} + | sort >"$work/before"
expect 0 "a second run has nothing to do" casetap-packager --config "$conf"
find "$state" -type f ! -name packager.run -exec sha256sum {} + | sort >"$work/after"
check "and changes no byte, but for what the last run was" cmp "$work/before" "$work/after"

# What every machine has is enough to check a day and a package.
station=$(sed -n 's/^station: \([^ ]*\) .*/\1/p' "$state"/outbox/*/*/2026-11-20/keyring.txt)
cd "$state"/outbox/*/*/2026-11-20 || exit 1
check "minisign checks the keyring with the root" minisign -Vm keyring.txt -p "$work/main/etc/root.pub"
check "minisign checks SHA256SUMS with the station's key" minisign -Vm SHA256SUMS -P "$station"
check "sha256sum checks the day" sha256sum --strict -c SHA256SUMS
mkdir "$work/x"
check "tar opens a package" tar -C "$work/x" -xf ./*_0000000005.tar
cd "$work"/x/*_0000000005 || exit 1
check "minisign checks the package" minisign -Vm tagmanifest-sha256.txt -P "$station"
check "sha256sum checks the package" sha256sum --strict -c tagmanifest-sha256.txt manifest-sha256.txt
check "tcpdump reads the slice" tcpdump -nr data/*.pcap -w /dev/null
cd /
