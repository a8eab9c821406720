#!/usr/bin/env bash
# Where the order asks, a table of flows and a report of headers lie beside each slice; they count what tshark counts in it,
# tell ports only where the scope has them, and are sealed with it.
. "$(dirname "$0")/lib.sh"
installation isp || fail "an installation is made"
demo_order LI-FLOWS --summary flows >/dev/null && demo_order LI-REPORT --scope headers --summary "flows packets" >/dev/null &&
    demo_order LI-NOPORTS --scope headers-without-ports --summary "flows packets" >/dev/null && demo_order LI-NONE >/dev/null ||
    fail "four orders"
expect 78 "a report of packets is for scopes of headers" casetap order new --config "$conf" --case LI-BAD --lea county-sheriff \
    --authority title-iii --order-number 1 --issued-by A --presented-by B --responsible C --from "2026-11-19T23:45:00Z" \
    --to 2026-11-20T00:15:00Z --subject 198.51.100.7 --summary packets
says "and the line says so" "a report of every packet is for scopes of headers"
expect 0 "the demo's file is read" casetap-capture --config "$conf" -r "$here/../../examples/demo.pcap"
expect 0 "and sealed" casetap-packager --config "$conf"
for package in "$state"/outbox/*/tower-7/*/*.tar; do tar -xf "$package" -C "$work"; done
same "sha256sum finds all as the manifests say" 0 \
    "$(for d in "$work"/LI-*_tower-7_*/; do (cd "$d" && sha256sum -c --quiet manifest-sha256.txt); done 2>&1 | wc -l)"
same "where none is asked for there is none" "" "$(find "$work"/LI-NONE_* -name '*.csv')"
same "where the order asks, each slice has its own" "$(find "$work"/LI-REPORT_* -name '*.pcap' | wc -l)" \
    "$(find "$work"/LI-REPORT_* -name '*.packets.csv' | wc -l)"
rows() { tail -q -n +2 "$work/$1"_*/data/*."$2".csv; }
frames=$(jq -s 'map(.slice.frames // 0) | add' "$work"/LI-FLOWS_*/custody.json)
same "the flows' frames are the records'" "$frames" "$(rows LI-FLOWS flows | awk -F, '{ n += $10 } END { print n }')"
same "the report has a row a frame" "$frames" "$(rows LI-REPORT packets | wc -l)"
same "flows in slices of headers are the same" "$(rows LI-FLOWS flows | cut -d, -f2- | sort)" "$(rows LI-REPORT flows | cut -d, -f2- | sort)"
check "there are ports" grep -q ',17,[0-9]*,[0-9]*,' <(rows LI-FLOWS flows)
same "but none where the scope has none" 0 "$(cat <(rows LI-NOPORTS flows) <(rows LI-NOPORTS packets | cut -d, -f1-3,5-) | cut -d, -f7,8 | grep -vc '^,$')"

# --- the same counted by tshark, both directions of a conversation together, the longest slice
pcap=$(ls -S "$work"/LI-FLOWS_*/data/*.pcap | head -n 1)
tshark -o ip.defragment:FALSE -o ipv6.defragment:FALSE -r "$pcap" -q -z conv,udp -z conv,tcp 2>/dev/null >"$work/conv"
same "frames and bytes of every UDP and TCP conversation are tshark's" \
    "$(sed -n 's/ bytes / /gp' "$work/conv" | awk '$2 == "<->" { print ($1 < $3 ? $1 " " $3 : $3 " " $1), $8, $9 }' | sort)" \
    "$(tail -n +2 "${pcap%.pcap}.flows.csv" | awk -F, '$7 != "" { a = $4 ":" $7; b = $5 ":" $8; k = a < b ? a " " b : b " " a; n[k] += $10; s[k] += $11 }
        END { for (k in n) print k, n[k], s[k] }' | sort)"
check "that is more than a few" [ "$(grep -c '<->' "$work/conv")" -gt 5 ]
