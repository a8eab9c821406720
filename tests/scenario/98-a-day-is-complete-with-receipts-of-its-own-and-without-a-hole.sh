#!/usr/bin/env bash
# A day folder that vanished, a day that nobody closed, and a receipt of one day under the name of another: no run and no
# summary calls that complete.  (FAULTS 109.)
. "$(dirname "$0")/lib.sh"
uploader() { casetap-uploader --config "$conf" "$@"; }
has() { [ -e "$lea/LI-1/tower-7/2026-11-20/$1" ] && echo yes || echo no; }

installation isp && sed -i '/^deliver =/d; /^\[destination county-sheriff\]/a deliver = day' "$conf" &&
    from=2026-11-17T23:45:00Z demo_order LI-1 >/dev/null &&
    casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" && casetap-packager --config "$conf" 2>"$work/err" ||
    { fail "installation"; exit; }
outbox=$state/outbox/LI-1/tower-7 receipts=$state/receipts/LI-1/tower-7
sig=LI-1_tower-7_2026-11-20.day.tar.minisig

mv "$outbox/2026-11-19" "$work/gone"
expect 66 "a day folder that vanished is missed where the days go as one file each" uploader
says "by its numbers" '/2026-11-20 to county-sheriff: incomplete: the day as one file is held back, no receipt for 2-3$'
same "nothing of the day behind the hole goes" no "$(has .)"
expect 66 "the summary of the vanished day is no success" uploader --summary 2026-11-19
check "and says what is missing" grep -q '^2026-11-19 LI-1/tower-7 to county-sheriff: incomplete, .*missing: the day, which is due$' "$work/out"
expect 0 "before the first day none is due" uploader --summary 2026-11-16
mv "$outbox/2026-11-17/SHA256SUMS.minisig" "$work/sig"
expect 0 "nor where the first one is still open" uploader --summary 2026-11-16
mv "$work/sig" "$outbox/2026-11-17/SHA256SUMS.minisig"
mkdir "$work/first" && mv "$outbox/2026-11-17" "$outbox/2026-11-18" "$work/first" && mv "$work/gone/SHA256SUMS.minisig" "$work/sig" &&
    mv "$work/gone" "$outbox/2026-11-19"
expect 66 "where the first number of the first folder is not 1, a day is missing before it" uploader --summary 2026-11-18
mv "$outbox/2026-11-19" "$work/gone" && mv "$work/sig" "$work/gone/SHA256SUMS.minisig" && mv "$work/first"/* "$outbox"
expect 0 "nor after the final one" uploader --summary 2026-11-21
mv "$outbox/2026-11-20/SHA256SUMS.minisig" "$work/sig"
expect 66 "a day that was never closed is no success" uploader --summary 2026-11-20
check "and is said to be open" grep -q ': open, .*missing: its ledger, which is due$' "$work/out"
expect 66 "nor is what would have come after it" uploader --summary 2026-11-21
mv "$work/sig" "$outbox/2026-11-20/SHA256SUMS.minisig"

mv "$work/gone" "$outbox/2026-11-19"
cp -p "$receipts/${sig/20.day/18.day}.county-sheriff.receipt" "$receipts/$sig.county-sheriff.receipt"
expect 76 "fault 109: the receipt of another day's signature counts for nothing" uploader
says "fault 109: and is named" "/$sig.county-sheriff.receipt: is the receipt of something else$"
expect 76 "fault 109: by each run" uploader
expect 66 "fault 109: nor does the summary count it" uploader --summary 2026-11-20
same "fault 109: the signature has not gone" "no yes" "$(has "$sig") $(has "${sig%.minisig}")"
rm "$receipts/$sig.county-sheriff.receipt"
expect 0 "without it the day is completed" uploader
expect 0 "and the summary says so" uploader --summary 2026-11-20

sed -i 's/^deliver = day/deliver = packages/' "$conf"
cp -p "$receipts/$sig.county-sheriff.receipt" "$receipts/2026-11-20_SHA256SUMS.minisig.county-sheriff.receipt"
expect 76 "fault 109: nor does another's under the name of that of SHA256SUMS" uploader --audit sizes
says "fault 109: an audit reads all of them" '/2026-11-20_SHA256SUMS.minisig.county-sheriff.receipt: is damaged, or the receipt of something else$'
same "fault 109: the day is not called complete" "yes no" "$(has SHA256SUMS) $(has SHA256SUMS.minisig)"

# --- what is sent again and does not arrive
rm -f "$work"/LI-1.order*
installation again && demo_order LI-1 >/dev/null && casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" &&
    casetap-packager --config "$conf" 2>"$work/err" || { fail "installation"; exit; }
expect 0 "a case is delivered" uploader
# --- killed between the name and the receipt
last=$(ls -t "$state"/receipts/LI-1/tower-7/*.receipt | head -n 1)
file=$lea/LI-1/tower-7/$(jq -r '.day + "/" + .file' "$last")
was=$(stat -c '%i %y' "$file") && mv "$last" "$work/receipt"
expect 0 "a file that got its name and no receipt" uploader
same "gets the receipt" "$(jq -c 'del(.published)' "$work/receipt")" "$(jq -c 'del(.published)' "$last")"
same "and is not sent again" "$was" "$(stat -c '%i %y' "$file")"
expect 0 "the chain is whole" uploader --audit bytes

one=$(cd "$lea" && find LI-1 -name '*.tar' | sort | head -n 1)
day=$(basename "$(dirname "$one")") n=$(echo "$one" | sed 's/.*_0*//; s/[.]tar//')
chmod u+w "$lea/$one" && echo more >>"$lea/$one"
expect 76 "a number is sent again, and another file lies there" uploader --resend "LI-1/tower-7:$n-$n"
says "its day is not complete" "/$day to county-sheriff: not complete: what was delivered before is not there"
check "nor called so, for all its receipts" not_in "$work/err" "/$day to county-sheriff: complete"
expect 76 "nor by the next run, which leaves the file alone" uploader --resend "LI-1/tower-7:$n-$n"
check "and does not call it complete either" not_in "$work/err" "/$day to county-sheriff: complete"
rm "$lea/$one" "$state/journal/uploader/county-sheriff.blocked"
expect 0 "without the other file it arrives" uploader --resend "LI-1/tower-7:$n-$n"
says "and the day is complete" "/$day to county-sheriff: complete"

