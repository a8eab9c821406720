#!/usr/bin/env bash
# Destinations are visited side by side, each over as many lanes as it allows, at the hours that it allows, and is left
# alone for longer the longer it fails.  (FAULTS 90, 91, 97.)
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"

uploader() { casetap-uploader --config "$conf" "$@"; }
receipts() { find "$state/receipts/$1" -name "*.$2.receipt" 2>/dev/null | wc -l; }
expected() { find "$state/outbox/$1" -type f -not -name '.*' | wc -l; }
has_all() { [ "$(receipts "$1" "$2")" = "$(expected "$1")" ]; }
blocked() { jq -r "$2" "$state/journal/uploader/$1.blocked"; }
# hours FROM TO: a window that begins so many hours from now and ends so many from now
hours() { echo "$(date -u -d "$1 hours" +%H:%M)-$(date -u -d "$2 hours" +%H:%M)"; }
# counted SENTENCE FILTER: run once more; then the file of b-gone says so
counted() {
    uploader 2>"$work/err"
    same "$1: the run ends as one that will be tried again" 69 $?
    check "$1" [ "$(blocked b-gone "$2")" = true ] || sed 's/^/#   /' "$work/err"
}
# nobody_at PORT: somebody who has the port, so that nobody else gets it, and takes no connection
nobody_at() {
    background "$work/nobody.log" /usr/bin/python3 -c '
import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
print("has it", flush=True)
time.sleep(3600)' "$1"
    nobody=$last
    until_true 10 grep -q "has it" "$work/nobody.log" || fail "port $1 can be had"
}

make_ca ca && make_cert ca good localhost || { fail "certificates"; exit; }
installation isp || { fail "installation"; exit; }
sed -i 's/^slice_seconds = .*/slice_seconds = 20/' "$conf"
start_liar store good
liar=$port
start_liar mute good mute
mute=$port
# in this order: the dead ones are named first
destination a-mute "url = https://localhost:$mute/ok/" "ca = $work/ca.pem"
gone=$(free_port)
nobody_at "$gone"
destination b-gone "url = https://localhost:$gone/ok/" "ca = $work/ca.pem"
destination live "url = https://localhost:$liar/meet-4/" "ca = $work/ca.pem" "parallel = 4"
demo_order LI-A --to-destination a-mute --to-destination b-gone --to-destination live >/dev/null || fail "order"
casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" && casetap-packager --config "$conf" 2>"$work/err" ||
    { fail "sealing: $(cat "$work/err")"; exit; }

background "$work/uploader.log" casetap-uploader --config "$conf"
pid=$last
check "the live one has everything, four files at a time" until_true 120 has_all LI-A live
wait "$pid"
same "the run then ends as one that will be tried again" 69 $?
same "the live one was at work before the mute one was given up" live \
    "$(jq -r 'select(.event == "attempt") | .detail | select(.destination == "live" or (.destination == "a-mute" and .result)) | .destination' \
        "$state/journal/uploader/uploader.jsonl" | head -n 1)"
check "four bodies were on their way at once, or none but the first would have been taken" \
    [ "$(grep -c 'PUT /meet-4/' "$work/store.requests")" = "$(expected LI-A)" ]
same "each file once: one receipt, numbers without a hole" "$(seq -s ' ' "$(expected LI-A)")" \
    "$(cat "$state"/receipts/LI-A/tower-7/*.live.receipt | sed -n 's/^number: //p;s/.*"number": *\([0-9]*\).*/\1/p' | sort -n | paste -sd' ')"
check "on a pipe there is no line of progress" not_in "$work/uploader.log" $'\r|\033'
for d in a-mute b-gone; do
    same "$d failed once" 1 "$(blocked $d .tries)"
done

# --- it fails on, and comes back (the mute one, for which ten seconds are waited each time, is not asked any more)
sed -i 's#^url = https://localhost:'"$mute"'/ok/#url = https://localhost:'"$liar"'/ok/#' "$conf"
same "what the live one has is not sent again" 0 "$(uploader 2>/dev/null; blocked live .tries 2>/dev/null | wc -l)"
counted "a destination that fails again is counted" '.tries >= 2'
python3 - "$state/journal/uploader/b-gone.blocked" <<'PY'
import json, sys
j = json.load(open(sys.argv[1]))
j["tries"], j["entries"] = 20, []
json.dump(j, open(sys.argv[1], "w"))
PY
counted "twenty failures and one more are counted" '.tries > 20 and (.entries | length) > 0'
wait_s=$(jq '(.entries[0].until[:19] + "Z" | fromdate) - (.entries[0].since[:19] + "Z" | fromdate)' \
    "$state/journal/uploader/b-gone.blocked")
