#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proof_internal.h"

/*
 * Detail files of FreeRADIUS: sessions, by what a client has accounted of them.
 */

static int
is_identity(const struct order *o, unsigned kind, const void *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < o->identity_count; i++) {
		if (o->identities[i].kind == kind && o->identities[i].length == n &&
		    memcmp(o->identities[i].bytes, bytes, n) == 0)
			return 1;
	}
	return 0;
}

/* Another's session goes on from its latest word until its stop: it is one, however often it is spoken of. */
static void
add_anothers(struct reading *r, int64_t from, int64_t to, const char *session, int is_open)
{
	struct span *s;
	size_t i;

	for (i = 0; i < r->count && session[0] != '\0'; i++) {
		s = &r->spans[i];
		if (s->is_subject || strncmp(s->session, session, sizeof(s->session) - 1) != 0)
			continue;
		s->from = from < s->from ? from : s->from;
		s->to = to > s->to ? to : s->to;
		s->is_open &= is_open; /* what comes late of one that is over does not begin it anew */
		return;
	}
	if (r->count == SPANS_MAX) {
		r->is_full = 1;
		return;
	}
	s = &r->spans[r->count++];
	*s = (struct span){.from = from, .to = to, .is_open = is_open};
	(void)snprintf(s->session, sizeof(s->session), "%s", session); /* its beginning is enough */
}

/* The time of a record, less what it was on its way; -1: it is not said. */
static int64_t
detail_time(const char *record, const char *end)
{
	char text[128];
	int64_t at;

	if (proof_value(record, end, "Timestamp = ", text) == NULL)
		return -1;
	at = strtoll(text, NULL, 10);
	if (proof_value(record, end, "Acct-Delay-Time = ", text) != NULL)
		at -= strtoll(text, NULL, 10);
	return at;
}

static int
is_subjects(const struct order *o, const char *record, const char *end)
{
	char name[128], *quote;
	int is_own = 0;

	if (proof_value(record, end, "User-Name = \"", name) != NULL && (quote = strchr(name, '"')) != NULL)
		is_own |= is_identity(o, ORDER_RADIUS_USER, name, (size_t)(quote - name));
	if (proof_value(record, end, "Calling-Station-Id = \"", name) != NULL && (quote = strchr(name, '"')) != NULL)
		is_own |= is_identity(o, ORDER_RADIUS_CALLING, name, (size_t)(quote - name)) ||
			  proof_is_own_mac(o, name, (size_t)(quote - name));
	return is_own;
}

/* One record of a detail file: lines up to an empty one. */
static void
read_detail(struct reading *r, const char *record, const char *end)
{
	char text[128], status[128] = "", session[128] = "";
	int64_t at, seconds;

	if (proof_value(record, end, "Framed-IP-Address = ", text) == NULL || strcmp(text, r->address) != 0)
		return;
	at = detail_time(record, end);
	if (at < 0) {
		r->is_unread = 1;
		return;
	}
	seconds = proof_value(record, end, "Acct-Session-Time = ", text) == NULL ? 0 : strtoll(text, NULL, 10);
	(void)proof_value(record, end, "Acct-Status-Type = ", status);
	(void)proof_value(record, end, "Acct-Session-Id = ", session);
	if (!is_subjects(r->order, record, end)) {
		add_anothers(r, at - seconds, at, session,
		    strcmp(status, "Start") == 0 || strcmp(status, "Interim-Update") == 0 ||
			strcmp(status, "Alive") == 0);
		return;
	}
	proof_add(r, at - seconds, at, 1);
	if (strcmp(status, "Start") == 0 && r->count < SPANS_MAX)
		r->spans[r->count++] = (struct span){.from = at, .to = at, .is_subject = 1, .is_start = 1};
}

void
proof_read_radius(struct reading *r, const char *text)
{
	const char *p = text, *end;

	/* Records end with an empty line: that of another system is none. */
	r->is_unread |= strchr(text, '\r') != NULL;
	while (*p != '\0') {
		end = strstr(p, "\n\n");
		if (end == NULL)
			end = p + strlen(p);
		r->entry = p;
		r->entry_end = end + strspn(end, "\n");
		read_detail(r, p, end);
		p = end + strspn(end, "\n");
	}
}
