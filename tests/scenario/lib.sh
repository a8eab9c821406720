# shellcheck shell=bash
# What every scenario shares: `. "$(dirname "$0")/lib.sh"` with the build folder as $1.
#
# A scenario prints `ok - SENTENCE`, `not ok - SENTENCE` or `ok - SENTENCE # SKIP why` for each thing it proves, ends
# every process it started, by PID, and leaves nothing behind.
set -uo pipefail
export LC_ALL=C.UTF-8
unset http_proxy https_proxy HTTPS_PROXY ALL_PROXY SSL_CERT_FILE SSL_CERT_DIR TZ

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$(cd "${1:-$top/build/test}" && pwd)
export PATH="$build/capture:$build/packager:$build/uploader:$build/admin:$PATH:/usr/sbin:/sbin"

# faketime names what its processes share after their ids, leaves it where one is killed, and fails where it finds some.
for _left in /dev/shm/sem.faketime_sem_* /dev/shm/faketime_shm_*; do
    if [ -O "$_left" ] && ! [ -d "/proc/${_left##*_}" ]; then rm -f "$_left"; fi
done

work=$(mktemp -d "${TMPDIR:-/tmp}/casetap-test.XXXXXX")
chmod 0755 "$work"
started=()
namespaces=()
status=0

cleanup() {
    local p
    for p in "${started[@]}"; do
        kill "$p" 2>/dev/null
    done
    for p in "${started[@]}"; do
        wait "$p" 2>/dev/null
    done
    for p in "${namespaces[@]}"; do
        ip netns del "$p" 2>/dev/null
    done
    type extra_cleanup >/dev/null 2>&1 && extra_cleanup
    rm -rf "$work"
    exit "$status"
}
trap cleanup EXIT
trap 'status=1; exit' INT TERM

pass() { echo "ok - $*"; }
fail() {
    echo "not ok - $*"
    status=1
}
skip() { echo "ok - $1 # SKIP $2"; }
note() { echo "# $*"; }

# check SENTENCE COMMAND...: does the command succeed?
check() {
    local sentence=$1
    shift
    if "$@" >"$work/check.out" 2>&1; then
        pass "$sentence"
    else
        fail "$sentence"
        sed 's/^/#   /' "$work/check.out" | tail -n 20
    fi
}

# expect STATUS SENTENCE COMMAND...: does it end with that status?  Its output stays in $work/out and $work/err.
expect() {
    local want=$1 sentence=$2 got
    shift 2
    "$@" >"$work/out" 2>"$work/err" </dev/null
    got=$?
    if [ "$got" = "$want" ]; then
        pass "$sentence"
    else
        fail "$sentence (status $got, not $want)"
        tail -n 20 "$work/out" "$work/err" | sed 's/^/#   /'
    fi
}

# report_fits SENTENCE OPTION|PATH...: is the report for programs, whatever it finds, what its schema says?
report_fits() {
    local sentence=$1
    shift
    casetap-verify --root "$root" --json "$@" >"$work/fits.json" 2>"$work/err" </dev/null
    check "$sentence" /usr/bin/python3 "$here/schema.py" "$top/examples/casetap-report.schema.json" "$work/fits.json"
}

# says SENTENCE PATTERN: does standard error of the last expect match, in no more than one line that does?
says() {
    if grep -qE -- "$2" "$work/err"; then
        pass "$1"
    else
        fail "$1"
        sed 's/^/#   /' "$work/err" | tail -n 10
    fi
}

# same SENTENCE A B
same() {
    if [ "$2" = "$3" ]; then
        pass "$1"
    else
        fail "$1: '$2' is not '$3'"
    fi
}

# background LOG COMMAND...: start it, remember its PID in $last
background() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 </dev/null &
    last=$!
    started+=("$last")
}

# until_true SECONDS COMMAND...
until_true() {
    local limit=$(($1 * 20))
    shift
    while ! "$@" >/dev/null 2>&1; do
        limit=$((limit - 1))
        [ "$limit" -gt 0 ] || return 1
        sleep 0.05
    done
}

is_root() { [ "$(id -u)" = 0 ]; }

# installation NAME [IAP]: a complete one in $work/NAME: etc/ and var/, destination folder lea/; one approver
installation() {
    local name=$1 iap=${2:-tower-7}
    conf=$work/$name/etc/casetap.conf
    state=$work/$name/var
    orders=$work/$name/etc/orders
    keys=$work/$name/etc/keys
    lea=$work/$name/lea
    mkdir -p "$work/$name" "$lea"
    casetap init --config "$work/$name/etc" --state "$state" --name "Example Wireless LLC" --iap "$iap" \
        --destination-name county-sheriff --destination-url "file://$lea" --allow-volatile-state >"$work/$name/init.out" || return 1
}

# demo_order CASE [OPTION...]: order, approved and installed, for the demo subject
demo_order() {
    local case_id=$1 file
    shift
    file=$work/$case_id.order
    casetap order new --config "$conf" --case "$case_id" --lea "${agency:-county-sheriff}" --authority title-iii --order-number 26-CV-0117 \
        --issued-by "Hon. A. Example" --presented-by "Det. B. Example" --responsible "C. Example" \
        --from "${from:-2026-11-19T23:45:00Z}" --to "${to:-2026-11-20T00:15:00Z}" \
        --to-destination "${agency:-county-sheriff}" "${subject[@]}" "$@" >"$file" || return 1
    casetap order approve "$file" --config "$conf" --key "$keys/approver.key" || return 1
    casetap order install "$file" --config "$conf"
}
subject=(--subject 198.51.100.7 --subject 2001:db8:77::7)

# namespaces_up: two namespaces joined by a veth pair: customer side $ns_a with va, tap side $ns_b with vb
namespaces_up() {
    ns_a=cta$$ ns_b=ctb$$
    ip netns add "$ns_a" && ip netns add "$ns_b" || return 1
    namespaces+=("$ns_a" "$ns_b")
    ip -n "$ns_a" link add va type veth peer name vb netns "$ns_b" || return 1
    ip netns exec "$ns_b" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    ip -n "$ns_a" link set lo up
    ip -n "$ns_a" link set va address 02:00:00:00:00:11 up
    ip -n "$ns_b" link set vb address 02:00:00:00:00:22 up
}

# not_in FILE PATTERN: does no line match?
not_in() { ! grep -nE -- "$2" "$1"; }
