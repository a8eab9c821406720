#!/usr/bin/env bash
# tests/bench/dead.sh BUILD [ROUNDS]: what a destination gets in a second beside one that is dead (it takes connections and
# never says a word), and what it gets alone: packages of 1 MiB over HTTPS to nginx, 4 at a time, until the last has its
# receipt.  In each of ROUNDS (default 5) rounds each once; medians of the wall seconds.  PACKAGES (default 100) is how many.
scenario=$(dirname "$(readlink -f "$0")")/../scenario
. "$scenario/lib.sh"
. "$scenario/servers.sh"
rounds=${2:-5} packages=${PACKAGES:-100}
command -v nginx >/dev/null || { skip "a live destination beside a dead one" "nginx is not installed"; exit; }
make_ca ca && make_cert ca good localhost || { fail "certificates"; exit; }
start_nginx live good "PUT MOVE MKCOL" "create_full_put_path on;"
live=$port dead=$(free_port)
background "$work/dead.log" /usr/bin/python3 -c '
import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64)
time.sleep(86400)' "$dead"
until_true 10 is_listening "$dead" || fail "the dead one listens"

# station NAME [OPTION...]: an outbox for the live destination, and for others of an order's options
station() {
    installation "$1" || fail "installation"
    sed -i '/^\[destination/,$d; s/^slice_seconds = .*/slice_seconds = 1/' "$conf"
    destination county-sheriff "url = https://localhost:$live/$1/" "ca = $work/ca.pem" "parallel = 4"
    destination dead "url = https://localhost:$dead/" "ca = $work/ca.pem" "parallel = 4"
    /usr/bin/python3 - "$work/frames" "$packages" <<'PY'
import struct, sys
frame = (b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + struct.pack("!BBHHHBBH4s4s", 0x45, 0, 986, 0, 0, 64, 17, 0, bytes([198, 51, 100, 7]),
         bytes([203, 0, 113, 9]))).ljust(1000, b"x")
with open(sys.argv[1], "wb", 1 << 20) as f:
    f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    for i in range(int(sys.argv[2])):
        for k in range(1020):
            f.write(struct.pack("<IIII", 1795132801 + i, k * 100, len(frame), len(frame)) + frame)
PY
    from=2026-11-20T00:00:00Z to=2026-11-20T01:00:00Z demo_order "LI-$1" "${@:2}" >/dev/null &&
        casetap-capture --config "$conf" -r "$work/frames" 2>"$work/err" && casetap-packager --config "$conf" 2>"$work/err" ||
        fail "sealing: $(cat "$work/err")"
    rm "$work/frames"
}

# round NAME: the wall seconds until the last package has its receipt of the live destination
round() {
    local began want
    state=$work/$1/var conf=$work/$1/etc/casetap.conf
    rm -rf "$state"/receipts/* "$state"/journal/uploader/* "$work/live/$1"
    want=$(find "$state/outbox" -name '*.tar' | wc -l)
    began=$(date +%s.%N)
    background "$work/$1.out" casetap-uploader --config "$conf"
    while [ "$(find "$state/receipts" -name '*.tar.county-sheriff.receipt' | wc -l)" -lt "$want" ] && kill -0 "$last" 2>/dev/null; do sleep 0.05; done
    awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN { printf "%.2f\n", b - a }'
    kill -TERM "$last" 2>/dev/null
    wait "$last" 2>/dev/null
    [ "$(find "$state/receipts" -name '*.tar.county-sheriff.receipt' | wc -l)" = "$want" ] || fail "$1: not all has a receipt: $(tail -n 2 "$work/$1.out")" >&2
}

station alone
station beside --to-destination dead
for _ in $(seq "$rounds"); do
    for name in alone beside; do round "$name" >>"$work/$name.seconds"; done
done
printf '# %s packages of 1 MiB, medians of %s\n' "$packages" "$rounds"
for name in alone beside; do
    sort -n "$work/$name.seconds" | awk -v name="$name" '{ t[NR] = $1 } END { printf "#   %-8s %7.2f s   (%.2f to %.2f)\n", name, t[int((NR + 1) / 2)], t[1], t[NR] }'
done
