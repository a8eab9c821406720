#!/usr/bin/env bash
# Transfers break, and the next try goes on with what lies there under the temporary name, if the server stores parts of
# files and what comes back is the file: with a server that counts, with Apache, nginx and OpenSSH.  $STRIDE: of the sweep of
# resets at byte k.  (FAULTS 92, 106.)
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"
probe=$build/tests/unit/handover_probe
path=LI-1/t/2026-11-20/x.tar
installation isp || { fail "installation"; exit; }
make_ca ca && make_cert ca good localhost || { fail "certificates"; exit; }
head -c 15000000 /dev/urandom >"$work/evidence"
start_liar store good
liar=$port

hand() { # NAME [SENT]: once more, after a try that gave so many bytes
    "$probe" "$conf" "$1" "$work/evidence" "$path" 10 "${2:-0}" >"$work/answer" 2>"$work/err" </dev/null
    got=$?
    sent=$(sed -n 's/.*\[sent \([0-9]*\),.*/\1/p' "$work/answer")
    resumed=$(sed -n 's/.*resumed \([0-9]*\)\].*/\1/p' "$work/answer")
}
answers() { # SENTENCE EXIT RESUMED
    same "$1" "$2 $3" "$got $resumed" || sed 's/^/#   /' "$work/answer"
}
served() { echo "$work/store/_$1_${path//\//_}"; }
puts() { grep "^PUT /$1/" "$work/store.requests" | cut -d' ' -f3 | paste -sd' '; }
web() { # KIND: the liar that behaves so
    destination "$1" "url = https://localhost:$liar/$1/" "ca = $work/ca.pem"
}
for k in broken-10000000 breaks-6000000 noranges-10000000 ignorant-10000000 sick-10000000 ok; do web "$k"; done

hand broken-10000000
answers "a PUT that breaks is tried again" 69 0
check "no fewer bytes are remembered than arrived" [ "$sent" -ge 10000000 ]
hand broken-10000000 "$sent"
answers "the next goes on where it broke" 0 10000000
check "the file is whole" cmp "$work/evidence" "$(served broken-10000000)"
same "not a byte was sent twice" "10000000 5000000" "$(puts broken-10000000)"
hand breaks-6000000
hand breaks-6000000 "$sent"
answers "where each PUT breaks, each goes on" 69 6000000
hand breaks-6000000 "$sent"
answers "until it is whole" 0 12000000
same "and not a byte was sent twice" "6000000 6000000 3000000" "$(puts breaks-6000000)"
hand noranges-10000000
hand noranges-10000000 "$sent"
answers "a server that refuses parts gets the whole" 0 0
same "once" "10000000 15000000" "$(puts noranges-10000000)"
hand ignorant-10000000
hand ignorant-10000000 "$sent"
answers "one that takes a part for the whole gets the whole" 0 0
check "which it has" cmp "$work/evidence" "$(served ignorant-10000000)"
same "once" "10000000 5000000 15000000" "$(puts ignorant-10000000)"
hand sick-10000000
hand sick-10000000 "$sent"
answers "one that fails at each part is tried again" 69 10000000
same "with the whole" 0 "$sent"
hand sick-10000000 "$sent"
answers "which it takes" 0 0
check "and has" cmp "$work/evidence" "$(served sick-10000000)"
rm "$(served sick-10000000)"
hand sick-10000000 10000000
same "so it is where nothing lay there" "69 0" "$got $sent"

