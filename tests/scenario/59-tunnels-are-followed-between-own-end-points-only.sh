#!/usr/bin/env bash
# Every kind of tunnel and router stream, as tshark takes it apart: between the operator's own end points what it carries of
# the subject is stored, and nothing of strangers' tunnels, which use the subject's address as well.
. "$(dirname "$0")/lib.sh"

tshark -v >/dev/null 2>&1 || { skip "tunnels are followed between configured end points" "no tshark"; exit; }
"$here/tunnels.py" make "$work/all.pcap" "$work/inside.pcap"
"$here/tunnels.py" judge "$work/all.pcap" >"$work/expected"

# tunnels UNWRAP: the sections, for casetap.conf
tunnels() {
    local ends="from = 192.0.2.1 2001:db8:1::1
to = 192.0.2.2 2001:db8:1::2"
    printf '[tunnel core]\nkind = gre nvgre ipip vxlan geneve l2tp eoip\n%s\n' "$ends"
    printf '[tunnel mirror]\nkind = erspan tzsp\n%s\nunwrap = %s\n' "$ends" "$1"
    printf '[tunnel cable]\nkind = ccc\nport = 5000\n%s\n' "$ends"
}
# numbers FILE: those of the frames of all.pcap that the stored frames are, by time stamp
numbers() { "$here/frames.py" list "$1" | awk '{ print (substr($1, 1, 10) - 1795132800) * 1000 + substr($1, 11, 6) + 1 }'; }

installation none || fail "installation"
demo_order LI-NONE >/dev/null || fail "order"
expect 0 "without [tunnel] capture reads $(tcpdump -nr "$work/all.pcap" 2>/dev/null | wc -l) frames" \
    casetap-capture --config "$conf" -r "$work/all.pcap"
same "and follows no tunnel" "" "$(find "$state"/spool -name '*.pcap' -exec "$here/frames.py" list {} +)"

