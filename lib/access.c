#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#include "access.h"

#define ADDRESS_ROOM (INET6_ADDRSTRLEN + 4)

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
	memset(l, 0, sizeof(*l));
}

int
access_copy(struct access_list *to, const struct access_list *from)
{
	*to = *from;
	to->at = NULL;
	if (from->count == 0)
		return 0;
	to->at = calloc(from->count, sizeof(*to->at));
	if (to->at == NULL) {
		to->count = 0;
		return -1;
	}
	memcpy(to->at, from->at, from->count * sizeof(*to->at));
	return 0;
}

static const char *
address_text(const struct access_event *e, char out[ADDRESS_ROOM])
{
	size_t n;

	out[0] = '\0';
	if (e->family == 0)
		return out;
	(void)inet_ntop(e->family == 4 ? AF_INET : AF_INET6, e->addr, out, INET6_ADDRSTRLEN); /* has room */
	n = strlen(out);
	(void)snprintf(out + n, ADDRESS_ROOM - n, "/%u", e->bits);
	return out;
}

static struct json *
write_event(const struct access_event *e)
{
	struct json *j = json_object();
	char address[ADDRESS_ROOM];
	int rc;

	rc = json_put_stamp(j, "time", e->time) || json_put_string(j, "kind", access_kind_text(e->kind)) ||
	     json_put_string(j, "address", address_text(e, address)) || json_put_string(j, "method", e->method) ||
	     json_put_stamp(j, "until", e->until) || json_put_string(j, "reason", e->reason) ||
	     json_put_string(j, "session", e->session) || json_put_string(j, "sha256", e->sha256);
	if (rc == 0)
		return j;
	json_free(j);
	return NULL;
}

struct json *
access_write(const struct access_list *l)
{
	struct json *j = json_object(), *list = json_array();
	int rc = 0;
	size_t i;

	for (i = 0; i < l->count && rc == 0; i++) {
		rc = -1;
		if (is_sound(&l->at[i]))
			rc = json_append(list, write_event(&l->at[i]));
		else
			errno = EINVAL;
	}
	rc |= json_put_string(j, "complete", l->is_incomplete ? "no" : "yes");
	rc |= json_put(j, "events", list);
	if (rc == 0)
		return j;
	json_free(j);
	return NULL;
}

static int
get_address(const struct json *j, struct access_event *e)
{
	char text[ADDRESS_ROOM], *slash;
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

int
access_parse(const struct json *j, struct access_list *l)
{
	const struct json *list = json_get_array(j, "events");
	const char *complete = json_get_string(j, "complete");
	struct access_event e;
	size_t i;

	memset(l, 0, sizeof(*l));
	l->is_told = 1;
	if (list == NULL || complete == NULL || json_length(list) > ACCESS_MAX)
		goto bad;
	for (i = 0; i < json_length(list); i++) {
		if (get_event(json_item(list, i), &e) == -1)
			goto bad;
		access_add(l, &e);
	}
	if (l->count != json_length(list))
		goto bad; /* no memory */
	l->is_incomplete = strcmp(complete, "yes") != 0;
	return 0;
bad:
	access_clear(l);
	errno = EINVAL;
	return -1;
}

int
access_has_xml(const struct access_list *l)
{
	return l->is_told && (l->count > 0 || l->is_incomplete);
}
