#!/usr/bin/env bash
# From a file, where every stamp is known: a subject under a VLAN tag and one behind a relay have addresses from the frame
# that gives them to the one that takes them away or the lease's last nanosecond, and no stranger's frame is theirs
# (fault 44).
. "$(dirname "$0")/lib.sh"
. "$here/followed.sh"
installation isp || fail "an installation is made"
sed -i '/^slice_seconds/a dhcp_servers = 198.51.100.1 198.51.100.2\ndhcp_pool = 198.51.100.0/24' "$conf"
sed -i 's/^slice_seconds = .*/slice_seconds = 3600/' "$conf"
start=$(date -u -d 2026-11-19T23:00:00Z +%s)
/usr/bin/python3 "$here/leases.py" "$start" "$work/leases.pcap"
from=2026-11-19T23:00:00Z to=2026-11-19T23:30:00Z
subject=(--dhcp-mac 02:00:5e:00:53:07)
demo_order LI-MAC >/dev/null || fail "order LI-MAC"
subject=(--dhcp-circuit-id 'eth%200/7' --dhcp-remote-id site --dhcp-relay 198.51.100.2)
demo_order LI-LINE >/dev/null || fail "order LI-LINE"
expect 0 "the file is read" casetap-capture --config "$conf" -r "$work/leases.pcap"

words='(SUBJECT|LINE|UNKNOWN|CANARY)[ a-z0-9:]*'
same "fault 044: the subject's frames and no other's" "SUBJECT 1,SUBJECT 2,SUBJECT 3," "$(spoken LI-MAC)"
same "with its own five messages, and none of the strangers'" 8 "$(frames LI-MAC)"
same "each beginning and end is an entry" "start assigned,renewed renewed,end lease-ended," "$(bindings LI-MAC)"
same "what was not known is declared" "binding-unknown 23:00:00 23:00:03,lease-ended 23:15:01 23:15:11," "$(gaps LI-MAC)"
same "fault 044: the line's frames and no other's" "LINE 1," "$(spoken LI-LINE)"
same "with its own two messages" 3 "$(frames LI-LINE)"
same "each beginning and end is an entry" "start assigned,end conflict," "$(bindings LI-LINE)"
check "the conflict is a warning that names the case alone" grep -q '^casetap-capture: LI-LINE: an address of its subject is another' "$work/err"
same "no address, MAC or name is in the journal" 0 "$(cat "$state"/journal/capture/* "$work/err" | grep -cE '198\.51\.100\.5|5e:?00:?53|eth 0/7')"

# An order that names an address outright is carried out for it, whoever has it: that it was given to another is told.
subject=(--subject 198.51.100.52) to=2026-12-19T23:00:00Z
demo_order LI-NAMED >/dev/null || fail "order LI-NAMED"
expect 0 "the file is read once more" casetap-capture --config "$conf" -r "$work/leases.pcap"
says "that the address was given to another client is a warning" '^casetap-capture: LI-NAMED: an address that its order names was given to another client, by dhcpv4'
same "the address stays captured, which the court has named" "UNKNOWN,LINE 1,CANARY with the line's address," \
    "$(words="$words|CANARY with the line's address" spoken LI-NAMED)"
anothers() { jq -r 'select(.event == "address-of-another") | "\(.case) \(.detail.method) \(.detail.at[11:19])"' "$state/journal/capture/tower-7.jsonl"; }
same "it is one entry, of the frame that shows it" "LI-NAMED dhcpv4 23:05:20" "$(anothers)"
casetap status --config "$conf" >"$work/status" 2>&1
check "status says what to ask" grep -q 'case LI-NAMED: an address that its order names was given to another client at 2026-11-19T23:05:20Z' "$work/status"
file=$(ls "$state"/journal/capture/*status*) && jq -c '(.cases[] | select(.anothers != null)).returned = "2026-11-19T23:07:00.000000000Z"' "$file" >"$work/status.json" &&
    cp "$work/status.json" "$file" && casetap status --config "$conf" >"$work/status" 2>&1
check "and that it was given back, where it was" grep -q 'given to another client at 2026-11-19T23:05:20Z, and back at 2026-11-19T23:07:00Z: ' "$work/status"
expect 0 "what was captured is sealed" casetap-packager --config "$conf"
same "the LEA gets a notice" 1 "$(cat "$state"/outbox/LI-NAMED/tower-7/*/*.notice-*.txt | grep -c '^order .*T23:05:20.* - address-of-another$')"
casetap-verify --root "$work/isp/etc/root.pub" --json "$state/outbox/LI-NAMED" "$state/records/LI-NAMED" >"$work/report.json" 2>"$work/err"
same "and an event, against which casetap-verify has nothing" "service-changed dhcpv4 address-of-another 198.51.100.52" \
    "$(jq -r '(.findings[] | select(.code > 11) | .what), (.cases[0].access_events // .cases[0].access | .[] | "\(.kind // .event) \(.method) \(.reason) \(.address)")' "$work/report.json")"
same "the other cases have none" 0 "$(cat "$state"/outbox/LI-[ML]*/tower-7/*/*.notice-*.txt 2>/dev/null | grep -c address-of-another)"
same "still no address is in the journal" 0 "$(cat "$state"/journal/capture/*.jsonl | grep -cE '198\.51\.100\.5|5e:?00:?53')"
check "a check has nothing to say of what is learned" not_in <(casetap-capture --config "$conf" --check) learned
sed -i '/^dhcp_/d' "$conf"
check "without servers it has" grep -q 'LI-MAC .*no address of its subject is learned here' <(casetap-capture --config "$conf" --check)
rm -r "$state/spool/LI-MAC" "$state/spool/LI-LINE"
expect 0 "an access point without servers learns nothing" casetap-capture --config "$conf" -r "$work/leases.pcap"
says "and says so" 'LI-MAC: no address of its subject is learned here'
same "the whole is a gap" "binding-unknown 23:00:00 23:15:11," "$(gaps LI-MAC)"
same "and nothing is stored" "" "$(spoken LI-MAC)"
