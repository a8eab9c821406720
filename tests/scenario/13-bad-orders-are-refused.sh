#!/usr/bin/env bash
# A bad order is refused by every way in: one line that names file and line or case, exit 78, nothing stored, nothing
# installed.  Each bad text here bears a good signature: the signature is never what saves us.
. "$(dirname "$0")/lib.sh"
installation isp || { fail "an installation is made"; exit; }
cd "$work" || exit
pcap=$top/examples/demo.pcap
spool=$state/spool

new_order() { # CASE [OPTION...]
    local case_id=$1
    shift
    casetap order new --config "$conf" --case "$case_id" --lea county-sheriff --authority title-iii --order-number 26-CV-0117 \
        --issued-by "Hon. A. Example" --presented-by "Det. B. Example" --responsible "C. Example" \
        --from "${from:-2026-11-19T23:45:00Z}" --to "${to:-2026-11-20T00:15:00Z}" --to-destination county-sheriff \
        "${subject[@]}" "$@"
}
approve() { minisign -Sm "$1" -x "$1.a.minisig" -s "$keys/approver.key" -W >/dev/null 2>&1; }
tree() { find isp -type f -not -name '*.jsonl' -not -path '*/journal/capture/*' | sort; }
stored() { find "$spool" -type f ! -name .casetap 2>/dev/null | sed "s|$spool/||" | sort; }

# refused NUMBER SENTENCE FILE PATTERN: FILE, approved, is refused by check, by install, and put there by hand by capture
refused() {
    local name="fault $1: $2" file=$3 pattern=$4 before lines bad=0 program
    approve "$file"
    before=$(tree)
    for program in check install; do
        casetap order $program "$file" --config "$conf" >out 2>err </dev/null
        [ $? = 78 ] || bad="order $program ended with another status"
        lines=$(wc -l <err)
        [ "$lines" = 1 ] && grep -qE -- "^casetap: $file:$pattern" err || bad="order $program said $(head -n 3 err)"
    done
    [ "$(tree)" = "$before" ] || bad="something was installed"
    mkdir "$orders/LI-BAD" && cp "$file" "$orders/LI-BAD/1.order" && cp "$file.a.minisig" "$orders/LI-BAD/1.order.a.minisig"
    casetap-capture --config "$conf" --check >out 2>err </dev/null
    [ $? = 78 ] || bad="casetap-capture --check ended with another status"
    grep -q '^LI-BAD  *refused' out || bad="casetap-capture --check does not refuse it: $(cat out)"
    [ "$(grep -c LI-BAD err)" -le 1 ] || bad="casetap-capture --check said $(cat err)"
    grep -qE "LI-BAD/1.order:$pattern|^LI-BAD.*$pattern" err out || bad="casetap-capture --check said $(cat err out)"
    casetap-capture --config "$conf" -r "$pcap" >out 2>err </dev/null
    [ $? = 78 ] || bad="casetap-capture -r ended with another status"
    [ -z "$(stored)" ] || bad="casetap-capture -r stored $(stored)"
    rm -r "$orders/LI-BAD"
    if [ "$bad" = 0 ]; then pass "$name"; else
        echo "# $bad"
        fail "$name"
    fi
}
new_order LI-BAD >good.order
# with NUMBER SENTENCE PATTERN SED-SCRIPT
with() {
    sed -E "$4" good.order >bad.order
    cmp -s good.order bad.order && fail "the script for fault $1 changes nothing"
    refused "$1" "$2" bad.order "$3"
}
line_of() { grep -nE "$1" good.order | head -n 1 | cut -d: -f1; }
after=$(line_of '^not_after') before=$(line_of '^not_before') ipv4=$(line_of '^ipv4') ipv6=$(line_of '^ipv6')
case_line=$(line_of '^case_id') subject_line=$(line_of '^\[subject\]')

# 15
expect 78 "fault 15: without an order a file is not read" casetap-capture --config "$conf" -r "$pcap"
says "and one line says why" 'demo.pcap: no accepted order to apply to it$'
same "and nothing is stored" "" "$(stored)"
expect 0 "fault 15: without an order the check finds nothing wrong" casetap-capture --config "$conf" --check
check "and nothing in force" grep -q '0 of 0 orders in force' out

# 18, 19, 20, 32: the window
with 18 "no not_after" "1: \[order\] has no not_after$" '/^not_after/d'
for t in 0 never "" 2026-11-20; do
    with 18 "not_after = $t" "$after: not_after: (no value|not an RFC 3339 time)" "s/^(not_after =).*/\1 $t/"
