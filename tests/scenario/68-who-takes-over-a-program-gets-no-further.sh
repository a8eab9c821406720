#!/usr/bin/env bash
# Somebody has taken over a program: from inside its sandbox he tries to read and write elsewhere, to open sockets, to connect,
# to become somebody else, to run another program.  Each program's own sandbox refuses, without any help of a unit.
# intruder.c makes the calls in the place of the program's.
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"
intruder=$build/tests/unit/intruder
if ! is_root || [ "$(uname -m)" != x86_64 ] || ! strace -o /dev/null true 2>/dev/null || ! namespaces_up; then
    skip "who takes over a program gets no further" "needs root, namespaces, ptrace and x86-64"
    exit
fi
EPERM=1 EACCES=13
# refused NAME WHAT...: each of them was tried and refused, by seccomp or Landlock; the last call, execve, was deadly
refused() {
    local name=$1
    shift
    same "$name: refused are $*" "" "$(awk -v all="$*" -v a=$EPERM -v b=$EACCES '
        $2 == a || $2 == b { no[$1] = 1 }
        { said[$1] = $0 }
        END { n = split(all, want, " "); for (i = 1; i <= n; i++) if (!no[want[i]]) print want[i] " was not: " said[want[i]] }' \
        "$work/tried")"
    same "$name: execve is its end, by SIGSYS" "killed 31" "$(tail -n 1 "$work/tried")"
    check "$name: nothing was made outside" test ! -e /tmp/casetap-intruder -a ! -L /tmp/casetap-intruder
    rm -f /tmp/casetap-intruder
}
everywhere=(read-outside write-outside link-outside packet-socket listen mount setuid bpf namespace clock)
# told_clocks: what the records of closed slices say of the clock, each word once
told_clocks() {
    jq -r 'select(.state == "closed") | .clock | .open, .close | if .adjtimex_state == -1 then "unknown" else "known" end' \
        "$state"/spool/LI-ONE/*/*.json 2>/dev/null | sort -u | xargs
}
has_closed() { [ -n "$(told_clocks)" ]; }
intrude() { timeout 60 "$intruder" "$@" >"$work/tried" 2>"$work/err"; }
rm -f /tmp/casetap-intruder

# In a program without a sandbox the same calls do what they are for.
background /dev/null sleep 600
until_true 10 grep -q sleep "/proc/$last/comm"
intrude -p "$last"
same "an open program is no hindrance" "read-outside 0 write-outside 0 inet-socket 0 kill-init 0 clock 0" \
    "$(grep -E '^(read-outside|write-outside|inet-socket|kill-init|clock) ' "$work/tried" | paste -sd' ')"
rm -f /tmp/casetap-intruder

live isp
# The clock's state comes out of a file: nobody needs the call that could set the clock.
mkdir "$work/clock" && sed -i "/^\[station\]/a clock_file = $work/clock/state" "$conf"
background "$work/clock.log" casetap clock --watch "$work/clock/state"
teller=$last
until_true 30 test -s "$work/clock/state" || fail "the clock's state is told"
begin=$(date +%s)
order LI-ONE $((begin - 5)) $((begin + 3600))
daemon
until_true 30 is_capturing LI-ONE || fail "capture begins"
reader=$(told .reader_pid)
intrude -p "$reader"
refused "capture's reader" "${everywhere[@]}" inet-socket connect kill-init code
has_new_reader() { [ "$(told .reader_pid)" != "$reader" ] && is_capturing LI-ONE; }
check "the keeper goes on with a new reader" until_true 60 has_new_reader
intrude -p "$capture"
refused "capture's keeper" read-outside write-outside link-outside inet-socket listen mount bpf namespace clock code
wait "$capture" 2>/dev/null

until_true 30 has_closed # the last reader closes its slices by itself
same "slices say how well the clock is kept, though who wrote them could not ask" known "$(told_clocks)"
intrude -p "$teller"
refused "the clock's reader" read-outside write-outside link-outside packet-socket listen mount setuid bpf namespace \
    inet-socket connect kill-init code
intrude casetap-packager --config "$conf"
refused "packager" "${everywhere[@]}" inet-socket connect kill-init code
intrude casetap-uploader --config "$conf"
refused "uploader" "${everywhere[@]}" kill-init
intrude casetap-verify --root "$work/isp/etc/root.pub" "$lea"
refused "verify" "${everywhere[@]}" inet-socket connect kill-init code