check "after twenty failures the wait is no longer than fifteen minutes: $wait_s s" [ "$wait_s" -le 901 ]
rm "$state"/journal/uploader/*.blocked
kill "$nobody"
wait "$nobody" 2>/dev/null
background "$work/back.log" /usr/bin/python3 "$here/liar.py" "$gone" "$work/back" "$work/back.requests" "$work/good.pem" "$work/good.key"
until_true 10 is_listening "$gone"
uploader 2>"$work/err"
check "one that is back gets everything" has_all LI-A b-gone
check "and nothing is held against it" [ ! -e "$state/journal/uploader/b-gone.blocked" ]

# --- hours
installation night || { fail "installation"; exit; }
destination later "url = https://localhost:$liar/ok/" "ca = $work/ca.pem" "window = $(hours 3 5)" "alarm_after = 60"
demo_order LI-N --to-destination later >/dev/null
casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" && casetap-packager --config "$conf" 2>"$work/err"
touch -d '2 hours ago' "$state"/outbox/LI-N/tower-7/*/*
expect 0 "outside its window a destination gets nothing, and that is no failure" uploader
same "no receipt" 0 "$(receipts LI-N later)"
check "nor an alarm that files wait" not_in "$work/err" alarm_after
check "the other one got everything" has_all LI-N county-sheriff
sed -i "s/^window = .*/window = $(hours 3 5) $(hours -1 1)/" "$conf"
expect 0 "within one of its windows it does" uploader
check "all of it" has_all LI-N later

# --- a terminal
installation seen || { fail "installation"; exit; }
destination slow "url = https://localhost:$liar/slow/" "ca = $work/ca.pem"
demo_order LI-S --to-destination slow >/dev/null
casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" && casetap-packager --config "$conf" 2>"$work/err"
script -qec "$build/uploader/casetap-uploader --config $conf" "$work/typescript" >/dev/null 2>&1 </dev/null
check "on a terminal one line says files, bytes, rate and what waits" \
    grep -qaE '[0-9]+ files, [0-9.]+ MiB, [0-9.]+ MiB/s; [0-9]+ wait, [0-9.]+ MiB; slow LI-S/' "$work/typescript"

# --- LONG: one whose line takes minutes, and another that is visited again meanwhile
[ -n "${LONG:-}" ] || exit
installation slow || { fail "installation"; exit; }
destination slow "url = https://localhost:$liar/ok/" "ca = $work/ca.pem" "rate_limit = 1K"
demo_order LI-V --to-destination slow >/dev/null && casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" &&
    casetap-packager --config "$conf" 2>"$work/err" || fail "sealing: $(cat "$work/err")"
# a conflict, which lasts: its ledger and what closes the day do not arrive
ledger=$(cd "$state/outbox" && ls -d LI-V/tower-7/2026-11-20/*.ledger.txt)
mkdir -p "$lea/$(dirname "$ledger")" && echo other >"$lea/$ledger"
background "$work/uploader.log" casetap-uploader --config "$conf"
pid=$last
has_all_but() { [ "$(receipts LI-V county-sheriff)" -ge "$(($(expected LI-V) - $1))" ]; }
check "a folder has everything but a day with a conflict while another destination goes on answering" until_true 60 has_all_but 3
later=$(cd "$state/receipts/LI-V/tower-7" && ls -- *SHA256SUMS.minisig.county-sheriff.receipt | tail -n 1)
# a receipt that is gone stands for a file that was sealed meanwhile: both have none
rm "$state/receipts/LI-V/tower-7/$later"
is_back() { [ -e "$state/receipts/LI-V/tower-7/$later" ]; }
check "what has come since goes in the same run, a minute later, in spite of the conflict" until_true 150 is_back
check "which is still under way" kill -0 "$pid"
check "for the slow one has not everything" [ "$(receipts LI-V slow)" -lt "$(expected LI-V)" ]
