#!/usr/bin/env bash
# From a file, where every stamp is known: subjects who are named by what RADIUS knows them by have addresses from the frame
# that gives them to the one that takes them away, and no stranger's frame, name or message is in any case (fault 44).
. "$(dirname "$0")/lib.sh"
. "$here/followed.sh"
installation isp || fail "an installation is made"
sed -i '/^slice_seconds/a radius_servers = 192.0.2.9\nradius_clients = 192.0.2.1\nradius_pool = 198.51.100.0/24 2001:db8::/32\nradius_silence = 10m' "$conf"
sed -i 's/^slice_seconds = .*/slice_seconds = 3600/' "$conf"
start=$(date -u -d 2026-11-19T23:00:00Z +%s)
/usr/bin/python3 "$here/sessions.py" "$start" "$work/sessions.pcap"
if command -v tshark >/dev/null; then
    tshark -r "$work/sessions.pcap" -Y radius -T fields -e radius.code -e _ws.malformed -e radius.User_Name -e radius.Framed-IP-Address >"$work/tshark" 2>/dev/null
    same "to tshark it is RADIUS, and sound" "18 0" "$(wc -l <"$work/tshark") $(grep -c Malformed "$work/tshark")"
else
    skip "to tshark it is RADIUS, and sound" "no tshark here"
fi
from=2026-11-19T23:00:00Z to=2026-11-19T23:30:00Z
subject=(--radius-user-name alice@example)
demo_order LI-NAME >/dev/null || fail "order LI-NAME"
subject=(--radius-calling-station-id 02-00-5E-00-53-09)
demo_order LI-LINE --scope headers >/dev/null || fail "order LI-LINE"
expect 0 "the file is read" casetap-capture --config "$conf" -r "$work/sessions.pcap"

words='SUBJECT [0-9]|LINE [0-9]|UNKNOWN|CANARY'
events() { jq -r '.access.events[]? | "\(.kind) \(.reason // "")"' "$state/spool/$1/tower-7/"*.json | sed 's/ $//' | tr '\n' ','; }
same "fault 044: the subject's frames and no other's" "SUBJECT 1,SUBJECT 2,SUBJECT 3,SUBJECT 4,SUBJECT 5,SUBJECT 6," "$(spoken LI-NAME)"
same "with the eleven messages about it, and none about strangers" 17 "$(frames LI-NAME)"
same "each beginning and end is an entry" \
    "start assigned,start delegated,renewed renewed,renewed renewed,end stopped,end stopped,start assigned,end client-restarted,start assigned,end session-silent," \
    "$(bindings LI-NAME)"
same "what was not known is declared" "binding-unknown 23:00:00 23:10:00,session-silent 23:18:30 23:18:40," "$(gaps LI-NAME)"
same "fault 044: of the line, whose scope is headers, nothing said is kept" "" "$(spoken LI-LINE)"
same "but its frames and no other's" 3 "$(frames LI-LINE)"
same "up to the conflict" "start assigned,end conflict," "$(bindings LI-LINE)"
same "each access is told in the records" \
    "access-attempt,access-rejected refused,access-attempt,access-accepted,session-start,session-end user-request,session-start,session-end client-restarted,session-start,session-end session-silent," \
    "$(events LI-NAME | sed 's/address-[a-z]* [a-z-]*,//g;s/prefix-[a-z]* [a-z]*,//g')"
same "sessions by the number that RADIUS has for them" s1,s2, \
    "$(jq -r '.access.events[]? | select(.kind | startswith("session")) | .session' "$state/spool/LI-"*/tower-7/*.json | grep '^s[12]' | sort -u | tr '\n' ',')"
check "which is a warning that names the case alone" grep -q '^casetap-capture: LI-LINE: an address of its subject is another' "$work/err"
check "and a gap to the end" grep -q 'binding-conflict 23:05:20 23:18:40' <(gaps LI-LINE)
same "no address or name is in the journal" 0 \
    "$(cat "$state"/journal/capture/* "$work/err" | grep -cE '198\.51\.100\.5|2001:db8:20|alice|CANARY|00-53-09')"
same "nothing of a stranger is anywhere" 0 "$(grep -rlE 'CANARY-(bob|eve)|CANARY [a-z]' "$state" | wc -l)"
