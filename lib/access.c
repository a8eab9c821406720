#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#include "access.h"

_Static_assert(ACCESS_ADDRESS_ROOM == INET6_ADDRSTRLEN + 4, "the longest address has room");

static const char *const kind_texts[ACCESS_KINDS] = {
    [ACCESS_ATTEMPT] = "access-attempt",
    [ACCESS_ACCEPTED] = "access-accepted",
    [ACCESS_REJECTED] = "access-rejected",
    [ACCESS_FAILED] = "access-failed",
    [ACCESS_SESSION_START] = "session-start",
    [ACCESS_ESTABLISHED] = "session-already-established",
    [ACCESS_SESSION_END] = "session-end",
    [ACCESS_ASSIGNED] = "address-assigned",
    [ACCESS_RENEWED] = "address-renewed",
    [ACCESS_RELEASED] = "address-released",
    [ACCESS_DELEGATED] = "prefix-delegated",
    [ACCESS_SERVICE_CHANGED] = "service-changed",
};

const char *
access_kind_text(enum access_kind kind)
{
	return kind_texts[kind];
}

static int
is_word(const char *s, const char *alphabet, size_t room)
{
	size_t n = strspn(s, alphabet);

	return n < room && s[n] == '\0';
}

static int
is_sound(const struct access_event *e)
{
	return (unsigned)e->kind < ACCESS_KINDS && e->time != STAMP_NONE &&
	       (e->family == 0 || (e->family == 4 && e->bits <= 32) || (e->family == 6 && e->bits <= 128)) &&
	       e->method[0] != '\0' &&
	       is_word(e->method, "abcdefghijklmnopqrstuvwxyz0123456789-", sizeof(e->method)) &&
	       is_word(e->reason, "abcdefghijklmnopqrstuvwxyz-", sizeof(e->reason)) &&
	       text_is_printable(e->session, strlen(e->session)) &&
	       (e->sha256[0] == '\0' || digest_is_hex(e->sha256));
}

void
access_add(struct access_list *l, const struct access_event *e)
{
	struct access_event *grown;

	if (l->count == ACCESS_MAX || !is_sound(e)) {
		l->is_incomplete = 1;
		return;
	}
	grown = reallocarray(l->at, l->count + 1, sizeof(*grown));
	if (grown == NULL) {
		l->is_incomplete = 1;
		return;
	}
	l->at = grown;
	l->at[l->count++] = *e;
}

void
access_clear(struct access_list *l)
{
	free(l->at);
	free(l->held);
	memset(l, 0, sizeof(*l));
}

