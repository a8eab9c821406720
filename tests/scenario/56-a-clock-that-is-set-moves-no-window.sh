#!/usr/bin/env bash
# The clock is set while casetap-capture runs: forward by a day, back by an hour, to 2106 (faults 31 and 128, promise 2).
# Runs alone: a clock that is stepped is noticed within seconds.
. "$(dirname "$0")/lib.sh"
if ! is_root || ! namespaces_up || ! command -v faketime >/dev/null; then
    skip "a clock that is set moves no window" "needs root, network namespaces and faketime"
    exit
fi
library=$(find /usr/lib -name 'libfaketime.so.1' | head -n 1)
if ! LD_PRELOAD="$library" timeout -k 1 5 casetap-capture --version >/dev/null 2>&1; then
    skip "a clock that is set moves no window" "faketime and this build (sanitizers?) do not go together"
    exit
fi
installation isp
sed -i 's/^interface = .*/interface = vb/' "$conf"
subject=(--subject 198.51.100.7)
at() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }
order() { from=$(at "$2") to=$(at "$3") demo_order "$1" >/dev/null || fail "order $1"; }
# As the status says that was written after the last turn of the hands.
is_state() { [ "$state/journal/capture/tower-7.status" -nt "$work/turned" ] && [ "$(jq -r --arg c "$1" '.cases[]? | select(.case == $c) | .state' "$state/journal/capture/tower-7.status")" = "$2" ]; }
starts() { grep -c "\"case\":\"$1\",\"event\":\"capture-start\"" "$state/journal/capture/tower-7.jsonl"; }
has_started() { [ "$(starts "$1")" -ge "$2" ]; }
ended() { jq -r '.ended.reason // "no"' "$state/spool/$1/tower-7/state"; }
# The one folder that keeper and reader may both read.
mkdir -p -m 2770 "$state/spool"
steps() { grep -c '"event":"clock"' "$state/journal/capture/tower-7.jsonl"; }
has_stepped() { [ "$(steps)" -gt "$1" ]; }
hands() { echo "$1" >"$state/spool/.hands.new" && mv "$state/spool/.hands.new" "$state/spool/.hands" && touch "$work/turned"; }
turn() { # and wait until it was noticed
    local before
    before=$(steps)
    hands "$1"
    until_true 5 has_stepped "$before" || fail "the clock's step to $1 is noticed"
    touch "$work/turned"
}
hands +0
start() {
    background "$work/capture.log" ip netns exec "$ns_b" env LD_PRELOAD="$library" FAKETIME_TIMESTAMP_FILE="$state/spool/.hands" \
        FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_DONT_RESET=1 "$build/capture/casetap-capture" --config "$conf"
    capture=$last
}

clock_rolls() { grep -c '"rolled":"clock-step"' "$state/journal/capture/tower-7.jsonl"; }
is_rolled_after() { [ "$(clock_rolls)" -gt "$1" ]; }
now=$(date +%s)
order LI-LONG $((now - 100)) $((now + 40000))
order LI-NEXT $((now + 80000)) $((now + 90000))
start
until_true 10 has_started LI-LONG 1
turn +86400
check "fault 128: a day forward: what would be over is in doubt, not over" until_true 5 is_state LI-LONG clock
check "fault 128: and what would begin is not begun" until_true 5 is_state LI-NEXT clock
same "fault 128: nothing is ended by it" no "$(ended LI-LONG)"
turn +0
check "fault 128: back again, capture goes on" until_true 5 has_started LI-LONG 2
turn -3600
check "fault 031: an hour back: in doubt" until_true 5 is_state LI-LONG clock
turn +2500000000
check "fault 031: a jump to 2106 is in doubt" until_true 5 is_state LI-LONG clock
# From there to a clock a quarter of an hour ahead, by which the ring is opened and the case begins; then that is mended.
turn +900
check "fault 031: and locks nobody out" until_true 5 has_started LI-LONG 3
rolls=$(clock_rolls)
turn +0
until_true 5 is_rolled_after "$rolls" || fail "fault 128: the step back closes the slice"
sent=$(ip netns exec "$ns_a" /usr/bin/python3 "$here/send.py" va 200 1)
turn -1
turn +0
sleep 1
check "fault 031: a step of a second stops nothing" is_state LI-LONG in-force
same "fault 031: not for a moment" 3 "$(starts LI-LONG)"
check "each step is journaled" [ "$(grep -c '"event":"clock"' "$state/journal/capture/tower-7.jsonl")" -ge 6 ]
check "and closed the slices" grep -q '"rolled":"clock-step"' "$state/journal/capture/tower-7.jsonl"

now=$(date +%s)
order LI-SHORT $((now - 20000)) $((now + 4))
until_true 3 has_started LI-SHORT 1
turn -3600
check "fault 031: set back before its end, an order ends when it ends" until_true 10 is_state LI-SHORT expired
sleep 1
same "fault 031: and has not come back" 1 "$(starts LI-SHORT)"
kill -TERM "$capture"
wait "$capture"
same "SIGTERM ends it with 0" 0 $?
start
touch "$work/turned"
check "fault 031: nor does a new start with the clock set back revive it" until_true 5 is_state LI-SHORT expired
same "fault 031: its stream has ended" not_after "$(ended LI-SHORT)"
kill -TERM "$capture"
wait "$capture"
stored=$(jq -s 'map(.frames // 0) | add' "$state"/spool/LI-LONG/tower-7/*.json)
check "fault 128: back from a quarter of an hour ahead, every frame is stored" [ "$sent" -gt 0 ] && same "fault 128: each once" "$sent" "$stored"
check "the time in doubt is declared" grep -qh '"reason":"clock"' "$state"/spool/LI-LONG/tower-7/*.json

# A mark that is wrong for good (the clock was believed) is cleared by an approver, once.
sed -i 's/"mark":"[^"]*"/"mark":"2106-02-07T00:00:00.000000000Z"/' "$state/journal/capture/tower-7.clock"
hands +0
start
check "with a mark in 2106 nothing is in force" until_true 5 is_state LI-LONG expired
request=$work/tower-7.clock
printf '[clock]\nformat = casetap-clock-request/1\niap = tower-7\nissued = %s\nmark = 2106-01-01T00:00:00Z\n' "$(at "$(date +%s)")" >"$request"
mkdir -p "$state/requests"
cp "$request" "$state/requests/tower-7.clock"
check "a request without a signature is refused" until_true 5 grep -q 'not signed by an approver' "$work/capture.log"
minisign -Sm "$request" -x "$state/requests/tower-7.clock.a.minisig" -s "$keys/approver.key" >/dev/null 2>&1 </dev/null ||
    casetap order approve "$request" --key "$keys/approver.key" >/dev/null 2>&1
check "an approver's request clears the mark" until_true 5 is_state LI-LONG in-force
kill -TERM "$capture"
wait "$capture"
sed -i 's/"mark":"[^"]*"/"mark":"2106-02-07T00:00:00.000000000Z"/' "$state/journal/capture/tower-7.clock"
touch "$work/turned"
start
until_true 5 is_state LI-LONG expired
sleep 1.2
touch "$work/turned"
check "and counts once" until_true 5 is_state LI-LONG expired
kill -TERM "$capture"
wait "$capture"
