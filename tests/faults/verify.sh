#!/usr/bin/env bash
# For sweep.py: casetap-verify looks at a delivery and at the records of a case, as a report for programs, a page and a table.
# What is whole is never called anything else, nor is it called whole where not all of it could be looked at: it ends with
# the report that it ends with when nothing fails, or with 74 (71 for the sandbox) and a word.
what=$1
. "$(dirname "$0")/subject.sh"
case $what in
prepare)
    demo_installation --payload-days 1
    from=2026-11-18T23:45:00Z to=2026-11-20T00:15:00Z demo_order LI-TWO >/dev/null
    casetap-capture --config "$conf" -r "$top/examples/demo.pcap" && casetap-packager --config "$conf" || exit 1
    faketime -f -3d casetap-uploader --config "$conf" || exit 1
    casetap hold LI-FILE --reason "appeal pending" --config "$conf" >/dev/null || exit 1
    casetap release LI-FILE --reason "appeal withdrawn" --key "$keys/approver.key" --config "$conf" >/dev/null || exit 1
    echo "court papers" >"$S/papers"
    casetap attach LI-FILE "$S/papers" --config "$conf" >/dev/null && casetap-packager --config "$conf" || exit 1
    casetap purge --case LI-FILE --reason over --key "$keys/approver.key" --config "$conf" >/dev/null || exit 1
    casetap-packager --config "$conf" || exit 1
    cat >"$S/look" <<'END'
rm -f "$S"/page.html
look() {
    local to=$1 rc
    shift
    "$verify" --root "$root" "$@" >"$to" 2>"$S/said"
    rc=$?
    case $rc in 0 | 10) ;; *) cat "$S/said" "$to"; exit $rc ;; esac
    echo "$rc" >>"$to"
}
look "$S/json" --json --html "$S/page.html" "$lea"
look "$S/table" "$records"
END
    verify=$build/packager/casetap-verify root=$work/isp/etc/root.pub lea=$lea records=$state/records/LI-FILE bash "$S/look" || exit 1
    mkdir "$S/first" && mv "$S/json" "$S/page.html" "$S/table" "$S/first/"
    exit
    ;;
run)
    printf '%s\0' env verify="$build/packager/casetap-verify" root="$work/isp/etc/root.pub" lea="$lea" \
        records="$state/records/LI-FILE" bash "$S/look"
    exit
    ;;
esac

[ "$RC" = 0 ] || exit 0
for file in json page.html table; do
    told() { sed -E 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]*Z/TIME/g; s/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}/TIME/g' "$1"; }
    diff <(told "$S/first/$file") <(told "$S/$file") >"$S/diff" || wrong "$file: $(head -c 600 "$S/diff")"
done
