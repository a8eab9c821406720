#!/usr/bin/env bash
# A case of DAYS (default 3) days in slices of SLICE (default 14400) seconds at two access points, made by the real programs from
# files whose frames bear those days' times: extended twice, two gaps, a key rotated and one revoked, at last purged.  What was
# delivered is verified in one command, and so is what stays.  `./bootstrap soak` makes it 30 days of five minutes: 17,000 packages.
. "$(dirname "$0")/lib.sh"
days=${DAYS:-3} slice=${SLICE:-14400}
begin=$(date -u -d 2026-10-20 +%s) third=$((days * 86400 / 3))
at() { date -u -d "@$1" +%FT%TZ; }
from=$(at "$begin") to=$(at $((begin + third)))
subject=(--subject 198.51.100.7)
installation isp >/dev/null || { fail "an installation is made"; exit; }
etc=$work/isp/etc root=$work/pinned.pub
cp "$etc/root.pub" "$root"
sed -i "s/^slice_seconds = .*/slice_seconds = $slice/" "$conf"
sed -n '/^\[iap tower-7\]/,/^$/s/tower-7/tower-8/; /^\[iap tower-8\]/,/^$/p' "$conf" >"$work/iap" && cat "$work/iap" >>"$conf"
demo_order LI-1 --payload-days 1 --records-days 3650 >/dev/null || fail "order"

# took STATUS SENTENCE COMMAND...: expect, and note how long it took and what one of its processes had in memory at most
took() {
    expect "$1" "$2" /usr/bin/python3 -c '
import os, sys, time
began = time.monotonic()
_, status, usage = os.wait4(os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ), 0)
with open(sys.argv[1], "w") as f:
    f.write("%.1f s, %.1f s of CPU, at most %d MiB" % (time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))
sys.exit(os.waitstatus_to_exitcode(status))' "$work/took" "${@:3}"
    note "$2: $(cat "$work/took")"
}

# frames N: two frames in each slice of that third of the window, but for the last two slices of the first and the second
frames() {
    /usr/bin/python3 - "$work/third.pcap" $((begin + $1 * third)) $((begin + ($1 + 1) * third - ($1 < 2 ? 2 * slice : 0))) "$slice" <<'EOF'
import struct, sys
begin, end, slice = map(int, sys.argv[2:])
ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 120, 0, 0, 64, 17, 0, bytes([198, 51, 100, 7]), bytes([203, 0, 113, 9]))
frame = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip + bytes(100)
with open(sys.argv[1], "wb", 1 << 20) as f:
    f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    for t in range(begin, end, slice):
        for at in (0, slice - 1):
            f.write(struct.pack("<IIII", t + at, 0, len(frame), len(frame)) + frame)
EOF
}

extend() { # the order by another third
    casetap order extend LI-1 --to "$(at $((begin + $1 * third)))" --config "$conf" >"$work/$1.order" &&
        casetap order approve "$work/$1.order" --config "$conf" --key "$keys/approver.key" &&
        casetap order install "$work/$1.order" --config "$conf"
}
keyring() { casetap keyring "$@" --config "$conf"; }
minisign -G -W -p "$work/second.pub" -s "$work/second.key" >/dev/null 2>&1
first=$(sed -n 's/^station: \(RW[^ ]*\) .*/\1/p' "$etc/keyring.txt")
for n in 0 1 2; do
    frames $n
    for iap in tower-7 tower-8; do
        took 0 "third $n is captured at $iap" casetap-capture --config "$conf" --iap $iap -r "$work/third.pcap"
    done
    took 0 "third $n is sealed" casetap-packager --config "$conf"
    took 0 "third $n is delivered" casetap-uploader --config "$conf"
    [ $n = 2 ] || check "the order is extended" extend $((n + 2))
    case $n in
    0)
        check "the station's key is rotated" keyring rotate tower-7 "$work/second.pub" --until 2099-01-01T00:00:00Z
        check "and that put in force" keyring sign --root "$keys/root.key"
        install -m 600 "$work/second.key" "$keys/station.key"
        ;;
    1)
        check "the old key is revoked" keyring revoke "$first" --reason lost
        check "and that put in force" keyring sign --root "$keys/root.key"
        ;;
    esac
