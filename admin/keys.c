#include <errno.h>
#include <stdio.h>
#include <sysexits.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "keyfile.h"
#include "stamp.h"
#include "trusted.h"

#include "keys.h"

int
keys_load_public(const char *path, struct sign_pub *pub)
{
	struct buf text = BUF_INIT;
	int status = EX_OK;

	if (fsio_load_path(path, KEYFILE_MAX, &text) == -1) {
		diag_err("%s", path);
		status = trusted_status(errno);
	} else if (sign_pub_parse_file(text.data, text.len, pub) == -1) {
		diag_errx("%s: not a minisign public key", path);
		status = EX_DATAERR;
	}
	buf_free(&text);
	return status;
}

int
keys_find_approver(
    const struct keyring *keyring, const struct sign_key *key, const char *path, const struct keyring_entry **entry)
{
	const struct keyring_entry *e = keyring_find(keyring, KEYRING_APPROVER, sign_key_pub(key)->id);
	stamp_t now = stamp_now();
	enum keyring_verdict verdict = KEYRING_GOOD;

	if (e == NULL || !sign_pub_equal(&e->pub, sign_key_pub(key))) {
		diag_errx("%s: this key is no approver's in the keyring", path);
		return EX_CONFIG;
	}
	if (e->revoked != STAMP_NONE && now >= e->revoked)
		verdict = KEYRING_REVOKED;
	else if (e->from != STAMP_NONE && now < e->from)
		verdict = KEYRING_NOT_YET;
	else if (e->to != STAMP_NONE && now >= e->to)
		verdict = KEYRING_EXPIRED;
	if (verdict != KEYRING_GOOD) {
		diag_errx("%s: a signature would be %s", path, keyring_verdict_text(verdict));
		return EX_CONFIG;
	}
	*entry = e;
	return EX_OK;
}

int
keys_approve(const struct keyring *keyring, const char *path, const char *what, struct keys_approval *a)
{
	char comment[256], now[STAMP_TEXT];
	const struct keyring_entry *e;
	int status = EX_OK;
	struct sign_key *key = keyfile_load(path, &status);

	if (key == NULL)
		return status;
	status = keys_find_approver(keyring, key, path, &e);
	if (status == EX_OK) {
		a->approver = e->name;
		(void)snprintf(comment, sizeof comment, "casetap %s approved by %s at %s", what, e->name,
		    stamp_format_seconds(now, stamp_now())); /* has room */
		if (sign_make(key, a->text->data, a->text->len, comment, a->sig) == -1) {
			diag_err("%s: cannot sign", path);
			status = EX_CANTCREAT;
		}
	}
	sign_key_free(key);
	return status;
}
