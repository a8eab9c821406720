#!/usr/bin/env bash
# tests/package.sh: the Debian package builds, lintian finds no error in it, and its scripts do what they should on a machine
# of its own (an overlay over this one, in namespaces): users and folders are made, a first installation follows the README,
# an upgrade leaves a running capture alone and nothing is lost, and neither removal nor purge takes evidence away.
if [ -z "${CASETAP_INSIDE:-}" ] && [ "$(id -u)" = 0 ] && unshare -mn true 2>/dev/null; then
    CASETAP_INSIDE=1 exec unshare -mn bash "$0" "$@"
fi
. "$(dirname "$(readlink -f "$0")")/scenario/lib.sh"
for need in dpkg-buildpackage dh lintian; do
    command -v "$need" >/dev/null || missing=$need
done
# Below /mnt, and so not below $work, which is removed at the end with all that is in it.
[ -n "${CASETAP_INSIDE:-}" ] && mount -t tmpfs none /mnt && mkdir /mnt/{upper,work,root} &&
    mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root 2>/dev/null ||
    missing="root, namespaces and overlayfs"
if [ -n "${missing:-}" ]; then
    skip "the Debian package" "needs $missing"
    exit
fi

# --- build
mkdir "$work/build"
(cd "$top" && git ls-files -z -co --exclude-standard | tar --null -cf - -T -) | tar xf - -C "$work/build" --one-top-level=casetap
if ! (cd "$work/build/casetap" && dpkg-buildpackage -us -uc -b) >"$work/build.log" 2>&1; then
    fail "the package builds"
    tail -n 20 "$work/build.log" | sed 's/^/#   /'
    exit
fi
pass "the package builds"
deb=$(ls "$work"/build/casetap_*.deb)
lintian --fail-on error --allow-root "$deb" >"$work/lintian" 2>&1
same "lintian finds no error" 0 $?
sed 's/^/# /' "$work/lintian"
dpkg-deb -c "$deb" | awk '{ print $6 }' >"$work/contents"
for file in usr/sbin/casetap-capture usr/sbin/casetap usr/share/man/man8/casetap.8.gz usr/share/man/man7/casetap-lea.7.gz \
    casetap-capture@.service casetap-packager.timer casetap-uploader.timer casetap-summary.timer casetap-metrics.timer \
    casetap-clock.service casetap-clock.5.gz \
    sysusers.d/casetap.conf \
    tmpfiles.d/casetap.conf sysctl.d/50-casetap.conf bash-completion/completions/casetap zsh/vendor-completions/_casetap examples/casetap.conf \
    examples/lea/sshd_config.conf; do
    check "it has $file" grep -qF "$file" "$work/contents"
done
same "no test and nothing of the source tree" "" "$(grep -E 'tests?/|\.[ch]$|_core' "$work/contents")"
dpkg-deb -R "$deb" "$work/next"
# A next version: the same programs, but for the version that they give themselves.
version=$(sed -n 's/^project(casetap VERSION \([0-9.]*\) .*/\1/p' "$top/CMakeLists.txt")
next=${version%?}9
sed -i "s/^Version: .*/Version: $next/" "$work/next/DEBIAN/control"
obj=$(echo "$work"/build/casetap/obj-*)
sed -i "s/^project(casetap VERSION [0-9.]*/project(casetap VERSION $next/" "$work/build/casetap/CMakeLists.txt"
if ! ninja -C "$obj" casetap-capture casetap-packager >"$work/next.log" 2>&1; then
    fail "the next version's programs"
    tail -n 20 "$work/next.log" | sed 's/^/#   /'
fi
cp "$obj"/capture/casetap-capture "$obj"/packager/casetap-packager "$work/next/usr/sbin/"
dpkg-deb -b "$work/next" "$work/next.deb" >/dev/null || fail "a next version"

# --- install
root=/mnt/root
mount -t proc proc "$root/proc" && mount --bind /dev "$root/dev" && mount -t tmpfs none "$root/run" || fail "a machine of its own"
rm -rf "$root/etc/casetap" "$root/var/lib/casetap"
cp "$deb" "$root/casetap.deb" && cp "$work/next.deb" "$root/next.deb"
inside() { chroot "$root" "$@"; }
expect 0 "it installs" inside dpkg -i /casetap.deb
check "its users are there" inside id casetap-capture casetap-packager casetap-uploader casetap-clock
same "and its folders, with their owners" "casetap-capture casetap-spool 2770" "$(inside stat -c '%U %G %a' /var/lib/casetap/spool)"
same "also the clock's, which its reader alone writes, and an empty root for capture" "casetap-clock casetap-clock 755 root root 755" \
    "$(inside stat -c '%U %G %a' /run/casetap /run/casetap-capture | xargs)"
