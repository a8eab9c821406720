#include <stdio.h>
#include <string.h>

#include "text.h"

#include "table_internal.h"

/* What does not print, or does not fit, is not told in part. */
static void
put_session(struct access_event *a, const struct follow_event *e)
{
	const char *s = (const char *)e->session.at;

	if (e->session.n > 0 && e->session.n < sizeof(a->session) && text_is_printable(s, e->session.n))
		memcpy(a->session, s, e->session.n);
	else if (strcmp(e->method, "slaac") != 0 || e->kind == FOLLOW_NOTED) /* which has no transactions itself */
		(void)snprintf(a->session, sizeof(a->session), "%08x", e->xid);
}

/* In the case's own records the address stands with it. */
static void
tell_access(struct entry *entry, enum access_kind kind, const struct follow_event *e)
{
	const struct follow_binding *b = e->binding;
	struct access_event a;

	memset(&a, 0, sizeof(a));
	a.kind = kind;
	a.time = e->time;
	a.until = b == NULL || kind == ACCESS_RELEASED || kind == ACCESS_SESSION_END || b->until == INT64_MAX
		      ? STAMP_NONE
		      : b->until;
	if (b != NULL) {
		a.family = b->address.family;
		a.bits = b->address.bits;
		memcpy(a.addr, b->address.addr, sizeof(a.addr));
	}
	(void)snprintf(a.method, sizeof(a.method), "%s", e->method); /* words */
	(void)snprintf(a.reason, sizeof(a.reason), "%s", e->how);
	put_session(&a, e);
	memcpy(a.sha256, e->sha256, strnlen(e->sha256, sizeof(a.sha256) - 1));
	slicer_access(entry->table->slicer, entry->handle, &a);
}

/*
 * A subject of DHCP, or one that makes its addresses itself, has a session as long as it has one: not what is only noted,
 * within a session of PPPoE.
 */
void
table_access(struct entry *entry, const struct follow_event *e)
{
	int has_none =
	    e->kind != FOLLOW_NOTED && (strncmp(e->method, "dhcp", 4) == 0 || strcmp(e->method, "slaac") == 0);
	int is_given = e->access == ACCESS_ASSIGNED || e->access == ACCESS_DELEGATED;

	if (has_none && is_given && follow_count(entry->follow) == 1)
		tell_access(entry, ACCESS_SESSION_START, e);
	tell_access(entry, e->access, e);
	if (has_none && e->access == ACCESS_RELEASED && follow_count(entry->follow) == 0)
		tell_access(entry, ACCESS_SESSION_END, e);
}
