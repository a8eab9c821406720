#!/usr/bin/env bash
# The uploader has each closed day time-stamped by a real authority (openssl ts behind a few lines of Python), keeps only what
# it has checked, and delivers it beside SHA256SUMS; casetap-verify, openssl and verify.sh judge it, also when its certificates
# have long expired; whoever stole a key cannot sign before its revocation.
. "$(dirname "$0")/lib.sh"
command -v faketime >/dev/null || { skip "time stamps" "no faketime"; exit; }
mkdir "$work/tsa" && cd "$work/tsa" || exit
cat >tsa.cnf <<END
[tsa]
serial = $work/tsa/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
[stamping]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[plain]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
END
authority() { # NAME [SINCE]: a CA of ten days and a time-stamping certificate of it, chain in NAME.ca.pem
    faketime "${2:-now}" openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 10 -subj "/O=Example/CN=$1 CA" \
        -keyout "$1.ca.key" -out "$1.ca.pem" 2>/dev/null &&
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=Example/CN=$1" -keyout "$1.key" -out "$1.csr" 2>/dev/null &&
        faketime "${2:-now}" openssl x509 -req -in "$1.csr" -CA "$1.ca.pem" -CAkey "$1.ca.key" -CAcreateserial -days 10 \
            -extfile tsa.cnf -extensions "${3:-stamping}" -out "$1.pem" 2>/dev/null
}
authority tsa && authority stranger && authority expired '-30 days' && authority plain now plain || { fail "certificates"; exit; }
echo 01 >serial
background "$work/tsa.log" python3 "$here/tsa.py" "$work/tsa.port" "$work/tsa"
until_true 10 test -e "$work/tsa.port" || { fail "the authority starts: $(cat "$work/tsa.log")"; exit; }
tsa=http://127.0.0.1:$(cat "$work/tsa.port")
cat tsa.ca.pem expired.ca.pem plain.ca.pem >all.pem

station() { # NAME URL...: an installation with LI-1 captured and sealed
    installation "$1" >/dev/null || { fail "installation"; exit; }
    shift
    rm -f "$work/LI-1.order"*
    sed -i "s#^\[seal\]#[seal]\ntsa_url = $*\ntsa_ca = ${ca:-$work/tsa/tsa.ca.pem}#" "$conf"
    demo_order LI-1 >/dev/null && casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/capture.err" &&
        casetap-packager --config "$conf" 2>"$work/packager.err" ||
        { fail "sealing: $(cat "$work/capture.err" "$work/packager.err")"; exit; }
    day=$lea/LI-1/tower-7/2026-11-20
    kept=$state/receipts/LI-1/tower-7
    root=$(dirname "$conf")/root.pub
}
uploader() { casetap-uploader --config "$conf"; }
days=2

# --- a good authority
station good "$tsa/good"
expect 0 "the uploader delivers and has its days stamped" uploader
same "each day was asked for once, in 69 bytes" "$days /good application/timestamp-query 69" \
    "$(sort "$work/tsa/requests" | uniq -c | sed 's/^ *//')"
same "each day keeps its token" "$days" "$(ls "$kept" | grep -c '_SHA256SUMS.tsr$')"
check "the token lies beside SHA256SUMS" cmp "$kept/2026-11-20_SHA256SUMS.tsr" "$day/SHA256SUMS.tsr"
check "so do the certificates" cmp "$work/tsa/tsa.ca.pem" "$day/SHA256SUMS.tsa.pem"
same "all have receipts, the request among them" $((3 * days)) "$(ls "$kept" | grep -cE '_SHA256SUMS.ts(r|q|a.pem).county-sheriff.receipt$')"
same "each stamp is journaled" "$days" "$(jq -r 'select(.event == "time-stamp") | .event' "$state/journal/uploader/uploader.jsonl" | wc -l)"
check "openssl finds the token good" openssl ts -verify -data "$day/SHA256SUMS" -in "$day/SHA256SUMS.tsr" -CAfile "$work/tsa/tsa.ca.pem"
check "by the request that was kept, too" openssl ts -verify -queryfile "$day/SHA256SUMS.tsq" -in "$day/SHA256SUMS.tsr" \
    -CAfile "$work/tsa/tsa.ca.pem"
