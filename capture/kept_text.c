#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

#include "kept_internal.h"

/*
 * The file of a case, CASE.IAP.json: what was known of where its subject is, and what is not believed any more.
 */
#define FORMAT_BEFORE "casetap-bindings/1"
#define FORMAT "casetap-bindings/2"
#define ADDRESS_ROOM (INET6_ADDRSTRLEN + 4)

static int
put_address(struct json *j, const struct order_prefix *p)
{
	char text[ADDRESS_ROOM] = "";
	size_t n;

	if (p->family != 0) {
		(void)inet_ntop(p->family == 4 ? AF_INET : AF_INET6, p->addr, text, INET6_ADDRSTRLEN); /* has room */
		n = strlen(text);
		(void)snprintf(text + n, sizeof(text) - n, "/%u", p->bits);
	}
	return json_put_string(j, "address", text);
}

static int
get_address(const struct json *j, struct order_prefix *p)
{
	char text[ADDRESS_ROOM], *slash;
	uint64_t bits;

	memset(p, 0, sizeof(*p));
	if (json_get_text(j, "address", text, sizeof(text)) == -1)
		return -1;
	if (text[0] == '\0')
		return 0;
	slash = strchr(text, '/');
	if (slash == NULL || text_u64(slash + 1, 0, 128, &bits) == -1)
		return -1;
	*slash = '\0';
	p->family = strchr(text, ':') == NULL ? 4 : 6;
	p->bits = (uint8_t)bits;
	return inet_pton(p->family == 4 ? AF_INET : AF_INET6, text, p->addr) == 1 ? 0 : -1;
}

static int
put_bytes(struct json *j, const char *name, const uint8_t *bytes, size_t n)
{
	char text[2 * KEPT_MORE_BYTES + 1];

	text_hex(text, bytes, n);
	return json_put_string(j, name, text);
}

/* Return how many there are, or -1. */
static int
get_bytes(const struct json *j, const char *name, uint8_t *out, size_t room)
{
	const char *text = json_get_string(j, name);
	size_t n = text == NULL ? 1 : strlen(text);

	if (n % 2 != 0 || n / 2 > room || text_unhex(out, n / 2, text) == -1)
		return -1;
	return (int)(n / 2);
}

static struct json *
write_binding(const struct kept_binding *b)
{
	struct json *j = json_object();

	if (json_put_string(j, "method", b->method) == 0 && put_address(j, &b->address) == 0 &&
	    json_put_stamp(j, "until", b->until) == 0 && json_put_stamp(j, "told", b->told) == 0 &&
	    json_put_string(j, "evidence", b->sha256) == 0 && json_put_integer(j, "transaction", b->xid) == 0 &&
	    put_bytes(j, "hardware", b->hardware, b->hardware_length) == 0 &&
	    json_put_integer(j, "link", b->has_link) == 0 && put_bytes(j, "more", b->more, b->more_length) == 0)
		return j;
	json_free(j);
	return NULL;
}

static int
parse_binding(const struct json *j, struct kept_binding *b)
{
	int hardware, more;
	uint32_t link;

	if (json_get_text(j, "method", b->method, sizeof(b->method)) == -1 || get_address(j, &b->address) == -1 ||
	    json_get_stamp(j, "until", &b->until) == -1 || json_get_stamp(j, "told", &b->told) == -1 ||
	    json_get_hash(j, "evidence", b->sha256) == -1 || json_get_u32(j, "transaction", &b->xid) == -1 ||
	    json_get_u32(j, "link", &link) == -1)
		return -1;
	hardware = get_bytes(j, "hardware", b->hardware, sizeof(b->hardware));
	more = get_bytes(j, "more", b->more, sizeof(b->more));
	if (hardware == -1 || more == -1 || link > 1)
		return -1;
	b->hardware_length = (uint8_t)hardware;
	b->more_length = (uint16_t)more;
	b->has_link = (uint8_t)link;
	return 0;
}

static int
put_session(struct json *j, const struct kept_session *s, int is_before)
{
	if (json_put_string(j, "session", s->id) == -1)
		return -1;
	return is_before || (json_put_string(j, "client", s->client) == 0 &&
				json_put_string(j, "nas_address", s->address) == 0 &&
				json_put_string(j, "nas_identifier", s->name) == 0)
		   ? 0
		   : -1;
}

