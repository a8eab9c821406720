#!/usr/bin/env bash
# For sweep.py: casetap-packager follows a hold, its release, an attachment and a purge.  Nothing is deleted that the records
# do not certify; afterwards it is run again, and what should be gone is gone, what should stay verifies.
what=$1
. "$(dirname "$0")/subject.sh"
case $what in
prepare)
    demo_installation --payload-days 1
    casetap-capture --config "$conf" -r "$top/examples/demo.pcap" && casetap-packager --config "$conf" || exit 1
    faketime -f -3d casetap-uploader --config "$conf" || exit 1
    casetap hold LI-FILE --reason "appeal pending" --config "$conf" >/dev/null || exit 1
    casetap release LI-FILE --reason "appeal withdrawn" --key "$keys/approver.key" --config "$conf" >/dev/null || exit 1
    echo "court papers" >"$S/papers"
    casetap attach LI-FILE "$S/papers" --config "$conf" >/dev/null || exit 1
    # What is on hold is not asked for: the request is made by hand.
    sed "s/act = hold/act = purge/; s/reason = .*/reason = over\\nwhat = payload/" \
        "$state/requests/cases/LI-FILE/0000000001.request" >"$state/requests/cases/LI-FILE/0000000004.request"
    minisign -Sm "$state/requests/cases/LI-FILE/0000000004.request" -s "$keys/approver.key" \
        -x "$state/requests/cases/LI-FILE/0000000004.request.alice.minisig" -t test </dev/null >/dev/null
    exit
    ;;
run)
    printf '%s\0' "$build/packager/casetap-packager" --config "$conf"
    exit
    ;;
esac

# A package that is gone is one that a certificate names, beside what stays of it.
for f in "$lea"/LI-FILE/tower-7/*/*.tar; do
    day=$(basename "$(dirname "$f")") name=$(basename "$f")
    [ -f "$state/outbox/LI-FILE/tower-7/$day/$name" ] || { [ -f "$state/records/LI-FILE/tower-7/$day/${name%.tar}.tags.tar" ] &&
        grep -q "^file .* $name\$" "$state/records/LI-FILE/tower-7/$day"/*.purge.txt; } || wrong "$name is gone without a certificate"
done
casetap-packager --config "$conf" >"$S/packager" 2>&1 || wrong "packager: $?: $(cat "$S/packager")"
[ -z "$(find "$state/outbox" -type f)" ] || wrong "left in the outbox: $(find "$state/outbox" -type f) $(cat "$S/packager")"
casetap-verify --root "$work/isp/etc/root.pub" "$state/records/LI-FILE" >"$S/report" 2>&1
rc=$?
[ $rc = 10 ] || wrong "verify: $rc: $(tail -n 5 "$S/report")"
[ -z "$(find "$state/records" -name '.*.purge' -o -name '.*.tmp' -o -name purge.json)" ] || wrong "left in the records"
cmp -s "$S/papers" "$(echo "$state"/records/LI-FILE/attachments/????????-papers)" || wrong "the attachment is not there"
casetap log LI-FILE --config "$conf" >"$S/log" || wrong "the custody log is broken"
days=$(find "$lea/LI-FILE/tower-7" -mindepth 1 -type d | wc -l)
for event in hold release attach; do
    [ "$(grep -cE "packager/packager +[^ ]+ +$event " "$S/log")" = 1 ] || wrong "$event: $(cat "$S/log")"
done
for event in purge purged; do
    [ "$(grep -cE "packager/packager +[^ ]+ +$event " "$S/log")" = "$days" ] || wrong "$event: $(cat "$S/log")"
done