done
with 19 "not_after before not_before" "$after: not_after: is not after not_before$" 's/^not_after.*/not_after = 2026-11-19T23:44:59Z/'
with 19 "not_after at not_before" "$after: not_after: is not after not_before$" 's/^not_after.*/not_after = 2026-11-19T23:45:00Z/'
with 20 "longer than max_order_days" ".*lasts more than max_order_days = 60$" 's/^not_after.*/not_after = 2027-01-18T23:45:01Z/'
for t in "2026-11-20T00:15:00" "2026-11-20 00:15:00Z" "2026-11-20T00:14:60Z" "10000-01-01T00:00:00Z" "2026-02-29T00:00:00Z" \
    "2026-11-20T24:00:00Z" "2026-11-20T00:15:00+25:00" "2026-11-20T00:15Z" "Fri Nov 20 2026" "1764000000" "2026-11-20T00:15:00 MST"; do
    with 32 "a time written as $t" "$after: not_after: not an RFC 3339 time with an offset" "s/^(not_after =).*/\1 $t/"
done
with 32 "the other end as well" "$before: not_before: not an RFC 3339 time" 's/^(not_before =).*/\1 2026-11-19T23:45:00/'
for t in "2026-11-20T00:15:00Z" "2026-11-19T17:15:00-07:00" "2026-11-20T02:15:00.000000001+02:00"; do
    sed -E "s/^(not_after =).*/\1 $t/" good.order >fine.order
    casetap order check fine.order --config "$conf" >out 2>err
    case $? in
    0) pass "fault 32: $t is RFC 3339 with an offset" ;;
    *) fail "fault 32: $t: $(cat err)" ;;
    esac
done

# 24, 25: the subject.  No message repeats it.
with 24 "everybody" "$ipv4: ipv4: a prefix of length 0 is everybody$" 's|^ipv4 = .*|ipv4 = 0.0.0.0/0|'
with 24 "everybody of IPv6" "$ipv6: ipv6: a prefix of length 0 is everybody$" 's|^ipv6 = .*|ipv6 = ::/0|'
with 24 "a /8" ".*\[subject\]: a prefix is more than one host, and allow_prefix = yes is not there$" 's|^ipv4 = .*|ipv4 = 10.0.0.0/8|'
with 24 "a /31" ".*allow_prefix = yes is not there$" 's|^ipv4 = .*|ipv4 = 198.51.100.6/31|'
with 24 "more than a /8 with allow_prefix" ".*a prefix shorter than /8" 's|^ipv4 = .*|ipv4 = 12.0.0.0/7\nallow_prefix = yes|'
with 24 "a link-local address" ".*revision 1 names a link-local address, which on the next link is another's$" \
    's|^ipv4 = .*|ipv4 = 169.254.7.7|'
sed 's|^ipv6 = .*|ipv6 = fe80::7|' good.order >bad.order
expect 78 "fault 24: a link-local address is not approved either" casetap order approve bad.order --key "$keys/approver.key" \
    --config "$conf"
says "in one line" "^casetap: case LI-BAD: revision 1 names a link-local address, which on the next link is another's$"
(subject=(--subject fe80::7) && expect 78 "fault 24: nor written" new_order LI-BAD && exit "$status") || status=1
with 24 "no subject" "$subject_line: \[subject\]: " '/^ipv[46]/d'
with 24 "no [subject] at all" " has no section \[subject\]$" '/^\[subject\]/,/^$/d'
with 24 "a VLAN as the only subject" "$subject_line: \[subject\]: " '/^ipv4/d; s/^ipv6.*/vlan = 7/'
with 24 "three tags" ".*: vlan: a stack has two tags, OUTER.INNER$" 's/^ipv4.*/&\nvlan = 100.7.9/'
with 24 "an inner tag alone" ".*: vlan: the outer tag is not a number in its range$" 's/^ipv4.*/&\nvlan = .7/'
with 24 "a subscriber's user name" ".*: (unknown key|not supported by this version)$" 's/^ipv4.*/radius_user = alice/'
with 25 "a host name" "$ipv4: ipv4: not a numeric address .names are not looked up.$" 's/^ipv4.*/ipv4 = localhost/'
with 25 "a host name as IPv6" "$ipv6: ipv6: not a numeric address" 's/^ipv6.*/ipv6 = lea.example/'
with 25 "an address that is written in octal" "$ipv4: ipv4: not a numeric address" 's/^ipv4.*/ipv4 = 0306.51.100.7/'
with 25 "a group MAC" ".*: mac: a group address$" 's/^ipv4.*/mac = 01:00:5e:00:53:07/'

