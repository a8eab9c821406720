#!/usr/bin/env bash
# One file is handed to an S3 server that checks every signature with code of its own, and that cuts, changes, loses,
# refuses and overwrites: what was read back, by version, decides; never what the server said.
. "$(dirname "$0")/lib.sh"
. "$here/servers.sh"
probe=$build/tests/unit/handover_probe
installation isp || { fail "installation"; exit; }
head -c 300000 /dev/urandom >"$work/evidence"
file=$work/evidence
make_ca ca && make_cert ca good localhost || fail "certificates: $(tail -n 1 "$work/openssl.log")"
(umask 077 && echo ACCESS42 >"$work/access" && echo 'Secret/42+x=' >"$work/secret" && echo wrong >"$work/wrong")
start_s3liar store good ACCESS42 'Secret/42+x='

n=0
hand() { # NAME [PATH]
    "$probe" "$conf" "$1" "$file" "${2:-LI-1/t/2026-11-20/x.tar}" 10 0 "${upload:-}" >"$work/answer" 2>"$work/err" </dev/null
    got=$?
}
answers() { # SENTENCE EXIT PATTERN
    if [ "$got" = "$2" ] && grep -qE -- "$3" "$work/answer"; then
        pass "$1"
    else
        fail "$1 (status $got, not $2): $(cat "$work/answer" "$work/err" | head -c 300) $(tail -n 1 "$work/store.requests")"
    fi
}
s3() { # KIND EXIT PATTERN SENTENCE [LINE...]
    local kind=$1 code=$2 pattern=$3 sentence=$4
    shift 4
    n=$((n + 1))
    destination "s$n" "url = s3://localhost:$port/b/$kind/" "ca = $work/ca.pem" "access_key_file = $work/access" \
        "secret_key_file = ${secret_file:-$work/secret}" "$@"
    hand "s$n"
    answers "$sentence" "$code" "$pattern"
}
requests() { grep -c -- "$1" "$work/store.requests"; }

s3 ok 0 '^ok:.*version v/[0-9a-f]{12}\+1' "an object store takes the file and tells its version"
same "one PUT, the name asked for before and the bytes read back after it" "HEAD PUT GET" \
    "$(cut -d' ' -f1 "$work/store.requests" | tr '\n' ' ' | sed 's/ $//')"
check "the bytes are asked for by their version" grep -q '^GET /b/ok/.*?versionId=v%2F[0-9a-f]*%2B1 ' "$work/store.requests"
hand s1
answers "what is there already with the same bytes is delivered" 0 '^ok:.*version v/'
same "and was not sent again" 1 "$(requests '^PUT /b/ok/')"
file=$work/isp/etc/casetap.conf hand s1
answers "fault 107: another object under our name is a conflict" 76 '^conflict: another file'
same "fault 107: and was not overwritten" 1 "$(requests '^PUT /b/ok/')"
s3 sneaks 76 '^conflict: another file' "fault 107: what got the name between look and PUT (412) is a conflict"
same "fault 107: and stays" "HEAD PUT HEAD" "$(sed -n 's#^\([A-Z]*\) /b/sneaks/.*#\1#p' "$work/store.requests" | paste -sd' ')"
s3 ok/unpinned 76 '^untrusted: .*pinned' "fault 99: a store with another key than the pinned is not trusted" "pin = sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
same "fault 99: and not one byte was sent" 0 "$(requests unpinned)"
s3 short 76 '^mismatch: what came back' "fault 93: a short store is found"
s3 flip 76 '^mismatch: what came back' "fault 94: one flipped byte is found"
s3 lost 69 '^retry: what was stored is not there' "fault 95: 200, then 404, is not delivered"
s3 overwritten 0 '^ok:.*version v/' "what somebody else stores under the name later is another version"
s3 denied 77 '^forbidden: .*403 AccessDenied' "fault 96: AccessDenied is a refusal"
s3 skewed 77 '^denied: .*RequestTimeTooSkewed' "a clock that is wrong is named"
s3 quota 73 '^full: .*QuotaExceeded' "a quota is a full server, though it says 403"
s3 slow 69 '^retry: .*SlowDown \[wait 7\]' "fault 97: SlowDown is waited out"
s3 busy 69 '^retry: .*500 InternalError' "500 is tried again"
s3 noif 76 '^refused: .*501 NotImplemented' "an engine that can not keep from overwriting is refused"
s3 redirect 76 '^untrusted: .*307' "fault 98: a redirect is not followed"
same "fault 98: nothing reached the place it pointed to" 0 "$(requests stolen)"
secret_file=$work/wrong s3 ok 77 '^(denied|forbidden): ' "a wrong secret is refused"
grep -v BADSIGN "$work/store.requests" >"$work/store.good" && mv "$work/store.good" "$work/store.requests"

s3 lock/ok 0 '^ok:' "an object is stored under retention and legal hold" "object_lock_days = 30" "legal_hold = yes"
s3 unlocked 76 '^refused: .*under retention' "a store that does not keep it locked is found" "object_lock_days = 30"
s3 shortlock 76 '^refused: .*ends before it should' "nor is a shorter lock the one that was ordered" "object_lock_days = 1825"
s3 governance 76 '^refused: .*not in compliance mode' "nor one that can be lifted" "object_lock_days = 30"
s3 unlocked/hold 76 '^refused: .*under legal hold' "nor is a legal hold believed that was not set" "legal_hold = yes"

