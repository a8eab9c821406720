#!/usr/bin/env bash
# Where the network does not say it, an approver gives an address of a subject that moves, for a time and with its proof:
# capture follows it for that time and not beyond, and what is not within the order, not signed, or not shown is refused.
. "$(dirname "$0")/lib.sh"
. "$here/followed.sh"
installation isp || fail "an installation is made"
sed -i '/^slice_seconds/a dhcp_servers = 198.51.100.1 198.51.100.2\ndhcp_pool = 198.51.100.0/24' "$conf"
start=$(date -u -d 2026-11-19T23:00:00Z +%s)
/usr/bin/python3 "$here/leases.py" "$start" "$work/leases.pcap"
from=2026-11-19T23:00:00Z to=2026-11-19T23:30:00Z
subject=(--dhcp-mac 02:00:5e:00:53:07)
demo_order LI-GIVEN >/dev/null || fail "order LI-GIVEN"
demo_order LI-NET >/dev/null || fail "order LI-NET"
subject=(--subject 198.51.100.7)
demo_order LI-FIXED >/dev/null || fail "order LI-FIXED"
expect 0 "orders are accepted" casetap-capture --config "$conf" -r "$here/../../examples/demo.pcap"
rm -rf "$state"/spool/LI-*
bind() { # CASE ADDRESS FROM TO PROOF [OPTION...]
    local c=$1 a=$2 f=$3 t=$4 p=$5
    shift 5
    casetap bind "$c" "$a" --config "$conf" --from "2026-11-19T$f" --to "2026-11-19T$t" --proof "$p" --key "$keys/approver.key" "$@"
}
mac=02:00:5e:00:53:07 other=02:00:5e:00:53:08
lease() { printf 'lease 198.51.100.51 {\n  starts 4 2026/11/19 %s;\n  ends 4 2026/11/19 %s;\n  hardware ethernet %s;\n}\n' "$@"; }
{ lease 22:00:00 23:00:30 $mac && lease 23:00:30 23:20:00 $other; } >"$work/isc"
echo "the subject has it, by the plan" >"$work/plan"
echo "198.51.100.51 is the subject's, 198.51.100.60 is CANARY's" >"$work/plans"
printf 'address,hwaddr,client_id,valid_lifetime,expire\n198.51.100.51,%s,,7200,%d\n198.51.100.51,%s,,600,%d\n' $mac $((start + 3600)) \
    $other $((start + 5400)) >"$work/kea"
printf '/ip dhcp-server lease\nadd address=198.51.100.51 client-id=1:2:0 mac-address=02:00:5E:00:53:07 \\\n    server=one\n' >"$work/mikrotik"

expect 65 "a time outside the order is refused" bind LI-GIVEN 198.51.100.51 22:59:00Z 23:10:00Z "$work/plan"
says "with the reason" "its time is not within the order's"
expect 65 "and one of a subject that does not move" bind LI-FIXED 198.51.100.51 23:00:00Z 23:10:00Z "$work/plan"
expect 65 "and what the leases do not show" bind LI-GIVEN 198.51.100.51 23:00:00Z 23:10:00Z "$work/isc" --kind isc
says "for they say that it was another's" "another's for a part of that time"
expect 65 "and what they do not speak of" bind LI-GIVEN 198.51.100.52 23:00:00Z 23:00:10Z "$work/isc" --kind isc
expect 65 "a plan is kept whole, so one that names others is refused" bind LI-GIVEN 198.51.100.51 23:00:00Z 23:10:00Z "$work/plans"
says "and it is said what to give" "give the part that is the subject's"
expect 65 "another program's are not taken for Kea's" bind LI-GIVEN 198.51.100.51 23:00:00Z 23:00:10Z "$work/isc" --kind kea
same "nothing was put anywhere" "" "$(ls "$state"/requests/*.binding 2>/dev/null)"
expect 0 "ISC's show the time that it was the subject's" bind LI-GIVEN 198.51.100.51 23:00:00Z 23:00:30Z "$work/isc" --kind isc
rm "$state"/requests/LI-GIVEN.*
expect 0 "Mikrotik's know no time" bind LI-GIVEN 198.51.100.51 23:00:00Z 23:29:00Z "$work/mikrotik" --kind mikrotik
rm "$state"/requests/LI-GIVEN.*
typed() { printf '%b' "$1" | bind LI-GIVEN - 23:00:00Z 23:00:02Z "$work/kea" --kind kea; }
for bad in '' '\n' '198.51.100.51 \n' "$(printf '%064d' 0)198.51.100.51\n" '198.51.100.51\0\n'; do
    expect 64 "what is no address on standard input is refused: '${bad:0:16}'" typed "$bad"
