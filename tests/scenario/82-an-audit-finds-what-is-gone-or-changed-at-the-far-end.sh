#!/usr/bin/env bash
# What was delivered is looked for at the far end: what is gone is sent again, what differs is an alarm, which the
# operator's own program gets as plain arguments.
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"

uploader() { casetap-uploader --config "$conf" "$@"; }
audited() { grep -hoE "destination $1: audit: .*" "$work/err" | sed 's/.*audit: //'; }
make_ca ca && make_cert ca good localhost || { fail "certificates"; exit; }
(umask 077 && echo ACCESS42 >"$work/access" && echo 'Secret/42+x=' >"$work/secret")
start_liar web good
web=$port
start_s3liar store good ACCESS42 'Secret/42+x='
installation isp || { fail "installation"; exit; }
s3=("ca = $work/ca.pem" "access_key_file = $work/access" "secret_key_file = $work/secret")
destination web "url = https://localhost:$web/ok/" "ca = $work/ca.pem" "parallel = 3"
destination objects "url = s3://localhost:$port/b/ok/" "${s3[@]}"
destination hidden "url = s3://localhost:$port/b/overwritten/" "${s3[@]}"
cat >"$work/page" <<EOF
#!/bin/sh
printf '%s|' "\$#" "\$@" >>$work/alarms
echo >>$work/alarms
id -u >>$work/alarm.uid
env | cut -d= -f1 | sort >$work/alarm.env
[ "\$1" != conflict ] || exit 7
EOF
chmod 755 "$work/page"
sed -i "/^state_dir/a alarm_program = $work/page" "$conf"
demo_order LI-A --to-destination web --to-destination objects --to-destination hidden >/dev/null || fail "order"
casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" && casetap-packager --config "$conf" 2>"$work/err" ||
    { fail "sealing: $(cat "$work/err")"; exit; }
expect 0 "everything is delivered to a folder, a WebDAV server and two object stores" uploader
check "and no alarm was raised" [ ! -e "$work/alarms" ]
n=$(find "$state/outbox/LI-A" -type f -not -name '.*' | wc -l)
cp -r "$state/receipts" "$work/receipts.before"

expect 76 "an audit finds the store whose names show other versions than were delivered" uploader --audit sizes
says "and says which" '^casetap-uploader: LI-A/tower-7/.* to hidden: conflict: audit: the version that was delivered is there, but'
for d in county-sheriff web objects; do
    same "at $d all $n files are there" "$n files are there, 0 were missing and are sent again, 0 differ" "$(audited $d)"
done
same "at the other one none was taken for the one that was delivered" "0 files are there, 0 were missing and are sent again, $n differ" \
    "$(audited hidden)"
same "each got its alarm, with five arguments" "$n" "$(grep -c '^5|conflict|hidden|LI-A|LI-A/tower-7/.*|audit: the version' "$work/alarms")"
same "the program has a bare environment" "LC_ALL PATH PWD" "$(grep -vE '^(_|SHLVL|OLDPWD)$' "$work/alarm.env" | paste -sd' ')"
says "that it failed is said" "alarm_program $work/page: exit status 7"
expect 76 "a second audit does not look at what is held back" uploader --audit sizes
same "and raises no second alarm" "$n" "$(grep -c conflict "$work/alarms")"

# --- sent again, as another version
cp -r "$state/receipts" "$work/receipts.kept" && cp "$conf" "$work/conf.kept"
sed -i 's#/b/overwritten/#/b/hides/#' "$conf"
rm "$state"/receipts/LI-A/tower-7/*.hidden.receipt
expect 0 "a case goes to a store whose names somebody deletes" uploader
name=$(cd "$state/outbox" && find LI-A -name '*.tar' | sort | head -n 1)
number=$(echo "$name" | sed 's/.*_0*//; s/[.]tar//')
curl -sS --noproxy '*' --cacert "$work/ca.pem" --aws-sigv4 aws:amz:us-east-1:s3 --user 'ACCESS42:Secret/42+x=' -X DELETE \
    -H "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" "https://localhost:$port/b/hides/$name"
