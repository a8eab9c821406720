#!/usr/bin/env bash
# From a file, where every stamp is known: a subject who is named by what it logs in with is whoever is in the PPPoE session
# that lets that name in, until it ends, and nothing of the sessions, names and passwords of others is in any case (fault 44).
. "$(dirname "$0")/lib.sh"
. "$here/followed.sh"
installation isp || fail "an installation is made"
sed -i '/^slice_seconds/a pppoe_concentrators = 02:00:00:00:00:01' "$conf"
sed -i 's/^slice_seconds = .*/slice_seconds = 3600/' "$conf"
start=$(date -u -d 2026-11-19T23:00:00Z +%s)
/usr/bin/python3 "$here/lines.py" "$start" "$work/lines.pcap"
if command -v tshark >/dev/null; then
    tshark -r "$work/lines.pcap" -T fields -e frame.protocols -e pap.peer_id -e chap.name >"$work/tshark" 2>/dev/null
    same "to tshark it is PPPoE, and sound" "33 0 3 3" "$(wc -l <"$work/tshark") $(grep -c -e malformed "$work/tshark") $(grep -c alice \
        "$work/tshark") $(grep -c CANARY-bob "$work/tshark")"
else
    skip "to tshark it is PPPoE, and sound" "no tshark here"
fi
from=2026-11-19T23:00:00Z to=2026-11-19T23:30:00Z
subject=(--pppoe-user alice)
demo_order LI-NAME >/dev/null || fail "order LI-NAME"
demo_order LI-HEAD --scope headers >/dev/null || fail "order LI-HEAD"
expect 0 "the file is read" casetap-capture --config "$conf" -r "$work/lines.pcap"

words='SUBJECT [0-9]|CANARY|password of (alice|CANARY)'
events() { jq -r '.access.events[]? | "\(.kind) \(.reason // "") \(.address // "")"' "$state/spool/$1/tower-7/"*.json | tr -s ' ' |
    sed 's/ $//' | tr '\n' ','; }
same "fault 044: the subject's frames and no other's" \
    "password of alice,password of alice,SUBJECT 1,SUBJECT 2,SUBJECT 3,SUBJECT 4," "$(spoken LI-NAME)"
same "with its logins, what it agreed on and its last words, and none of the strangers'" 15 "$(frames LI-NAME)"
same "fault 044: where the scope is headers the same frames" 15 "$(frames LI-HEAD)"
same "and nothing said in them, the password neither" "" "$(spoken LI-HEAD)"
same "each beginning and end is an entry" "start assigned,end terminated,start assigned,end conflict," "$(bindings LI-NAME)"
same "what was not known is declared" "binding-unknown 23:00:00 23:00:06,binding-conflict 23:00:32 23:00:33," "$(gaps LI-NAME)"
same "each access is told in the records" \
    "access-attempt,access-rejected refused,access-attempt,access-accepted,session-start assigned,address-assigned 198.51.100.50/32,address-released terminated 198.51.100.50/32,session-end terminated 198.51.100.50/32,access-attempt,access-accepted,session-start assigned,session-end conflict," \
    "$(events LI-HEAD)"
same "no address or name is in the journal" 0 \
    "$(cat "$state"/journal/capture/* "$work/err" | grep -ciE '198\.51\.100\.5|2001:db8:20|alice|CANARY|5e:?00:?53')"
same "nothing of a stranger is anywhere" 0 "$(grep -rlE 'CANARY' "$state" | wc -l)"