done
expect 0 "Kea's show it, and the address need not stand on the command line" typed '198.51.100.51\n'

# A static plan gives a customer a prefix: all of its addresses are the subject's, and one that is anyone else's ends it.
net() { expect "$1" "$2" bind LI-NET "${@:3}"; }
echo "198.51.100.48/29 is the subject's, 198.51.100.52/31 later" >"$work/net"
net 64 "a prefix that an order could not name is refused" 198.51.100.50/29 23:00:01Z 23:00:09Z "$work/net"
says "in its words" "a prefix with bits set behind its length"
net 64 "so is one that is never one subject's" 192.0.0.0/7 23:00:01Z 23:00:09Z "$work/net"
says "in its words" "a prefix shorter than /8 .* is never one subject's"
net 65 "a plan that names more than the prefix is refused" 198.51.100.52/31 23:01:00Z 23:30:00Z "$work/net"
net 65 "leases show no prefix of IPv4" 198.51.100.52/31 23:01:00Z 23:30:00Z "$work/isc" --kind isc
says "and that is said" "shows single addresses and no prefix"
same "nothing was put anywhere" "" "$(ls "$state"/requests/LI-NET.* 2>/dev/null)"
net 0 "a prefix is given" 198.51.100.48/29 23:00:01Z 23:00:09Z "$work/net"
net 0 "and another" 198.51.100.52/31 23:01:00Z 23:30:00Z "$work/plan"
pd() { printf '2001:db8:7%s::,00:03:00:01:02:00:5e:00:53:%s,7200,%d,1,7200,2,1,56,0,0,,%s,0,,1,1\n' "$1" "$2" $((start + 3600)) "$3"; }
{ pd 0 07 $mac && pd 1 08 $other; } >"$work/kea6"
net 65 "what Kea's DHCPv6 server has delegated to another is refused" 2001:db8:71::/56 23:00:02Z 23:00:05Z "$work/kea6" --kind kea
net 0 "and what it has to the subject shows the prefix" 2001:db8:70::/56 23:00:02Z 23:00:05Z "$work/kea6" --kind kea
same "a prefix is of the third format, a host of the second" "LI-GIVEN casetap-binding/2 LI-NET casetap-binding/3" \
    "$(sed -n 's/^format = //p;s/^case = //p' "$state"/requests/LI-*.binding | paste - - | awk '{ print $2, $1 }' | sort -u | xargs)"
cp "$state"/requests/LI-GIVEN.*.binding "$state/requests/LI-GIVEN.forged.binding"
sed -i 's/198.51.100.51/198.51.100.53/' "$state/requests/LI-GIVEN.forged.binding"

casetap-capture --config "$conf" -r "$work/leases.pcap" 2>"$work/err"
says "what no approver has signed is refused" "LI-GIVEN.forged.binding: not signed by an approver"
words='SUBJECT [0-9]|LINE|UNKNOWN|CANARY'
same "fault 044: what it sent then is in the case, beside what the network tells" "UNKNOWN,SUBJECT 1,SUBJECT 2,SUBJECT 3," "$(spoken LI-GIVEN)"
same "each beginning and end is an entry" "start established,end given-ended,start assigned,renewed renewed,end lease-ended," \
    "$(bindings LI-GIVEN)"
same "of the prefix what any of its addresses sent then, and nothing once one of them was another's" \
    "UNKNOWN,UNKNOWN,SUBJECT 1,SUBJECT 2,SUBJECT 3," "$(spoken LI-NET)"