# 26: the case ID
with 26 "a path as the case ID" "$case_line: case_id: not a case ID" 's|^case_id.*|case_id = ../../etc|'
with 26 "300 characters" "$case_line: case_id: not a case ID" "s/^case_id.*/case_id = $(printf 'x%.0s' $(seq 300))/"
with 26 "65 characters" "$case_line: case_id: not a case ID" "s/^case_id.*/case_id = $(printf 'x%.0s' $(seq 65))/"
with 26 "a letter that only looks like one" "$case_line: case_id: not a case ID" 's/^case_id.*/case_id = LI-\xd0\xa120/'
with 26 "two dots" "$case_line: case_id: not a case ID" 's/^case_id.*/case_id = LI..1/'
with 26 "a dot first" "$case_line: case_id: not a case ID" 's/^case_id.*/case_id = .LI/'
with 26 "a blank" "$case_line: case_id: not a case ID" 's/^case_id.*/case_id = LI 1/'
with 26 "a line end" "$((case_line + 1)): " 's/^case_id.*/case_id = LI\nBAD/'
expect 64 "fault 26: a line end on the command line" new_order $'LI\nlea = somebody-else'
same "prints no order" "" "$(cat out)"

# 34 and the rest of the text
with 34 "a key twice" "$((after + 1)): not_after stands twice in \[order\]$" '/^not_after/p'
with 34 "a section twice" ".*section \[order\] stands twice$" '$a [order]\ncase_id = LI-BAD'
with 34 "a key that is not known" "$((after + 1)): not_afer: unknown key$" '/^not_after/a not_afer = 2030-01-01T00:00:00Z'
with 34 "an escrow recipient that is none" ".*escrow: not an age recipient \(age1\.\.\.\)$" '/^to = /a escrow = yes'
with 34 "content under a pen register" ".*scope: this authority gives no content$" 's/^authority.*/authority = pen-register/'
sed 's/^to = .*/to = nowhere/' good.order >bad.order
expect 78 "an order for a destination that is not configured is refused" casetap order install bad.order --config "$conf"
says "in one line" '^casetap: bad.order: case LI-BAD: casetap.conf has no \[destination nowhere\]$'
check "and leaves nothing" [ ! -e "$orders/LI-BAD" ]
cp good.order huge.order && truncate -s 100M huge.order
limit=16384
(ulimit -d $limit && casetap --version) >/dev/null 2>&1 || limit=unlimited # a sanitizer needs more to start with
(
    ulimit -d $limit
    expect 78 "fault 34: an order of 100 MB is refused within 16 MiB" casetap order check huge.order --config "$conf"
    says "in one line" '^casetap: huge.order: too large$'
    mkdir "$orders/LI-BAD" && cp --sparse=always huge.order "$orders/LI-BAD/1.order"
    expect 78 "put there by hand it is refused by capture within 16 MiB" casetap-capture --config "$conf" --check
    check "as too large" grep -q '^LI-BAD .*refused.*too large' out
    exit "$status"
) || status=1
rm -r "$orders/LI-BAD"

# 16, 17: outside the window
from=2026-11-19T23:00:00Z to=2026-11-19T23:50:03Z demo_order LI-PAST >/dev/null || fail "LI-PAST"
from=2026-11-20T00:11:49Z to=2026-11-20T01:00:00Z demo_order LI-NEXT >/dev/null || fail "LI-NEXT"
from=2126-11-20T00:00:00Z to=2126-12-20T00:00:00Z demo_order LI-LATER >/dev/null || fail "LI-LATER"
expect 0 "fault 16: an order that expired before the first frame is applied to none" casetap-capture --config "$conf" -r "$pcap"
same "fault 17: nor is one that begins after the last" "" "$(stored | grep '\.pcap$')"
expect 0 "the check has no quarrel with either" casetap-capture --config "$conf" --check
check "and calls the one expired" grep -q '^LI-PAST  *expired ' out
check "one of another century is not yet in force" grep -q '^LI-LATER  *not-yet ' out

# 24: a filter only narrows; 33: two LEAs, one subject
rm -rf "${orders:?}"/* "$state"/spool/* "$state"/journal/capture/*
demo_order LI-SHERIFF >/dev/null || fail "LI-SHERIFF"
demo_order LI-FEDERAL --lea federal --order-number 26-FED-9 >/dev/null 2>&1 ||
    { new_order LI-FEDERAL | sed 's/^lea = .*/lea = federal/' >LI-FEDERAL.order && approve LI-FEDERAL.order &&
        casetap order install LI-FEDERAL.order --config "$conf" >/dev/null; } || fail "LI-FEDERAL"
