#!/usr/bin/env bash
# A case that is forbidden, a server that is busy, silent or gone, a signal, another user: each concerns itself alone.
# (FAULTS 91, 96, 97, 134, 141, 144.)
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"

uploader() { casetap-uploader --config "$conf" "$@"; }
held() { jq -r '.entries[].scope' "$state/journal/uploader/$1.blocked" 2>/dev/null; }
receipts() { find "$state/receipts/$1" -name "*.$2.receipt" 2>/dev/null | wc -l; }
expected() { find "$state/outbox/$1" -type f | wc -l; }
tars() { find "$state/outbox/$1" -name '*.tar' | wc -l; }
# longer_than SECONDS DESTINATION: how many entries hold back for longer than that
longer_than() {
    jq "[.entries[] | select((.until[:19] + \"Z\" | fromdate) - (.since[:19] + \"Z\" | fromdate) > $1)] | length" \
        "$state/journal/uploader/$2.blocked"
}

# seal [SECONDS] CASE... [-- ORDER-OPTION...]: the demo capture under each case, sealed in slices of so many, 300
seal() {
    local c cases=() seconds=300
    if [[ $1 =~ ^[0-9]+$ ]]; then
        seconds=$1
        shift
    fi
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        cases+=("$1")
        shift
    done
    [ $# = 0 ] || shift
    sed -i 's/^slice_seconds = .*/slice_seconds = '"$seconds/" "$conf"
    for c in "${cases[@]}"; do
        rm -f "$work/$c".order*
        demo_order "$c" "$@" >/dev/null || { fail "order $c"; exit; }
    done
    casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/capture.err" &&
        casetap-packager --config "$conf" 2>"$work/packager.err" ||
        { fail "sealing: $(cat "$work/capture.err" "$work/packager.err")"; exit; }
}
make_ca ca && make_cert ca good localhost || { fail "certificates"; exit; }

# --- one case may not, the other may
installation cases || { fail "installation"; exit; }
start_nginx dav good "PUT MKCOL MOVE" "location /LI-A/ { deny all; }"
destination web "url = https://localhost:$port/" "ca = $work/ca.pem"
seal LI-A LI-B -- --to-destination web
expect 77 "a case that the server forbids is an alarm" uploader
says "one line names it" '^casetap-uploader: LI-A/tower-7/.* to web: forbidden: .*403'
same "said once, not for every file" 1 "$(grep -c 'LI-A/.* to web: forbidden' "$work/err")"
same "the other case has all its receipts there" "$(expected LI-B)" "$(receipts LI-B web)"
same "and at the other destination both have" "$(expected LI-A) $(expected LI-B)" "$(receipts LI-A county-sheriff) $(receipts LI-B county-sheriff)"
same "only the case is left alone" LI-A "$(held web)"
expect 77 "the next run says so" uploader
says "with the time" '^casetap-uploader: case LI-A to web: held back until 20'
same "LI-B's receipts and journal never name LI-A" 0 "$(cat "$state"/receipts/LI-B/tower-7/* | grep -c LI-A)"

# --- busy, silent, gone: the others get theirs
installation servers || { fail "installation"; exit; }
start_liar liar good
busy=$port
destination busy "url = https://localhost:$busy/busy-600/" "ca = $work/ca.pem"
destination gone "url = https://localhost:$(free_port)/" "ca = $work/ca.pem"
destination cuts "url = https://localhost:$busy/reset-0/" "ca = $work/ca.pem"
seal LI-A -- --to-destination busy --to-destination gone --to-destination cuts
expect 69 "servers that are busy, gone or cut the line are tried again" uploader
same "the folder has everything" "$(expected LI-A)" "$(receipts LI-A county-sheriff)"
same "the one that is gone was asked once" 1 "$(grep -c 'to gone: unreachable' "$work/err")"
same "the one that cuts the line got three tries" 3 "$(grep -c 'to cuts: retry' "$work/err")"
asked=$(grep -c busy-600 "$work/liar.requests")
expect 69 "fault 97: a run before Retry-After has passed" uploader
says "fault 97: says until when it waits" 'destination busy: held back until 20.*503'
same "fault 97: and does not ask" "$asked" "$(grep -c busy-600 "$work/liar.requests")"
same "no file that may pass is left alone for an hour" 0 "$(longer_than 600 cuts)"

# --- files that always fail
installation poison || { fail "installation"; exit; }
destination poison "url = https://localhost:$busy/poison/" "ca = $work/ca.pem"
seal 60 LI-A LI-B -- --to-destination poison
expect 69 "a server that cuts three packages of one case off" uploader
same "the other case has everything in the same run" "$(expected LI-B)" "$(receipts LI-B poison)"
same "the first failed file is left alone for a moment" 0 "$(longer_than 2 poison)"
sum_of_day=2026-11-19_SHA256SUMS.poison.receipt
has_all_but_three() { [ "$(ls "$state/receipts/LI-A/tower-7" | grep -c 'tar.poison.receipt')" = "$(($(tars LI-A) - 3))" ]; }
tried_again() {
    has_all_but_three || { uploader 2>"$work/err"; has_all_but_three; }
}
check "the case itself has all its packages but those three soon after" until_true 60 tried_again
same "and SHA256SUMS of their day is held back" no "$([ -e "$state/receipts/LI-A/tower-7/$sum_of_day" ] && echo yes || echo no)"
not_tried="$(jq -s '[.[] | select(.event == "incomplete")] | length' "$state/journal/uploader/uploader.jsonl")"
same "which is no alarm: they may come yet" 0 "$not_tried"

installation flips || { fail "installation"; exit; }
destination flips "url = https://localhost:$busy/flip/" "ca = $work/ca.pem" "alarm_after = 60"
seal LI-A -- --to-destination flips
expect 76 "a server that changes every file is an alarm" uploader
same "after three files it gets no more in this run" 3 "$(grep -c 'to flips: mismatch' "$work/err")"
same "no receipt was written" 0 "$(receipts LI-A flips)"
same "nothing waits for too long yet" 0 "$(grep -c 'alarm_after' "$work/err")"
touch -d '2 minutes ago' "$state"/outbox/LI-A/tower-7/*/*.tar
expect 76 "the next run tries nothing of what it holds back" uploader
says "what waits longer than alarm_after is an alarm all the same" '^casetap-uploader: destination flips: files wait since 20'
sed -i "s#/flip/#/reset-0/#" "$conf"
touch -d '2 minutes ago' "$state"/outbox/LI-A/tower-7/*/*.tar
expect 73 "packages two minutes old, alarm_after = 60, and the server cuts the line: no code that pages nobody" uploader
says "what waits longer than alarm_after is an alarm" '^casetap-uploader: destination flips: files wait since 20'
waits() { jq -s '[.[] | select(.detail.result? == "waiting")] | length' "$state/journal/uploader/uploader.jsonl"; }
told=$(waits)
uploader >/dev/null 2>"$work/err"
says "each run says so" '^casetap-uploader: destination flips: files wait since 20'
same "but people are told once an hour" "$told" "$(waits)"
touch -d '2 hours' "$state"/outbox/LI-A/tower-7/*/*
uploader >/dev/null 2>"$work/err"
says "what a clock that was wrong has dated is an alarm too" '^casetap-uploader: destination flips: files wait since 20'
printf '#!/bin/sh\necho "$*" >>%s\n' "$work/paged" >"$work/page" && chmod 755 "$work/page"
sed -i "s#/reset-0/#/507/#; /^alarm_after/d; /^state_dir/a alarm_program = $work/page" "$conf"
expect 73 "a server without room" uploader
check "is an alarm" grep -q '^full flips LI-A LI-A/tower-7/' "$work/paged"
asked=$(wc -l <"$work/liar.requests")
expect 73 "it is left alone" uploader
same "for a while" "$asked" "$(wc -l <"$work/liar.requests")"

# --- sixteen lanes knock, three at a time, and only behind the first that got in
installation lanes || { fail "installation"; exit; }
start_sshd ssh "MaxStartups 3:100:3"
destination ssh "url = sftp://$(id -un)@127.0.0.1:$port$work/ssh/" "identity = $work/ssh.client" "known_hosts = $work/ssh.known_hosts" "parallel = 16"
start_liar locks good
destination locks "url = https://localhost:$port/401/" "ca = $work/ca.pem" "parallel = 16"
start_nginx weblanes good "PUT MKCOL MOVE" "location / { limit_except GET HEAD { deny all; } }"
destination readonly "url = https://localhost:$port/" "ca = $work/ca.pem" "parallel = 16"
seal 30 LI-A LI-B -- --to-destination ssh --to-destination locks --to-destination readonly
expect 77 "sixteen lanes to an sshd that takes three strangers at a time; two that refuse us" uploader
same "all of the first has arrived" "$(expected LI-A) $(expected LI-B)" "$(receipts LI-A ssh) $(receipts LI-B ssh)"
same "it turned nobody away" 0 "$(grep -c -e 'past MaxStartups' -e 'drop connection' "$work/ssh.sshd/log")"
same "all lanes were there" 16 "$(grep -c 'Accepted publickey' "$work/ssh.sshd/log")"
same "nothing was tried twice" 0 "$(grep -c ' to ssh: [a-z]*: ' "$work/err")"
same "who does not accept us was asked once, by one lane" 1 "$(wc -l <"$work/locks.requests")"
same "who lets us look and not store, too, for each case" 2 "$(grep -c '"PUT .*" 403 ' "$work/weblanes.nginx/access.log")"

# --- a signal while a server is silent; meanwhile a second run gives way
installation signal || { fail "installation"; exit; }
destination silent "url = https://localhost:$busy/silent/" "ca = $work/ca.pem"
seal LI-A -- --to-destination silent
: >"$work/liar.requests"
background "$work/uploader.log" casetap-uploader --config "$conf"
pid=$last
check "the uploader waits for a silent server" until_true 20 grep -q /silent/ "$work/liar.requests"
expect 75 "fault 144: the timer's next run gives way" uploader
kill -TERM "$pid"
wait "$pid"
same "fault 134: SIGTERM ends it with 0" 0 $?
same "fault 134: quietly" "" "$(grep silent "$work/uploader.log")"

# --- whose program it is
if is_root; then
    installation owner || { fail "installation"; exit; }
    seal LI-A
    # as tmpfiles.d has it: root's folders, the program's own two, groups for what it reads
    chown -R nobody "$state/receipts" "$state/journal/uploader" "$lea"
    chgrp -R nogroup "$state/outbox" "$state/journal" "$state/receipts" "$orders"
    expect 0 "started as root, it becomes the owner of its folders" uploader
    same "its files are the owner's" nobody "$(stat -c %U "$state/journal/uploader/uploader.jsonl")"
    same "the receipts too" nobody "$(stat -c %U "$state"/receipts/LI-A/tower-7/*.receipt | sort -u)"
    same "all were delivered" "$(expected LI-A)" "$(receipts LI-A county-sheriff)"
    installation stranger || { fail "installation"; exit; }
    seal LI-A
    expect 77 "fault 141: a user that owns nothing of it is refused" setpriv --reuid=65534 --regid=65534 --clear-groups \
        "$build/uploader/casetap-uploader" --config "$conf"
else
    skip "started as root, it becomes the owner of its folders" "needs root"
fi
