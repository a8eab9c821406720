#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "fsio.h"
#include "inifile.h"
#include "json.h"
#include "text.h"

#include "reset.h"

#define FORMAT "casetap-reset/1"
#define SECTION "reset"
#define WANTED_FORMAT "casetap-reset-wanted/1"
#define WANTED_SUFFIX ".wanted"
#define NAME_ROOM (NAMES_IAP_ROOM + sizeof(WANTED_SUFFIX))

enum key {
	KEY_FORMAT = 1,
	KEY_STATION = 2,
	KEY_IAP = 4,
	KEY_WHAT = 8,
	KEY_TOKEN = 16,
	KEY_ISSUED = 32,
	KEY_REASON = 64
};
#define KEYS_ALL 127U

static const char *const whats[] = {[RESET_ORDERS] = "orders",
    [RESET_CLOCK] = "clock",
    [RESET_ORDERS | RESET_CLOCK] = "orders clock",
    [RESET_KEYRING] = "keyring",
    [RESET_ORDERS | RESET_KEYRING] = "orders keyring",
    [RESET_CLOCK | RESET_KEYRING] = "clock keyring",
    [RESET_ALL] = "orders clock keyring"};

char *
reset_what_text(char *out, unsigned what)
{
	(void)snprintf(out, RESET_WHAT_ROOM, "%s", whats[what]); /* the longest fits */
	return out;
}

static unsigned
find_what(const char *text)
{
	unsigned i;

	for (i = RESET_ORDERS; text != NULL && i <= RESET_ALL; i++) {
		if (strcmp(text, whats[i]) == 0)
			return i;
	}
	return 0;
}

int
reset_write(const struct reset *r, struct buf *out)
{
	char issued[STAMP_TEXT];

	(void)buf_printf(out,
	    "[" SECTION "]\nformat = " FORMAT
	    "\nstation = %s\niap = %s\nwhat = %s\ntoken = %s\nissued = %s\nreason = %s\n",
	    r->station, r->iap, whats[r->what], r->token, stamp_format(issued, r->issued),
	    r->reason); /* buf_failed() tells */
	if (!buf_failed(out))
		return 0;
	errno = ENOMEM;
	return -1;
}

static int
copy_text(char *out, size_t room, const char *value)
{
	size_t n = strlen(value);

	if (n == 0 || n >= room)
		return -1;
	memcpy(out, value, n + 1);
	return 0;
}

static int
take_token(char out[RESET_TOKEN], const char *value)
{
	unsigned char bytes[RESET_TOKEN_BYTES];

	return value == NULL || text_unhex(bytes, sizeof(bytes), value) == -1 ? -1
									      : copy_text(out, RESET_TOKEN, value);
}

/* Take one `key = value`.  Return the key's bit, 0 if there is something wrong with it. */
static unsigned
take(const struct inifile_entry *e, struct reset *r)
{
	const char *k = e->key, *v = e->value;

	if (strcmp(e->section, SECTION) != 0)
		return 0;
	if (strcmp(k, "format") == 0)
		return strcmp(v, FORMAT) == 0 ? KEY_FORMAT : 0;
	if (strcmp(k, "station") == 0)
		return copy_text(r->station, sizeof(r->station), v) == 0 ? KEY_STATION : 0;
	if (strcmp(k, "iap") == 0)
		return names_is_iap(v) && copy_text(r->iap, sizeof(r->iap), v) == 0 ? KEY_IAP : 0;
	if (strcmp(k, "what") == 0)
		return (r->what = find_what(v)) != 0 ? KEY_WHAT : 0;
	if (strcmp(k, "token") == 0)
		return take_token(r->token, v) == 0 ? KEY_TOKEN : 0;
	if (strcmp(k, "issued") == 0)
		return stamp_parse(v, &r->issued) == 0 ? KEY_ISSUED : 0;
	if (strcmp(k, "reason") == 0)
		return text_is_printable(v, strlen(v)) && copy_text(r->reason, sizeof(r->reason), v) == 0 ? KEY_REASON
													  : 0;
	return 0;
}

int
reset_parse(const char *data, size_t n, const char *label, struct reset *r)
{
	struct inifile *ini = inifile_parse(data, n, label);
	const struct inifile_entry *e;
	unsigned bit, got = 0;
	size_t i;
	int rc = -1;

	memset(r, 0, sizeof(*r));
	if (ini == NULL)
		return -1;
	for (i = 0; i < inifile_count(ini); i++) {
		e = inifile_entry(ini, i);
		bit = take(e, r);
		if (bit == 0) {
			diag_errx("%s:%u: %s: not what a reset says", label, e->line, e->key);
			errno = EINVAL;
			goto out;
		}
		got |= bit;
	}
	if (got != KEYS_ALL) {
		diag_errx("%s: a reset has format, station, iap, what, token, issued and reason", label);
		errno = EINVAL;
		goto out;
	}
	rc = digest_hex_of(data, n, r->sha256);
out:
	inifile_free(ini);
	return rc;
}

static char *
wanted_name(char name[NAME_ROOM], const char *iap)
{
	(void)snprintf(name, NAME_ROOM, "%s" WANTED_SUFFIX, iap); /* a checked name fits */
	return name;
}

int
reset_wanted_load(int dirfd, const char *iap, struct reset_wanted *w)
{
	char name[NAME_ROOM];
	struct buf text = BUF_INIT;
	const char *format;
	struct json *j = NULL;
	int rc = -1;

	memset(w, 0, sizeof(*w));
	if (fsio_load(dirfd, wanted_name(name, iap), RESET_MAX_BYTES, &text) == -1) {
		rc = errno == ENOENT ? 0 : -1;
		goto out;
	}
	j = json_parse(text.data, text.len, 2);
	if (j == NULL && errno == ENOMEM)
		goto out;
	format = json_get_string(j, "format");
	w->what = find_what(json_get_string(j, "what"));
	rc = format != NULL && strcmp(format, WANTED_FORMAT) == 0 && w->what != 0 &&
	     json_get_text(j, "iap", w->iap, sizeof(w->iap)) == 0 && strcmp(w->iap, iap) == 0 &&
	     take_token(w->token, json_get_string(j, "token")) == 0 && json_get_stamp(j, "since", &w->since) == 0;
out:
	json_free(j);
	buf_free(&text);
	return rc;
}

int
reset_wanted_save(int dirfd, const struct reset_wanted *w)
{
	char name[NAME_ROOM];
	struct json *j = json_object();
	struct buf text = BUF_INIT;
	int rc = json_put_string(j, "format", WANTED_FORMAT);

	rc |= json_put_string(j, "iap", w->iap);
	rc |= json_put_string(j, "what", whats[w->what]);
	rc |= json_put_string(j, "token", w->token);
	rc |= json_put_stamp(j, "since", w->since);
	if (rc != 0 || json_write(j, &text) == -1 || buf_putc(&text, '\n') == -1) {
		errno = ENOMEM;
		rc = -1;
	} else
		rc = fsio_replace(dirfd, wanted_name(name, w->iap), text.data, text.len, 0640);
	json_free(j);
	buf_free(&text);
	return rc;
}

int
reset_wanted_remove(int dirfd, const char *iap)
{
	char name[NAME_ROOM];

	return fsio_remove(dirfd, wanted_name(name, iap));
}
