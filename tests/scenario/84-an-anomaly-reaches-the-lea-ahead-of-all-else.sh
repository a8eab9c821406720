#!/usr/bin/env bash
# A gap over its threshold becomes the station's signed notice when it is sealed; the uploader brings it at any hour and
# before whatever waits, and casetap-verify, minisign and sha256sum know it.
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"

installation isp || { fail "installation"; exit; }
mkdir "$work/daily"
hour=$(((10#$(date -u +%H) + 12) % 24))
closed=$(printf 'window = %02d:00-%02d:01' "$hour" "$hour")
sed -i "/^\[destination county-sheriff\]/a $closed" "$conf"
destination daily "url = file://$work/daily" "deliver = day" "$closed"
demo_order LI-N --to-destination daily >/dev/null && demo_order LI-Z >/dev/null || fail "orders"
casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" || fail "capture: $(cat "$work/err")"
slice=$(cd "$state/spool/LI-Z/tower-7" && ls -- *.pcap | sed -n 2p)
cp "$state/spool/LI-Z/tower-7/$slice" "$state/spool/LI-N/tower-7/$slice" # not what its record says: quarantine
printf X >>"$state/spool/LI-N/tower-7/$slice"
expect 65 "a slice is set aside, and the rest is sealed" casetap-packager --config "$conf"
notice=$(cd "$state/outbox" && find LI-N -name '*.notice-1.txt')
same "of the one gap over the threshold there is one notice, and none of the other case" "$notice" \
    "$(cd "$state/outbox" && find . -name '*.notice-*' | sed 's|^\./||')"
check "it tells of the gap, with its number and reason" \
    grep -qE "^gap $((10#${slice%.pcap})) 2026-[^ ]*Z 2026-[^ ]*Z quarantined\$" "$state/outbox/$notice"
check "and SHA256SUMS lists it" grep -qF "  ${notice##*/}" "$state/outbox/${notice%/*}/SHA256SUMS"
check "and the custody log tells of it" grep -q '"event":"notice"' "$state/records/LI-N/custody.jsonl"
head -n -4 "$state/outbox/$notice" >"$work/notice" && tail -n 4 "$state/outbox/$notice" >"$work/notice.minisig"
check "minisign checks it by the manual's three lines" \
    minisign -V -q -P "$(sed -n 's/^station: \([^ ]*\).*/\1/p' "$work/isp/etc/keyring.txt")" -m "$work/notice"
casetap-packager --config "$conf" 2>"$work/err"
same "the next run writes no second one" 1 "$(find "$state/outbox" -name '*.notice-*' | wc -l)"

# --- in an open day a notice has only its own signature
day=$state/outbox/${notice%/*}
mv "$day/SHA256SUMS.minisig" "$work/aside" && cp "$state/outbox/$notice" "$work/good"
sed -i 's/quarantined$/unimportant/' "$state/outbox/$notice"
expect 65 "a notice that somebody has changed goes nowhere" casetap-uploader --config "$conf" --case LI-N
says "and why is said" "${notice##*/} to county-sheriff: .*its signature is not one of a station"
same "nothing is there" "" "$(find "$lea" "$work/daily" -type f)"
cp "$work/good" "$state/outbox/$notice" && mv "$work/aside" "$day/SHA256SUMS.minisig" && rm "$state"/journal/uploader/*.blocked

# --- at any hour, and first
expect 0 "outside of its hours a destination gets no files" casetap-uploader --config "$conf"
same "but the notice, at the one that takes packages" "./$notice" "$(cd "$lea" && find . -type f)"
same "and at the one that takes a day as one file" "./$notice" "$(cd "$work/daily" && find . -type f)"
sed -i '/^window = /d' "$conf"
rm -r "$lea"/* "$state/receipts" && mkdir -m 2750 "$state/receipts"
expect 0 "within them everything goes" casetap-uploader --config "$conf"
same "the notice before anything else" 1 "$(jq .number "$state/receipts/LI-N/tower-7/${notice##*/}.county-sheriff.receipt")"
expect 0 "an audit finds it with the rest" casetap-uploader --config "$conf" --audit bytes

# --- what the LEA sees
root=$work/isp/etc/root.pub
expect 10 "the delivery is intact, with its gap" casetap-verify --root "$root" "$lea/LI-N"
check "the report names the notice" grep -qE "${notice##*/}: the station gave notice: gap of [0-9]+ s from 2026-.*: quarantined" "$work/out"
expect 10 "so does the one of the day as one file" casetap-verify --root "$root" --json "$work/daily/LI-N"
check "as what happened to the day" jq -e '[.. | objects | select(.kind? == "notice given" and .who == "tower-7")] | length == 1' "$work/out"
sed -i 's/quarantined$/unimportant/' "$lea/$notice"
expect 12 "a changed notice is tampering" casetap-verify --root "$root" "$lea/LI-N"
check "which the report says of its signature" grep -qE "${notice##*/}: its signature is " "$work/out"
rm "$lea/$notice"
expect 11 "a missing one is missed" casetap-verify --root "$root" "$lea/LI-N"
