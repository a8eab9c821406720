#!/usr/bin/env bash
# deliver = day and both: the closed day folder goes as one tar that is made while it is sent and lies nowhere; its sum and
# signature hold for stock tools.  To a folder, nginx and OpenSSH.  (FAULTS 107, 124.)
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"

uploader() { casetap-uploader --config "$conf" "$@"; }
tars() { (cd "$1" && find . -name '*.day.tar' | sort); }

make_ca ca && make_cert ca good localhost && make_cert ca client county || fail "certificates"
installation isp
sed -i 's/^slice_seconds = .*/slice_seconds = 300/' "$conf"
printf 'deliver = day\n' >"$work/line"
sed -i '/^\[destination county-sheriff\]/,$ { /^deliver/d }; /^\[destination county-sheriff\]/r '"$work/line" "$conf"
start_nginx dav good "PUT MKCOL MOVE" "ssl_client_certificate $work/ca.pem;" "ssl_verify_client on;"
destination web "url = https://localhost:$port/" "ca = $work/ca.pem" "client_cert = $work/client.pem" "client_key = $work/client.key" "deliver = day"
start_sshd ssh
destination shell "url = sftp://$(id -un)@127.0.0.1:$port$work/ssh/" "identity = $work/ssh.client" "known_hosts = $work/ssh.known_hosts" \
    "deliver = both"
demo_order LI-1 --to-destination web --to-destination shell >/dev/null || fail "order"
expect 0 "capture" casetap-capture --config "$conf" -r "$top/examples/demo.pcap"
expect 0 "the packager seals, and sums each day up as one file" casetap-packager --config "$conf"
outbox=$state/outbox/LI-1/tower-7
days=$(ls "$outbox" | wc -l)
same "each closed day has the sum and the signature of its one file" "$((2 * days))" "$(find "$outbox" -name '*.day.tar.*' | wc -l)"
same "but no such file lies there: nothing is stored twice" "" "$(find "$state" -name '*.day.tar')"
find "$outbox" -type f -exec sha256sum {} + | sort >"$work/sums.before"
expect 0 "a second run changes nothing" casetap-packager --config "$conf"
find "$outbox" -type f -exec sha256sum {} + | sort >"$work/sums.after"
check "not a byte" cmp "$work/sums.before" "$work/sums.after"

expect 0 "the uploader delivers to a folder, to nginx and to OpenSSH" uploader
for where in "$lea" "$work/dav"; do
    name=$(basename "$where")
    same "$name, which asked for days, has three files a day" "$((3 * days))" "$(find "$where" -type f | wc -l)"
    check "$name: each day is one tar" [ "$(tars "$where" | wc -l)" = "$days" ]
done
same "OpenSSH, which asked for both, has the outbox and the tars" "$(($(find "$outbox" -type f | wc -l) + days))" "$(find "$work/ssh" -type f ! -name '.*' | wc -l)"
for tar in $(tars "$lea"); do
    check "all three are alike" sh -c "cmp '$lea/$tar' '$work/dav/$tar' && cmp '$lea/$tar' '$work/ssh/$tar'"
    dir=$(dirname "$lea/$tar") base=$(basename "$tar")
    check "sha256sum checks it by its sum" sh -c "cd '$dir' && sha256sum -c --quiet '$base.sha256'"
    check "busybox sha256sum too" sh -c "cd '$dir' && busybox sha256sum -c '$base.sha256'"
    check "minisign checks it by its signature" minisign -Vm "$lea/$tar" -p "$keys/station.pub"
    check "GNU tar unpacks it to the day folder, byte for byte" sh -c "mkdir -p '$work/x' && tar xf '$lea/$tar' -C '$work/x' &&
        cd '$work/x' && d=\$(ls) && rm -f '$outbox'/none && diff -r -x '*.day.tar.*' \"\$d\" '$outbox/$(basename "$(dirname "$tar")")'; rc=\$?; rm -rf '$work/x'; exit \$rc"
    if command -v bsdtar >/dev/null; then
        check "bsdtar lists what GNU tar lists" sh -c "bsdtar tf '$lea/$tar' >'$work/b' && tar tf '$lea/$tar' >'$work/g' && cmp '$work/b' '$work/g'"
    fi
done
if command -v bsdtar >/dev/null; then :; else skip "bsdtar lists what GNU tar lists" "no bsdtar here"; fi
same "a receipt for each of the three files of a day, the signature's last" "$days" "$(
    for f in "$state"/receipts/LI-1/tower-7/*.county-sheriff.receipt; do jq -r '[.day, .number, .file] | @tsv' "$f"; done |
        sort -k1,1 -k2,2n | awk '{last[$1] = $3} END {for (d in last) if (last[d] ~ /\.day\.tar\.minisig$/) n++; print n}')"
lines=$(wc -l <"$state/journal/uploader/uploader.jsonl")
expect 0 "a second run of the uploader has nothing to do" uploader
same "and says nothing in the journal" "$lines" "$(wc -l <"$state/journal/uploader/uploader.jsonl")"
expect 0 "status knows that nothing waits" casetap status --config "$conf"

one=$(tars "$lea" | head -n 1)
rm -f "$lea/$one"
expect 0 "--resend of numbers looks for the files of their days" uploader --resend LI-1/tower-7:1-1000
check "and brings the one that was lost back" test -s "$lea/$one"

# --- what happens on the way
rm -rf "$state"/receipts/* "$work/dav"/* "$work/ssh"/* "$lea"/*
mkdir -p "$lea/$(dirname "$one")"
echo other >"$lea/$one"
expect 76 "fault 107: another file of that name is a conflict" uploader --case LI-1
same "and is not overwritten" other "$(cat "$lea/$one")"
rm -rf "$state"/receipts/* "$state"/journal/uploader/*.blocked "$work/dav"/* "$work/ssh"/* "$lea"/*
victim=$(find "$outbox" -name '*.tar' | sort | tail -n 1)
cp -p "$victim" "$work/keep"
printf '\377' | dd of="$victim" bs=1 seek=700 conv=notrunc status=none
expect 65 "fault 124: a package that rotted is found while the day is sent" uploader
same "no tar of that day is published" "" "$(find "$lea" -name "*$(basename "$(dirname "$victim")").day.tar")"
cp -p "$work/keep" "$victim"
rm -f "$state"/journal/uploader/*.blocked
expect 0 "mended, it goes" uploader
printf half >"$lea/$one.part"
rm -f "$lea/$one" "$state"/receipts/LI-1/tower-7/*.day.tar.county-sheriff.receipt
expect 0 "what an earlier try left under the temporary name is replaced" uploader
check "and the file is whole" sh -c "cd '$lea/$(dirname "$one")' && sha256sum -c --quiet ./*.sha256"

# --- an encrypted case, a day at a time
installation enc
age-keygen -o "$work/lea.key" 2>/dev/null
sed -i "/^encrypt_to/d; /^deliver/d; /^\[destination county-sheriff\]/a encrypt_to = $(age-keygen -y "$work/lea.key")\ndeliver = day" "$conf"
rm -f "$work"/LI-1.order*
demo_order LI-1 >/dev/null && casetap-capture --config "$conf" -r "$top/examples/demo.pcap" && casetap-packager --config "$conf" ||
    fail "an encrypted installation"
expect 0 "an encrypted case goes as one file a day" uploader
tar=$lea/$(tars "$lea" | head -n 1)
check "minisign checks it" minisign -Vm "$tar" -p "$keys/station.pub"
check "what is in it opens with the LEA's key" sh -c "tar xOf '$tar' --wildcards '*_0000000001.tar.age' | age -d -i '$work/lea.key' | tar tf -"
