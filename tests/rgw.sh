#!/usr/bin/env bash
# tests/rgw.sh [BUILD]: the s3 destination against a real Ceph RGW with TLS, on loopback: placing, conflicts, parts, Object
# Lock, versions, audits by version, both ways to address a bucket; then $STATIONS (default 20) uploaders at once, whose
# figures casetap-s3(7) calculates with.  Ceph is started here and ended by PID.  Without Ceph it says `skipped`.
scenario=$(dirname "$(readlink -f "$0")")/scenario
. "$scenario/lib.sh"
. "$scenario/servers.sh"
. "$scenario/ceph.sh"
sentence="an S3 destination delivers to Ceph RGW"
for p in ceph-mon ceph-osd radosgw radosgw-admin ceph monmaptool; do
    command -v $p >/dev/null || { skip "$sentence" "$p is not installed"; exit; }
done
is_root || { skip "$sentence" "needs root"; exit; }

make_ca ca && make_cert ca good localhost || { fail "certificates"; exit; }
# one certificate for both forms of address
openssl req -new -key "$work/good.key" -subj /CN=localhost -out "$work/good.csr" 2>>"$work/openssl.log" &&
    openssl x509 -req -days 2 -in "$work/good.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial \
        -extfile <(echo "subjectAltName=DNS:localhost,DNS:locked.localhost") -out "$work/good.pem" 2>>"$work/openssl.log"