# --- the url is pointed to another place before the day is closed there; a package is here no more, another's name is taken
mkdir -p "$work/moved/LI-1/tower-7/2026-11-20" && rm "$state"/receipts/LI-1/tower-7/2026-11-20_SHA256SUMS.minisig.*
sed -i "s|^url = file://.*|url = file://$work/moved/|" "$conf"
outbox=$state/outbox/LI-1/tower-7/2026-11-20 there=$work/moved/LI-1/tower-7/2026-11-20 package=LI-1_tower-7_000000000
receipts() { cat "$state"/journal/uploader/*.jsonl | grep -c '"event":"receipt".*'"$1"; }
mv "$outbox/${package}6.tar" "$work/six" && echo other >"$there/${package}7.tar"
expect 76 "a day of which all but its last file was delivered to another place, and is not whole here" uploader
says "is told of" "/2026-11-20 to county-sheriff: some of it was delivered to another url"
says "with what is not there" "/2026-11-20 to county-sheriff: incomplete: SHA256SUMS is held back, no receipt of today's url for 6-7"
check "nobody is said to have lost what never lay there" not_in "$work/err" "delivered before"
same "and nothing says that it is complete" 0 "$(ls "$there" | grep -c SHA256SUMS)"
said=$(receipts .)
check "each that went has a receipt" [ "$said" -ge 19 ]
expect 76 "nor does the next run call it so" uploader
same "which does nothing again" "$said" "$(receipts .)"
mv "$work/six" "$outbox/${package}6.tar" && rm "$there/${package}7.tar" "$state/journal/uploader/county-sheriff.blocked"
said=$(receipts "${package}6.tar")
expect 0 "once both can go, one of them asked for" uploader --resend LI-1/tower-7:6-6
same "each of them goes once" "$((said + 1))" "$(receipts "${package}6.tar")"
check "and the day is complete where it says so" diff -r "$outbox" "$there"
same "no other day goes there, unasked" 2026-11-20 "$(ls "$work/moved/LI-1/tower-7")"
same "the last receipt of each file names the place" "$(cd "$there" && ls | sed "s|^|file://$there/|")" "$(cd "$state/receipts/LI-1/tower-7" &&
    jq -r 'select(.day == "2026-11-20" and (.location | contains("/moved/"))) | .location' ./*.receipt | sort)"
expect 0 "nothing is looked for twice" uploader
check "nor told of" not_in "$work/err" "another url"
expect 0 "an audit finds all receipts in their chain, and sends the other days" uploader --audit sizes
check "all of them" diff -r "$state/outbox/LI-1" "$work/moved/LI-1"
