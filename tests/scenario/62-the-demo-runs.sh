#!/usr/bin/env bash
# The demo, as the user types it but for the set-up: it ends with 0 and delivers exactly the subject's frames; the bundled
# capture is the one that its generator makes.
. "$(dirname "$0")/lib.sh"

/usr/bin/python3 "$top/examples/mkdemo.py" "$work/demo.pcap" "$work/demo.subject"
check "the bundled capture is what mkdemo.py makes" cmp "$work/demo.pcap" "$top/examples/demo.pcap"
check "so is the list of the subject's frames" cmp "$work/demo.subject" "$top/examples/demo.subject"
expect 0 "the demo ends with 0" "$top/examples/demo.sh" "$build" "$work/demo"
check "it says what was delivered" grep -q '^delivered to the LEA  *313$' "$work/out"
if is_root; then
    saw=$(sed -n 's/^frames of the subject: tcpdump saw \([0-9]*\), casetap delivered \([0-9]*\)$/\1 \2/p' "$work/out")
    if [ -n "$saw" ]; then
        same "live, casetap delivered what tcpdump saw" "${saw% *}" "${saw#* }"
    else
        skip "live, casetap delivered what tcpdump saw" "no network namespaces here"
    fi
else
    skip "live, casetap delivered what tcpdump saw" "needs root"
fi