same "each beginning and end is an entry" "start delegated,start delegated,end given-ended,start assigned,end given-ended,start delegated,renewed renewed,end conflict,end lease-ended," \
    "$(bindings LI-NET)"
same "that names the file which gave it" "$(sha256sum <"$(ls "$state"/requests/LI-GIVEN.*.binding | grep -v forged)" | cut -d' ' -f1)" \
    "$(jq -r 'select(.event == "binding-start") | .object' "$state/journal/capture/tower-7.jsonl" | head -n 1)"
sed 's/^address = .*/address = adresse/' "$here/../../examples/profiles/t1-ias.profile" >"$work/own.profile"
sed '/^until/d' "$work/own.profile" >"$work/bad.profile"
cp "$conf" "$work/plain.conf"
sed -i "/^\[seal\]/a events_profile = $work/bad.profile" "$conf"
expect 78 "an element map that lacks a word is refused" casetap-packager --config "$conf" --check
sed "/^\[seal\]/a events_profile = $work/own.profile" "$work/plain.conf" >"$conf"
expect 0 "the rest is sealed" casetap-packager --config "$conf"
given=$(find "$state/requests" -name 'LI-GIVEN.*.binding' ! -name '*forged*')
kept=$(echo "$state"/records/LI-GIVEN/attachments/*kea*)
same "of the proof the one entry is among the records that shows it, and none of others" \
    "198.51.100.51,$mac,,7200,$((start + 3600))" "$(cat "$kept")"
same "of prefixes, too" "$(pd 0 07 $mac)" "$(cat "$state"/records/LI-NET/attachments/*kea6*)"
same "nothing of others is found anywhere" "" "$(grep -rlE "$other|CANARY" "$work/isp")"
same "and nothing of the rest of the file" "" "$(grep -rl hwaddr "$work/isp")"
first=$(echo "$state"/outbox/LI-GIVEN/tower-7/*/*_0000000001.tar) hash=$(basename "$given" | cut -d. -f2)
tar -xf "$first" -C "$work"
packed=$work/LI-GIVEN_tower-7_0000000001/data/orders
check "the file that gives it is in the first package, to the byte" cmp "$given" "$packed/$hash.binding"
check "with what stock minisign finds to be the approver's signature" minisign -Vm "$packed/$hash.binding" \
    -x "$packed/$hash.binding.approver.minisig" -p "$keys/approver.pub"
same "and what nobody signed is not" 1 "$(find "$packed" -name '*.binding' | wc -l)"
verify() { casetap-verify --root "$work/isp/etc/root.pub" --json "$state/outbox/LI-GIVEN" "$state/records/LI-GIVEN"; }
verify >"$work/report.json" 2>"$work/err"
check "the report of a subject that moves is as its schema says" /usr/bin/python3 "$here/schema.py" \
    "$top/examples/casetap-report.schema.json" "$work/report.json"
same "casetap-verify has nothing against it" "" "$(jq -r '.findings[] | select(.code > 11) | "\(.where): \(.what)"' "$work/report.json")"
of() { jq -r ".cases[0].bindings[$1].$2" "$work/report.json"; }
same "it tells of both addresses" "198.51.100.51 given given-ended,198.51.100.50 dhcpv4 lease-ended," \
    "$(jq -r '.cases[0].bindings[] | "\(.address) \(.method) \(.ended)"' "$work/report.json" | tr '\n' ',')"
