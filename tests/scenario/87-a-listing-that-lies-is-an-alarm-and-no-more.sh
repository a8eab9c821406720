#!/usr/bin/env bash
# In an audit servers list what they like: nothing, names that climb out of the folder, escape sequences, names without end, a
# text without end, pages without end.  What is not as it was delivered is exit 76, a line, a journal entry and one alarm for
# the day; nothing is sent again, no name is followed, and an object store that keeps its versions to itself is asked for less.
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"

make_ca ca && make_cert ca good localhost || { fail "certificates"; exit; }
(umask 077 && echo ACCESS42 >"$work/access" && echo 'Secret/42+x=' >"$work/secret")
start_liar web good
web=$port
start_s3liar store good ACCESS42 'Secret/42+x='
installation isp || { fail "installation"; exit; }
names=(true odd empty huge endless)
for k in "${names[@]}"; do destination "$k" "url = https://localhost:$web/listing-$k/" "ca = $work/ca.pem"; done
for k in plain-list no-list endless-list; do
    destination "$k" "url = s3://localhost:$port/b/$k/" "ca = $work/ca.pem" "access_key_file = $work/access" "secret_key_file = $work/secret"
    names+=("$k")
done
printf '#!/bin/sh\nprintf "%%s|" "$@" >>%s/alarms; echo >>%s/alarms\n' "$work" "$work" >"$work/page" && chmod 755 "$work/page"
sed -i "/^state_dir/a alarm_program = $work/page" "$conf"
demo_order LI-L $(printf -- '--to-destination %s ' "${names[@]}") >/dev/null || fail "order"
casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" && casetap-packager --config "$conf" 2>"$work/err" ||
    { fail "sealing: $(cat "$work/err")"; exit; }
expect 0 "a case is delivered to a folder, five WebDAV servers and three object stores" casetap-uploader --config "$conf"
n=$(find "$state/outbox/LI-L" -type f -not -name '.*' | wc -l)
days=$(find "$state/outbox/LI-L" -name SHA256SUMS | wc -l)
sent=$(grep -c '^PUT' "$work/web.requests" "$work/store.requests")

expect 76 "an audit of their listings tells of a disagreement" casetap-uploader --config "$conf" --audit sizes
audit=$work/err
for d in "${names[@]}"; do
    differ=0
    [ "$d" != empty ] || differ=$n
    same "at $d every file was asked for" "$n files are there, 0 were missing and are sent again, $differ differ" \
        "$(sed -n "s/.*destination $d: audit: \([0-9].*differ\)$/\1/p" "$audit")"
done
same "nothing is sent again" "$sent" "$(grep -c '^PUT' "$work/web.requests" "$work/store.requests")"
same "each file that an empty listing does not show is named" "$n" "$(grep -c 'to empty: audit: the listing of its folder does not show it' "$audit")"
for d in huge endless endless-list; do
    same "a listing that does not end is given up, for each day: $d" "$days" \
        "$(grep -cE "to $d: audit: the listing of .* does not end" "$audit")"
done
same "there is one alarm a day for each that does not agree, and for no other" \
    "$(for d in empty endless-list endless huge; do echo "$days listing|$d|LI-L"; done)" \
    "$(cut -d'|' -f1-3 "$work/alarms" | LC_ALL=C sort | uniq -c | sed 's/^ *//')"
check "it names the first file, and counts the others" \
    grep -qE "^listing\|empty\|LI-L\|LI-L/tower-7/20[^|]*\.(tar|txt)\|the listing of its folder does not show it; and [0-9]+ more files of the day do not agree\|" "$work/alarms"
same "the journal holds each file" "$n" \
    "$(jq -r 'select(.event == "audit" and .detail.result == "listing" and .detail.destination == "empty") | .detail.file' "$state/journal/uploader/uploader.jsonl" | wc -l)"
check "no control character of theirs comes through" eval "! LC_ALL=C grep -q '[^[:print:]]' '$audit'"
same "odd names are named harmlessly" "$days $days $days" \
    "$(for t in '\x1b[2Jred' 'a\x0ab.tar' '../up'; do grep -cF "to odd: audit: $t lies there" "$audit"; done | paste -sd' ')"
check "a name like ours, but never delivered, is a stranger's" grep -qF "audit: LI-L_tower-7_0000099999.tar lies there and is not ours" "$audit"
same "a store that does not list versions is asked for them once, and then for what it shows" 1 "$(grep -c 'GET /b/.*prefix=plain-list.*versions' "$work/store.requests")"
same "signed as it must be" 0 "$(grep -c BADSIGN "$work/store.requests")"
check "page after page" [ "$(grep -c 'GET /b/.*continuation-token=%25%2B.*prefix=plain-list' "$work/store.requests")" -ge "$days" ]
same "one that lists nothing is said to be so, and not blamed" 1 "$(grep -c 'destination no-list: audit: it shows no listing (list objects: .*403' "$audit")"