expect 76 "an audit finds the version behind a name that shows none" uploader --audit sizes
says "and says so" "$name to hidden: conflict: audit: the version that was delivered is there, but"
rm "$state/journal/uploader/hidden.blocked"
expect 0 "its number is sent again" uploader --resend "LI-A/tower-7:$number-$number"
first=$state/receipts/LI-A/tower-7/$(basename "$name").hidden.receipt
second=${first/.hidden./.2.hidden.}
check "the new version has a receipt of its own" [ "$(jq -r .version "$first")" != "$(jq -r .version "$second")" ]
before=$(grep -l "\"number\":$(($(jq .number "$second") - 1))," "$state"/receipts/LI-A/tower-7/*.hidden.receipt)
same "in the chain" "2 $(sha256sum <"$before" | cut -d' ' -f1)" "$(jq -r '"\(.again) \(.prev)"' "$second")"
expect 0 "audits ask for that one" uploader --audit bytes
expect 0 "sent again where nothing has changed" uploader --resend "LI-A/tower-7:$number-$number"
check "it gets no third" [ ! -e "${first/.hidden./.3.hidden.}" ]
rm -rf "$state/receipts" && mv "$work/receipts.kept" "$state/receipts" && mv "$work/conf.kept" "$conf"

# --- what could not be looked at is no more known to be lost than to be there
day=$(basename "$(dirname "$(find "$lea" -name SHA256SUMS | head -n 1)")")
one=$(cd "$lea/LI-A/tower-7/$day" && ls -- *.tar | head -n 1)
last=$(cd "$lea/LI-A/tower-7/$day" && ls -- *.tar | tail -n 1)
at() { echo "$work/web/_ok_LI-A_tower-7_${day}_$1"; }
of_day() { sed -n "s#^casetap-uploader: LI-A/tower-7/$day to web: \\(not [a-z ]*complete\\): .*#\\1#p" "$work/err"; }
audit_web() { # FILE METHODS that fail for a while
    rm -f "$state/journal/uploader/web.blocked"
    echo "$2" >"$(at "$1").sorry"
    uploader --audit sizes >/dev/null 2>"$work/err"
    rm "$(at "$1").sorry"
}
audit_web "$last" "HEAD GET"
same "a file that could not be looked at leaves its day in doubt, and not lost" "not known to be complete" "$(of_day)"
audit_web SHA256SUMS "HEAD GET"
same "so does SHA256SUMS" "not known to be complete" "$(of_day)"
mv "$(at "$last")" "$work/away"
audit_web "$last" "PUT"
same "one that is gone and does not arrive again is lost" "not complete" "$(of_day)"
mv "$work/away" "$(at "$last")"
mv "$(at SHA256SUMS)" "$work/away"
audit_web SHA256SUMS "PUT"
same "so is SHA256SUMS" "not complete" "$(of_day)"
mv "$work/away" "$(at SHA256SUMS)"
rm -f "$state/journal/uploader/web.blocked"
uploader --audit sizes >/dev/null 2>"$work/err"
same "with all of them nothing is said against the day" "" "$(of_day)"

# --- gone, cut, changed
: >"$work/alarms"
two=$(cd "$lea/LI-A/tower-7/$day" && ls -- *.ledger.txt | head -n 1)
rm -f "$lea/LI-A/tower-7/$day/$one"
chmod u+w "$lea/LI-A/tower-7/$day/$two" && printf X | dd of="$lea/LI-A/tower-7/$day/$two" bs=1 seek=9 conv=notrunc status=none
rm "$work/web/_ok_LI-A_tower-7_${day}_$one"
truncate -s 100 "$work/web/_ok_LI-A_tower-7_${day}_$two"
uploader --audit sizes >/dev/null 2>"$work/err"
same "a file that is gone from the folder is named and sent again; one changed byte in another does not show in its size" \
    "$((n - 1)) files are there, 1 were missing and are sent again, 0 differ" "$(audited county-sheriff)"
says "by name" "^casetap-uploader: LI-A/tower-7/$day/$one to county-sheriff: audit: it was delivered and is not there any more"
same "on the server the one that is gone is sent again, and the one that was cut differs" \
    "$((n - 2)) files are there, 1 were missing and are sent again, 1 differ" "$(audited web)"
check "both are back, byte for byte" cmp "$state/outbox/LI-A/tower-7/$day/$one" "$lea/LI-A/tower-7/$day/$one"
check "on the server too" cmp "$state/outbox/LI-A/tower-7/$day/$one" "$work/web/_ok_LI-A_tower-7_${day}_$one"
same "the one that was cut was not touched" 100 "$(stat -c %s "$work/web/_ok_LI-A_tower-7_${day}_$two")"
uploader --audit bytes >/dev/null 2>"$work/err"
same "read back, the changed byte is found" "$((n - 1)) files are there, 0 were missing and are sent again, 1 differ" \
    "$(audited county-sheriff)"
check "every receipt is the one of the first delivery" diff -r "$work/receipts.before" "$state/receipts"
same "the journal names what was missing, once for each destination" 2 \
    "$(jq -r 'select(.event == "audit") | .detail.file' "$state/journal/uploader/uploader.jsonl" | grep -cxF "$one")"

# --- the day in a line
closed=$day
expect 0 "the day is summed up" uploader --summary "$closed"
same "in a line for each destination" "county-sheriff hidden objects web" "$(sed -n 's/.* to \([a-z-]*\): complete, .*/\1/p' "$work/out" | sort | paste -sd' ')"
p=$(ls "$state/outbox/LI-A/tower-7/$closed/" | grep -c 'tar$')
same "with its packages" 4 "$(grep -c "complete, $p of $p packages" "$work/out")"
rm "$state/receipts/LI-A/tower-7/$one.web.receipt"
expect 66 "without one receipt it is incomplete" uploader --summary "$closed" --json
number=$(echo "$one" | sed 's/.*_0*//;s/[.]tar//')
same "and the number is named, in JSON" "incomplete $number 1 $((p - 1))" \
    "$(jq -r '.streams[] | select(.destination == "web") | "\(.state) \(.missing) \(.waiting) \(.arrived)"' "$work/out")"
same "the others stay complete" 3 "$(jq '[.streams[] | select(.state == "complete" and .acknowledged == false)] | length' "$work/out")"
expect 64 "a day that is none is refused" uploader --summary 20.11.2026

# --- the program for alarms
expect 64 "an audit of something else is refused" uploader --audit all
chmod 777 "$work/page"
expect 77 "a program that others can change is not run" uploader --check
rm "$work/page"
expect 66 "one that is not there is missed at once" uploader
if is_root; then
    installation owner || { fail "installation"; exit; }
    printf '#!/bin/sh\nid -u >%s/shared/uid\n' "$work" >"$work/page"
    chmod 755 "$work/page"
    install -d -m 777 "$work/shared"
    sed -i "/^state_dir/a alarm_program = $work/page" "$conf"
    destination bad "url = https://localhost:$web/403/" "ca = $work/ca.pem"
    demo_order LI-B --to-destination bad >/dev/null
    casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" && casetap-packager --config "$conf" 2>"$work/err"
    chown -R nobody "$state/receipts" "$state/journal/uploader" "$lea"
    chgrp -R nogroup "$state/outbox" "$state/journal" "$state/receipts" "$orders"
    expect 77 "started as root, the uploader gives root up" uploader
    same "and so does the program that it runs" 65534 "$(cat "$work/shared/uid")"
else
    skip "started as root, the program for alarms gives root up" "needs root"
fi