casetap-verify --root "$work/isp/etc/root.pub" --json --html "$work/net.html" "$state/outbox/LI-NET" "$state/records/LI-NET" >"$work/net.json" 2>"$work/err"
same "nor against a prefix" "" "$(jq -r '.findings[] | select(.code > 11) | "\(.where): \(.what)"' "$work/net.json")"
same "of which it tells with the length, and on whose word" "198.51.100.48/29 given given-ended approver,2001:db8:70::/56 given given-ended approver,198.51.100.50 dhcpv4 lease-ended -,198.51.100.52/31 given conflict approver," \
    "$(jq -r '.cases[0].bindings[] | "\(.address) \(.method) \(.ended) \(.approver // "-")"' "$work/net.json" | tr '\n' ',')"
check "also on the page" grep -q '>198\.51\.100\.48/29<' "$work/net.html"
same "by what the subject is told, what shows it and on whose word: of the one that was given" "1 1 1" \
    "$(of 0 authentication | grep -c 'dhcp_mac.*02:00:5e:00:53:07.*approved by approver') $(of 0 validation |
        grep -c "kea (kea), SHA-256 of the whole file $(sha256sum <"$work/kea" | cut -d' ' -f1)") $(of 0 confirmation |
        grep -c "given by approver approver, who signed $hash.binding")"
same "and of the one that the network gave" "1 1 1" "$(of 1 authentication | grep -c 02:00:5e:00:53:07) $(of 1 validation |
    grep -c "^dhcpv4, assigned on .* the frame with SHA-256 $(of 1 evidence_sha256)") $(of 1 confirmation |
        grep -c '^renewed 1 times, last on .*lease-ended')"
for package in "$state"/outbox/LI-GIVEN/tower-7/*/*.tar; do tar -xf "$package" -C "$work"; done
for package in "$state"/outbox/LI-NET/tower-7/*/*.tar; do tar -xf "$package" -C "$work"; done
same "a prefix is delegated, by the allocation method given" 3 "$(cat "$work"/LI-NET_*/data/*.events.xml | tr -d '\n' |
    sed 's/<prefixDelegated>/\n&/g' | grep '^<prefixDelegated>.*<allocationMethod>given<' | grep -cE '<prefixLen>(29|31|56)<')"
events=$(grep -l '<adresse>198.51.100.50</adresse>' "$work"/LI-GIVEN_*/data/*.events.xml | head -n 1)
check "events are called as the element map says, which goes with them" cmp "$work/own.profile" "${events%.xml}.profile"
same "whose frame is in the packages" 1 "$("$here/frames.py" list "$work"/LI-GIVEN_*/data/*.pcap | cut -d' ' -f4 |
    grep -c "$(of 1 evidence_sha256)")"
casetap-verify --root "$work/isp/etc/root.pub" "$state/outbox/LI-GIVEN" >"$work/report.txt" 2>"$work/err"
same "the report for people has the three lines of each" 6 "$(grep -cE '^    (authentication|validation|confirmation) ' "$work/report.txt")"
check "the custody log says who, by what, on whose word" grep -q '"authentication":.*"validation":"kea".*"confirmation":"' \
    "$state/records/LI-GIVEN/custody.jsonl"
cp "$given" "$state/requests/LI-GIVEN.feed.binding" && cp "$given" "$state/requests/LI-GIVEN.beef.binding"
sed 's/^reason = ./&x/' "$given" >"$state/records/LI-GIVEN/orders/beef.binding"
followed=$state/journal/capture/given
: >"$followed/0"
: >"$followed/tower-7/.LI-GIVEN.$hash.binding.tmp" # of a write that was killed
files() { find "$1" -name "*${2:-LI-GIVEN}.*.binding*" -printf '%f\n' | sort | xargs; }
removed() { jq -r 'select(.detail.act? == "bindings removed") | .detail.files' "$state/journal/operator/operator.jsonl" | xargs; }
kept=$(files "$followed")
expect 74 "where a folder that capture keeps does not open, a purge of the records says so" casetap purge --records --case LI-GIVEN --config "$conf"
says "in one line" '^casetap: 0: Not a directory$'
same "what lies in requests is gone, as far as the records have it to the byte" \
    "LI-GIVEN.beef.binding LI-GIVEN.feed.binding LI-GIVEN.forged.binding" "$(files "$state/requests")"
same "and noted: the text and its signature" 2 "$(removed)"
check "what capture keeps is left" [ "${kept:-none}" = "$(files "$followed")" ]
rm "$followed/0"
expect 0 "once it is put right" casetap purge --records --case LI-GIVEN --config "$conf"
same "that goes as well" "" "$(files "$followed")"
same "and is noted" "2 $(wc -w <<<"$kept")" "$(removed)"
same "no address is in a journal" 0 "$(cat "$state"/journal/*/*.jsonl | grep -c '198\.51\.100\.5[0-9]')"

