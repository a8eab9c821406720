#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "json.h"
#include "names.h"
#include "text.h"

#include "ordermemory_internal.h"

#define FORMAT "casetap-orders/1"
#define SUFFIX ".orders"
#define NAME_ROOM (NAMES_IAP_ROOM + sizeof(SUFFIX))
#define FILE_MAX ((size_t)16 * 1024 * 1024)
#define CONFLICT_HASH "0000000000000000000000000000000000000000000000000000000000000000"

/* When it was accepted, where that is told; 0, or -1 for what is neither. */
static int
get_acceptance(const struct json *j, struct order_acceptance *a)
{
	memset(a, 0, sizeof(*a));
	if (json_get(j, "accepted") == NULL && json_get(j, "keyring_sha256") == NULL)
		return 0;
	return json_get_stamp(j, "accepted", &a->at) == -1 || a->at == STAMP_NONE ||
		       json_get_text(j, "keyring_sha256", a->keyring_sha256, sizeof(a->keyring_sha256)) == -1 ||
		       !digest_is_hex(a->keyring_sha256)
		   ? -1
		   : 0;
}

/* One member of "cases".  Return 0, or -1 with errno EBADMSG or ENOMEM. */
static int
take_case(struct ordermemory *m, const struct json *j)
{
	const char *case_id = json_get_string(j, "case"), *sha256 = json_get_string(j, "sha256");
	const char *state = json_get_string(j, "state");
	struct order_acceptance acceptance;
	uint32_t revision;
	int is_revoked;

	if (case_id == NULL || !names_is_case(case_id) || sha256 == NULL || state == NULL ||
	    ordermemory_has(m, case_id) || json_get_u32(j, "revision", &revision) == -1 ||
	    get_acceptance(j, &acceptance) == -1)
		goto damaged;
	is_revoked = strcmp(state, "revoked") == 0;
	if (!is_revoked && (strcmp(state, "accepted") != 0 || revision == 0))
		goto damaged;
	if (revision == 0 ? sha256[0] != '\0' : !digest_is_hex(sha256))
		goto damaged;
	if (ordermemory_raise(m, case_id, revision, sha256, is_revoked) == -1)
		return -1;
	ordermemory_accept(m, case_id, &acceptance);
	return 0;
damaged:
	errno = EBADMSG;
	return -1;
}

/* The mark, which a memory of an older version does not have.  Return 0, or -1 for what is none. */
static int
take_mark(struct ordermemory *m, const struct json *j)
{
	const struct json *mark = json_get_object(j, "journal");

	if (json_get(j, "journal") == NULL)
		return 0;
	if (json_get_u64(mark, "bytes", &m->mark.bytes) == -1 ||
	    json_get_text(mark, "sha256", m->mark.sha256, sizeof(m->mark.sha256)) == -1)
		return -1;
	return m->mark.bytes == 0 ? -(m->mark.sha256[0] != '\0') : -!digest_is_hex(m->mark.sha256);
}

/* The same of the keyring. */
static int
take_keyring(struct ordermemory *m, const struct json *j)
{
	const struct json *keyring = json_get_object(j, "keyring");

	if (json_get(j, "keyring") == NULL)
		return 0;
	return json_get_u64(keyring, "version", &m->keyring_version) == -1
		   ? -1
		   : json_get_text(keyring, "root", m->root, sizeof(m->root));
}

static int
take_text(struct ordermemory *m, const struct json *j, const char *iap)
{
	const char *format = json_get_string(j, "format"), *whose = json_get_string(j, "iap");
	const struct json *cases = json_get_array(j, "cases");
	size_t i;

	if (format == NULL || strcmp(format, FORMAT) != 0 || whose == NULL || strcmp(whose, iap) != 0 ||
	    cases == NULL || take_mark(m, j) == -1 || take_keyring(m, j) == -1) {
		errno = EBADMSG;
		return -1;
	}
	for (i = 0; i < json_length(cases); i++) {
		if (take_case(m, json_item(cases, i)) == -1)
			return -1;
	}
	return 0;
}

static void
make_name(char name[NAME_ROOM], const char *iap)
{
	(void)snprintf(name, NAME_ROOM, "%s" SUFFIX, iap);
}

struct ordermemory *
ordermemory_load(int dirfd, const char *iap)
{
	struct ordermemory *m = ordermemory_new();
	struct buf text = BUF_INIT;
	struct json *j = NULL;
	char name[NAME_ROOM];
	int rc = -1;

	make_name(name, iap);
	if (m == NULL)
		goto out;
	if (fsio_load(dirfd, name, FILE_MAX, &text) == -1) {
		rc = errno == ENOENT ? 0 : -1;
		goto out;
	}
	j = json_parse(text.data, text.len, 4);
	rc = take_text(m, j, iap);
out:
	if (rc == -1 && errno == EBADMSG)
		diag_errx("%s: damaged; what was accepted before is not known", name);
	else if (rc == -1)
		diag_err("%s", name);
	json_free(j);
	buf_free(&text);
	if (rc == 0)
		return m;
	ordermemory_free(m);
	return NULL;
}

/* Raise ${m} to what another memory knows of a case; when it was accepted goes with the revision.  As ordermemory_raise. */
static int
raise_as(struct ordermemory *m, const struct ordermemory_known *k)
{
	if (ordermemory_raise(m, k->case_id, k->revision, k->sha256, k->is_revoked) == -1)
		return -1;
	if (ordermemory_revision(m, k->case_id, NULL) == k->revision)
		ordermemory_accept(m, k->case_id, &k->acceptance);
	return 0;
}

