#!/usr/bin/env bash
# What lies in the spool under a slice's name and is none goes to quarantine untouched, in one line and with 65; its number
# becomes a gap package, and everything around it is sealed.  Leftovers of an earlier boot, and names that are taken, hold
# nothing up and are never overwritten.
. "$(dirname "$0")/lib.sh"

# captured NAME: an installation with the demo file captured in many slices; $spool its stream, $slices their numbers
captured() {
    installation "$1" || fail "an installation is made"
    sed -i 's/^slice_seconds = .*/slice_seconds = 30/' "$conf"
    rm -f "$work"/LI-ODD.order*
    demo_order LI-ODD >/dev/null || fail "order"
    casetap-capture --config "$conf" -r "$top/examples/demo.pcap" || fail "the demo file is captured"
    spool=$state/spool/LI-ODD/tower-7 quarantine=$state/quarantine/LI-ODD/tower-7
    mapfile -t slices < <(cd "$spool" && ls ./*.pcap | sed 's|^\./||; s|\.pcap$||')
}
packages() { find "$state/outbox" -name "*_${1:-*}.tar"; }
reason_of() { tar -xOf "$(packages "$1")" --wildcards '*/custody.json' | jq -r '.gap.reason // "no gap"'; }
# quarantined FAULT SENTENCE SEQ PATTERN: after one run that had this number spoilt
quarantined() {
    same "fault $1: $2: one line tells" 1 "$(grep -cE "^casetap-packager: LI-ODD/tower-7: number $((10#$3)): $4" "$work/err")"
    same "fault $1: $2: its number is a gap package" quarantined "$(reason_of "$3")"
    check "fault $1: $2: nothing of it is left in the spool" [ -z "$(find "$spool" -name "$3*")" ]
}
intact() { # NAME STATUS
    casetap-uploader --config "$conf" >/dev/null 2>&1
    casetap-verify --root "$work/$1/etc/root.pub" "$lea" >"$work/report" 2>&1
    same "$1: what is delivered is intact, gaps declared" 10 $?
}

# --- 56: what is no plain file of its own
captured strange
n=${#slices[@]}
note "$n slices"
[ "$n" -ge 14 ] || fail "the demo file gives enough slices"
seq=("${slices[@]}")
cp "$spool/${seq[1]}.pcap" "$work/elsewhere.pcap"
ln -sf "$work/elsewhere.pcap" "$spool/${seq[1]}.pcap"
ln "$spool/${seq[2]}.pcap" "$work/linked.pcap"
rm "$spool/${seq[3]}.pcap" && mkfifo "$spool/${seq[3]}.pcap"
rm "$spool/${seq[4]}.pcap" && mkdir "$spool/${seq[4]}.pcap" && echo content >"$spool/${seq[4]}.pcap/file"
device=1
rm "$spool/${seq[5]}.pcap"
mknod "$spool/${seq[5]}.pcap" c 1 5 2>/dev/null || device=0
ln -sf /dev/zero "$spool/${seq[6]}.json"
rm "$spool/${seq[7]}.json" && mkfifo "$spool/${seq[7]}.json"
ln -s "$work/elsewhere.pcap" "$spool/${seq[8]}.raw"
ln -s /etc/passwd "$spool/0000009999.pcap"
mkdir "$spool/notes"
before=$(sha256sum "$work/elsewhere.pcap" "$work/linked.pcap")
expect 65 "fault 56: the packager ends, with 65" timeout 60 casetap-packager --config "$conf"
cp "$work/err" "$work/strange.err"
quarantined 56 "a symbolic link" "${seq[1]}" "its slice is not a plain file: moved to quarantine/LI-ODD/tower-7$"
quarantined 56 "a hard link" "${seq[2]}" "its slice is not a plain file: moved"
quarantined 56 "a fifo" "${seq[3]}" "its slice is not a plain file: moved"
quarantined 56 "a folder" "${seq[4]}" "its slice is not a plain file: moved"
if [ $device = 1 ]; then
    quarantined 56 "a device" "${seq[5]}" "its slice is not a plain file: moved"
else
    skip "fault 56: a device" "no devices can be made here"
fi
quarantined 56 "a link as the record" "${seq[6]}" "its record is not a plain file: moved"
quarantined 56 "a fifo as the record" "${seq[7]}" "its record is not a plain file: moved"
quarantined 56 "a link as the raw file" "${seq[8]}" "its raw file is not a plain file: moved"
check "fault 56: the link itself is in quarantine, not what it points to" [ -L "$quarantine/${seq[1]}.pcap" ]
check "fault 56: and the fifo" [ -p "$quarantine/${seq[3]}.pcap" ]
check "fault 56: and the folder with its file" [ -f "$quarantine/${seq[4]}.pcap/file" ]
check "fault 56: and each slice's own record" [ -f "$quarantine/${seq[1]}.json" ]
same "fault 56: what they point to was not touched" "$before" "$(sha256sum "$work/elsewhere.pcap" "$work/linked.pcap")"
check "fault 56: a number that was never taken is left alone" [ -L "$spool/0000009999.pcap" ]
same "fault 56: and nothing of it was packed" 0 "$(packages 0000009999 | wc -l)"
same "fault 56: each number has its package" "$(jq .next "$spool/state")" "$(($(packages | wc -l) + 1))"
expect 0 "fault 56: the next run has nothing to complain about" casetap-packager --config "$conf"
intact strange

# --- 51, 52, 57: what is a plain file, and not the slice of its record
captured changed
seq=("${slices[@]}")
bend() { # SEQ EXPRESSION of d, its bytes
    /usr/bin/python3 -c "import struct, sys; d = open(sys.argv[1], 'rb').read(); open(sys.argv[1], 'wb').write($2)" "$spool/$1.pcap"
}
bend "${seq[1]}" 'd[:24 + 16 + 20] + bytes([d[24 + 16 + 20] ^ 1]) + d[24 + 16 + 21:]'
bend "${seq[2]}" 'd[:-1]'
bend "${seq[3]}" 'd + b"\0"'
bend "${seq[4]}" 'b"\xa1\xb2\xc3\xd4" + d[4:]'
bend "${seq[5]}" 'b"\x4d\x3c\xb2\xa1" + d[4:]'
bend "${seq[6]}" 'b"\x34\xcd\xb2\xa1" + d[4:]'
bend "${seq[7]}" 'd[:32] + b"\xff\xff\xff\xff" + d[36:]'
editcap -F pcapng "$spool/${seq[8]}.pcap" "$work/ng" && cp "$work/ng" "$spool/${seq[8]}.pcap"
rm "$spool/${seq[9]}.pcap"
: >"$spool/${seq[10]}.json"
expect 65 "fault 57: the packager ends with 65" casetap-packager --config "$conf"
quarantined 57 "one bit of a frame" "${seq[1]}" "its slice does not match its hash: moved"
quarantined 57 "a byte less" "${seq[2]}" "its slice .*: moved"
quarantined 57 "a byte more" "${seq[3]}" "its slice has bytes that are not packets: moved"
quarantined 51 "the other byte order" "${seq[4]}" "its slice .*: moved"
quarantined 51 "nanoseconds in the magic number only" "${seq[5]}" "its slice .*: moved"
quarantined 51 "the modified format" "${seq[6]}" "its slice .*: moved"
quarantined 52 "a caplen of 0xFFFFFFFF" "${seq[7]}" "its slice .*: moved"
quarantined 51 "pcapng" "${seq[8]}" "its slice .*: moved"
quarantined 57 "a record alone" "${seq[9]}" "its record has no slice: moved|its part is not a plain file: moved"
quarantined 57 "an empty record" "${seq[10]}" "its record is not one of this number: moved"
same "one line each, and no other" 10 "$(wc -l <"$work/err")"
intact changed

# --- 57: changed while it is read.  strace holds the packager behind its first look at the slice and its intent to seal it.
captured racing
seq=("${slices[@]}")
victim=$spool/${seq[2]}.pcap
if is_root && strace -f -o /dev/null true 2>/dev/null; then
    strace -f -o "$work/trace" -P "$victim" -e trace=lseek -e inject=lseek:delay_enter=2000000 \
        casetap-packager --config "$conf" >"$work/out" 2>"$work/err" &
    tracer=$!
    is_next() { [ -e "$state/records/LI-ODD/tower-7/${seq[2]}.intent" ]; }
    until_true 30 is_next || fail "the packager comes to the slice"
    printf 'X' | dd of="$victim" bs=1 seek=60 conv=notrunc 2>/dev/null
    wait $tracer
    same "fault 57: a slice that changes while it is packed: 65" 65 $?
    quarantined 57 "a slice that changes while it is packed" "${seq[2]}" "its slice .*: moved"
    same "fault 57: only that one" 1 "$(wc -l <"$work/err")"
    intact racing
else
    skip "fault 57: a slice that changes while it is packed" "needs root, whose strace may look at the packager's descriptors"
fi

# --- 54, 122, 126: heartbeats, leftovers, names that are taken
captured leftovers
seq=("${slices[@]}")
empty=$(for r in "$spool"/*.json; do jq -r 'select(.frames == 0) | .seq' "$r"; done | head -n 1)
if [ -n "$empty" ]; then empty=$(printf '%010d' "$empty"); else fail "the demo file has a silent interval"; fi
day=$state/outbox/LI-ODD/tower-7/2026-11-20
mkdir -p "$day" "$state/records/LI-ODD/tower-7" "$lea/LI-ODD/tower-7/2026-11-20" "$state/receipts/LI-ODD/tower-7"
stale=("$spool/.state.tmp" "$spool/.${seq[3]}.json.tmp" "$spool/.${seq[3]}.pcap.tmp" "$day/.LI-ODD_tower-7_${seq[3]}.tar.tmp"
    "$day/.SHA256SUMS.tmp" "$state/records/LI-ODD/tower-7/.stream.json.tmp" "$state/records/LI-ODD/.custody.jsonl.tmp"
    "$state/journal/packager/.collected.json.tmp" "$state/journal/capture/.tower-7.clock.tmp" "$state/journal/capture/.tower-7.status.tmp"
    "$lea/LI-ODD/tower-7/2026-11-20/LI-ODD_tower-7_${seq[3]}.tar.part" "$state/receipts/LI-ODD/tower-7/.receipt.tmp")
for f in "${stale[@]}"; do echo "half a file of an earlier boot" >"$f"; done
find "$state" "$orders" -exec touch -h -d 2099-01-01 {} +
expect 0 "faults 122 and 125: the packager works among stale temporary files, all of them stamped in 2099" casetap-packager --config "$conf"
same "fault 122: and says nothing" "" "$(cat "$work/err")"
expect 0 "faults 122 and 125: so does the uploader" casetap-uploader --config "$conf"
same "fault 54: a slice of no frames is sealed as a heartbeat" 24 "$(tar -xOf "$(packages "$empty")" --wildcards '*.pcap' | wc -c)"
casetap order new --config "$conf" --case LI-NEXT --lea county-sheriff --authority title-iii --order-number 1 --issued-by A \
    --presented-by B --responsible C --from 2026-11-19T23:45:00Z --to 2026-11-20T00:15:00Z --to-destination county-sheriff \
    "${subject[@]}" >"$work/LI-NEXT.order" && casetap order approve "$work/LI-NEXT.order" --config "$conf" --key "$keys/approver.key" >/dev/null &&
    casetap order install "$work/LI-NEXT.order" --config "$conf" >/dev/null || fail "LI-NEXT"
casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err"
same "fault 122: and capture" 0 $?
same "fault 122: nothing of the leftovers is delivered" "" "$(grep -rl 'half a file of an earlier boot' "$lea" --include='*.tar' --include='*.txt' --include='SHA256SUMS*')"
casetap-packager --config "$conf" >/dev/null 2>&1
intact leftovers

captured taken
seq=("${slices[@]}")
day=$state/outbox/LI-ODD/tower-7/2026-11-20
mkdir -p "$day"
# the first slice that starts on the 20th
for s in "${seq[@]}"; do
    case $(jq -r '.window.from' "$spool/$s.json") in 2026-11-20*) break ;; esac
done
echo "something else under a package's name" >"$day/LI-ODD_tower-7_$s.tar"
expect 65 "fault 126: a package's name is taken by something else" casetap-packager --config "$conf"
same "fault 126: one line names it" 1 "$(grep -c "LI-ODD_tower-7_$s.tar is there already, with other bytes: not touched" "$work/err")"
same "fault 126: it is not overwritten" "something else under a package's name" "$(cat "$day/LI-ODD_tower-7_$s.tar")"
check "fault 126: the slice stays in the spool" [ -f "$spool/$s.pcap" ]
rm "$day/LI-ODD_tower-7_$s.tar"
expect 0 "fault 126: once it is out of the way all is sealed" casetap-packager --config "$conf"
same "fault 126: the spool is empty" "" "$(find "$spool" -name '0*')"
intact taken
