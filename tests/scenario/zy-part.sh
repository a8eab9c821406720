#!/usr/bin/env bash
# What happens to the spool, and to the processes, while capture runs: a folder is removed, closed, replaced by a link, its next
# name taken; no descriptor is left; the filesystem turns read-only or is unmounted; a process hangs.  One line says so, what
# is lost is counted, other cases lose nothing, and it goes on by itself or by a restart (faults 116 to 121, 125, 126, 139, 143, 147).
# Runs alone: what a daemon has to notice within seconds is looked at in their order.
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"
if ! is_root || ! namespaces_up; then
    skip "faults 116 to 121, 125, 126, 139, 143, 147: capture outlives what happens to its spool" "needs root and network namespaces"
    exit
fi
extra_cleanup() {
    local i
    for i in disk full; do mountpoint -q "$work/$i/var/spool" && umount "$work/$i/var/spool"; done
}
now=$(date +%s)
stopped() { ! kill -0 "$1" 2>/dev/null; }
reader_of() { pgrep -P "$1"; }
# record, interface: a sum by its name, or `| EXPRESSION` of them
record() { told ".records${1/#[!|]/.&}"; }
trouble() { told ".cases[] | select(.case == \"$1\") | .trouble // \"\""; }
is_troubled() { [ -n "$(trouble "$1")" ]; }
is_well() { [ -z "$(trouble "$1")" ]; }
published() { find "$state/spool/$1" -name '*.pcap' 2>/dev/null | wc -l; }
has_more() { [ "$(published "$1")" -gt "$2" ]; }
sender 400
# --- a reader dies while the disk is full: recovery can not put the stream in order until there is room again
live full
mkdir -p -m 2770 "$state/spool"
mount -t tmpfs -o size=4m,mode=2770 none "$state/spool"
sed -i 's/^slice_seconds = .*/slice_seconds = 300/' "$conf"
order LI-FULL $((now - 5)) $((now + 3600))
daemon
until_true 20 is_capturing LI-FULL
has_some() { find "$state/spool/LI-FULL" -name '*.part' -size +8k | grep -q part; }
until_true 20 has_some || fail "LI-FULL is written"
dd if=/dev/zero of="$state/spool/filler" bs=64k >/dev/null 2>&1
kill -KILL "$(reader_of "$capture")"
is_out_of_order() { [[ "$(trouble LI-FULL)" = *"not in order"* ]]; }
check "fault 111: a stream that could not be put in order is named" until_true 20 is_out_of_order
reader=$(reader_of "$capture")
is_said() { casetap status --config "$conf" >"$work/status.out"; [ $? = 1 ] && grep -q '^! .*LI-FULL.*not captured at tower-7.*not in order' "$work/status.out"; }
check "fault 111: and casetap status says that its case is not captured" until_true 30 is_said
casetap status --config "$conf" --json | jq -e '.cases[] | .not_captured[] | .iap == "tower-7" and (.trouble | test("not in order"))' >/dev/null || fail "fault 111: so does --json"
casetap status --config "$conf" --metrics "$work/full.prom"
check "fault 111: and --metrics" grep -qx 'casetap_cases_not_captured 1' "$work/full.prom"
says_once "fault 111: its refusal is said once" 'LI-FULL: its stream at tower-7 is not in order'
says_once "fault 111: and what recovery met" 'LI-FULL: putting its stream'
rm "$state/spool/filler"
check "fault 111: with room again it is put in order, and captured" until_true 90 is_capturing LI-FULL
same "fault 111: by the reader that was there" "$reader" "$(reader_of "$capture")"
check "fault 111: nothing is the matter any more" until_true 10 is_well LI-FULL
halt
check "fault 111: what was written is recovered" grep -q '"state":"recovered"' "$(find "$state/spool/LI-FULL" -name '0000000001.json')"

# --- folders