/* Put what ${from} knows into ${to}. */
static int
merge(struct ordermemory *to, const struct ordermemory *from)
{
	const struct ordermemory_known *k;
	size_t i;

	ordermemory_raise_keyring(to, from->keyring_version, from->root);
	for (i = 0; i < from->count; i++) {
		k = &from->cases[i];
		if (raise_as(to, k) == 0)
			continue;
		if (errno != EEXIST)
			return -1;
		/* Two truths are none: no file has this hash, so whoever asks finds the order changed. */
		memcpy(ordermemory_find(to, k->case_id)->sha256, CONFLICT_HASH, DIGEST_HEX);
		ordermemory_find(to, k->case_id)->is_revoked |= k->is_revoked;
	}
	return 0;
}

struct all {
	struct ordermemory *m;
	int dirfd;
	int is_lenient; /* a damaged one is left out */
};

static int
load_one(void *cookie, const char *name)
{
	struct all *all = cookie;
	struct ordermemory *one;
	char iap[NAMES_IAP_ROOM];
	size_t n = strlen(name), suffix = sizeof(SUFFIX) - 1;
	int rc;

	if (!text_ends_with(name, SUFFIX) || n - suffix >= sizeof(iap))
		return 0;
	memcpy(iap, name, n - suffix);
	iap[n - suffix] = '\0';
	if (!names_is_iap(iap))
		return 0;
	one = ordermemory_load(all->dirfd, iap);
	if (one == NULL)
		return all->is_lenient && errno == EBADMSG ? 0 : 1; /* reported */
	rc = merge(all->m, one);
	ordermemory_free(one);
	return rc;
}

static struct ordermemory *
load_every(int dirfd, int is_lenient)
{
	struct all all = {ordermemory_new(), dirfd, is_lenient};
	int rc = -1;

	if (all.m != NULL)
		rc = fsio_list(dirfd, load_one, &all);
	if (rc == 0)
		return all.m;
	if (rc == -1)
		diag_err("journal/capture");
	ordermemory_free(all.m);
	return NULL;
}

struct ordermemory *
ordermemory_load_all(int dirfd)
{
	return load_every(dirfd, 0);
}

int
ordermemory_learn_keyring(struct ordermemory *m, int dirfd)
{
	struct ordermemory *all = load_every(dirfd, 1);

	if (all == NULL)
		return -1;
	ordermemory_raise_keyring(m, all->keyring_version, all->root);
	ordermemory_free(all);
	return 0;
}

int
ordermemory_learn(struct ordermemory *m, int dirfd)
{
	struct ordermemory *all = ordermemory_load_all(dirfd);
	const struct ordermemory_known *k;
	int rc = -1;
	size_t i;

	if (all == NULL)
		return -1;
	ordermemory_raise_keyring(m, all->keyring_version, all->root);
	for (i = 0; i < all->count; i++) {
		k = &all->cases[i];
		if (raise_as(m, k) == 0)
			continue;
		if (errno != EEXIST) {
			diag_err("orders");
			goto out;
		}
		ordermemory_find(m, k->case_id)->is_revoked |= k->is_revoked;
	}
	rc = 0;
out:
	ordermemory_free(all);
	return rc;
}

static struct json *
make_text(const struct ordermemory *m, const char *iap)
{
	struct json *j = json_object(), *cases = json_array(), *mark = json_object(), *keyring = json_object(), *one;
	const struct ordermemory_known *k;
	int rc = 0;
	size_t i;

	for (i = 0; i < m->count; i++) {
		k = &m->cases[i];
		one = json_object();
		rc |= json_put_string(one, "case", k->case_id);
		rc |= json_put_integer(one, "revision", k->revision);
		rc |= json_put_string(one, "sha256", k->sha256);
		rc |= json_put_string(one, "state", k->is_revoked ? "revoked" : "accepted");
		if (k->acceptance.keyring_sha256[0] != '\0') {
			rc |= json_put_stamp(one, "accepted", k->acceptance.at);
			rc |= json_put_string(one, "keyring_sha256", k->acceptance.keyring_sha256);
		}
		rc |= json_append(cases, one);
	}
	rc |= json_put_string(j, "format", FORMAT);
	rc |= json_put_string(j, "iap", iap);
	rc |= json_put_integer(mark, "bytes", (int64_t)m->mark.bytes);
	rc |= json_put_string(mark, "sha256", m->mark.sha256);
	rc |= json_put(j, "journal", mark);
	rc |= json_put_integer(keyring, "version", (int64_t)m->keyring_version);
	rc |= json_put_string(keyring, "root", m->root);
	rc |= json_put(j, "keyring", keyring);
	rc |= json_put(j, "cases", cases);
	if (rc == 0)
		return j;
	json_free(j);
	return NULL;
}

int
ordermemory_save(const struct ordermemory *m, int dirfd, const char *iap)
{
	struct json *j = make_text(m, iap);
	struct buf text = BUF_INIT;
	char name[NAME_ROOM];
	int rc = -1;

	make_name(name, iap);
	if (j == NULL || json_write(j, &text) == -1 || buf_putc(&text, '\n') == -1)
		errno = ENOMEM;
	else
		rc = fsio_replace(dirfd, name, text.data, text.len, 0640);
	if (rc == -1)
		diag_err("%s", name);
	json_free(j);
	buf_free(&text);
	return rc;
}
