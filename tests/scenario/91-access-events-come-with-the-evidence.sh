#!/usr/bin/env bash
# What the network said of how the subject came to its addresses, and lost them, is in the packages as XML that its schema
# takes: in orders of every scope, and nothing of anybody else's (fault 44).
. "$(dirname "$0")/lib.sh"
installation isp || fail "an installation is made"
sed -i '/^slice_seconds/a dhcp_servers = 198.51.100.1 198.51.100.2\ndhcp_pool = 198.51.100.0/24' "$conf"
start=$(date -u -d 2026-11-19T23:00:00Z +%s)
/usr/bin/python3 "$here/leases.py" "$start" "$work/leases.pcap"
from=2026-11-19T23:00:00Z to=2026-11-19T23:30:00Z
subject=(--dhcp-mac 02:00:5e:00:53:07)
demo_order LI-MAC >/dev/null && demo_order LI-HEADERS --scope headers-without-ports >/dev/null || fail "orders for the subject"
subject=(--dhcp-circuit-id 'eth%200/7' --dhcp-remote-id site --dhcp-relay 198.51.100.2)
demo_order LI-LINE >/dev/null || fail "order LI-LINE"
subject=(--subject 198.51.100.50)
demo_order LI-FIXED >/dev/null || fail "order LI-FIXED"
expect 0 "the file is read" casetap-capture --config "$conf" -r "$work/leases.pcap"
expect 0 "and sealed" casetap-packager --config "$conf"

for package in "$state"/outbox/*/tower-7/*/*.tar; do tar -xf "$package" -C "$work"; done
xml=("$work"/LI-*/data/*.events.xml)
expect 0 "the schema takes every file of events" xmllint --noout --schema "$here/../../examples/casetap-events.xsd" "${xml[@]}"
sed 's/<timestamp>[^.]*/<timestamp>yesterday/' "${xml[0]}" >"$work/bad.xml"
check "but not one without a time" not_in <(xmllint --noout --schema "$here/../../examples/casetap-events.xsd" "$work/bad.xml" 2>&1) validates
events() { # CASE: what happened when, with which address, by what, for what
    cat "$work/$1"_*/data/*.events.xml | awk -F'[<>]' '/^  <[a-z]/ { e = $2; t = a = r = "-" } $2 == "timestamp" { t = substr($3, 12) }
        $2 == "address" { a = $3 } $2 == "reasonForTermination" || $2 == "beginning" { r = $3 } /^  <\// { print e, t, a, r }'
}
subjects='accessAttempt 23:00:03.000000Z - -
sessionStart 23:00:07.000000Z 198.51.100.50 assigned
addressAssigned 23:00:07.000000Z 198.51.100.50 assigned
addressRenewed 23:05:01.000000Z 198.51.100.50 renewed
addressReleased 23:15:01.000000Z 198.51.100.50 lease-ended
sessionEnd 23:15:01.000000Z 198.51.100.50 lease-ended'
same "the subject's events and no other's" "$subjects" "$(events LI-MAC)"
same "an order of another scope has the same" "$subjects" "$(events LI-HEADERS)"
same "fault 044: the line's, up to the conflict" 'accessAttempt 23:05:10.000000Z - -
sessionStart 23:05:11.000000Z 198.51.100.52 assigned
addressAssigned 23:05:11.000000Z 198.51.100.52 assigned
addressReleased 23:05:20.000000Z 198.51.100.52 conflict
sessionEnd 23:05:20.000000Z 198.51.100.52 conflict' "$(events LI-LINE)"
same "a case whose subject does not move has one alone: its address was given to another client" \
    'serviceChanged 23:15:10.000000Z 198.51.100.50 address-of-another' "$(events LI-FIXED)"
same "no address of anybody else's stands in any" "" \
    "$(cat "${xml[@]}" | grep -oE '198\.51\.100\.[0-9]+|02:?00:?5e[0-9a-f:]*|CANARY' | grep -vE '\.5[02]$' | sort -u)"
same "and each names its own case alone" "" \
    "$(for f in "${xml[@]}"; do c=$(basename "$f") c=${c%%_*} && grep -l '<caseId>' "$f" | xargs grep '<caseId>' | grep -v ">$c<"; done)"
same "each event but the lease's end names the frame that shows it, which is in the case" "" "$(comm -23 \
    <(cat "$work"/LI-MAC_*/data/*.events.xml | sed -n 's/.*<evidence>\(.*\)<.*/\1/p' | sort -u) \
    <("$here/frames.py" list "$work"/LI-MAC_*/data/*.pcap | cut -d' ' -f4 | sort -u))"
same "sha256sum finds them as the manifest says" 0 \
    "$(for d in "$work"/LI-*_tower-7_*/; do (cd "$d" && sha256sum -c --quiet manifest-sha256.txt); done 2>&1 | wc -l)"
casetap-verify --root "$work/isp/etc/root.pub" "$state/outbox" >"$work/verify.txt" 2>"$work/err"
same "casetap-verify finds all intact with its gaps, to the last day that is closed" "10 or 11" "$(case $? in 10 | 11) echo "10 or 11" ;; *) cat "$work/verify.txt" ;; esac)"
