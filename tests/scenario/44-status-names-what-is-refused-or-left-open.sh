#!/usr/bin/env bash
# What a server refuses, and slices that nobody writes any more, are what an operator must hear of first.
. "$(dirname "$0")/lib.sh"

check "an installation" installation demo
check "an order" demo_order LI-2026-0042
check "a capture" casetap-capture --config "$conf" -r "$top/examples/demo.pcap"
check "a sealing" casetap-packager --config "$conf"
package=$(cd "$state/outbox" && ls LI-2026-0042/tower-7/*/*_0000000002.tar)
mkdir -p "$lea/$(dirname "$package")"
printf 'something\033[31m else\n' >"$lea/$package"
expect 76 "another file lies at the far end" casetap-uploader --config "$conf"
expect 1 "there is something to look at" casetap status --config "$conf"
check "status names the destination, the file and why" \
    grep -q "^! destination county-sheriff: $package: another file lies there under this name" "$work/out"
expect 1 "also for programs" casetap status --config "$conf" --json
check "with the same words" grep -q "another file lies there" "$work/out"
rm "$lea/$package"
touch "$conf" && printf '\n' >>"$conf"
expect 0 "somebody has seen to it" casetap-uploader --config "$conf"
expect 0 "then all is well" casetap status --config "$conf"
ended=$(jq -c '.ended = null' "$state/spool/LI-2026-0042/tower-7/state")
echo "$ended" >"$state/spool/LI-2026-0042/tower-7/state"
rm "$state/journal/capture/tower-7.status"
expect 1 "there is something to look at" casetap status --config "$conf"
check "status says that a stream was left behind" grep -q "its order has ended, its stream has not" "$work/out"

rm "$work"/LI-2026-0042.order*
check "another installation" installation killed
check "its order" demo_order LI-2026-0042
mkfifo "$work/source"
background "$work/killed.log" casetap-capture --config "$conf" -r "$work/source"
exec 9>"$work/source"
head -c 60000 "$top/examples/demo.pcap" >&9
check "a slice is open" until_true 20 sh -c "ls '$state'/spool/LI-2026-0042/tower-7/*.part"
# shellcheck disable=SC2046
kill -9 "$last" $(pgrep -P "$last")
wait "$last" 2>/dev/null
exec 9>&-
rm -f "$state/journal/capture/tower-7.status"
casetap-packager --config "$conf" >/dev/null 2>&1
expect 1 "there is something to look at" casetap status --config "$conf"
check "status says that nobody writes the open slice" grep -q "slices are open and nobody writes them" "$work/out"
echo x >"$state/spool/LI-2026-0042/tower-7/state"
expect 1 "there is something to look at" casetap status --config "$conf"
check "status says that a spool can not be read" grep -q "its spool can not be read" "$work/out"