# --- while the daemon runs: it is followed at once, and no longer than the word stands
. "$here/daemon.sh"
if ! is_root || ! namespaces_up; then
    skip "a word that is given, and taken back, while the daemon runs" "needs root and network namespaces"
    exit
fi
live running
sed -i '/^slice_seconds/a dhcp_servers = 198.51.100.1\ndhcp_pool = 198.51.100.0/24' "$conf"
now=$(date +%s)
subject=(--dhcp-mac 02:00:5e:00:53:07)
order LI-LIVE "$now" $((now + 3600))
daemon
check "a case whose subject is nowhere yet is captured" until_true 20 is_capturing LI-LIVE
sender
expect 0 "a prefix is given meanwhile" casetap bind LI-LIVE 198.51.100.0/29 --config "$conf" --from "$(at "$now")" \
    --to "$(at $((now + 3600)))" --proof "$work/plan" --key "$keys/approver.key"
check "it is followed" until_true 20 journalled LI-LIVE binding-start
has_frames() { [ "$(stored LI-LIVE)" -gt 0 ]; } # by the prefix that the address is in
check "and stored" until_true 30 has_frames
rm "$state"/requests/LI-LIVE.*
check "the word is taken back: it ends" until_true 20 journalled LI-LIVE binding-end
sleep 1
halt
same "the daemon ends with 0" 0 $?
ended=$(jq -r 'select(.case == "LI-LIVE" and .event == "binding-end") | "\(.detail.reason) \(.detail.at)"' "$state/journal/capture/tower-7.jsonl")
same "with the reason" given-withdrawn "${ended%% *}"
same "nothing is stored of what came after" 0 "$(stored LI-LIVE "$(date -d "${ended#* }" +%s.%N)")"
# Known up to the last frame of its: the gap begins there.
check "and the gap from there on is declared" awk -v at="${ended#* }" '$1 == "binding-unknown" && $2 <= at && $3 > at { found = 1 }
    END { exit !found }' <(gaps LI-LIVE)

# The packager has not run before: it finds the word, taken back, where capture put it before it followed.
followed=("$state"/journal/capture/given/tower-7/LI-LIVE.*.binding)
taken=$state/records/LI-LIVE/orders/${followed[0]##*LI-LIVE.}
mkdir -p "${taken%/*}" && echo "another's" >"$taken"
expect 74 "where its name is taken in the records by other bytes, that is said" casetap-packager --config "$conf"
says "in one line" '^casetap-packager: .*binding: File exists$'
same "and the case waits" 0 "$(find "$state/outbox/LI-LIVE" -name '*.tar' 2>/dev/null | wc -l)"
rm "$taken"
expect 0 "what was captured is sealed" casetap-packager --config "$conf"
casetap-verify --root "$work/running/etc/root.pub" --keyring "$work/running/etc/keyring.txt" --json "$state/outbox/LI-LIVE" "$state/records/LI-LIVE" >"$work/report.json" 2>"$work/err"
same "and who gave the address stands in the packages, though it was taken back" "given given-withdrawn approver" \
    "$(jq -r '.cases[0].bindings[] | "\(.method) \(.ended) \(.approver)"' "$work/report.json")"
kept=$(files "$state/journal/capture/given" LI-LIVE)
expect 0 "a purge is asked for while the order is in force" casetap purge --records --case LI-LIVE --config "$conf"
check "which removes nothing that may still be followed" [ "${kept:-none}" = "$(files "$state/journal/capture/given" LI-LIVE)" ]
same "casetap-verify has nothing against it" "" \
    "$(jq -r '.findings[] | select(.code > 1) | select(.what | test("given|SHA-256")) | "\(.where): \(.what)"' "$work/report.json")"
