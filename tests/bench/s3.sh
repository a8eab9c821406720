#!/usr/bin/env bash
# tests/bench/s3.sh BUILD [ROUNDS]: an s3 destination beside rclone, against a Ceph RGW with TLS on loopback, in one run: in
# each of ROUNDS (default 3) rounds each way once, medians of the wall seconds (an odd number has one).  First 100 packages of 1 MiB, then 1,000 small
# ones.  casetap reads every byte back and keeps a synced receipt of each file; rclone does neither.  SMALL (default 1000) is how many.  Needs root, Ceph, rclone.
scenario=$(dirname "$(readlink -f "$0")")/../scenario
. "$scenario/lib.sh"
. "$scenario/servers.sh"
. "$scenario/ceph.sh"
rounds=${2:-3}
for p in ceph-mon ceph-osd radosgw rclone; do command -v $p >/dev/null || { skip "S3 beside rclone" "$p is not installed"; exit; }; done
make_ca ca && make_cert ca good localhost || { fail "certificates"; exit; }
(umask 077 && echo ACCESS42 >"$work/access" && echo SECRET42 >"$work/secret")
ceph_start good ACCESS42 SECRET42 || { fail "Ceph starts"; exit; }
bucket() {
    curl -sS --noproxy '*' --cacert "$work/ca.pem" --aws-sigv4 aws:amz:us-east-1:s3 --user ACCESS42:SECRET42 -X PUT -o /dev/null -w '%{http_code}' \
        -H "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" "https://localhost:$port/$1"
}

# station NAME COUNT BYTES: an outbox of COUNT packages
station() {
    installation "$1" || fail "installation"
    sed -i '/^\[destination/,$d; s/^slice_seconds = .*/slice_seconds = 1/' "$conf"
    destination county-sheriff "url = s3://localhost:$port/WHERE/" "ca = $work/ca.pem" "access_key_file = $work/access" \
        "secret_key_file = $work/secret" "path_style = yes" "parallel = 4"
    /usr/bin/python3 -c '
import struct, sys
count, n = int(sys.argv[2]), int(sys.argv[3])
frame = (b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + struct.pack("!BBHHHBBH4s4s", 0x45, 0, 986, 0, 0, 64, 17, 0, bytes([198, 51, 100, 7]),
         bytes([203, 0, 113, 9]))).ljust(1000, b"x")
with open(sys.argv[1], "wb", 1 << 20) as f:
    f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    for i in range(count):
        for k in range(n):
            f.write(struct.pack("<IIII", 1795132801 + i, k * 100, len(frame), len(frame)) + frame)' "$work/frames" "$2" $(($3 / 1016))
    from=2026-11-20T00:00:00Z to=2026-11-20T01:00:00Z demo_order "LI-$1" >/dev/null && casetap-capture --config "$conf" -r "$work/frames" 2>"$work/err" &&
        casetap-packager --config "$conf" 2>"$work/err" || fail "sealing: $(cat "$work/err")"
    rm "$work/frames"
}

now() { date +%s.%N; }
# way NAME BUCKET: the wall seconds of one way, into an empty bucket
way() {
    local began lanes=${1##* }
    began=$(now)
    case $1 in
    casetap*)
        sed "s|/WHERE/|/$2/|; s/^parallel = .*/parallel = $lanes/" "$conf" >"$work/this.conf"
        rm -rf "$state/receipts" "$state"/journal/uploader/* && mkdir -m 2750 "$state/receipts"
        began=$(now)
        casetap-uploader --config "$work/this.conf" 2>"$work/err" || fail "$1: $(tail -n 1 "$work/err")" >&2 ;;
    rclone*) env -u AWS_CA_BUNDLE rclone --config /dev/null --ca-cert "$work/ca.pem" --s3-provider Ceph --s3-endpoint "https://localhost:$port" \
        --s3-access-key-id ACCESS42 --s3-secret-access-key SECRET42 --transfers "$lanes" --retries 1 --s3-no-check-bucket \
        copy "$state/outbox" ":s3:$2" >"$work/err" 2>&1 || fail "$1: $(tail -n 1 "$work/err")" >&2 ;;
    esac
    awk -v a="$began" -v b="$(now)" 'BEGIN { printf "%.2f\n", b - a }'
}

ways=("rclone 4" "casetap 4" "casetap 8")
# compare NAME
compare() {
    local w r b
    for r in $(seq "$rounds"); do
        for w in "${ways[@]}"; do
            b=$1-${w// /-}-$r # a bucket of its own
            [ "$(bucket "$b")" = 200 ] || fail "bucket $b"
            way "$w" "$b" >>"$work/$1.${w// /-}"
        done
    done
    printf '# %s: %s files, %s bytes, medians of %s\n' "$1" "$(find "$state/outbox" -type f -not -name '.*' | wc -l)" \
        "$(find "$state/outbox" -type f -printf '%s\n' | awk '{ s += $1 } END { print s }')" "$rounds"
    for w in "${ways[@]}"; do
        sort -n "$work/$1.${w// /-}" | awk -v w="$w" '{ t[NR] = $1 } END { printf "#   %-10s %7.2f s   (%.2f to %.2f)\n", w, t[int((NR + 1) / 2)], t[1], t[NR] }'
    done
}

station large 100 1036288
compare large
station small "${SMALL:-1000}" 2032
compare small