(umask 077 && echo ACCESS42 >"$work/access" && echo SECRET42 >"$work/secret" && echo wrong >"$work/wrong")
ceph_start good ACCESS42 SECRET42 || {
    fail "Ceph starts"
    tail -n 5 "$ceph"/*.log "$ceph"/*.out | sed 's/^/# /'
    exit
}
rgw=$last
pass "a monitor, a store in memory and a gateway run on loopback"

# api METHOD PATH?QUERY [CURL-OPTION...]: a signed request by other hands than ours; the status in $code, the answer in $work/api
api() {
    local method=$1 path=$2
    shift 2
    code=$(curl -sS --noproxy '*' --cacert "$work/ca.pem" --aws-sigv4 aws:amz:us-east-1:s3 --user ACCESS42:SECRET42 -X "$method" \
        -H "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" -o "$work/api" -w '%{http_code}' \
        "$@" "https://localhost:$port/$path" 2>>"$work/curl.log")
}
api PUT locked -H 'x-amz-bucket-object-lock-enabled: true'
same "a bucket with Object Lock is made" 200 "$code"
api PUT plain
same "and one without" 200 "$code"
installation isp || { fail "installation"; exit; }
s3=("ca = $work/ca.pem" "access_key_file = $work/access" "secret_key_file = $work/secret")
destination locked "url = s3://localhost:$port/locked/in/" "${s3[@]}" "path_style = yes" "object_lock_days = 1" "legal_hold = yes"
destination hosted "url = s3://localhost:$port/locked/hosted/" "${s3[@]}" "object_lock_days = 1"
destination plain "url = s3://localhost:$port/plain/" "${s3[@]}" "path_style = yes"
destination unlocked "url = s3://localhost:$port/plain/locked/" "${s3[@]}" "path_style = yes" "object_lock_days = 1"
destination stranger "url = s3://localhost:$port/plain/" "${s3[@]:0:2}" "secret_key_file = $work/wrong" "path_style = yes"

probe=$build/tests/unit/handover_probe
head -c 300000 /dev/urandom >"$work/evidence"
head -c 70000001 /dev/urandom >"$work/large"
# hand DESTINATION FILE PATH EXIT PATTERN SENTENCE
hand() {
    local got
    "$probe" "$conf" "$1" "$work/$2" "LI-1/t/2026-11-20/$3" 60 0 "${upload:-}" >"$work/answer" 2>"$work/err" </dev/null
    got=$?
    if [ "$got" = "$4" ] && grep -qE -- "$5" "$work/answer"; then
        pass "$6"
    else
        fail "$6 (status $got, not $4): $(cat "$work/answer" "$work/err" | head -c 400)"
    fi
}
version() { sed -n 's/.*\[version \([^]]*\)\].*/\1/p' "$work/answer"; }
hand locked evidence x.tar 0 '^ok:.*\[version [^]]+\]' "a file is placed under retention and legal hold, and its version told"
v=$(version)
api GET "locked/in/LI-1/t/2026-11-20/x.tar?retention=&versionId=$v"
check "RGW says that the version is under retention" grep -q '<Mode>COMPLIANCE</Mode>' "$work/api"
api GET "locked/in/LI-1/t/2026-11-20/x.tar?legal-hold=&versionId=$v"
check "and under legal hold" grep -q '<Status>ON</Status>' "$work/api"
api DELETE "locked/in/LI-1/t/2026-11-20/x.tar?versionId=$v"
same "and does not let the version be deleted" 403 "$code"
hand locked evidence x.tar 0 "^ok:.*\[version $v\]" "what is there already is delivered, as the same version"
hand locked large x.tar 76 '^conflict: another file' "fault 107: another file under the name is a conflict"
api GET "locked?prefix=in%2FLI-1%2Ft%2F2026-11-20%2Fx.tar&versions="
same "fault 107: and there is but one version" 1 "$(grep -o '<Version>' "$work/api" | wc -l)"
api PUT "plain/once" -H 'If-None-Match: *' -H 'Content-Length: 0'
api PUT "plain/once" -H 'If-None-Match: *' -H 'Content-Length: 0'
same "RGW keeps a name from being given twice" 412 "$code"
hand locked large big.tar 0 '^ok:.*\[version [^]]+\]' "a large file goes in parts, comes back whole, and has a version"
api GET "locked/in/LI-1/t/2026-11-20/big.tar?retention=&versionId=$(version)"
check "it is under retention too" grep -q '<Mode>COMPLIANCE</Mode>' "$work/api"
api GET "locked?uploads="
same "no upload is left open" 0 "$(grep -o '<Upload>' "$work/api" | wc -l)"
destination paced "url = s3://localhost:$port/locked/in/" "${s3[@]}" "path_style = yes" "object_lock_days = 1" "legal_hold = yes" "rate_limit = 16M"
parts() { grep -cE "\"PUT [^\"]*/cut.tar.*partNumber=$1" "$ceph/client.rgw.log"; }
background "$work/cut.out" "$probe" "$conf" paced "$work/large" LI-1/t/2026-11-20/cut.tar 60
check "a part of a slow upload has arrived" until_true 60 grep -qE '"PUT [^"]*/cut.tar.*partNumber=1' "$ceph/client.rgw.log"
kill -TERM "$last"
wait "$last"
upload=$(sed -n 's/.*\[upload \([^]]*\)\].*/\1/p' "$work/cut.out") hand locked large cut.tar 0 '^ok:.*\[version [^]]+\]' \
    "an upload that was stopped behind its first part is gone on with, and comes back whole"
same "the first part went once, the last too" "1 1" "$(parts 1) $(parts 3)"
api GET "locked/in/LI-1/t/2026-11-20/cut.tar?retention=&versionId=$(version)"
check "and it is under retention" grep -q '<Mode>COMPLIANCE</Mode>' "$work/api"
background "$work/killed.out" "$probe" "$conf" paced "$work/large" LI-1/t/2026-11-20/killed.tar 60
until_true 60 grep -qE '"PUT [^"]*/killed.tar.*partNumber=1' "$ceph/client.rgw.log"
kill -9 "$last"
hand locked large killed.tar 0 '^ok:.*\[version [^]]+\]' "what follows one that was killed, of which nobody knows how it was begun, begins anew"
api GET "locked?uploads="
same "and leaves none open" 0 "$(grep -o '<Upload>' "$work/api" | wc -l)"
hand hosted evidence x.tar 0 '^ok:.*\[version [^]]+\]' "a bucket that is addressed as a host takes files"
hand plain evidence x.tar 0 '^ok:.*\[version \]' "a bucket without versions takes files"
hand unlocked evidence x.tar 76 '^(refused|rejected): ' "a bucket without Object Lock does not pass for one"
hand stranger evidence y.tar 77 '^(denied|forbidden): .*403' "a wrong secret is refused"

# --- a day, and what an audit says of it
demo_order LI-R --to-destination locked --to-destination plain >/dev/null || fail "order"
casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" && casetap-packager --config "$conf" 2>"$work/err" ||
    { fail "sealing: $(cat "$work/err")"; exit; }
expect 0 "a case is delivered to both buckets" casetap-uploader --config "$conf"
n=$(find "$state/outbox/LI-R" -type f -not -name '.*' | wc -l)
expect 0 "an audit finds all of it, byte by byte, by version" casetap-uploader --config "$conf" --audit bytes
same "every file, in both" 2 "$(grep -cE "to?.*(locked|plain): audit: $n files are there, 0 were missing" "$work/err")"
one=$(cd "$state/outbox" && find LI-R -name '*.tar' | sort | head -n 1)
api DELETE "locked/in/$one"
api DELETE "plain/$one"
expect 76 "an audit after both names were deleted" casetap-uploader --config "$conf" --audit sizes
says "names the version that is there behind a name that is not" "$one to locked: conflict: audit: the version that was delivered is there"
says "and sends again what is gone where nothing was locked" "$one to plain: audit: it was delivered and is not there any more: is sent again"
api GET "plain/$one"
same "it is there again" "$(sha256sum <"$state/outbox/$one")" "$(sha256sum <"$work/api")"

# --- large packages over several lanes: each lane has its own upload in parts
installation bulk || { fail "installation"; exit; }
sed -i '/^\[destination/,$d; s/^slice_seconds = .*/slice_seconds = 1/' "$conf"
destination county-sheriff "url = s3://localhost:$port/locked/large/" "${s3[@]}" "path_style = yes" "object_lock_days = 1" \
    "legal_hold = yes" "parallel = 4"
/usr/bin/python3 -c '
import struct, sys
frame = (b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + struct.pack("!BBHHHBBH4s4s", 0x45, 0, 1486, 0, 0, 64, 17, 0, bytes([198, 51, 100, 7]),
         bytes([203, 0, 113, 9]))).ljust(1500, b"x")
with open(sys.argv[1], "wb", 1 << 20) as f:
    f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    for i in range(4):
        for k in range(46000):
            f.write(struct.pack("<IIII", 1795132801 + i, k * 20, len(frame), len(frame)) + frame)' "$work/bulk.pcap"
from=2026-11-20T00:00:00Z to=2026-11-20T00:00:06Z demo_order LI-B >/dev/null &&
    casetap-capture --config "$conf" -r "$work/bulk.pcap" 2>"$work/err" && casetap-packager --config "$conf" 2>"$work/err" ||
    fail "sealing: $(cat "$work/err")"
rm -f "$work/bulk.pcap"
large=$(find "$state/outbox/LI-B" -name '*.tar' -size +64M | wc -l)
same "four packages are larger than one request may be" 4 "$large"
expect 0 "four lanes bring them in parts, side by side" casetap-uploader --config "$conf"
expect 0 "and an audit finds each byte, under its version" casetap-uploader --config "$conf" --audit bytes
api GET "locked?uploads="
same "no upload is left open" 0 "$(grep -o '<Upload>' "$work/api" | wc -l)"

# --- many stations
stations=${STATIONS:-20}
installation many || { fail "installation"; exit; }
sed -i '/^\[destination/,$d' "$conf"
destination county-sheriff "url = s3://localhost:$port/locked/NAME/" "${s3[@]}" "path_style = yes" "object_lock_days = 1"
demo_order LI-S >/dev/null && casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" &&
    casetap-packager --config "$conf" 2>"$work/err" || fail "sealing: $(cat "$work/err")"
for i in $(seq "$stations"); do
    cp -r "$work/many" "$work/station$i"
    sed -i "s|$work/many|$work/station$i|g; s|/locked/NAME/|/locked/station-$i/|" "$work/station$i/etc/casetap.conf"
done
files=$(find "$state/outbox/LI-S" -type f -not -name '.*' | wc -l)
bytes=$(find "$state/outbox/LI-S" -type f -not -name '.*' -printf '%s\n' | awk '{ s += $1 } END { print s }')
lines() { grep -cE '"(GET|HEAD|PUT|POST|DELETE) [^"]*/locked/station-' "$ceph/client.rgw.log"; }
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
before=$(lines) used=$(ticks "$rgw") began=$(date +%s%N)
uploaders=()
for i in $(seq "$stations"); do
    casetap-uploader --config "$work/station$i/etc/casetap.conf" 2>"$work/station$i/err" </dev/null &
    uploaders+=($!)
done
failed=0
for p in "${uploaders[@]}"; do wait "$p" || failed=$((failed + 1)); done
ended=$(date +%s%N)
same "$stations uploaders at once deliver everything" 0 "$failed"
[ "$failed" = 0 ] || tail -n 2 "$work"/station*/err | sed 's/^/# /' | head -n 20
sleep 1
requests=$(($(lines) - before)) cpu=$(($(ticks "$rgw") - used))
awk -v s="$stations" -v f="$files" -v b="$bytes" -v r="$requests" -v c="$cpu" -v t=$((ended - began)) 'BEGIN {
    printf "# %d stations, %d files of %d bytes each station: %.1f s, %.0f files/s, %d requests, %.2f a file, gateway CPU %.2f ms a request\n",
        s, f, b, t / 1e9, s * f / (t / 1e9), r, r / (s * f), c * 10 / r }'
check "each file costs three requests: is it there, put, read back" [ "$requests" = $((3 * stations * files)) ]

# --- and many large packages, for what a byte costs
head -c 16777216 /dev/urandom >"$work/package"
used=$(ticks "$rgw") began=$(date +%s%N) uploaders=() failed=0
for i in $(seq "$stations"); do
    "$probe" "$work/station$i/etc/casetap.conf" county-sheriff "$work/package" "LI-1/t/2026-11-20/large.tar" 60 >"$work/station$i/out" 2>&1 </dev/null &
    uploaders+=($!)
done
for p in "${uploaders[@]}"; do wait "$p" || failed=$((failed + 1)); done
ended=$(date +%s%N) cpu=$(($(ticks "$rgw") - used))
same "$stations packages of 16 MiB at once arrive and come back" 0 "$failed"
awk -v s="$stations" -v c="$cpu" -v t=$((ended - began)) 'BEGIN {
    printf "# %d times 16 MiB, there and back: %.1f s, %.0f MiB/s each way, gateway CPU %.1f ms a MiB there and back\n",
        s, t / 1e9, s * 16 / (t / 1e9), c * 10 / (s * 16) }'