int
access_is_same_address(const struct access_event *a, const struct access_event *b)
{
	return a->family == b->family && a->bits == b->bits && memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

static void
hold(struct access_list *l, const struct access_event *e)
{
	struct access_event *grown = NULL;

	if (l->held_count < ACCESS_HELD_MAX && is_sound(e))
		grown = reallocarray(l->held, l->held_count + 1, sizeof(*grown));
	if (grown == NULL) {
		l->is_incomplete = 1;
		return;
	}
	l->held = grown;
	l->held[l->held_count++] = *e;
}

void
access_hold(struct access_list *l, const struct access_event *e)
{
	size_t i;

	if (e->family == 0 || (e->kind != ACCESS_ASSIGNED && e->kind != ACCESS_ESTABLISHED &&
				  e->kind != ACCESS_DELEGATED && e->kind != ACCESS_RELEASED))
		return;
	for (i = l->held_count; i > 0; i--) {
		/* Two ways to the same address begin and end each for itself. */
		if (!access_is_same_address(&l->held[i - 1], e) || strcmp(l->held[i - 1].method, e->method) != 0)
			continue;
		l->held_count--;
		memmove(&l->held[i - 1], &l->held[i], (l->held_count - i + 1) * sizeof(*l->held));
	}
	if (e->kind != ACCESS_RELEASED)
		hold(l, e);
}

static int
copy_events(struct access_event **to, const struct access_event *from, size_t count)
{
	*to = NULL;
	if (count == 0)
		return 0;
	*to = calloc(count, sizeof(**to));
	if (*to == NULL)
		return -1;
	memcpy(*to, from, count * sizeof(**to));
	return 0;
}

int
access_copy_held(struct access_list *to, const struct access_list *from)
{
	if (copy_events(&to->held, from->held, from->held_count) == -1)
		return -1;
	to->held_count = from->held_count;
	return 0;
}

int
access_copy(struct access_list *to, const struct access_list *from)
{
	memset(to, 0, sizeof(*to));
	if (copy_events(&to->at, from->at, from->count) == -1)
		return -1;
	to->count = from->count;
	to->is_told = from->is_told;
	to->is_incomplete = from->is_incomplete;
	if (access_copy_held(to, from) == 0)
		return 0;
	access_clear(to);
	return -1;
}

char *
access_address_text(const struct access_event *e, char out[ACCESS_ADDRESS_ROOM])
{
	size_t n;

	out[0] = '\0';
	if (e->family == 0)
		return out;
	(void)inet_ntop(e->family == 4 ? AF_INET : AF_INET6, e->addr, out, INET6_ADDRSTRLEN); /* has room */
	n = strlen(out);
	(void)snprintf(out + n, ACCESS_ADDRESS_ROOM - n, "/%u", e->bits);
	return out;
}

static struct json *
write_event(const struct access_event *e)
{
	struct json *j = json_object();
	char address[ACCESS_ADDRESS_ROOM];
	int rc;

	rc = json_put_stamp(j, "time", e->time) || json_put_string(j, "kind", access_kind_text(e->kind)) ||
	     json_put_string(j, "address", access_address_text(e, address)) ||
	     json_put_string(j, "method", e->method) || json_put_stamp(j, "until", e->until) ||
	     json_put_string(j, "reason", e->reason) || json_put_string(j, "session", e->session) ||
	     json_put_string(j, "sha256", e->sha256);
	if (rc == 0)
		return j;
	json_free(j);
	return NULL;
}

static struct json *
write_events(const struct access_event *at, size_t count)
{
	struct json *list = json_array();
	size_t i;

	for (i = 0; i < count; i++) {
		if (!is_sound(&at[i]) || json_append(list, write_event(&at[i])) == -1) {
			json_free(list);
			errno = EINVAL;
			return NULL;
		}
	}
	return list;
}

struct json *
access_write(const struct access_list *l)
{
	struct json *j = json_object();
	int rc;

	rc = json_put_string(j, "complete", l->is_incomplete ? "no" : "yes") ||
	     json_put(j, "held", write_events(l->held, l->held_count)) ||
	     json_put(j, "events", write_events(l->at, l->count));
	if (rc == 0)
		return j;
	json_free(j);
	return NULL;
}

static int
get_address(const struct json *j, struct access_event *e)
{
	char text[ACCESS_ADDRESS_ROOM], *slash;
	int family;

	if (json_get_text(j, "address", text, sizeof(text)) == -1)
		return -1;
	if (text[0] == '\0')
		return 0;
	slash = strchr(text, '/');
	if (slash == NULL || slash[1] < '0' || slash[1] > '9')
		return -1;
	*slash = '\0';
	family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	e->family = family == AF_INET6 ? 6 : 4;
	e->bits = (uint8_t)strtoul(slash + 1, NULL, 10); /* whoever reads a record writes it again to compare */
	return inet_pton(family, text, e->addr) == 1 ? 0 : -1;
}

static int
get_event(const struct json *j, struct access_event *e)
{
	const char *kind = json_get_string(j, "kind");
	unsigned k;

	memset(e, 0, sizeof(*e));
	for (k = 0; kind != NULL && k < ACCESS_KINDS && strcmp(kind, kind_texts[k]) != 0; k++)
		;
	e->kind = k;
	if (kind == NULL || k == ACCESS_KINDS || get_address(j, e) == -1 ||
	    json_get_stamp(j, "time", &e->time) == -1 || json_get_stamp(j, "until", &e->until) == -1 ||
	    json_get_text(j, "method", e->method, sizeof(e->method)) == -1 ||
	    json_get_text(j, "reason", e->reason, sizeof(e->reason)) == -1 ||
	    json_get_text(j, "session", e->session, sizeof(e->session)) == -1 ||
	    json_get_hash(j, "sha256", e->sha256) == -1 || !is_sound(e))
		return -1;
	return 0;
}

/* Read a list of events, each added by ${add}. */
static int
get_events(const struct json *list, size_t max, struct access_list *l,
    void add(struct access_list *, const struct access_event *))
{
	struct access_event e;
	size_t i;

	if (list == NULL || json_length(list) > max)
		return -1;
	for (i = 0; i < json_length(list); i++) {
		if (get_event(json_item(list, i), &e) == -1)
			return -1;
		add(l, &e);
	}
	return 0;
}

int
access_parse(const struct json *j, struct access_list *l)
{
	const char *complete = json_get_string(j, "complete");

	memset(l, 0, sizeof(*l));
	l->is_told = 1;
	if (complete == NULL || get_events(json_get_array(j, "held"), ACCESS_HELD_MAX, l, hold) == -1 ||
	    get_events(json_get_array(j, "events"), ACCESS_MAX, l, access_add) == -1 || l->is_incomplete) {
		access_clear(l);
		errno = EINVAL;
		return -1;
	}
	l->is_incomplete = strcmp(complete, "yes") != 0;
	return 0;
}

int
access_has_xml(const struct access_list *l)
{
	return l->is_told && (l->count > 0 || l->is_incomplete);
}
