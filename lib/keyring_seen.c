#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "json.h"
#include "roots.h"

#include "keyring.h"

#include "keyring_internal.h"

#define SEEN_FORMAT "casetap-keyring-seen/1"
#define SEEN_MAX ((size_t)4096)
#define SEEN_LOCK "keyring.lock"
#define SEEN_LOCK_SECONDS 5

/* What the memory file says: version 0 where there is none, root "" in one of an older version. */
struct seen {
	uint64_t version;
	char sha256[DIGEST_HEX];
	char root[SIGN_KEY_TEXT];
};

/* The root that is remembered, if any is.  Return 0, or -1 for what is none. */
static int
take_root(const struct json *j, struct seen *s)
{
	struct sign_pub pub;

	if (json_get(j, "root") == NULL)
		return 0;
	return json_get_text(j, "root", s->root, sizeof(s->root)) == -1 ? -1 : sign_pub_parse(s->root, &pub);
}

/* Return 0, or -1 after one diag line. */
static int
load_seen(int dirfd, struct seen *s)
{
	struct buf text = BUF_INIT;
	struct json *j = NULL;
	const char *format;
	int rc = -1;

	memset(s, 0, sizeof(*s));
	if (fsio_load(dirfd, KEYRING_SEEN, SEEN_MAX, &text) == -1) {
		rc = errno == ENOENT ? 0 : -1;
		if (rc == -1)
			diag_err(KEYRING_SEEN);
		goto out;
	}
	j = json_parse(text.data, text.len, 2);
	if (j == NULL && errno == ENOMEM) {
		diag_err(KEYRING_SEEN);
		goto out;
	}
	format = json_get_string(j, "format");
	if (format == NULL || strcmp(format, SEEN_FORMAT) != 0 ||
	    json_get_text(j, "sha256", s->sha256, sizeof(s->sha256)) == -1 || !digest_is_hex(s->sha256) ||
	    json_get_u64(j, "version", &s->version) == -1 || take_root(j, s) == -1) {
		diag_errx(KEYRING_SEEN ": damaged; the keyring can not be compared with the highest one seen");
		errno = EBADMSG;
		goto out;
	}
	rc = 0;
out:
	json_free(j);
	buf_free(&text);
	return rc;
}

/* The root that is remembered stays where the keyring at hand was not judged by any. */
static int
save_seen(int dirfd, const struct keyring *k, const struct seen *before)
{
	const char *root = k->root[0] == '\0' ? before->root : k->root;
	struct json *j = json_object();
	struct buf text = BUF_INIT;
	int rc = json_put_string(j, "format", SEEN_FORMAT);

	rc |= json_put_integer(j, "version", (int64_t)k->version);
	rc |= json_put_string(j, "sha256", k->sha256);
	if (root[0] != '\0')
		rc |= json_put_string(j, "root", root);
	if (rc != 0 || json_write(j, &text) == -1 || buf_putc(&text, '\n') == -1) {
		errno = ENOMEM;
		rc = -1;
	} else
		rc = fsio_replace(dirfd, KEYRING_SEEN, text.data, text.len, 0640);
	if (rc == -1)
		diag_err(KEYRING_SEEN);
	json_free(j);
	buf_free(&text);
	return rc;
}

/* Is the root of before the present one, or tied to it?  What is not known on either side is not compared. */
static int
is_tied(const struct keyring *k, const char *root)
{
	struct sign_pub before, now;

	if (root[0] == '\0' || k->root[0] == '\0' || strcmp(root, k->root) == 0)
		return 1;
	return sign_pub_parse(root, &before) == 0 && sign_pub_parse(k->root, &now) == 0 &&
	       roots_knows(k->roots, &before) && roots_knows(k->roots, &now);
}

int
keyring_follows(const struct keyring *k, uint64_t version, const char *root)
{
	if (!is_tied(k, root))
		diag_errx("root key %s: not the one seen before, %s, and no " KEYRING_ROOTS " ties it to that one",
		    k->root, root);
	else if (k->version < version)
		diag_errx("keyring version %" PRIu64 ": older than version %" PRIu64 ", which was seen before",
		    k->version, version);
	else
		return 0;
	errno = ESTALE;
	return -1;
}

/* Return 1 where ${k}, or its root, is newer than what was seen, 0 where it is the same, -1 after one diag line. */
static int
compare_seen(int dirfd, const struct keyring *k, struct seen *s)
{
	if (load_seen(dirfd, s) == -1 || keyring_follows(k, s->version, s->root) == -1)
		return -1;
	if (k->version > s->version)
		return 1;
	if (strcmp(k->sha256, s->sha256) == 0)
		return k->root[0] != '\0' && strcmp(k->root, s->root) != 0;
	diag_errx("keyring version %" PRIu64 ": not the one of this version that was seen before", k->version);
	errno = ESTALE;
	return -1;
}

int
keyring_seen(int dirfd)
{
	struct seen s;

	return load_seen(dirfd, &s);
}

int
keyring_may_follow(int dirfd, const struct keyring *k)
{
	struct seen s;

	return compare_seen(dirfd, k, &s) == -1 ? -1 : 0;
}

int
keyring_remember(int dirfd, const struct keyring *k)
{
	struct seen s;
	int lockfd, saved, rc = compare_seen(dirfd, k, &s);

	if (rc != 1)
		return rc;
	/* Two commands, or two access points, start with a new keyring at once. */
	lockfd = fsio_lock(dirfd, SEEN_LOCK, SEEN_LOCK_SECONDS);
	if (lockfd == -1) {
		diag_err(SEEN_LOCK);
		return -1;
	}
	rc = compare_seen(dirfd, k, &s);
	if (rc == 1)
		rc = save_seen(dirfd, k, &s);
	saved = errno;
	(void)close(lockfd); /* only a lock */
	errno = saved;
	return rc;
}