installation own || fail "installation"
tunnels no >>"$conf"
demo_order LI-OWN >/dev/null || fail "order"
demo_order LI-HEADERS --scope headers >/dev/null || fail "order"
expect 0 "with [tunnel] capture reads them" casetap-capture --config "$conf" -r "$work/all.pcap"
numbers "$state"/spool/LI-OWN/tower-7/*.pcap >"$work/stored"
check "tshark finds the subject in enough of them" [ "$(wc -l <"$work/expected")" -gt 100 ]
same "exactly the frames that tshark finds the subject in are stored" "" "$(diff "$work/expected" "$work/stored" | head)"
same "byte for byte" "" "$(comm -13 <("$here/frames.py" list "$work/all.pcap" | sort) \
    <("$here/frames.py" list "$state"/spool/LI-OWN/tower-7/*.pcap | sort))"
same "no number was missing: no loss" "" "$(grep -h '"event":"loss"' "$state"/journal/capture/* | head -n 3)"
same "headers: the same frames" "" "$(diff "$work/expected" <(numbers "$state"/spool/LI-HEADERS/tower-7/*.pcap) | head)"
same "headers: not a byte of what they carry" 0 "$(grep -c CANARY "$state"/spool/LI-HEADERS/tower-7/*.pcap)"

installation bare || fail "installation"
tunnels yes >>"$conf"
demo_order LI-BARE >/dev/null || fail "order"
expect 0 "with unwrap = yes" casetap-capture --config "$conf" -r "$work/all.pcap"
same "the same frames are stored" "" "$(diff "$work/expected" <(numbers "$state"/spool/LI-BARE/tower-7/*.pcap) | head)"
"$here/frames.py" list "$work/all.pcap" "$work/inside.pcap" | sort >"$work/either"
"$here/frames.py" list "$state"/spool/LI-BARE/tower-7/*.pcap | sort >"$work/stored.bare"
same "each whole or as it was inside the stream" "" "$(comm -13 "$work/either" "$work/stored.bare")"
same "those of router streams as they were inside" "$(comm -12 <("$here/frames.py" list "$work/inside.pcap" | sort) "$work/stored.bare" | wc -l)" \
    "$(tshark -n -r "$work/all.pcap" -T fields -e frame.number -Y 'erspan || tzsp || (gre.proto == 0x88be)' 2>/dev/null | sort |
        comm -12 - <(sort "$work/expected") | wc -l)"

"$here/tunnels.py" gaps "$work/gaps.pcap"
installation gaps || fail "installation"
tunnels yes >>"$conf"
demo_order LI-GAPS >/dev/null || fail "order"
expect 0 "a stream with ten numbers missing is read" casetap-capture --config "$conf" -r "$work/gaps.pcap"
same "290 frames are stored" 290 "$("$here/frames.py" list "$state"/spool/LI-GAPS/tower-7/*.pcap | wc -l)"
same "the journal says so" '["mirror",10]' \
    "$(jq -c 'select(.event == "loss") | [.object, .detail.frames]' "$state"/journal/capture/*)"
same "the slice that it concerns says that loss is possible" '["possible"]' \
    "$(jq -sc '[.[] | select(.frames > 0) | .loss.shared] | unique' "$state"/spool/LI-GAPS/tower-7/*.json)"

# --- more streams than their numbers can be kept of
"$here/tunnels.py" crowd "$work/crowd.pcap"
installation crowd || fail "installation"
tunnels no >>"$conf"
demo_order LI-CROWD >/dev/null || fail "order"
expect 0 "5,000 streams are read" casetap-capture --config "$conf" -r "$work/crowd.pcap"
same "all of the subject is stored" 10000 "$("$here/frames.py" list "$state"/spool/LI-CROWD/tower-7/*.pcap | wc -l)"
same "that not all can be counted is told, once" 1 "$(grep -h '"event":"crowded"' "$state"/journal/capture/* | wc -l)"
check "status counts them" [ "$(jq .records.crowded "$state"/journal/capture/tower-7.status)" -gt 900 ]
same "the slices say that loss is possible" '["possible"]' \
    "$(jq -sc '[.[] | select(.frames > 0) | .loss.shared] | unique' "$state"/spool/LI-CROWD/tower-7/*.json)"

# --- a pair of VLANs over ERSPAN of Linux: type III does not tell whether its number is a tag more
"$here/tunnels.py" tags "$work/tags.pcap"
installation tags || fail "installation"
tunnels no >>"$conf"
demo_order LI-TAGS --vlan 100.7 >/dev/null || fail "order"
demo_order LI-WHOLE >/dev/null || fail "order"
expect 0 "frames of Linux's ERSPAN are read" casetap-capture --config "$conf" -r "$work/tags.pcap"
same "what the headers decide is stored" 1 "$("$here/frames.py" list "$state"/spool/LI-TAGS/tower-7/*.pcap | wc -l)"
same "what they leave open is counted" 1 \
    "$(jq 'select(.event == "not-followed") | .detail.frames["erspan-tag"]' "$state"/journal/capture/* | tail -n 1)"
same "the journal says so of the case, and tells of no loss for all" '["LI-TAGS","undecided",1]' \
    "$(jq -c 'select(.event == "undecided" or .event == "loss") | [.case, .event, .detail.frames]' "$state"/journal/capture/*)"
same "status counts it" 1 "$(jq '.not_followed["erspan-tag"]' "$state"/journal/capture/tower-7.status)"
same "its slice says that loss is possible" '["possible"]' \
    "$(jq -sc '[.[] | select(.frames > 0) | .loss.shared] | unique' "$state"/spool/LI-TAGS/tower-7/*.json)"
same "that of another case does not" '["zero"]' \
    "$(jq -sc '[.[] | select(.frames > 0) | .loss.shared] | unique' "$state"/spool/LI-WHOLE/tower-7/*.json)"
installation linux || fail "installation"
tunnels no | sed 's/^kind = erspan.*/&\nerspan_vlan = frame/' >>"$conf"
demo_order LI-LINUX --vlan 100.7 >/dev/null || fail "order"
expect 0 "with erspan_vlan = frame" casetap-capture --config "$conf" -r "$work/tags.pcap"
same "both types are stored, and nothing else" 2 "$("$here/frames.py" list "$state"/spool/LI-LINUX/tower-7/*.pcap | wc -l)"
same "and nothing is left open" "" "$(jq -c 'select(.event == "loss" or .event == "undecided")' "$state"/journal/capture/*)"
