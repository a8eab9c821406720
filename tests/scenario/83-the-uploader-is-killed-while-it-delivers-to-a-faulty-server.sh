#!/usr/bin/env bash
# kill -9 of the uploader, $KILLS times (default 12), while it delivers over four lanes to a server that resets, loses,
# cuts, changes and forgets to answer: in the end each file is there once, whole, with one receipt.  (FAULTS 92 to 95, 97,
# 106, 135.)
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"
make_ca ca && make_cert ca good localhost || { fail "certificates"; exit; }
installation isp || { fail "installation"; exit; }
start_liar store good
sed -i "s/^slice_seconds = .*/slice_seconds = ${SLICE:-60}/" "$conf"
sed -i '/^\[destination county-sheriff\]/,$d' "$conf"
destination county-sheriff "url = https://localhost:$port/faulty/" "ca = $work/ca.pem" "parallel = 4"
demo_order LI-K >/dev/null || fail "order"
casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" && casetap-packager --config "$conf" 2>"$work/err" ||
    { fail "sealing: $(cat "$work/err")"; exit; }
/usr/bin/python3 "$here/killer.py" "$build/uploader/casetap-uploader" "$conf" "$state" "$work/store" "${KILLS:-12}" \
    "${SEED:-1}" >"$work/out" 2>"$work/err"
same "the storm ends" 0 $?
grep -E '^(killed|finished)' "$work/out" | sed 's/^/# /'
tail -n 5 "$work/err" | sed 's/^/# /'
check "the server did its worst: $(grep -c . "$work/store/faults" 2>/dev/null) faults" [ -s "$work/store/faults" ]
for what in missing altered strange receipts chain double parts; do
    same "$what: none" 0 "$(sed -n "s/^$what //p" "$work/out")"
done
