#!/usr/bin/env bash
# From a pipe that has nothing to give for a while: capture neither gives up nor turns deaf (faults 88 and 134).
. "$(dirname "$0")/lib.sh"
demo=$top/examples/demo.pcap
journal() { grep -c "\"event\":\"$1\"" "$state/journal/capture/tower-7.jsonl"; }
begun() { [ "$(journal capture-start)" -ge 1 ]; }
opened() { [ -s "$state/journal/capture/tower-7.status" ]; }
ready() { [ "$(jq -r .state "$state/journal/capture/tower-7.status")" = reading ]; }
# feed NAME: an installation with an order, and a capture that reads from descriptor 3's pipe
feed() {
    case_id=LI-$1
    installation "$1" || fail "an installation is made"
    demo_order "LI-$1" >/dev/null || fail "an order"
    mkfifo "$work/$1.pipe"
    "$build/capture/casetap-capture" --config "$conf" -r - <"$work/$1.pipe" >"$work/$1.log" 2>&1 &
    capture=$!
    started+=("$capture")
    exec 3>"$work/$1.pipe"
}
finish() { # SENTENCE: SIGTERM ends it with 0
    kill -TERM "$capture"
    until_true 5 eval "! kill -0 $capture" || kill -KILL "$capture"
    wait "$capture"
    same "$1" 0 $?
}
stored() { find "$state/spool/$case_id" -name '*.pcap' -exec "$here/frames.py" list {} + 2>/dev/null | sort | cut -d' ' -f1 | sha256sum; }

feed whole
cat "$demo" >&3
exec 3>&-
wait "$capture"
same "a pipe is read to its end" 0 $?
whole=$(stored)

feed halting
head -c 4001 "$demo" >&3 # in the middle of a frame
check "what the pipe gives is taken at once" until_true 10 begun
# The keeper takes a reader that is silent for 30 s for dead.
sleep 33
tail -c +4002 "$demo" >&3
exec 3>&-
wait "$capture"
same "a pipe that pauses for half a minute is read to its end" 0 $?
same "with the same frames" "$whole" "$(stored)"

feed stopped
head -c 4001 "$demo" >&3
until_true 10 begun
finish "fault 134: SIGTERM while the pipe gives nothing ends it with 0"
same "fault 134: its slices are whole" 0 "$(find "$state/spool" -name '*.part' | wc -l)"
same "and nobody calls the pipe damaged" "" "$(cat "$work/stopped.log")"
exec 3>&-

feed silent
until_true 10 opened
until_true 10 ready
finish "fault 134: SIGTERM before the pipe's first byte ends it with 0"
same "without a word" "" "$(cat "$work/silent.log")"
exec 3>&-
