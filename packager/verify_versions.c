#include <stdlib.h>
#include <string.h>

#include "verify_versions.h"

/* There is room for it. */
static void
put(struct verify_versions *v, const struct keyring_version *one)
{
	size_t i = v->count;

	while (i > 0 && v->at[i - 1].version > one->version)
		i--;
	if (i > 0 && v->at[i - 1].version == one->version)
		return;
	memmove(&v->at[i + 1], &v->at[i], (v->count - i) * sizeof(*v->at));
	v->at[i] = *one;
	v->count++;
}

int
verify_versions_add(struct verify_versions *v, const struct keyring *k)
{
	struct keyring_version own = {
	    .version = keyring_version(k), .issued = keyring_issued(k), .approvals = keyring_approvals(k)};
	size_t history = keyring_history_count(k), i;
	struct keyring_version *grown = reallocarray(v->at, v->count + history + 1, sizeof(*grown));
	const struct keyring **texts;

	if (grown == NULL)
		return -1;
	v->at = grown;
	texts = reallocarray(v->texts, v->text_count + 1, sizeof(*texts));
	if (texts == NULL)
		return -1;
	v->texts = texts;
	v->texts[v->text_count++] = k;
	for (i = 0; i < history; i++)
		put(v, keyring_history(k, i));
	memcpy(own.sha256, keyring_sha256(k), sizeof(own.sha256));
	put(v, &own);
	return 0;
}

void
verify_versions_free(struct verify_versions *v)
{
	free(v->at);
	free(v->texts);
	memset(v, 0, sizeof(*v));
}

const struct keyring_version *
verify_versions_in_force(const struct verify_versions *v, stamp_t at)
{
	size_t i = v->count;

	while (i > 1 && v->at[i - 1].issued > at)
		i--;
	return i == 0 ? NULL : &v->at[i - 1];
}

const struct keyring_version *
verify_versions_find(const struct verify_versions *v, const char *sha256)
{
	size_t i;

	for (i = 0; i < v->count; i++) {
		if (strcmp(v->at[i].sha256, sha256) == 0)
			return &v->at[i];
	}
	return NULL;
}

const struct keyring *
verify_versions_text(const struct verify_versions *v, const char *sha256)
{
	size_t i;

	for (i = 0; i < v->text_count; i++) {
		if (strcmp(keyring_sha256(v->texts[i]), sha256) == 0)
			return v->texts[i];
	}
	return NULL;
}