static struct json *
write_over(const struct kept_over *o, int is_before)
{
	struct json *j = json_object();

	if (put_session(j, &o->session, is_before) == 0 && json_put_stamp(j, "before", o->before) == 0 &&
	    json_put_stamp(j, "until", o->until) == 0)
		return j;
	json_free(j);
	return NULL;
}

static int
put_lists(struct json *j, const struct kept *k, int is_before)
{
	struct json *bindings = json_array(), *disputed = json_array(), *over = json_array();
	uint32_t i;

	for (i = 0; i < k->count; i++)
		(void)json_append(bindings, write_binding(&k->at[i])); /* a failure shows in the count below */
	for (i = 0; i < k->disputed_count; i++)
		(void)json_append(disputed, json_string(k->disputed[i])); /* the same */
	for (i = 0; i < k->over_count; i++)
		(void)json_append(over, write_over(&k->over[i], is_before)); /* the same */
	if (json_length(bindings) != k->count || json_length(disputed) != k->disputed_count ||
	    json_length(over) != k->over_count) {
		json_free(bindings);
		json_free(disputed);
		json_free(over);
		return -1;
	}
	/* All are taken, whatever comes of it. */
	return json_put(j, "bindings", bindings) | json_put(j, "disputed", disputed) | json_put(j, "over", over);
}

/* As it is written now, or was by the version before. */
static int
write_as(const struct kept *k, const char *iap, int is_before, struct buf *out)
{
	struct json *j = json_object();
	int rc = -1;

	errno = ENOMEM;
	if (json_put_string(j, "format", is_before ? FORMAT_BEFORE : FORMAT) == 0 &&
	    json_put_string(j, "case", k->case_id) == 0 && json_put_string(j, "iap", iap) == 0 &&
	    json_put_string(j, "order", k->order) == 0 && put_lists(j, k, is_before) == 0)
		rc = kept_seal(j, out);
	json_free(j);
	return rc;
}

int
kept_write(const struct kept *k, const char *iap, struct buf *out)
{
	return write_as(k, iap, 0, out);
}

static int
parse_over(const struct json *j, int is_before, struct kept_over *o)
{
	struct kept_session *s = &o->session;

	if (json_get_hash(j, "session", s->id) == -1 || json_get_stamp(j, "before", &o->before) == -1)
		return -1;
	if (!is_before &&
	    (json_get_hash(j, "client", s->client) == -1 || json_get_hash(j, "nas_address", s->address) == -1 ||
		json_get_hash(j, "nas_identifier", s->name) == -1))
		return -1;
	return json_get_stamp(j, "until", &o->until);
}

static int
parse_lists(const struct json *j, int is_before, struct kept *k)
{
	const struct json *bindings = json_get_array(j, "bindings"), *disputed = json_get_array(j, "disputed"),
			  *over = json_get_array(j, "over");
	const char *hash;
	uint32_t i;

	if (bindings == NULL || disputed == NULL || over == NULL || json_length(bindings) > KEPT_MAX ||
	    json_length(disputed) > GIVEN_MAX || json_length(over) > KEPT_OVER_MAX)
		return -1;
	k->count = (uint32_t)json_length(bindings);
	k->disputed_count = (uint32_t)json_length(disputed);
	k->over_count = (uint32_t)json_length(over);
	for (i = 0; i < k->count; i++) {
		if (parse_binding(json_item(bindings, i), &k->at[i]) == -1)
			return -1;
	}
	for (i = 0; i < k->over_count; i++) {
		if (parse_over(json_item(over, i), is_before, &k->over[i]) == -1)
			return -1;
	}
	for (i = 0; i < k->disputed_count; i++) {
		hash = json_text(json_item(disputed, i));
		if (hash == NULL || !digest_is_hex(hash))
			return -1;
		memcpy(k->disputed[i], hash, DIGEST_HEX);
	}
	return 0;
}

int
kept_parse(const char *data, size_t n, const char *iap, struct kept *k)
{
	struct json *j = json_parse(data, n, KEPT_DEPTH);
	int is_before = kept_is_of(j, FORMAT_BEFORE), rc = -1;
	struct buf ours = BUF_INIT;

	memset(k, 0, sizeof(*k));
	if (json_get_text(j, "case", k->case_id, sizeof(k->case_id)) == 0 &&
	    json_get_hash(j, "order", k->order) == 0 && parse_lists(j, is_before, k) == 0 &&
	    kept_is_good(k, kept_size(k)) && write_as(k, iap, is_before, &ours) == 0 && kept_is_same(&ours, data, n))
		rc = 0;
	return kept_finish(j, &ours, rc);
}
