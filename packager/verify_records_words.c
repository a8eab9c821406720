#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#include "verify_records_internal.h"

#define REQUESTS "requests"
#define REQUEST ".request"
#define HASH (DIGEST_HEX - 1)

static int
is_asked(const struct records_word *w)
{
	return w->kind == RECORDS_FOLLOWED || w->kind == RECORDS_REFUSED || w->kind == RECORDS_PURGED;
}

static int
compare_asked(const void *a, const void *b)
{
	const struct records_word *x = *(struct records_word *const *)a, *y = *(struct records_word *const *)b;
	int order = memcmp(x->object, y->object, DIGEST_BYTES);

	return order != 0 ? order : x < y ? -1 : x > y; /* they stand in one array */
}

int
records_words_sort(struct records *r)
{
	size_t i;

	r->asked = calloc(r->word_count + 1, sizeof(struct records_word *));
	if (r->asked == NULL)
		return -1;
	for (i = 0; i < r->word_count; i++) {
		if (is_asked(&r->words[i]) || r->words[i].kind == RECORDS_DECIDED)
			r->asked[r->asked_count++] = &r->words[i];
	}
	if (r->asked_count > 1)
		qsort(r->asked, r->asked_count, sizeof(struct records_word *), compare_asked);
	return 0;
}

/* Is there an ${i}th word of requests, and is it of that one? */
static int
is_of(struct records *r, size_t i, const uint8_t hash[DIGEST_BYTES])
{
	if (i >= r->asked_count)
		return 0;
	r->looks++;
	return memcmp(r->asked[i]->object, hash, DIGEST_BYTES) == 0;
}

/* Where among the words of requests those of that one begin, or would. */
static size_t
first_of(struct records *r, const uint8_t hash[DIGEST_BYTES])
{
	size_t low = 0, high = r->asked_count, middle;

	while (low < high) {
		r->looks++;
		middle = low + (high - low) / 2;
		if (memcmp(r->asked[middle]->object, hash, DIGEST_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
records_words_see(struct records *r, const uint8_t hash[DIGEST_BYTES])
{
	size_t i;

	/* All of them are, if the first is: there may be a file for each of many signatures. */
	for (i = first_of(r, hash); is_of(r, i, hash) && !r->asked[i]->is_seen; i++)
		r->asked[i]->is_seen = 1;
}

stamp_t
records_followed_at(struct records *r, const char *sha256, int *is_purge)
{
	uint8_t hash[DIGEST_BYTES];
	stamp_t at = STAMP_NONE;
	size_t i;

	*is_purge = 0;
	if (text_unhex(hash, sizeof(hash), sha256) == -1)
		return STAMP_NONE;
	/* Of one request: those words stand in the order of the log. */
	for (i = first_of(r, hash); at == STAMP_NONE && is_of(r, i, hash); i++) {
		if (r->asked[i]->kind == RECORDS_REFUSED)
			continue;
		at = r->asked[i]->time;
		*is_purge = r->asked[i]->kind == RECORDS_DECIDED || r->asked[i]->kind == RECORDS_PURGED;
	}
	return at;
}

/*
 * Must the request have been kept by now?  One that purged something may have had more to purge, but another one is only
 * tried once it is done with.
 */
static int
is_done(struct records *r, const uint8_t hash[DIGEST_BYTES], const struct records_word *last,
    const struct records_word *other)
{
	const struct records_word *purged = NULL;
	size_t i;

	for (i = first_of(r, hash); is_of(r, i, hash); i++) {
		if (r->asked[i]->kind == RECORDS_FOLLOWED)
			return 1;
		if (r->asked[i]->kind == RECORDS_PURGED && purged == NULL)
			purged = r->asked[i];
	}
	if (last != NULL && memcmp(last->object, hash, DIGEST_BYTES) == 0)
		last = other;
	return purged != NULL && last != NULL && last > purged;
}

/* The last word of any request, and the last one of another than that. */
static void
find_last(const struct records *r, const struct records_word **last, const struct records_word **other)
{
	size_t i;

	*last = *other = NULL;
	for (i = r->word_count; i > 0 && *other == NULL; i--) {
		if (!is_asked(&r->words[i - 1]))
			continue;
		if (*last == NULL)
			*last = &r->words[i - 1];
		else if (memcmp((*last)->object, r->words[i - 1].object, DIGEST_BYTES) != 0)
			*other = &r->words[i - 1];
	}
}

void
records_words_missing(struct records *r)
{
	struct records_folder f = {.r = r, .name = REQUESTS};
	const struct records_word *last, *other;
	char name[DIGEST_HEX + sizeof(REQUEST)];
	size_t i;

	(void)verify_label(f.label, r->label, REQUESTS);
	find_last(r, &last, &other);
	for (i = 0; i < r->word_count; i++) {
		const struct records_word *w = &r->words[i];

		if (!is_asked(w) || w->is_seen)
			continue;
		text_hex(name, w->object, DIGEST_BYTES);
		memcpy(name + HASH, REQUEST, sizeof(REQUEST));
		if (is_done(r, w->object, last, other))
			records_say(
			    &f, VERIFY_INCOMPLETE, name, "is missing; the custody log says that it was followed");
		else
			records_say(&f, VERIFY_NOTE, name,
			    "is not kept; the custody log says that it was %s, which may not be its end",
			    w->kind == RECORDS_PURGED ? "begun" : "refused");
		records_words_see(r, w->object);
	}
}