expect 0 "a second run asks for nothing" uploader
same "the authority was left alone" "$days" "$(wc -l <"$work/tsa/requests")"
expect 10 "casetap-verify judges by the certificate that was given" casetap-verify --root "$root" --tsa-ca "$work/tsa/tsa.ca.pem" "$lea/LI-1"
check "and says whose word the times are" grep -q "Time stamps attest $days of $days days, by /O=Example/CN=tsa, whose certificate you gave" "$work/out"
expect 10 "the one that came along vouches for nothing" casetap-verify --root "$root" "$lea/LI-1"
check "and that is said" grep -q "no time stamp attests them" "$work/out"
check "with whose word it is" grep -q "An unknown authority claims a time for $days of $days days" "$work/out"
same "and in one finding" 1 "$(grep -c "an unknown authority, /O=Example/CN=tsa, claims that the list was there at" "$work/out")"
expect 12 "a stranger's certificate does not vouch" casetap-verify --root "$root" --tsa-ca "$work/tsa/stranger.ca.pem" "$lea/LI-1"
expect 0 "verify.sh finds the stamp good" sh "$day/verify.sh" "$root" "$day" "$work/tsa/tsa.ca.pem"
check "and names its time" grep -q "^ok    SHA256SUMS was there at .*the certificate that you gave" "$work/out"
expect 1 "and does not believe a stranger" sh "$day/verify.sh" "$root" "$day" "$work/tsa/stranger.ca.pem"

# --- twenty years later the certificates have expired
expect 10 "twenty years later casetap-verify still judges at the time of the stamp" \
    faketime '+20 years' casetap-verify --root "$root" --tsa-ca "$work/tsa/tsa.ca.pem" "$lea/LI-1"
check "and believes it" grep -q "Time stamps attest $days of $days days" "$work/out"
expect 1 "openssl alone finds the certificate expired" faketime '+20 years' openssl ts -verify -data "$day/SHA256SUMS" \
    -in "$day/SHA256SUMS.tsr" -CAfile "$work/tsa/tsa.ca.pem"
check "with -attime it does not" faketime '+20 years' openssl ts -verify -attime "$(date +%s)" -data "$day/SHA256SUMS" \
    -in "$day/SHA256SUMS.tsr" -CAfile "$work/tsa/tsa.ca.pem"
expect 0 "nor does verify.sh" faketime '+20 years' sh "$day/verify.sh" "$root" "$day"

# --- a stamp of something else, and a changed one
cp -r "$lea" "$work/bad" && chmod -R u+w "$work/bad"
cp "$day/../2026-11-19/SHA256SUMS.tsr" "$work/bad/LI-1/tower-7/2026-11-20/"
expect 12 "another day's stamp is tampering" casetap-verify --root "$root" "$work/bad/LI-1"
check "and named" grep -q "2026-11-20/SHA256SUMS.tsr: is a time stamp of something else" "$work/out"
expect 1 "verify.sh finds it too" sh "$day/verify.sh" "$root" "$work/bad/LI-1/tower-7/2026-11-20"
head -c 700 "$day/SHA256SUMS.tsr" >"$work/bad/LI-1/tower-7/2026-11-20/SHA256SUMS.tsr"
expect 12 "half a stamp is tampering" casetap-verify --root "$root" "$work/bad/LI-1"
cp "$day/SHA256SUMS.tsr" "$work/bad/LI-1/tower-7/2026-11-20/"
printf '\125\252' | dd of="$work/bad/LI-1/tower-7/2026-11-20/SHA256SUMS.tsq" bs=1 seek=62 conv=notrunc status=none
expect 12 "so is an answer to another request" casetap-verify --root "$root" "$work/bad/LI-1"
check "which is named" grep -q "2026-11-20/SHA256SUMS.tsr: does not answer our request" "$work/out"
expect 1 "verify.sh finds it too" sh "$day/verify.sh" "$root" "$work/bad/LI-1/tower-7/2026-11-20"

# --- a key that was revoked after the stamp, and one that was revoked before
revoke() { # AT
    rm -rf "$work/bad" "$(dirname "$conf")/keyring.txt.draft" && cp -r "$lea" "$work/bad" && chmod -R u+w "$work/bad" &&
        cp "$(dirname "$conf")/keyring.txt" "$work/revoked.txt" && sed -i 's/^version: .*/version: 2/' "$work/revoked.txt" &&
        sed -n "s/^station: \([^ ]*\).*/revoked: \1 at=$1 reason=stolen/p" "$work/revoked.txt" >"$work/line" &&
        cat "$work/line" >>"$work/revoked.txt" && minisign -Sm "$work/revoked.txt" -s "$keys/root.key" -W >"$work/minisign.out" 2>&1
}
revoke "$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)"
expect 10 "a key revoked after the attested time is fine" faketime '+2 hours' casetap-verify --root "$root" --tsa-ca "$work/tsa/tsa.ca.pem" \
    --keyring "$work/revoked.txt" "$work/bad/LI-1"
