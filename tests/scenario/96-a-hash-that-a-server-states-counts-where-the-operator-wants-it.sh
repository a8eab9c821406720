#!/usr/bin/env bash
# Servers state the hash of what they hold, truly, in the old way, wrongly, by echo, or not at all: with `proof = digest` it
# counts instead of the bytes, which are fetched where none is stated; without, the bytes decide.  The receipt says which.
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"
probe=$build/tests/unit/handover_probe
path=LI-1/t/2026-11-20/x.tar
installation isp || { fail "installation"; exit; }
make_ca ca && make_cert ca good localhost || { fail "certificates"; exit; }
head -c 300000 /dev/urandom >"$work/evidence"
start_liar store good
state() { # NAME KIND [LINE]: a destination that behaves so, and a file for it
    [ "$#" -lt 2 ] || destination "$1" "url = https://localhost:$port/$2/" "ca = $work/ca.pem" "${@:3}"
    : >"$work/store.requests"
    "$probe" "$conf" "$1" "$work/evidence" "$path" 10 >"$work/answer" 2>"$work/err" </dev/null
    got=$?
}
answers() { # SENTENCE EXIT PATTERN
    if [ "$got" = "$2" ] && grep -qE -- "$3" "$work/answer"; then
        pass "$1"
    else
        fail "$1 (status $got, not $2): $(cat "$work/answer" "$work/err" | head -c 300)"
    fi
}
fetched() { grep -c '^GET ' "$work/store.requests"; }

state true states-true "proof = digest"
answers "a true hash counts" 0 "^ok:.*\[receiver's digest\]"
same "and nothing is fetched back" 0 "$(fetched)"
state true
answers "of a file that is there already too" 0 "^ok:.*\[receiver's digest\]"
same "which is not sent again" 0 "$(grep -c '^PUT ' "$work/store.requests")"
state legacy states-legacy "proof = digest"
answers "the older way to state it is understood" 0 "^ok:.*\[receiver's digest\]"
state other states-other "proof = digest"
answers "another hash is as other bytes are" 76 '^mismatch: '
same "and is not looked at twice" 0 "$(fetched)"
check "no file got its name" [ ! -e "$work/store/_states-other_${path//\//_}" ]
echo other >"$work/store/_states-true_LI-1_t_2026-11-20_taken"
path=LI-1/t/2026-11-20/taken state true
answers "another file under the name is a conflict" 76 '^conflict: '
state none ok "proof = digest"
answers "where none is stated, the bytes are fetched" 0 '^ok:.*\[read-back\]'
same "once" 1 "$(fetched)"
for kind in both encoded; do
    state $kind states-$kind "proof = digest"
    answers "$kind: so are they where what is stated is not of this file alone" 0 '^ok:.*\[read-back\]'
    same "$kind: once" 1 "$(fetched)"
done
state flips flip "proof = digest"
answers "fault 94: and compared" 76 '^mismatch: '
state echo states-echo
answers "fault 94: who only echoes is found without it" 76 '^mismatch: '
state unasked states-true "proof = read-back"
answers "what nobody wants to know counts for nothing" 0 '^ok:.*\[read-back\]'
same "the bytes do" 1 "$(fetched)"

sed -i '/^\[destination county-sheriff\]/,$d' "$conf"
destination county-sheriff "url = https://localhost:$port/states-true/" "ca = $work/ca.pem" "proof = digest"
destination second "url = https://localhost:$port/ok/" "ca = $work/ca.pem" "proof = digest"
demo_order LI-1 --to-destination second >/dev/null && casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" &&
    casetap-packager --config "$conf" 2>"$work/err" || { fail "sealing: $(cat "$work/err")"; exit; }
expect 0 "a case goes to one that states and one that does not" casetap-uploader --config "$conf"
methods() { jq -r .method "$state"/receipts/LI-1/tower-7/*."$1".receipt | sort -u; }
same "receipts say by what" "receiver's digest, read-back" "$(methods county-sheriff), $(methods second)"
: >"$work/store.requests"
expect 0 "an audit of the bytes" casetap-uploader --config "$conf" --audit bytes
same "fetches each of them all the same" "$(ls "$state"/receipts/LI-1/tower-7/*.county-sheriff.receipt | wc -l)" \
    "$(grep -c '^GET /states-true/.*[^/] ' "$work/store.requests")"
