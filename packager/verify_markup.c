#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "text.h"

#include "verify_markup.h"

#define TEXT_ROOM 4096

void
markup_text(struct buf *out, const char *text)
{
	char shown[TEXT_ROOM];
	const char *p;

	for (p = text_escape(shown, sizeof(shown), text, strlen(text)); *p != '\0'; p++) {
		switch (*p) {
		case '&':
			(void)buf_puts(out, "&amp;"); /* the buffer remembers; so everywhere here */
			break;
		case '<':
			(void)buf_puts(out, "&lt;");
			break;
		case '>':
			(void)buf_puts(out, "&gt;");
			break;
		case '"':
			(void)buf_puts(out, "&quot;");
			break;
		case '\'':
			(void)buf_puts(out, "&#39;");
			break;
		default:
			(void)buf_putc(out, *p);
		}
	}
}

void
markup_element(struct buf *out, const char *tag, const char *text)
{
	(void)buf_printf(out, "<%s>", tag);
	markup_text(out, text);
	(void)buf_printf(out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

void
markup_term(struct buf *out, const char *term, const char *text)
{
	if (text[0] == '\0')
		return;
	markup_element(out, "dt", term);
	markup_element(out, "dd", text);
	(void)buf_putc(out, '\n');
}

const char *
markup_duration(char out[MARKUP_DURATION], stamp_t t)
{
	int64_t days = t / STAMP_DAY, seconds = t % STAMP_DAY / STAMP_SECOND, ms = t % STAMP_SECOND / 1000000;

	/* All of these fit. */
	if (days > 0)
		(void)snprintf(out, MARKUP_DURATION, "%" PRId64 " d %" PRId64 " h %" PRId64 " min", days,
		    seconds / 3600, seconds % 3600 / 60);
	else if (seconds >= 3600)
		(void)snprintf(out, MARKUP_DURATION, "%" PRId64 " h %" PRId64 " min %" PRId64 " s", seconds / 3600,
		    seconds % 3600 / 60, seconds % 60);
	else if (seconds >= 60)
		(void)snprintf(out, MARKUP_DURATION, "%" PRId64 " min %" PRId64 " s", seconds / 60, seconds % 60);
	else if (t == 0)
		(void)snprintf(out, MARKUP_DURATION, "none");
	else
		(void)snprintf(out, MARKUP_DURATION, "%" PRId64 ".%03" PRId64 " s", seconds, ms);
	return out;
}

const char *
markup_percent(char out[MARKUP_DURATION], stamp_t part, stamp_t whole)
{
	double percent = whole == 0 ? 0 : 100.0 * (double)part / (double)whole;

	if (part != whole && percent > 99.99)
		percent = 99.99;
	if (part != 0 && percent < 0.01)
		percent = 0.01;
	(void)snprintf(out, MARKUP_DURATION, "%.2f %%", percent); /* a percentage fits */
	return out;
}

int
markup_policy(struct buf *out)
{
	struct digest *d = digest_new();
	uint8_t hash[DIGEST_BYTES];
	char base64[64];
	size_t i;

	if (d == NULL)
		return -1;
	for (i = 0; verify_style[i] != NULL; i++)
		digest_add(d, verify_style[i], strlen(verify_style[i]));
	digest_take(d, hash);
	digest_free(d);
	if (text_base64(base64, sizeof(base64), hash, sizeof(hash)) == -1)
		return -1;
	return buf_printf(out,
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-%s'; "
	    "base-uri 'none'; form-action 'none'\">\n",
	    base64);
}