# what lies there already, of our own: stored under another order
s3 ok/older 0 '^ok:' "an object is stored for a day" "object_lock_days = 1"
s3 ok/older 0 '^ok: it lay there under retention until 20.*locked as ordered now' "it is kept for longer when that is ordered" "object_lock_days = 30"
same "it was not sent again for that" 1 "$(requests '^PUT /b/ok/older/[^?]* ')"
hand "s$n"
answers "once is enough" 0 '^ok:  '
s3 ok/bare 0 '^ok:' "an object is stored without a lock"
s3 ok/bare 0 '^ok: it lay there without retention' "it gets one" "object_lock_days = 30" "legal_hold = yes"
s3 fixed 0 '^ok:' "in a store that changes no locks too" "object_lock_days = 1"
s3 fixed 77 '^forbidden: ' "who can not keep it for longer gets no receipt" "object_lock_days = 30"
locks=$(requests '^PUT .*retention')
file=$work/isp/etc/casetap.conf s3 ok/older 76 '^conflict: another file' "another file is not ours to lock" "object_lock_days = 60"
same "and is not locked" "$locks" "$(requests '^PUT .*retention')"

head -c 75000001 /dev/urandom >"$work/large"
file=$work/large
s3 ok/large 0 '^ok:.*version v/' "a large file goes in parts and comes back whole" "object_lock_days = 30"
same "in three parts" 3 "$(requests 'PUT /b/ok/large/.*partNumber=')"
s3 late-error 69 '^retry: .*200 InternalError' "an error inside of a 200 is an error"
same "and the upload was given up" 1 "$(requests 'DELETE /b/late-error/')"
s3 no-etag 76 '^refused: .*ETag' "a part without ETag is not believed"
s3 flip/large 76 '^mismatch: ' "fault 94: a byte flipped in a large file is found"
parts() { grep "^PUT /b/$1/.*partNumber=" "$work/store.requests" | sed 's/.*partNumber=\([0-9]*\).*/\1/' | paste -sd' '; }
begun() { sed -n 's/.*\[upload \([^]]*\)\].*/\1/p' "$work/answer"; }
s3 cuts 69 '^(retry|unreachable): ' "fault 92: a line that breaks in the third part is no delivery" "object_lock_days = 1"
upload=$(begun) s3 cuts 0 '^ok:.*version v/' "the next try goes on with the upload" "object_lock_days = 30"
same "and locks it as it was ordered itself, not as when it was begun" 1 "$(requests '^PUT /b/cuts/.*retention=')"
same "the part that is as it was sent is not sent again; the one that is not, and the one that broke, are" "1 2 3 2 3" "$(parts cuts)"
same "it is the same upload, and nothing was given up" "1 0" "$(requests 'POST /b/cuts/.*uploads=') $(requests 'DELETE /b/cuts/')"
s3 cuts-lies 69 '^(retry|unreachable): ' "a store that changes a part and says that it did not"
upload=$(begun) hand "s$n"
answers "fault 94: is not asked again for it, and found out by the bytes that come back" 76 '^mismatch: what came back'
same "only what broke was sent again" "1 2 3 3" "$(parts cuts-lies)"
s3 cuts/busy 69 '^(retry|unreachable): ' "an upload breaks off at a store that is busy then"
upload=$(begun) hand "s$n"
answers "busy when it is asked for the parts" 69 '^retry: .*SlowDown'
upload=$(begun) hand "s$n"
answers "which come in part then" 69 '^(retry|unreachable): '
upload=$(begun) hand "s$n"
answers "and when it is given the first" 69 '^retry: .*SlowDown'
upload=$(begun) hand "s$n"
answers "of which the line breaks then, with no word but that it may come" 69 '^(retry|unreachable): '
upload=$(begun) hand "s$n"
answers "and before it is asked to put them together" 69 '^retry: .*503'
upload=$(begun) hand "s$n"
answers "it has the file in the end" 0 '^ok:.*version v/'
same "and nothing was thrown away, nor sent again that lay there" "1 0 1 2 3 2 2 2 3" \
    "$(requests 'POST /b/cuts/busy/.*uploads=') $(requests 'DELETE /b/cuts/busy/') $(parts cuts/busy)"
s3 cuts/foreign 69 '^(retry|unreachable): ' "an upload is left that this station does not remember, as anybody's"
hand "s$n"
answers "who can not say how it was begun begins anew" 0 '^ok:.*version v/'
same "and takes no part of it, and gives it up" "1 2 3 1 2 3, 2 1" \
    "$(parts cuts/foreign), $(requests 'POST /b/cuts/foreign/.*uploads=') $(requests 'DELETE /b/cuts/foreign/')"
kill_in_parts() {
    n=$((n + 1))
    destination "s$n" "url = s3://localhost:$port/b/ok/killed/" "ca = $work/ca.pem" "access_key_file = $work/access" \
        "secret_key_file = $work/secret" "rate_limit = 8M"
    background "$work/killed.log" "$probe" "$conf" "s$n" "$file" LI-1/t/2026-11-20/x.tar 10
    until_true 20 grep -q 'POST /b/ok/killed/.*uploads=' "$work/store.requests" && sleep 0.5 && kill -9 "$last"
}
check "a run is killed in the middle of its parts" kill_in_parts
s3 ok/killed 0 '^ok:' "the next one delivers"
same "and gives up what the killed one left" 1 "$(requests 'DELETE /b/ok/killed/')"
same "every request was signed as it must be" 0 "$(requests 'BADSIGN.*match')"
