# shellcheck shell=bash
# A capture daemon on $ns_b's vb, and what is asked of it: for scenarios that have namespaces_up behind them.

at() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }

# live NAME: an installation for it, for a subject that send.py speaks for
live() {
    installation "$1" || fail "an installation is made"
    sed -i 's/^interface = .*/interface = vb/; s/^slice_seconds = .*/slice_seconds = 5/' "$conf"
    subject=(--subject 198.51.100.7)
}

# order CASE FROM TO [OPTION...]: seconds since 1970
order() {
    local case_id=$1 from to
    from=$(at "$2") to=$(at "$3")
    shift 3
    from=$from to=$to demo_order "$case_id" "$@" >/dev/null || fail "order $case_id"
}

# daemon [WORD...]: start it, behind env and the words, and what is in $UNDER; its PID is in $capture, its words in
# $work/capture.log
daemon() {
    background "$work/capture.log" ip netns exec "$ns_b" env "$@" ${UNDER:-} "$build/capture/casetap-capture" --config "$conf"
    capture=$last
}

# halt: SIGTERM; its status is the function's
halt() {
    kill -TERM "$capture"
    wait "$capture"
}

sender() { # [PPS]
    background "$work/send.log" ip netns exec "$ns_a" /usr/bin/python3 "$here/send.py" va "${1:-200}" 600
}

told() { jq -r "$1" "$state/journal/capture/tower-7.status"; }
is_case() { [ "$(told ".cases[] | select(.case == \"$1\") | .state")" = "$2" ]; }             # CASE STATE
is_capturing() { [ "$(told ".cases[] | select(.case == \"$1\") | .capturing")" = "${2:-true}" ]; } # CASE
is_state() { [ "$(told .state)" = "$1" ]; }                                                  # idle | capturing | ...
sockets() { ip netns exec "$ns_b" tail -n +2 /proc/net/packet | wc -l; }
no_socket() { [ "$(sockets)" = 0 ]; }
has_socket() { ! no_socket; }
journalled() { grep -q "\"case\":\"$1\",\"event\":\"$2\"" "$state/journal/capture/tower-7.jsonl"; } # CASE EVENT
slices_of() { find "$state/spool/$1" -name '*.pcap' | sort; }
parts_of() { find "$state/spool/$1" -name '*.part' | wc -l; }
no_part() { [ "$(parts_of "$1")" = 0 ]; }
# gaps CASE: a line a gap of its records, "REASON FROM TO"
gaps() {
    find "$state/spool/$1" -name '*.json' | sort | xargs -r jq -r '(.gaps[]?, select(.reason)) | "\(.reason) \(.from) \(.to)"'
}
# stored CASE [FROM TO]: how many of its frames are stamped in [FROM, TO), seconds
stored() {
    local files
    mapfile -t files < <(slices_of "$1")
    [ "${#files[@]}" -gt 0 ] || { echo 0; return; }
    "$here/frames.py" list "${files[@]}" | awk -v a="${2:-0}" -v b="${3:-99999999999}" '$1 / 1e9 >= a && $1 / 1e9 < b' | wc -l
}
# lines PATTERN: how many lines the daemon said that match
lines() { grep -cE -- "$1" "$work/capture.log"; }
says_once() { # SENTENCE PATTERN
    same "$1" 1 "$(lines "$2")"
}