demo_order LI-WIDE --filter 'port 80 or net 0.0.0.0/0' >/dev/null || fail "LI-WIDE"
expect 0 "three orders for one subject are carried out" casetap-capture --config "$conf" -r "$pcap"
frames() { cat "$spool/$1/tower-7/"*.json | jq -s 'map(.frames) | add'; }
subjects=$(wc -l <"$top/examples/demo.subject")
same "fault 33: one LEA gets all of it" "$subjects" "$(frames LI-SHERIFF)"
same "fault 33: so does the other" "$subjects" "$(frames LI-FEDERAL)"
same "fault 33: and neither folder names the other case" "" \
    "$(grep -rl FEDERAL "$spool/LI-SHERIFF" && grep -rl SHERIFF "$spool/LI-FEDERAL")"
list() { "$here/frames.py" list "$spool/$1/tower-7/"*.pcap | sort; }
same "fault 24: a filter that names everybody still only narrows" "" "$(comm -13 <(list LI-SHERIFF) <(list LI-WIDE))"
check "fault 24: and lets the subject's frames through" [ "$(list LI-WIDE | wc -l)" -gt 0 ]

# 27: a case ID that is used again
(subject=(--subject 198.51.100.8) && new_order LI-SHERIFF) >other.order
approve other.order
expect 78 "fault 27: a case ID used again for another subject is refused" casetap order install other.order --config "$conf"
says "in one line" '^casetap: other.order: case LI-SHERIFF: has a revision 1 already, of other contents'
casetap order extend LI-SHERIFF --to 2026-11-20T01:00:00Z --config "$conf" >second.order 2>/dev/null || fail "extend"
sed 's/198\.51\.100\.7/198.51.100.8/' second.order >stolen.order
approve stolen.order
expect 78 "fault 27: so is a revision for another subject" casetap order install stolen.order --config "$conf"
says "in one line" 'revision 2 is for another subject: a case ID is never used again$'
cp stolen.order "$orders/LI-SHERIFF/2.order" && cp stolen.order.a.minisig "$orders/LI-SHERIFF/2.order.a.minisig"
casetap order list --config "$conf" >list 2>err
check "put there by hand it does not count, and the first stays in force" \
    grep -qE '^LI-SHERIFF  *1 .*(in force|ended|not yet): revision 2 is for another subject' list
rm "$orders/LI-SHERIFF"/2.order*

# 30: edited in place, deleted, put back
slices=$(stored)
cp "$orders/LI-SHERIFF/1.order" kept.order
sed -i 's/^not_after.*/not_after = 2026-12-31T00:00:00Z/' "$orders/LI-SHERIFF/1.order"
approve "$orders/LI-SHERIFF/1.order"
expect 78 "fault 30: an order edited in place is an alarm, whoever signed it" casetap-capture --config "$conf" --check
check "and is named" grep -qE '^LI-SHERIFF  *changed .*1.order is not the file that was accepted$' out
casetap order list --config "$conf" >list 2>err
check "also in the list" grep -qE '^LI-SHERIFF .*FILE CHANGED: 1.order is not the file that was accepted$' list
rm "$orders/LI-SHERIFF/1.order"
casetap order list --config "$conf" >list 2>err
check "fault 30: a deleted one is missing" grep -qE '^LI-SHERIFF .*file missing: 1.order: is gone$' list
cp kept.order LI-SHERIFF.order
expect 0 "the same bytes are taken back" casetap order install LI-SHERIFF.order --config "$conf"
casetap order list --config "$conf" >list 2>err
check "and count" grep -qE '^LI-SHERIFF .*(in force|ended|not yet)$' list
approve second.order
expect 0 "an extension" casetap order install second.order --config "$conf"
expect 0 "that capture has accepted" casetap-capture --config "$conf" -r "$pcap"
rm "$orders/LI-SHERIFF"/2.order*
casetap order list --config "$conf" >list 2>err
check "fault 30: an older revision revives nothing" grep -qE '^LI-SHERIFF .*file missing: 2.order: is gone$' list
expect 0 "its bytes are taken back too" casetap order install second.order --config "$conf"
casetap order revoke LI-FEDERAL --reason withdrawn --key "$keys/approver.key" --config "$conf" >/dev/null || fail "revoke"
casetap-capture --config "$conf" -r "$pcap" >out 2>err
rm "$orders/LI-FEDERAL"/revoked*
casetap order list --config "$conf" >list 2>err
check "fault 30: deleting a revocation revives nothing" grep -qE '^LI-FEDERAL .* revoked' list
same "none of that touched a slice" "$slices" "$(stored | grep -xF "$slices")"
