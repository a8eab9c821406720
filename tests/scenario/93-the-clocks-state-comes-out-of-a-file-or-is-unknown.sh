#!/usr/bin/env bash
# How well the clock is kept is told by one program, and read by capture out of a file (casetap-clock(5)): what the file says
# stands in every slice record, and where it says nothing that is known, the record does not claim anything, which is said once.
. "$(dirname "$0")/lib.sh"
file=$work/clock/state
mkdir "$work/clock"
expect 0 "the clock's state is written" casetap clock "$file"
check "as the one line of casetap-clock(5), for all to read" [ "$(stat -c %a "$file") $(wc -l <"$file")" = "644 1" ]
same "with its members" "format realtime boottime_ns boot_id adjtimex_state adjtimex_status maxerror_us esterror_us" \
    "$(jq -r 'keys_unsorted | join(" ")' "$file")"
expect 0 "or printed" casetap clock
same "which is the same" casetap-clock-state/1 "$(jq -r .format "$work/out")"
expect 64 "a relative path is refused" casetap clock state
expect 64 "so is to watch without a file" casetap clock --watch
expect 73 "and a folder that is not there" casetap clock "$work/nowhere/state"

# captured NAME: the demo's frames, of an installation that reads that file
captured() {
    check "an installation" installation "$1"
    sed -i "/^\[station\]/a clock_file = $file" "$conf"
    rm -f "$work"/LI-1.order*
    check "an order" demo_order LI-1
    expect 0 "capture" casetap-capture --config "$conf" -r "$top/examples/demo.pcap"
}
# states: what its records say of the clock, each once
states() { jq -r 'select(.clock) | .clock | .open, .close | "\(.adjtimex_state) \(.adjtimex_status) \(.maxerror_us) \(.esterror_us)"' "$state"/spool/LI-1/*/*.json | sort -u; }
tell() { # SECONDS-AGO BOOT-ID
    jq -c --argjson ago "$1" --arg boot "${2:-$boot}" '.boottime_ns -= $ago * 1000000000 | .boot_id = $boot | .adjtimex_state = 0 |
        .adjtimex_status = 8193 | .maxerror_us = 123456 | .esterror_us = 78' "$work/reading" >"$file"
}
boot=$(jq -r .boot_id "$file")
casetap clock >"$work/reading"
tell -3600
captured ahead
same "a reading of a time to come is none" "-1 0 0 0" "$(states)"
same "which is said once" 1 "$(grep -c "$file is of a time to come: slices do not say how well the clock is kept" "$work/err")"
jq -c --arg now "$(date -u +%FT%T.000000000Z)" '.written = $now' "$state/journal/capture/tower-7.status" >"$work/status" &&
    cp "$work/status" "$state/journal/capture/tower-7.status" || fail "a daemon that lives"
casetap status --config "$conf" >"$work/all" 2>&1
check "status says so, and whom to ask" grep -q "^! $file is of a time to come: .*: systemctl status casetap-clock" "$work/all"

# A machine may take longer than half a minute for a run: somebody goes on telling.
rm "$file"
background "$work/clock.log" casetap clock --watch "$file"
until_true 30 test -s "$file"
captured now
check "a reading of now is in every record" not_in <(states) '^-1 '
same "of the kernel's own" "$(jq .adjtimex_state "$file")" "$(states | cut -d' ' -f1 | sort -u)"
same "and nothing is said" 0 "$(grep -c 'how well the clock' "$work/err")"
casetap doctor --offline --config "$conf" >"$work/all" 2>&1
check "doctor sees it" grep -qE "^ok +clock +$file tells slices of it" "$work/all"
kill -TERM "$last"
wait "$last"
same "the program that tells it ends when it is told to" 0 $?
