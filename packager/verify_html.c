#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verify_html_case.h"
#include "verify_markup.h"

#include "verify_html.h"

#define FINDINGS_SHOWN 1000

/* What the verdict is worth at a glance: a class of the style sheet, and a sign that needs no colour. */
static const char *
class_of(int status)
{
	return status == 0 ? "good" : status == VERIFY_GAPS || status == VERIFY_INCOMPLETE ? "warn" : "bad";
}

static void
put_sign(int status, struct buf *out)
{
	const char *path = "M10 16.5l4.5 4.5L23 12";

	if (status == VERIFY_GAPS || status == VERIFY_INCOMPLETE)
		path = "M16 8v10M16 22.5v1.5";
	else if (status != 0)
		path = "M10.5 10.5l11 11M21.5 10.5l-11 11";
	(void)buf_printf(out,
	    "<svg viewBox=\"0 0 32 32\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"3\" aria-hidden=\"true\">"
	    "<circle cx=\"16\" cy=\"16\" r=\"14\"/><path d=\"%s\"/></svg>\n",
	    path); /* the buffer remembers; so everywhere here */
}

static void
put_head(const struct verify_result *r, struct buf *out)
{
	size_t i;

	(void)buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
	if (markup_policy(out) == -1)
		out->failed = 1;
	(void)buf_puts(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
	for (i = 0; i < r->case_count && i < 3; i++) {
		markup_text(out, r->cases[i].case_id);
		(void)buf_puts(out, i + 1 < r->case_count && i < 2 ? ", " : ": ");
	}
	markup_text(out, verify_verdict(r));
	(void)buf_puts(out, "</title>\n<style>");
	for (i = 0; verify_style[i] != NULL; i++)
		(void)buf_puts(out, verify_style[i]);
	(void)buf_puts(out, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#findings\">to the findings</a>\n");
}

static void
put_verdict(const struct verify_result *r, struct buf *out)
{
	int status = verify_result_status(r);
	char at[STAMP_TEXT];
	size_t i;

	(void)buf_printf(out, "<header>\n<div class=\"verdict %s\">\n", class_of(status));
	put_sign(status, out);
	(void)buf_puts(out, "<div>");
	markup_element(out, "h1", verify_verdict(r));
	(void)buf_printf(out,
	    "<p>Exit code %d. Verified %s by casetap-verify " CASETAP_VERSION ". Root key <code>%s</code>, ", status,
	    stamp_format_seconds(at, r->now), r->root);
	if (r->keyring_version > 0)
		(void)buf_printf(out, "keyring version %" PRIu64 ".", r->keyring_version);
	else
		(void)buf_puts(out, "no keyring signed by it.");
	(void)buf_puts(out,
	    " This page is only as good as the program and the root key it was made with: both come from "
	    "whoever verified, never from the delivery.</p></div>\n</div>\n<nav aria-label=\"parts\">");
	for (i = 0; i < r->case_count; i++) {
		(void)buf_printf(out, "<a href=\"#case-%zu\">", i);
		markup_text(out, r->cases[i].case_id);
		(void)buf_puts(out, "</a> ");
	}
	(void)buf_puts(out, "<a href=\"#findings\">Findings</a> <a href=\"#by-hand\">Check it by hand</a></nav>\n"
			    "</header>\n<main>\n");
}

static void
put_findings(const struct verify_result *r, struct buf *out)
{
	size_t i, shown = r->count < FINDINGS_SHOWN ? r->count : FINDINGS_SHOWN;

	(void)buf_puts(out, "<section id=\"findings\">\n<h2>Findings</h2>\n");
	if (r->count == 0)
		(void)buf_puts(
		    out, "<p>None: every signature, hash, number and time that was looked at is in order.</p>\n");
	else
		(void)buf_puts(
		    out, "<table><thead><tr><th>Kind</th><th>Where</th><th>What</th></tr></thead><tbody>\n");
	for (i = 0; i < shown; i++) {
		const struct verify_finding *f = &r->findings[i];

		(void)buf_printf(out, "<tr><td><span class=\"k k%d\">%s</span></td>",
		    f->code == VERIFY_NOTE || f->code == VERIFY_GAPS || f->code == VERIFY_INCOMPLETE ? (int)f->code
												     : 1,
		    verify_code_text(f->code));
		markup_element(out, "td", f->where);
		markup_element(out, "td", f->what);
		(void)buf_puts(out, "</tr>\n");
	}
	if (r->count > 0)
		(void)buf_puts(out, "</tbody></table>\n");
	if (r->count - shown + r->unshown > 0)
		(void)buf_printf(out, "<p>And %zu more.</p>\n", r->count - shown + r->unshown);
	(void)buf_puts(out, "</section>\n");
}

/* What every machine has, in the order in which trust comes down from the root. */
static void
put_by_hand(const struct verify_result *r, struct buf *out)
{
	(void)buf_printf(out,
	    "<section id=\"by-hand\">\n<h2>Check it by hand</h2>\n"
	    "<p>Nothing here needs casetap. Take <code>root.pub</code> from where you were given it when the order was "
	    "served; its key id is <code>%s</code>.</p>\n<h3>One day</h3>\n"
	    "<pre>cd CASE/IAP/DAY\n"
	    "minisign -Vm keyring.txt -p /path/to/root.pub\n"
	    "station=$(sed -n 's/^station: \\([^ ]*\\).*/\\1/p' keyring.txt | while read -r key; do\n"
	    "    minisign -QVm SHA256SUMS -P \"$key\" &gt;/dev/null 2&gt;&amp;1 &amp;&amp; echo \"$key\" || :; done)\n"
	    "minisign -Vm SHA256SUMS -P \"$station\"\n"
	    "grep -E '^(revoked|retired): ' keyring.txt || :\n"
	    "sha256sum -c SHA256SUMS\n"
	    "[ ! -e SHA256SUMS.tsr ] || openssl ts -verify -data SHA256SUMS -in SHA256SUMS.tsr -CAfile "
	    "SHA256SUMS.tsa.pem</pre>\n"
	    "<p>No line <code>revoked:</code> or <code>retired:</code> may end the key before the time that minisign shows "
	    "as <code>sealed=</code>. The certificate of a time stamp's authority comes from the authority: "
	    "<code>SHA256SUMS.tsa.pem</code>, which came along, proves nothing alone. Where the root was renewed, "
	    "<code>roots.txt</code> tells which one signed the keyring; <code>VERIFY.txt</code> in the folder says how "
	    "that is checked, and how a file is found that nobody listed.</p>\n"
	    "<h3>One package</h3>\n"
	    "<p>One that ends in <code>.tar.age</code> is opened first: <code>age -d -i YOUR-KEY PACKAGE.tar.age &gt; "
	    "PACKAGE.tar</code>.</p>\n"
	    "<pre>tar xf CASE_IAP_NUMBER.tar &amp;&amp; cd CASE_IAP_NUMBER\n"
	    "minisign -Vm tagmanifest-sha256.txt -P \"$station\"\n"
	    "sha256sum -c tagmanifest-sha256.txt\n"
	    "sha256sum -c manifest-sha256.txt\n"
	    "tcpdump -nr data/CASE_IAP_NUMBER.pcap</pre>\n"
	    "<h3>That nothing is missing</h3>\n"
	    "<p>Every package names the one before it: <code>seal.prev_seal</code> in its <code>custody.json</code> is the "
	    "SHA-256 of the <code>tagmanifest-sha256.txt</code> of the number before. Every ledger names the ledger before "
	    "it, and the last one says <code>final: yes</code>.</p>\n"
	    "<pre>sha256sum tagmanifest-sha256.txt; grep -o '\"prev_seal\":\"[^\"]*\"' ../NEXT/custody.json\n"
	    "sha256sum DAY.ledger.txt; grep prev-ledger NEXT-DAY.ledger.txt; grep ^final: LAST-DAY.ledger.txt</pre>\n"
	    "</section>\n",
	    r->root);
}

int
verify_html(const struct verify_result *r, struct buf *out)
{
	size_t i;

	put_head(r, out);
	put_verdict(r, out);
	for (i = 0; i < r->case_count; i++)
		verify_html_case(r, i, out);
	put_findings(r, out);
	put_by_hand(r, out);
	(void)buf_puts(out,
	    "</main>\n<footer>All times are UTC. Times of seals and closings are as the station claims "
	    "them unless a time-stamp token attests them. Handle this page like the order: it names the "
	    "subject.</footer>\n</body>\n</html>\n");
	if (!buf_failed(out))
		return 0;
	errno = ENOMEM;
	return -1;
}