check "and named, once" [ "$(grep -c "station tower-7, revoked since .*a time stamp attests it" "$work/out")" = 1 ]
# sealed before the revocation, as it claims, but nobody saw it before the revocation: a thief would claim the same
revoke "$(sed -n 's/^trusted comment: .*sealed=//p' "$day/SHA256SUMS.minisig" | cut -c1-19 | { read -r t && date -u -d "$t UTC +1 second" +%Y-%m-%dT%H:%M:%SZ; })"
sleep 1.2
rm -f "$kept"/*.tsr "$kept"/*SHA256SUMS.ts*.receipt "$lea"/LI-1/tower-7/*/SHA256SUMS.ts*
expect 0 "the days are stamped anew, later" uploader
cp -r "$lea/." "$work/bad/"
expect 10 "a stamp that came after a revocation is no tampering: without it the verdict would be the same" \
    casetap-verify --root "$root" --tsa-ca "$work/tsa/tsa.ca.pem" --keyring "$work/revoked.txt" "$work/bad/LI-1"
check "and is said" grep -q "is claimed, and attested only after it" "$work/out"
expect 10 "but by a certificate that came along nothing is attested" casetap-verify --root "$root" --keyring "$work/revoked.txt" "$work/bad/LI-1"
check "neither before nor after" grep -q "is claimed and not attested" "$work/out"
rm -f "$work"/bad/LI-1/tower-7/*/SHA256SUMS.ts*
expect 10 "without a stamp its time is taken as claimed" casetap-verify --root "$root" --keyring "$work/revoked.txt" "$work/bad/LI-1"
check "and called so" grep -q "is claimed and not attested" "$work/out"

# --- authorities that do not deserve it: the day is delivered all the same
refused() { # STATUS SENTENCE PATTERN PATH
    ca=$work/tsa/all.pem station "bad-$4" "$tsa/$5$4"
    expect "$1" "$2: the day goes without a stamp" uploader
    says "and it is said why" "$3"
    check "the day is complete at the destination" [ -e "$day/SHA256SUMS.minisig" ]
    check "no token is kept" [ ! -e "$kept/2026-11-20_SHA256SUMS.tsr" ]
}
refused 76 "a stamp of something else" "is not kept: is a time stamp of something else" imprint ""
refused 76 "a stamp with another nonce" "is not kept: does not answer our request" nonce ""
refused 76 "an expired authority" "is not kept: its certificate does not lead to" expired other/
refused 76 "a stranger's stamp" "is not kept: its certificate does not lead to" stranger other/
refused 76 "a page" "is no reply of a time-stamping authority" garbage ""
refused 69 "an authority that is ill" "no time stamp from .*503" error ""
sed -i "s#^tsa_url = .*#tsa_url = http://127.0.0.1:9/ $tsa/good#" "$conf"
expect 69 "a dead authority is passed over" uploader
says "and said" "no time stamp from http://127.0.0.1:9/"
check "the second one stamps the day" cmp "$kept/2026-11-20_SHA256SUMS.tsr" "$day/SHA256SUMS.tsr"
expect 0 "then nothing is left to do" uploader
sed -i "s#^tsa_url = .*#tsa_url = $tsa/other/tsa $tsa/good#" "$conf"
rm -f "$kept"/*.tsr "$kept"/*SHA256SUMS.ts*.receipt "$lea"/LI-1/tower-7/*/SHA256SUMS.ts* "$work/tsa/requests"
expect 0 "two that are well" uploader
same "the first one stamps every day, and the second is not asked" "$days /other/tsa" "$(cut -d' ' -f1 "$work/tsa/requests" | uniq -c | sed 's/^ *//')"

# --- configuration
sed -i "/^tsa_ca/d" "$conf"
expect 78 "without tsa_ca the configuration is refused" uploader
says "by its line" "tsa_url needs tsa_ca"
printf 'tsa_ca = %s\n' "$work/none.pem" >"$work/line"
sed -i "/^tsa_url/r $work/line" "$conf"
expect 66 "a tsa_ca that is not there is said by --check" casetap-uploader --config "$conf" --check
