#!/usr/bin/env bash
# `casetap order edit`: the form and the next revision go through an editor without a trace on any disk.
. "$(dirname "$0")/lib.sh"
installation isp
mkdir "$work/bin" "$work/traces"
chmod 0777 "$work/traces"
cat >"$work/bin/editor" <<'S'
#!/bin/sh
# An editor that keeps a swap file beside the file, and tries to keep a backup elsewhere.
for at in "$TRACES" "$HOME" /var/tmp /dev/shm; do
    ! cp "$1" "$at/casetap-trace.$PPID" 2>/dev/null || echo "$at" >&2
done
cp "$1" "$1.swp" && sed -i -f "$SCRIPT" "$1" && echo "edited $1" >&2
S
chmod 0755 "$work/bin/editor"
export TRACES=$work/traces SCRIPT=$work/script VISUAL='' EDITOR=$work/bin/editor
probe() { unshare ${1:+-r} -m true 2>/dev/null; }
if is_root; then probe ""; else probe user; fi || {
    skip "an order is edited in memory only" "no mount namespaces for this user"
    exit
}
# edit SENTENCE STATUS [CASE]: what it prints goes to $work/new.order
edit() {
    local sentence=$1 want=$2
    shift 2
    casetap order edit --config "$conf" "$@" >"$work/new.order" 2>"$work/err" </dev/null
    same "$sentence" "$want" $?
}
cat >"$SCRIPT" <<'S'
s/^case_id = .*/case_id = LI-EDITED/
s/^lea = .*/lea = county-sheriff/
s/^authority = .*/authority = title-iii/
s/^order_number = .*/order_number = 26-CV-1/
s/^issued_by = .*/issued_by = Hon. A. Example/
s/^presented_by = .*/presented_by = Det. B. Example/
s/^responsible = .*/responsible = C. Example/
s/^not_before = .*/not_before = 2026-11-19T00:00:00Z/
s/^not_after = .*/not_after = 2026-12-01T00:00:00Z/
s/^ipv4 = .*/ipv4 = 198.51.100.77/
S
edit "a form that is filled in becomes an order" 0
check "the editor worked on /mnt/order" grep -q '^edited /mnt/order$' "$work/err"
check "the order has what was filled in" grep -q '^ipv4 = 198.51.100.77$' "$work/new.order"
same "nothing that the editor tried to keep is on a disk" "" \
    "$(grep -v '^edited' "$work/err"; find "$TRACES" "$HOME" /var/tmp /dev/shm /mnt -maxdepth 1 -name 'casetap-trace*' -o -maxdepth 1 -name 'order*')"
cp "$work/new.order" "$work/1.order"
expect 0 "it is approved" casetap order approve "$work/1.order" --config "$conf" --key "$keys/approver.key"
expect 0 "and installed" casetap order install "$work/1.order" --config "$conf"
sed -i '/\^authority/d' "$SCRIPT"
edit "a form with an empty place is refused" 78
same "and nothing is printed" "" "$(cat "$work/new.order")"
echo 's/^not_after = .*/not_after = 2026-12-03T00:00:00Z/' >"$SCRIPT"
edit "the next revision of a case is made in the same way" 0 LI-EDITED
check "it is the second" grep -q '^revision = 2$' "$work/new.order"
check "with the end that was given" grep -q '^not_after = 2026-12-03T00:00:00Z$' "$work/new.order"
edit "a case that is none has no next revision" 65 LI-NONE
EDITOR=false edit "an editor that fails changes nothing" 69
expect 64 "an order is not shown on a terminal" script -qec "casetap order edit --config $conf" /dev/null
