#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "listing.h"

#define FIRST 256

static int
grow(struct listing *l)
{
	size_t room = l->room == 0 ? FIRST : 2 * l->room;
	struct listing_entry *grown;

	if (l->count == LISTING_MAX) {
		errno = ENOBUFS;
		return -1;
	}
	if (l->count < l->room)
		return 0;
	grown = reallocarray(l->entries, room, sizeof *grown);
	if (grown == NULL)
		return -1;
	l->entries = grown;
	l->room = room;
	return 0;
}

int
listing_add(struct listing *l, const char *name, size_t n, uint64_t bytes, const char *version)
{
	struct listing_entry *e;

	n = strnlen(name, n < LISTING_NAME_MAX ? n : LISTING_NAME_MAX);
	if (n == 0)
		return 0;
	if (grow(l) == -1)
		return -1;
	e = &l->entries[l->count];
	e->bytes = bytes;
	e->name = strndup(name, n);
	e->version = version == NULL ? NULL : strdup(version);
	if (e->name == NULL || (version != NULL && e->version == NULL)) {
		free(e->name);
		free(e->version);
		errno = ENOMEM;
		return -1;
	}
	l->count++;
	l->is_sorted = 0;
	return 0;
}

void
listing_clear(struct listing *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->entries[i].name);
		free(l->entries[i].version);
	}
	free(l->entries);
	memset(l, 0, sizeof *l);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct listing_entry *)a)->name, ((const struct listing_entry *)b)->name);
}

const struct listing_entry *
listing_find(struct listing *l, const char *name)
{
	size_t low = 0, high = l->count, middle;

	if (!l->is_sorted && l->count > 0)
		qsort(l->entries, l->count, sizeof *l->entries, compare);
	l->is_sorted = 1;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(l->entries[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < l->count && strcmp(l->entries[low].name, name) == 0 ? &l->entries[low] : NULL;
}
