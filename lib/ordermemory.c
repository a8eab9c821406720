#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ordermemory_internal.h"

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

struct ordermemory_known *
ordermemory_find(const struct ordermemory *m, const char *case_id)
{
	size_t i = place(m, case_id);

	return i < m->count && strcmp(m->cases[i].case_id, case_id) == 0 ? &m->cases[i] : NULL;
}

uint32_t
ordermemory_revision(const struct ordermemory *m, const char *case_id, char sha256[DIGEST_HEX])
{
	const struct ordermemory_known *k = ordermemory_find(m, case_id);

	if (sha256 != NULL)
		memcpy(sha256, k == NULL ? "" : k->sha256, k == NULL ? 1 : DIGEST_HEX);
	return k == NULL ? 0 : k->revision;
}

int
ordermemory_is_revoked(const struct ordermemory *m, const char *case_id)
{
	const struct ordermemory_known *k = ordermemory_find(m, case_id);

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
	return ordermemory_find(m, case_id) != NULL;
}

/* Make a place for a new case.  Return it zeroed but for its ID, or NULL with errno ENOMEM. */
static struct ordermemory_known *
insert(struct ordermemory *m, const char *case_id)
{
	size_t i = place(m, case_id), room = m->room == 0 ? 16 : m->room * 2;
	struct ordermemory_known *grown;

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
	struct ordermemory_known *k = ordermemory_find(m, case_id);

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
	struct ordermemory_known *k = ordermemory_find(m, case_id);

	if (k != NULL && k->revision > 0 && k->acceptance.keyring_sha256[0] == '\0')
		k->acceptance = *a;
}

void
ordermemory_acceptance(const struct ordermemory *m, const char *case_id, struct order_acceptance *a)
{
	const struct ordermemory_known *k = ordermemory_find(m, case_id);

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
