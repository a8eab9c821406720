#!/usr/bin/env bash
# What a crash leaves of a part: cut anywhere, with a tail of zeros or of garbage.  The next start makes its longest whole
# prefix the slice, keeps what was found beside it, declares the rest, and the packager seals both.
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"
if ! is_root || ! namespaces_up; then
    skip "faults 48, 49, 50: damaged parts are recovered" "needs root and network namespaces"
    exit
fi
live isp
now=$(date +%s)
order LI-CUT $((now - 10)) $((now + 3600))
sed -i 's/^slice_seconds = .*/slice_seconds = 300/' "$conf"
# Five minutes are long: a part is open, except that the scenario starts at their very end.
[ $((300 - $(date +%s) % 300)) -gt 20 ] || sed -i 's/^slice_seconds = .*/slice_seconds = 900/' "$conf"
sender
daemon
part_of() { find "$state/spool/LI-CUT/tower-7" -name '*.part' 2>/dev/null | head -n 1; }
has_bytes() { [ -n "$(part_of)" ] && [ "$(stat -c %s "$(part_of)")" -gt 10000 ]; }
until_true 20 has_bytes || fail "a part is written to"
kill -9 "$capture" $(pgrep -P "$capture")
wait "$capture" 2>/dev/null
kill "${started[0]}"
part=$(part_of)
seq=$(basename "$part" .part)
cp -a "$state" "$work/crashed"
cp "$part" "$work/part"
size=$(stat -c %s "$work/part")
frame=$((16 + 200))
whole=$(((size - 24) / frame))
note "a part of $size bytes, $whole whole frames"
mv "$orders" "$work/orders.away" && mkdir "$orders" # recovery needs no order, and an idle daemon is soon up

# restart: let a daemon put in order what it finds
restart() {
    daemon
    until_true 10 is_state idle || fail "the daemon starts"
    halt
    same "$1: the daemon puts it in order and ends with 0" 0 $?
}
# recovered SENTENCE FRAMES RAW: RAW 1 if what was found must be kept
recovered() {
    local dir=$state/spool/LI-CUT/tower-7 want=$((24 + $2 * frame)) record
    record=$dir/$seq.json
    same "$1: the slice is its $2 whole frames" "$(head -c "$want" "$work/part" | sha256sum)" "$(sha256sum <"$dir/$seq.pcap")"
    same "$1: and the record says so" "recovered recovered $2 $(sha256sum <"$dir/$seq.pcap" | cut -d' ' -f1)" \
        "$(jq -r '"\(.state) \(.rolled) \(.frames) \(.sha256)"' "$record")"
    if [ "$3" = 1 ]; then
        check "$1: what was found is kept" cmp "$work/damaged" "$dir/$seq.raw"
    else
        check "$1: nothing was cut, nothing is kept" [ ! -e "$dir/$seq.raw" ]
    fi
    same "$1: no part is left" "" "$(part_of)"
}
# damaged SENTENCE FRAMES: $work/damaged as the part
damaged() {
    local raw=1
    rm -rf "$state" && cp -a "$work/crashed" "$state"
    cp "$work/damaged" "$part"
    [ "$(stat -c %s "$work/damaged")" != $((24 + $2 * frame)) ] && [ -s "$work/damaged" ] || raw=0
    restart "$1"
    recovered "$1" "$2" $raw
}
for at in 0 1 23 24 25 39 40 41 $((24 + frame - 1)) $((24 + frame)) $((24 + frame + 1)) $((24 + frame + 16)) \
    $((24 + 7 * frame + 100)) $((24 + whole * frame - 1)) $((24 + whole * frame)); do
    head -c "$at" "$work/part" >"$work/damaged"
    damaged "fault 48: cut at $at" $((at < 24 ? 0 : (at - 24) / frame))
done
for n in 1 15 16 17 4096 70000; do
    { head -c $((24 + whole * frame)) "$work/part" && head -c "$n" /dev/zero; } >"$work/damaged"
    damaged "fault 49: $n zeros behind" "$whole"
done
head -c "$size" /dev/zero >"$work/damaged"
damaged "fault 49: nothing but zeros" 0
{ head -c $((24 + 5 * frame)) "$work/part" && head -c $((size - 24 - 5 * frame)) /dev/zero; } >"$work/damaged"
damaged "fault 49: zeros from the sixth frame on" 5
for n in 1 15 16 17 100 70000; do
    { head -c $((24 + whole * frame)) "$work/part" && head -c "$n" <(yes casetap); } >"$work/damaged"
    damaged "fault 50: $n bytes of garbage behind" "$whole"
done
{ head -c $((24 + 3 * frame)) "$work/part" && head -c 5000 <(yes casetap) && tail -c +$((25 + 3 * frame)) "$work/part"; } >"$work/damaged"
damaged "fault 50: garbage from the fourth frame on" 3

# The last of them goes on: sealed, raw file and all, and capture after it
rm -rf "$orders" && mv "$work/orders.away" "$orders"
sender
daemon
until_true 10 is_capturing LI-CUT
check "capture goes on behind a recovered slice" is_capturing LI-CUT
sleep 1
halt
next=$(printf '%010d' $((10#$seq + 1)))
same "under the next number" 1 "$(find "$state/spool/LI-CUT" -name "$next.json" -o -name "$next.gap.json" | wc -l)"
check "with the time between declared" grep -qE '^(down-time|recovered) ' <(gaps LI-CUT)
expect 0 "the packager seals it" casetap-packager --config "$conf"
tar=$(find "$state/outbox/LI-CUT" -name "*_$seq.tar")
same "with the raw file as it was found" "$(sha256sum <"$work/damaged")" "$(tar -xOf "$tar" --wildcards '*.raw' | sha256sum)"
casetap-verify --root "$work/isp/etc/root.pub" --keyring "$work/isp/etc/keyring.txt" "$tar" >"$work/report" 2>&1
rc=$?
check "casetap-verify finds the package intact ($rc)" [ $rc = 0 -o $rc = 10 ]
tail -n 3 "$work/report" | sed 's/^/# /'