same "no unit is enabled" "" "$(find "$root/etc/systemd/system" -name '*casetap*')"
ip link add va type veth peer name vb && ip link set va up && ip link set vb up
expect 0 "init makes an installation" inside casetap init --config /etc/casetap --state /var/lib/casetap --name "Example Wireless LLC" \
    --iap tower-7 --interface vb --slice-seconds 2 --destination-name county-sheriff --destination-url file:///srv/lea \
    --allow-volatile-state
expect 0 "its folders go to their users" inside systemd-tmpfiles --create casetap.conf
check "the configuration names the clock's file" grep -q '^clock_file = /run/casetap/clock$' "$root/etc/casetap/casetap.conf"
inside casetap order new --case LI-1 --lea county-sheriff --authority title-iii --order-number 1 --issued-by A --presented-by B \
    --responsible C --subject 198.51.100.7 --from "$(date -u +%FT%TZ)" --to "$(date -u -d '+1 hour' +%FT%TZ)" \
    --to-destination county-sheriff >"$root/1.order" && inside casetap order approve /1.order --key /etc/casetap/keys/approver.key &&
    inside casetap order install /1.order || fail "order"
background "$work/capture.log" chroot "$root" /usr/sbin/casetap-capture --config /etc/casetap/casetap.conf
capture=$last
spool=$root/var/lib/casetap/spool/LI-1/tower-7
closed() { ls "$spool" 2>/dev/null | sed -n 's/\.pcap$//p' | tail -n 1; }
has_after() { [[ $(closed) > $1 ]]; }
check "capture runs, as its user" until_true 60 has_after 0000000001
same "as casetap-capture" casetap-capture "$(inside stat -c %U "/var/lib/casetap/spool/LI-1/tower-7/$(closed).pcap")"

# --- upgrade, remove, purge
before=$(closed)
expect 0 "an upgrade while it captures" inside dpkg -i /next.deb
check "leaves it alone" kill -0 "$capture"
check "which goes on closing slices" until_true 60 has_after "$(printf '%010d' $((10#$before + 1)))"
same "without a number missing, a gap or a loss but the opening one" "" "$(ls "$spool" | grep gap | grep -v 0000000001;
    ls "$spool"/*.json | grep -v gap | tail -n +2 | xargs jq -r 'select(.loss.kernel > 0 or (.gaps | length) > 0) | .seq')"
kill -TERM "$capture"
wait "$capture"
same "and ends well" 0 $?
last_old=$(closed)
background "$work/capture.log" chroot "$root" /usr/sbin/casetap-capture --config /etc/casetap/casetap.conf
capture=$last
check "started anew it goes on where the one before ended" until_true 60 has_after "$(printf '%010d' $((10#$last_old + 1)))"
kill -TERM "$capture"
wait "$capture"
expect 0 "the next version's packager seals all of it" inside /usr/sbin/casetap-packager --config /etc/casetap/casetap.conf
sealed_by() { # which programs the packages name, each once, in their order
    for package in "$root"/var/lib/casetap/outbox/LI-1/tower-7/*/*.tar; do
        tar -xOf "$package" --wildcards '*/custody.json' | jq -r '[.. | strings | select(test("^casetap-(capture|packager) "))] | sort | join(", ")'
    done | uniq
}
same "fault 145: an old slice is sealed with the old version's name, by the new one" \
    "casetap-capture $version, casetap-packager $next|casetap-capture $next, casetap-packager $next" "$(sealed_by | paste -sd'|')"
sed -i '/^clock_file/d' "$root/etc/casetap/casetap.conf" || fail "a configuration of before"
inside casetap doctor --offline --quiet >"$work/out" 2>&1
check "of a configuration from before there was a clock's file doctor says what it lacks" grep -q 'clock_file = /run/casetap/clock' "$work/out"
find "$root/etc/casetap" "$root/var/lib/casetap" -type f | sort >"$work/kept"
expect 0 "it is removed" inside dpkg -r casetap
same "nothing of evidence, orders and keys goes" "" "$(find "$root/etc/casetap" "$root/var/lib/casetap" -type f | sort | diff - "$work/kept")"
expect 0 "it is purged" inside dpkg -P casetap
same "nothing goes even then" "" "$(find "$root/etc/casetap" "$root/var/lib/casetap" -type f | sort | diff - "$work/kept")"
check "which is said" grep -q "stay: they hold evidence" "$work/err"
check "files keep their owners' names" inside id casetap-packager
