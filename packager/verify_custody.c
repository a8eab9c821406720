#include <stdio.h>
#include <string.h>

#include "verify_custody.h"

static int
kind_of(const char *event, enum verify_event_kind *kind)
{
	static const struct {
		const char *event;
		enum verify_event_kind kind;
	} rows[] = {{"hold", EVENT_HELD}, {"release", EVENT_RELEASED}, {"attach", EVENT_ATTACHED},
	    {"reset", EVENT_RESET}, {"begin-anew", EVENT_BEGUN}, {"acknowledged", EVENT_RECEIVED}};
	size_t i;

	for (i = 0; event != NULL && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(event, rows[i].event) == 0) {
			*kind = rows[i].kind;
			return 1;
		}
	}
	return 0;
}

/* An acknowledgement of a day, which may lie nowhere but in the station's receipts.  1 if it tells all that it should. */
static int
take_received(struct verify_event *e, const struct json *detail)
{
	const char *day = json_get_string(detail, "day"), *verifier = json_get_string(detail, "verifier");

	if (json_get_text(detail, "iap", e->iap, sizeof(e->iap)) == -1 || day == NULL ||
	    stamp_day_parse(day, &e->day) == -1 || json_get_stamp(detail, "verified", &e->at) == -1 ||
	    json_get_text(detail, "lea", e->who, sizeof(e->who)) == -1)
		return 0;
	(void)snprintf(e->what, sizeof(e->what), "as the custody log has it, by %s",
	    verifier == NULL ? "an unknown program" : verifier); /* cut, it says enough */
	return 1;
}

int
verify_custody_event(const struct json *entry, struct verify_result *result)
{
	const struct json *detail = json_get_object(entry, "detail");
	struct verify_event e = {.day = STAMP_NONE};

	if (!kind_of(json_get_string(entry, "event"), &e.kind) ||
	    json_get_text(entry, "case", e.case_id, sizeof(e.case_id)) == -1 ||
	    json_get_stamp(entry, "time", &e.at) == -1)
		return 0;
	if (e.kind == EVENT_RECEIVED) {
		if (detail == NULL || !take_received(&e, detail) || verify_event_find(&result->events, &e) != NULL)
			return 0;
		return verify_event_add(&result->events, &e);
	}
	/* What does not fit, or is not there, is left out of a report; the log itself has it. */
	if (detail != NULL && json_get_text(detail, "reason", e.what, sizeof(e.what)) == -1)
		e.what[0] = '\0';
	if (detail != NULL && json_get_text(detail, "approver", e.who, sizeof(e.who)) == -1 &&
	    json_get_text(detail, "approvers", e.who, sizeof(e.who)) == -1)
		e.who[0] = '\0';
	return verify_event_add(&result->events, &e);
}