done
count=$(find "$lea" -name '*.tar' | wc -l)
# A package a slice that there are frames of, and one for what each file lacks: twice two slices, and each file's last second.
gaps=$((4 * slice + 3))
same "a package a slice or gap, and access point" $((2 * (days * 86400 / slice - 4 + 3))) "$count"
took 10 "the $count packages that the LEA has are verified in one command" casetap-verify --root "$root" --json "$lea/LI-1"
judged() { # of the window's seconds, how many are due, captured, declared, missing; of how many streams
    jq -r '.cases[0] | [(.coverage | .due_ns, .captured_ns, .declared_ns, .missing_ns | . / 1e9 | round), (.streams | length)] |
        join(" ")' "$work/out"
}
same "every second of the window is captured or declared" "$((days * 86400)) $((days * 86400 - gaps)) $gaps 0 2" "$(judged)"
same "what both access points lack is told once" "not-in-source not-in-source not-in-source" \
    "$(jq -r '[.cases[0].gaps[].reason] | join(" ")' "$work/out")"
same "both streams are final" "source-end source-end" "$(jq -r '[.cases[0].streams[].final] | join(" ")' "$work/out")"
same "the report for programs has what is to be certified" "1 title-iii true" \
    "$(jq -r '.cases[0].certifications[0] | "\(.revision) \(.authority) \(.approvers != "")"' "$work/out")"
check "the revoked key is named" grep -q "revoked" "$work/out"
took 10 "a page of it is written" casetap-verify --root "$root" --html "$work/page.html" "$lea/LI-1"
note "the page has $(($(wc -c <"$work/page.html") / 1024)) KiB"
check "not much is kept in memory: $(cat "$work/took")" awk '{ exit !($(NF - 1) < 192) }' "$work/took"

# What one access point did not capture the other did.
cp -r "$lea/LI-1" "$work/LI-1" && chmod -R u+w "$work/LI-1"
lost=$(find "$work/LI-1/tower-7" -name '*_0000000003.tar')
rm "$lost"
expect 11 "a package that is gone at one is missed" casetap-verify --root "$root" --json "$work/LI-1"
check "by its name" grep -q "$(basename "$lost")" "$work/out"
same "but its time is covered by the other" "$((days * 86400)) $((days * 86400 - gaps)) $gaps 0 2" "$(judged)"
rm "$(find "$work/LI-1/tower-8" -name '*_0000000003.tar')"
expect 11 "gone at both" casetap-verify --root "$root" --json "$work/LI-1"
same "its time is missing" "$((days * 86400)) $((days * 86400 - gaps - slice)) $gaps $slice 2" "$(judged)"
rm -r "$work/LI-1/tower-8"
expect 11 "an access point that is gone whole is missed" casetap-verify --root "$root" "$work/LI-1"
check "by its name, which the other's ledgers tell" grep -q "LI-1/tower-8: is missing: the ledger in .*tower-7.* names this access point" "$work/out"
expect 10 "one that is given alone is judged as such" casetap-verify --root "$root" "$lea/LI-1/tower-7"
check "which the report says" grep -q "judged: the access points given" "$work/out"

if ! command -v faketime >/dev/null; then
    skip "the payload is purged" "needs faketime"
    exit
fi
check "a purge is asked for" faketime -f +3d casetap purge --config "$conf" --key "$keys/approver.key"
took 0 "the payload is purged" faketime -f +3d casetap-packager --config "$conf"
same "no package is left" 0 "$(find "$state/outbox" -name '*.tar' | wc -l)"
took 10 "what stays is verified" casetap-verify --root "$root" "$state/records/LI-1"
took 10 "and together with what the LEA has" casetap-verify --root "$root" "$lea/LI-1" "$state/records/LI-1"
