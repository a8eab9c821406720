#!/usr/bin/env bash
# From a file, where every stamp is known: a DHCPv6 client with an address and a delegated prefix, whoever is behind an
# interface of a relay, and a host that makes its addresses itself have them from the frame that shows it to the one that
# ends it, on their link and between routers, and no stranger's frame is theirs (fault 44).
. "$(dirname "$0")/lib.sh"
. "$here/followed.sh"
installation isp || fail "an installation is made"
sed -i '/^slice_seconds/a dhcp6_servers = 2001:db8::1 2001:db8:6::1\ndhcp6_pool = 2001:db8:6::/48 2001:db8:700::/40\nslaac_pool = 2001:db8:5::/48\nslaac_silence = 10m\nipv6_routers = 02:00:00:00:00:01 02:00:00:00:00:02' "$conf"
sed -i 's/^slice_seconds = .*/slice_seconds = 3600/' "$conf"
start=$(date -u -d 2026-11-19T23:00:00Z +%s)
/usr/bin/python3 "$here/hosts.py" "$start" "$work/hosts.pcap"
if command -v tshark >/dev/null; then
    tshark -r "$work/hosts.pcap" -T fields -e frame.protocols -e dhcpv6.msgtype -e icmpv6.type >"$work/tshark" 2>/dev/null
    same "to tshark it is DHCPv6 and Neighbor Discovery, and sound" "42 0 13 5" \
        "$(wc -l <"$work/tshark") $(grep -c malformed "$work/tshark") $(grep -c :dhcpv6 "$work/tshark") $(grep -c :icmpv6 "$work/tshark")"
else
    skip "to tshark it is DHCPv6 and Neighbor Discovery, and sound" "no tshark here"
fi
from=2026-11-19T23:00:00Z to=2026-11-19T23:30:00Z
subject=(--dhcp6-duid duid-7)
demo_order LI-CLIENT >/dev/null || fail "order LI-CLIENT"
subject=(--dhcp6-interface-id ge-0/0/1:7 --dhcp6-relay 2001:db8:6::1)
demo_order LI-PORT --scope headers >/dev/null || fail "order LI-PORT"
subject=(--slaac-mac 02:00:5e:00:53:0a)
demo_order LI-HOST >/dev/null || fail "order LI-HOST"
expect 0 "the file is read" casetap-capture --config "$conf" -r "$work/hosts.pcap"

words='(SUBJECT|LINE|HOST) [0-9]|(UNKNOWN|CANARY)[ a-z0-9:]*'
events() { jq -r '.access.events[]? | "\(.kind) \(.reason // "") \(.address // "")"' "$state/spool/$1/tower-7/"*.json | tr -s ' ' |
    sed 's/ $//' | tr '\n' ','; }
same "fault 044: the client's frames and no other's" "SUBJECT 1,SUBJECT 2,SUBJECT 3,SUBJECT 4," "$(spoken LI-CLIENT)"
same "with its own seven messages, and none of the strangers'" 11 "$(frames LI-CLIENT)"
same "each beginning and end is an entry" "start assigned,start delegated,renewed renewed,end conflict,end released," "$(bindings LI-CLIENT)"
same "what was not known is declared" "binding-unknown 23:00:00 23:00:12,binding-conflict 23:00:12 23:11:01," "$(gaps LI-CLIENT)"
same "each access is told in the records" \
    "access-attempt,session-start assigned 2001:db8:6:1::50/128,address-assigned assigned 2001:db8:6:1::50/128,prefix-delegated delegated 2001:db8:700::/56,address-renewed renewed 2001:db8:6:1::50/128,address-released conflict 2001:db8:6:1::50/128,address-released released 2001:db8:700::/56,session-end released 2001:db8:700::/56," \
    "$(events LI-CLIENT)"
same "fault 044: the line's two messages and one frame, of its header alone" "3 " "$(frames LI-PORT) $(spoken LI-PORT)"
same "each beginning and end is an entry" "start assigned,end conflict," "$(bindings LI-PORT)"
same "fault 044: the host's frames and no other's" "HOST 1,HOST 2,HOST 3,HOST 4," "$(spoken LI-HOST)"
same "with its own two questions" 6 "$(frames LI-HOST)"
same "each beginning and end is an entry" "start assigned,end conflict,start assigned,end address-silent," "$(bindings LI-HOST)"
same "what was not known is declared" \
    "binding-unknown 23:00:00 23:00:50,binding-conflict 23:00:50 23:01:00,binding-unknown 23:01:00 23:10:00,address-silent 23:11:00 23:11:01," \
    "$(gaps LI-HOST)"
same "no address, MAC or name is in the journal" 0 \
    "$(cat "$state"/journal/capture/* "$work/err" | grep -ciE '2001:db8:[567]|duid|ge-0|5e:?00:?53')"
same "nothing of a stranger is anywhere" 0 "$(grep -rlE 'CANARY' "$state" | wc -l)"
