#include <stdlib.h>
#include <string.h>

#include "verify_event.h"

#define FIRST ((size_t)16)

int
verify_event_add(struct verify_events *e, const struct verify_event *event)
{
	size_t room = e->room == 0 ? FIRST : 2 * e->room;
	void *grown = e->at;

	if (e->count == e->room) {
		grown = reallocarray(e->at, room, sizeof(*e->at));
		if (grown == NULL)
			return -1;
		e->at = grown;
		e->room = room;
	}
	e->at[e->count++] = *event;
	return 0;
}

struct verify_event *
verify_event_find(const struct verify_events *e, const struct verify_event *like)
{
	size_t i;

	for (i = 0; i < e->count; i++) {
		struct verify_event *one = &e->at[i];

		if (one->kind == like->kind && one->day == like->day && one->at == like->at &&
		    strcmp(one->case_id, like->case_id) == 0 && strcmp(one->iap, like->iap) == 0 &&
		    strcmp(one->who, like->who) == 0)
			return one;
	}
	return NULL;
}

void
verify_events_free(struct verify_events *e)
{
	free(e->at);
	e->at = NULL;
	e->count = e->room = 0;
}

const char *
verify_event_word(enum verify_event_kind kind)
{
	static const char *const words[] = {[EVENT_ATTESTED] = "attested",
	    [EVENT_RECEIVED] = "received and verified",
	    [EVENT_PURGED] = "payload purged",
	    [EVENT_NOTICED] = "notice given",
	    [EVENT_HELD] = "held",
	    [EVENT_RELEASED] = "released",
	    [EVENT_ATTACHED] = "attached",
	    [EVENT_RESET] = "memory reset",
	    [EVENT_BEGUN] = "custody log begun anew"};

	return words[kind];
}