# part WHAT...: lay that under the temporary name, and forget what was sent before
part() { "$@" >"$(served ok).part"; rm -f "$(served ok)"; : >"$work/store.requests"; }
part head -c 10000000 /dev/zero
hand ok 12500000
answers "what is not ours costs a part and a whole" 0 0
check "and the file is whole" cmp "$work/evidence" "$(served ok)"
same "no more" "5000000 15000000" "$(puts ok)"
part head -c 10000000 "$work/evidence"
hand ok 9999999
answers "what is longer than what was sent is not gone on with" 0 0
same "it is replaced" 15000000 "$(puts ok)"
part head -c 10000000 "$work/evidence"
hand ok 0
answers "nor is anything that we know nothing of" 0 0
same "it is replaced too" 15000000 "$(puts ok)"
part cat "$work/evidence"
hand ok 15000000
answers "what was whole when its answer was lost" 0 15000000
same "is not sent at all" "" "$(puts ok)"
part cat "$work/evidence" "$work/evidence"
hand ok 15000000
answers "what became longer is replaced" 0 0

# --- fault 92: a reset at byte k of a small file, at every STRIDE-th; in the soak at each
head -c 20001 "$work/evidence" >"$work/small"
destination sweep "url = https://localhost:$liar/" "ca = $work/ca.pem"
false_receipts="" broken="" kept=""
for k in $(seq 0 "${STRIDE:-4000}" 20000); do
    ! "$probe" "$conf" sweep "$work/small" "reset-$k/x.tar" 10 >"$work/answer" 2>"$work/err" </dev/null || false_receipts+=" $k"
    [ ! -e "$work/store/_reset-${k}_x.tar" ] || false_receipts+=" $k"
    # this one's server keeps what came, and takes the next
    "$probe" "$conf" sweep "$work/small" "broken-$k/x.tar" 10 >"$work/answer" 2>"$work/err" </dev/null ||
        "$probe" "$conf" sweep "$work/small" "broken-$k/x.tar" 10 >"$work/answer" 2>"$work/err" </dev/null || broken+=" $k"
    cmp -s "$work/small" "$work/store/_broken-${k}_x.tar" || broken+=" $k"
    [ ! -e "$work/store/_broken-${k}_x.tar.part" ] || kept+=" $k"
done
same "fault 92: a reset at byte k is no delivery" "" "$false_receipts"
same "fault 92: what was stored up to byte k becomes the whole file" "" "$broken"
same "fault 92: and nothing stays beside it" "" "$kept"

# --- nginx, Apache
start_nginx dav good "PUT MKCOL MOVE"
destination nginx "url = https://localhost:$port/" "ca = $work/ca.pem"
hand nginx 10000000
answers "nginx, which knows no parts, gets the whole" 0 0
check "and has it" cmp "$work/evidence" "$work/dav/$path"
if command -v apache2 >/dev/null; then
    start_apache apache good
    destination apache "url = https://localhost:$port/" "ca = $work/ca.pem"
    # broken FIRST BYTES: a PUT of the rest from FIRST on that breaks after so many bytes
    broken() {
        /usr/bin/python3 - "$port" "$work/evidence" "/$path.part" "$@" <<'EOF'
import socket, ssl, sys, time
port, name, path, first, n = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
data = open(name, "rb").read()
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
s = context.wrap_socket(socket.create_connection(("127.0.0.1", port)))
part = b"Content-Range: bytes %d-%d/%d\r\n" % (first, len(data) - 1, len(data)) if first else b""
s.sendall(b"PUT %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n" % (path.encode(), part, len(data) - first))
s.sendall(data[first:first + n])
time.sleep(0.3)
EOF
    }
    hand apache # makes the folder
    rm "$work/apache/$path"
    broken 0 10000000
    check "Apache rolls a PUT back that broke" [ ! -e "$work/apache/$path.part" ]
    hand apache 10000000
    answers "so it is begun again, in a way that can be gone on with" 0 0
    check "and Apache has it" cmp "$work/evidence" "$work/apache/$path"
    head -c 1048576 "$work/evidence" >"$work/apache/$path.part"
    rm "$work/apache/$path"
    is_root && chown nobody "$work/apache/$path.part"
    broken 1048576 1000000
    until_true 5 eval "[ \$(stat -c %s '$work/apache/$path.part') = 2048576 ]"
    hand apache 12500000
    answers "Apache keeps what came behind the first part, and it is gone on with" 0 2048576
    check "and Apache has the whole" cmp "$work/evidence" "$work/apache/$path"
