#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "json.h"
#include "names.h"
#include "text.h"

#include "ordermemory.h"

#define FORMAT "casetap-orders/1"
#define SUFFIX ".orders"
#define NAME_ROOM (NAMES_IAP_ROOM + sizeof(SUFFIX))
#define FILE_MAX ((size_t)16 * 1024 * 1024)
#define CONFLICT_HASH "0000000000000000000000000000000000000000000000000000000000000000"

struct known {
	char case_id[NAMES_CASE_ROOM];
	uint32_t revision;
	char sha256[DIGEST_HEX];
	struct order_acceptance acceptance;
	int is_revoked;
};

/* cases[] rises strictly in the byte order of the IDs. */
struct ordermemory {
	struct known *cases;
	size_t count;
	size_t room;
	struct journal_mark mark;
	uint64_t keyring_version;
	char root[SIGN_KEY_TEXT];
};

struct ordermemory *
ordermemory_new(void)
{
	return calloc(1, sizeof(struct ordermemory));
}

void
ordermemory_free(struct ordermemory *m)
{
	int saved = errno;

	if (m == NULL)
		return;
	free(m->cases);
	free(m);
	errno = saved;
}

/* The place of a case: its own if it is there, else where it would have to be put. */
static size_t
place(const struct ordermemory *m, const char *case_id)
{
	size_t low = 0, high = m->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(m->cases[middle].case_id, case_id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct known *
find(const struct ordermemory *m, const char *case_id)
{
	size_t i = place(m, case_id);

	return i < m->count && strcmp(m->cases[i].case_id, case_id) == 0 ? &m->cases[i] : NULL;
}

uint32_t
ordermemory_revision(const struct ordermemory *m, const char *case_id, char sha256[DIGEST_HEX])
{
	const struct known *k = find(m, case_id);

	if (sha256 != NULL)
		memcpy(sha256, k == NULL ? "" : k->sha256, k == NULL ? 1 : DIGEST_HEX);
	return k == NULL ? 0 : k->revision;
}

int
ordermemory_is_revoked(const struct ordermemory *m, const char *case_id)
{
	const struct known *k = find(m, case_id);

	return k != NULL && k->is_revoked;
}

size_t
ordermemory_count(const struct ordermemory *m)
{
	return m->count;
}

const char *
ordermemory_case(const struct ordermemory *m, size_t i)
{
	return m->cases[i].case_id;
}

int
ordermemory_has(const struct ordermemory *m, const char *case_id)
{
	return find(m, case_id) != NULL;
}

/* Make a place for a new case.  Return it zeroed but for its ID, or NULL with errno ENOMEM. */
static struct known *
insert(struct ordermemory *m, const char *case_id)
{
	size_t i = place(m, case_id), room = m->room == 0 ? 16 : m->room * 2;
	struct known *grown;

	if (m->count == m->room) {
		grown = reallocarray(m->cases, room, sizeof(*grown));
		if (grown == NULL)
			return NULL;
		m->cases = grown;
		m->room = room;
	}
	memmove(&m->cases[i + 1], &m->cases[i], (m->count - i) * sizeof(*m->cases));
	memset(&m->cases[i], 0, sizeof(m->cases[i]));
	(void)snprintf(m->cases[i].case_id, sizeof(m->cases[i].case_id), "%s", case_id); /* a checked name fits */
	m->count++;
	return &m->cases[i];
}

int
ordermemory_raise(struct ordermemory *m, const char *case_id, uint32_t revision, const char *sha256, int is_revoked)
{
	struct known *k = find(m, case_id);

	if (k == NULL && (k = insert(m, case_id)) == NULL)
		return -1;
	if (revision > 0 && revision == k->revision && strcmp(sha256, k->sha256) != 0) {
		errno = EEXIST;
		return -1;
	}
	if (revision > k->revision) {
		k->revision = revision;
		memset(&k->acceptance, 0, sizeof(k->acceptance));
		(void)snprintf(k->sha256, sizeof(k->sha256), "%s", sha256);
	}
	k->is_revoked |= is_revoked;
	return 0;
}

const struct journal_mark *
ordermemory_mark(const struct ordermemory *m)
{
	return &m->mark;
}

void
ordermemory_set_mark(struct ordermemory *m, const struct journal_mark *mark)
{
	m->mark = *mark;
}

const char *
ordermemory_keyring(const struct ordermemory *m, uint64_t *version)
{
	*version = m->keyring_version;
	return m->root;
}

void
ordermemory_raise_keyring(struct ordermemory *m, uint64_t version, const char *root)
{
	if (version < m->keyring_version)
		return;
	m->keyring_version = version;
	if (root[0] != '\0')
		(void)snprintf(m->root, sizeof(m->root), "%s", root); /* a key's text fits */
}

void
ordermemory_accept(struct ordermemory *m, const char *case_id, const struct order_acceptance *a)
{
	struct known *k = find(m, case_id);

	if (k != NULL && k->revision > 0 && k->acceptance.keyring_sha256[0] == '\0')
		k->acceptance = *a;
}

void
ordermemory_acceptance(const struct ordermemory *m, const char *case_id, struct order_acceptance *a)
{
	const struct known *k = find(m, case_id);

	memset(a, 0, sizeof(*a));
	if (k != NULL)
		*a = k->acceptance;
}

struct ordermemory *
ordermemory_copy(const struct ordermemory *m)
{
	struct ordermemory *copy = ordermemory_new();

	if (copy == NULL)
		return NULL;
	copy->mark = m->mark;
	ordermemory_raise_keyring(copy, m->keyring_version, m->root);
	if (m->count == 0)
		return copy;
	copy->cases = calloc(m->count, sizeof(*copy->cases));
	if (copy->cases == NULL) {
		ordermemory_free(copy);
		return NULL;
	}
	memcpy(copy->cases, m->cases, m->count * sizeof(*m->cases));
	copy->count = copy->room = m->count;
	return copy;
}

void
ordermemory_swap(struct ordermemory *a, struct ordermemory *b)
{
	struct ordermemory keep = *a;

	*a = *b;
	*b = keep;
}

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
raise_as(struct ordermemory *m, const struct known *k)
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
	const struct known *k;
	size_t i;

	ordermemory_raise_keyring(to, from->keyring_version, from->root);
	for (i = 0; i < from->count; i++) {
		k = &from->cases[i];
		if (raise_as(to, k) == 0)
			continue;
		if (errno != EEXIST)
			return -1;
		/* Two truths are none: no file has this hash, so whoever asks finds the order changed. */
		memcpy(find(to, k->case_id)->sha256, CONFLICT_HASH, DIGEST_HEX);
		find(to, k->case_id)->is_revoked |= k->is_revoked;
	}
	return 0;
}

struct all {
	struct ordermemory *m;
	int dirfd;
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
		return 1; /* reported */
	rc = merge(all->m, one);
	ordermemory_free(one);
	return rc;
}

struct ordermemory *
ordermemory_load_all(int dirfd)
{
	struct all all = {ordermemory_new(), dirfd};
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

int
ordermemory_learn(struct ordermemory *m, int dirfd)
{
	struct ordermemory *all = ordermemory_load_all(dirfd);
	const struct known *k;
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
		find(m, k->case_id)->is_revoked |= k->is_revoked;
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
	const struct known *k;
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
