#include <stdlib.h>

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
	    [EVENT_RESET] = "memory reset"};

	return words[kind];
}