fi

# --- OpenSSH, with a server process that dies at two million bytes while $work/limited is there; and what the uploader remembers
cat >"$work/sftp" <<EOF
#!/bin/bash
[ ! -e $work/limited ] || ulimit -f 1954
exec /usr/lib/openssh/sftp-server -e -l INFO 2>>$work/sftp.log
EOF
chmod 755 "$work/sftp"
start_sshd ssh "Subsystem sftp $work/sftp"
sed -i '/^\[destination county-sheriff\]/,$d' "$conf"
destination county-sheriff "url = sftp://$(id -un)@127.0.0.1:$port$work/ssh/" "identity = $work/ssh.client" "known_hosts = $work/ssh.known_hosts"
web broken-7500000
from=2026-11-20T00:00:00Z to=2026-11-20T00:05:00Z
/usr/bin/python3 - "$work/large.pcap" 15000000 <<'EOF'
import struct, sys
size, count = 60000, int(sys.argv[2]) // 60000
ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, size - 14, 0, 0, 64, 17, 0, bytes([198, 51, 100, 7]), bytes([203, 0, 113, 9]))
frame = (b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip).ljust(size, b"\1")
with open(sys.argv[1], "wb") as f:
    f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    for i in range(count):
        f.write(struct.pack("<IIII", 1795132800 + i * 299 // count, 0, size, size) + frame)
EOF
subject=(--subject 198.51.100.7)
demo_order LI-1 --to-destination broken-7500000 >/dev/null &&
    casetap-capture --config "$conf" -r "$work/large.pcap" 2>"$work/err" && casetap-packager --config "$conf" 2>"$work/err" ||
    { fail "sealing: $(cat "$work/err")"; exit; }
tar=LI-1/tower-7/2026-11-20/LI-1_tower-7_0000000001.tar
bytes=$(stat -c %s "$state/outbox/$tar")
remembered() { jq ".entries[] | select(.scope == \"$tar\") | .sent" "$state/journal/uploader/$1.blocked" 2>/dev/null; }
: >"$work/limited"
# what this is about may come only after a busy machine's time-outs
for try in 1 2 3 4 5; do
    casetap-uploader --config "$conf" 2>>"$work/runs" </dev/null
    [ -z "$(remembered county-sheriff | grep -v null)" ] || break
    sleep 3
done
check "what OpenSSH may have is remembered" [ "$(remembered county-sheriff)" -ge 2000000 ]
check "the other broke off as well" grep -q "$tar to broken-7500000: retry: " "$work/runs"
rm "$work/limited"
there=$(stat -c %s "$work/ssh/$tar.part")
for try in 1 2 3 4 5; do
    sleep 3
    casetap-uploader --config "$conf" --verbose 2>"$work/err" </dev/null
    got=$?
    cat "$work/err" >>"$work/runs"
    [ "$got" != 0 ] || break
done
same "the next run goes on" 0 "$got"
check "with OpenSSH from where it was" grep -q "/LI-1_tower-7_0000000001.tar to county-sheriff: $there bytes were there from an earlier try" "$work/runs"
check "and has the whole" cmp "$state/outbox/$tar" "$work/ssh/$tar"
same "it took each byte once" "$bytes" \
    "$((there + $(sed -n "s/.*close .*0000000001.tar.part.* bytes read 0 written \([0-9]*\).*/\1/p" "$work/sftp.log" | tail -n 1)))"
check "the other has the whole" cmp "$state/outbox/$tar" "$work/store/_broken-7500000_${tar//\//_}"
same "and took each byte once" "7500000 $((bytes - 7500000))" \
    "$(grep "^PUT /broken-7500000/$tar" "$work/store.requests" | cut -d' ' -f3 | paste -sd' ')"
same "nothing is remembered of what has arrived" "" "$(remembered county-sheriff)$(remembered broken-7500000)"
