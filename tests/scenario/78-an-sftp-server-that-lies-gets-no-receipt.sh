#!/usr/bin/env bash
# One file is handed to an SFTP server that says nothing, stores short, tells another size, changes what is read, ends too
# early, does not rename or forgets: what was read back decides.  Then a day goes to three whose listings climb out of the
# folder, do not end, or hold 30,000 names of our kind.
# (FAULTS 91, 93 to 95.)
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"
probe=$build/tests/unit/handover_probe
installation isp || { fail "installation"; exit; }
start_sshd store "Subsystem sftp /usr/bin/python3 $here/sftpliar.py $work/store"
sftp() { # NAME [PORT]: the destination that is called so
    mkdir -p "$work/store/$1"
    destination "$1" "url = sftp://$(id -un)@127.0.0.1:${2:-$port}/$1/" "identity = $work/store.client" "known_hosts = ${hosts:-$work/store.known_hosts}"
}
head -c 200001 /dev/urandom >"$work/evidence"
answers() { # NAME EXIT PATTERN SENTENCE [SECONDS]
    "$probe" "$conf" "$1" "$work/evidence" LI-1/t/2026-11-20/x.tar "${5:-20}" >"$work/answer" 2>"$work/err" </dev/null
    local got=$?
    if [ "$got" = "$2" ] && grep -qE -- "$3" "$work/answer"; then
        pass "$4"
    else
        fail "$4 (status $got, not $2): $(cat "$work/answer" "$work/err" | head -c 300)"
    fi
}
published() { find "$work/store/$1" -name x.tar | wc -l; }

for d in ok short-reads size cut flip early-end refuse replaces sneaks forget silent; do sftp "$d"; done
answers ok 0 '^ok:' "one that keeps to the protocol takes the file"
check "whole" cmp "$work/evidence" "$work/store/ok/LI-1/t/2026-11-20/x.tar"
# libssh2 1.10 reads all of it, and then can not close the file: no receipt, though there might be one.
answers short-reads 69 '^retry: ' "one that gives less than it is asked for at a time is tried again"
answers cut 76 '^mismatch: what came back' "fault 93: a short store is found"
answers flip 76 '^mismatch: what came back' "fault 94: a flipped bit is found"
answers early-end 69 '^retry: .* 1 bytes remaining' "one that ends the file before it does is tried again"
answers size 69 '^retry: .* 1 bytes remaining' "so is one that tells another size than it has"
same "none of them was given the name" "0 0 0 0" "$(for d in cut flip early-end size; do published $d; done | paste -sd' ')"
answers refuse 76 '^refused: rename: ' "one that does not rename gets no receipt"
mkdir -p "$work/store/replaces/LI-1/t/2026-11-20" && echo other >"$work/store/replaces/LI-1/t/2026-11-20/x.tar"
answers replaces 76 '^conflict: another file' "fault 105: one that renames over whatever lies there is asked what that is"
same "fault 105: which stays" other "$(cat "$work/store/replaces/LI-1/t/2026-11-20/x.tar")"
answers sneaks 76 '^conflict: another file' "fault 107: what came to lie there meanwhile is a conflict"
same "fault 107: and stays" other "$(cat "$work/store/sneaks/LI-1/t/2026-11-20/x.tar")"
answers forget 69 '^retry: what was published is not there' "fault 95: nor one that forgets"
# libssh2 waits for an answer for a minute, whatever it is told: in the soak.
[ -z "${LONG:-}" ] || answers silent 69 '^retry: ' "fault 91: one that falls silent between its answers is given up" 3

# --- in the handshake: nobody says a word, or only that he speaks SSH
dumb() { # WORD NAME
    gone=$(free_port)
    background "$work/dumb.log" /usr/bin/python3 -c '
import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    c = s.accept()[0]
    c.sendall(sys.argv[2].encode())
    time.sleep(3600)' "$gone" "$1"
    until_true 10 is_listening "$gone" || fail "somebody listens"
    sed "s/:[0-9]* /:$gone /" "$work/store.known_hosts" >"$work/dumb.known_hosts"
    hosts=$work/dumb.known_hosts sftp "$2" "$gone"
}
dumb "" mute
answers mute 69 '^(retry|unreachable): ' "fault 91: a server that says nothing is given up" 3
dumb $'SSH-2.0-OpenSSH_9.2\r\n' greets
answers greets 69 '^(retry|unreachable): ' "fault 91: so is one that greets and says no more" 3

# --- listings
sed -i 's/^slice_seconds = .*/slice_seconds = 1800/' "$conf"
for d in climb endless many; do sftp $d; done
to=2026-11-19T23:59:00Z demo_order LI-S --to-destination climb --to-destination endless --to-destination many >/dev/null || fail "order"
casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" && casetap-packager --config "$conf" 2>"$work/err" ||
    { fail "sealing: $(cat "$work/err")"; exit; }
# On a machine that is busy a handshake may take longer than the ten seconds it has: then they are tried again.
delivered() { casetap-uploader --config "$conf" 2>"$work/err"; }
audited() {
    casetap-uploader --config "$conf" --audit sizes 2>"$work/err"
    [ $? = 76 ] && not_in "$work/err" 'retry: Operation timed out'
}
check "a case goes to three servers whose listings lie" until_true 120 delivered
n=$(find "$state/outbox/LI-S" -type f | wc -l)
days=$(ls "$state/outbox/LI-S/tower-7" | wc -l)
check "an audit tells of it" until_true 120 audited
for d in climb many; do
    same "at $d nothing is missing" "$n files are there, 0 were missing and are sent again, 0 differ" \
        "$(sed -n "s/.*destination $d: audit: \([0-9].*differ\)$/\1/p" "$work/err")"
done
same "names that climb are strangers', and named harmlessly" "$days $days" \
    "$(for t in '../../etc/passwd' '\x1b[2Jred'; do grep -cF "to climb: audit: $t lies there" "$work/err"; done | paste -sd' ')"
same "a listing that does not end is given up, for each day" "$days" "$(grep -cE 'to endless: audit: the listing of .* does not end' "$work/err")"
same "of thirty thousand names like ours the first are named, for each day" "$((20 * days))" "$(grep -c 'to many: audit: LI-S_tower-7_.* lies there' "$work/err")"
check "no control character of theirs comes through" eval "! LC_ALL=C grep -q '[^[:print:]]' '$work/err'"
