#!/usr/bin/env bash
# A filter is compiled when its order is judged: one that cannot be refuses its own order, and no other case loses a frame.
. "$(dirname "$0")/lib.sh"

installation isp
demo_order LI-GOOD >/dev/null || fail "an order without a filter"
demo_order LI-BAD --filter "port htpp" >/dev/null || fail "an order with a bad filter"

expect 78 "--check ends with 78" casetap-capture --config "$conf" --check
check "--check calls the order refused, and says where its filter is wrong" grep -q "^LI-BAD *refused.*character 6" "$work/out"
check "--check finds no fault with the other" grep -qE "^LI-GOOD +(expired|in-force)" "$work/out"
expect 0 "capture of the other case" casetap-capture --config "$conf" -r "$top/examples/demo.pcap"
check "it is captured" test -s "$state/spool/LI-GOOD/tower-7/0000000002.pcap"
check "the refused one has no stream" test ! -e "$state/spool/LI-BAD"
check "its refusal is in the journal" grep -q '"case":"LI-BAD","event":"order-refused"' "$state/journal/capture/tower-7.jsonl"

# a revision whose filter is bad does not push out the one that is good
casetap order extend --config "$conf" LI-GOOD --to 2026-11-20T00:30:00Z >"$work/two" || fail "extension"
sed 's/^scope = .*/&\nfilter = port htpp/' "$work/two" >"$work/two.order"
casetap order approve "$work/two.order" --config "$conf" --key "$keys/approver.key" >/dev/null || fail "approval"
cp "$work/two.order" "$orders/LI-GOOD/2.order"
cp "$work/two.order.approver.minisig" "$orders/LI-GOOD/2.order.approver.minisig"
casetap-capture --config "$conf" --check >"$work/out" 2>&1
check "the revision before it stays in force" grep -qE "^LI-GOOD .* revision 1 .*revision 2 is pending.*character 6" "$work/out"
