#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify_grow.h"

#include "verify_places.h"

int
verify_places_add(
    struct verify_walk *w, const struct verify_place *from, const char *folder, const char *label, const char *name)
{
	struct verify_place *p, *grown;

	grown = verify_grow(w->places, w->count, sizeof(*grown));
	if (grown == NULL)
		return -1;
	w->places = grown;
	p = &w->places[w->count++];
	*p = *from;
	p->folder = strdup(folder);
	p->label = strdup(label);
	p->name = name == NULL ? NULL : strdup(name);
	w->packages += from->packages;
	return p->folder == NULL || p->label == NULL || (name != NULL && p->name == NULL) ? -1 : 0;
}

int
verify_places_add_records(struct verify_walk *w, const char *case_id, const char *folder, const char *label)
{
	struct verify_place *p;
	size_t i;

	for (i = 0; i < w->record_count; i++) {
		if (strcmp(w->records[i].folder, folder) == 0)
			return 0;
	}
	p = reallocarray(w->records, w->record_count + 1, sizeof(*p));
	if (p == NULL)
		return -1;
	w->records = p;
	p += w->record_count++;
	memset(p, 0, sizeof(*p));
	(void)snprintf(p->case_id, sizeof(p->case_id), "%s", case_id); /* the rooms are the same */
	p->folder = strdup(folder);
	p->label = strdup(label);
	return p->folder == NULL || p->label == NULL ? -1 : 0;
}

void
verify_places_clear(struct verify_place *p)
{
	free(p->folder);
	free(p->label);
	free(p->name);
}

static int
compare(const void *a, const void *b)
{
	const struct verify_place *x = a, *y = b;
	int order = strcmp(x->case_id, y->case_id);

	if (order == 0)
		order = strcmp(x->iap, y->iap);
	if (order == 0)
		order = (x->kind == VERIFY_PLACE_PACKAGE) - (y->kind == VERIFY_PLACE_PACKAGE);
	if (order == 0)
		order = x->day < y->day ? -1 : x->day > y->day;
	if (order == 0)
		order = strcmp(x->folder, y->folder);
	if (order == 0)
		order = strcmp(x->name == NULL ? "" : x->name, y->name == NULL ? "" : y->name);
	return order;
}

void
verify_walk_sort(struct verify_walk *w)
{
	size_t i, kept = 0;

	if (w->count == 0)
		return;
	qsort(w->places, w->count, sizeof(*w->places), compare);
	for (i = 1; i < w->count; i++) {
		if (compare(&w->places[kept], &w->places[i]) != 0) {
			w->places[++kept] = w->places[i];
			continue;
		}
		w->places[kept].whole |= w->places[i].whole;
		w->places[kept].is_case |= w->places[i].is_case;
		w->packages -= w->places[i].packages;
		verify_places_clear(&w->places[i]);
	}
	w->count = kept + 1;
}

void
verify_walk_free(struct verify_walk *w)
{
	size_t i;

	for (i = 0; i < w->count; i++)
		verify_places_clear(&w->places[i]);
	for (i = 0; i < w->record_count; i++)
		verify_places_clear(&w->records[i]);
	free(w->places);
	free(w->records);
	w->places = w->records = NULL;
	w->count = w->record_count = 0;
}
