#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify_orders_internal.h"

#define FILES_MAX 4096
#define USES_MAX 10000
#define CLAIMS_MAX 4096 /* one an access point and revision, unless a memory was lost */
#define KEYRINGS_MAX 4096

struct verify_orders *
verify_orders_new(const char *case_id)
{
	struct verify_orders *o = calloc(1, sizeof(*o));

	if (o != NULL)
		(void)snprintf(o->case_id, sizeof(o->case_id), "%s", case_id); /* a case ID fits */
	return o;
}

void
verify_orders_know(struct verify_orders *o, const struct verify_versions *versions)
{
	o->versions = versions;
}

const struct verify_versions *
verify_orders_known(const struct verify_orders *o)
{
	return o->versions;
}

void
verify_orders_free(struct verify_orders *o)
{
	size_t i;

	if (o == NULL)
		return;
	for (i = 0; i < o->file_count; i++)
		buf_free(&o->files[i].text);
	for (i = 0; i < o->use_count; i++)
		order_free(o->uses[i].order);
	free(o->files);
	free(o->uses);
	free(o->claims);
	free(o->keyrings);
	free(o);
}

const struct orders_file *
orders_file(const struct verify_orders *o, const char *name)
{
	size_t i;

	for (i = 0; i < o->file_count; i++) {
		if (strcmp(o->files[i].name, name) == 0)
			return &o->files[i];
	}
	return NULL;
}

const struct buf *
verify_orders_text(const struct verify_orders *o, const char *name)
{
	const struct orders_file *f = orders_file(o, name);

	return f == NULL ? NULL : &f->text;
}

const char *
verify_orders_file(const struct verify_orders *o, size_t i, const struct buf **text)
{
	if (i >= o->file_count)
		return NULL;
	*text = &o->files[i].text;
	return o->files[i].name;
}

static int
same_text(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static int
take_file(struct verify_orders *o, const struct package_order *from, stamp_t sealed, const char *where,
    struct verify_result *result)
{
	const struct orders_file *before = orders_file(o, from->name);
	struct orders_file *grown;

	if (before != NULL) {
		if (!same_text(&before->text, &from->text))
			verify_say(
			    result, VERIFY_TAMPERED, where, "holds another %s than %s", from->name, before->where);
		return 0;
	}
	if (o->file_count == FILES_MAX) {
		verify_say(result, VERIFY_MALFORMED, where, "more order files than a case can have");
		return 0;
	}
	grown = reallocarray(o->files, o->file_count + 1, sizeof(*grown));
	if (grown == NULL)
		return -1;
	o->files = grown;
	grown = &o->files[o->file_count];
	memset(grown, 0, sizeof(*grown));
	memcpy(grown->name, from->name, sizeof(grown->name));
	grown->where = where;
	grown->sealed = sealed;
	if (from->text.len > 0 && buf_put(&grown->text, from->text.data, from->text.len) == -1)
		return -1;
	o->file_count++;
	return 0;
}

static struct orders_use *
find_use(struct verify_orders *o, const struct slice_head *h)
{
	size_t i;

	for (i = 0; i < o->use_count; i++) {
		if (o->uses[i].revision == h->revision && strcmp(o->uses[i].sha256, h->order_sha256) == 0)
			return &o->uses[i];
	}
	return NULL;
}

struct orders_use *
orders_new_use(struct verify_orders *o, uint32_t revision, const char *sha256, stamp_t at, const char *where)
{
	struct orders_use *u = reallocarray(o->uses, o->use_count + 1, sizeof(*u));

	if (u == NULL)
		return NULL;
	o->uses = u;
	u = &o->uses[o->use_count++];
	memset(u, 0, sizeof(*u));
	u->revision = revision;
	(void)snprintf(u->sha256, sizeof(u->sha256), "%s", sha256); /* a hash, or "" */
	u->at = at;
	u->where = where;
	u->first_frame = u->last_frame = STAMP_NONE;
	return u;
}

static int
is_claim(const struct orders_claim *c, const struct slice_head *h)
{
	return c->revision == h->revision && strcmp(c->sha256, h->order_sha256) == 0 && strcmp(c->iap, h->iap) == 0 &&
	       strcmp(c->accepted.keyring_sha256, h->accepted.keyring_sha256) == 0 &&
	       (c->accepted.keyring_sha256[0] == '\0' || c->accepted.at == h->accepted.at);
}

/* Note what the record says of when its revision was accepted.  Return 0, or -1 with errno ENOMEM. */
static int
take_claim(struct verify_orders *o, const struct package_facts *f, stamp_t at, const char *where,
    struct verify_result *result)
{
	const struct slice_head *h = f->is_gap ? &f->gap.head : &f->slice.head;
	struct orders_claim *c;
	size_t i;

	/* A gap is also declared by who knows of the order only by what was sealed: it says nothing, and claims nothing. */
	if (f->is_gap && h->accepted.keyring_sha256[0] == '\0')
		return 0;
	for (i = 0; i < o->claim_count && !is_claim(&o->claims[i], h); i++)
		;
	if (i == CLAIMS_MAX) {
		verify_say(result, VERIFY_MALFORMED, where, "more accounts of when orders were accepted than can be");
		return 0;
	}
	if (i == o->claim_count) {
		c = reallocarray(o->claims, o->claim_count + 1, sizeof(*c));
		if (c == NULL)
			return -1;
		o->claims = c;
		c += o->claim_count++;
		memset(c, 0, sizeof(*c));
		c->revision = h->revision;
		memcpy(c->sha256, h->order_sha256, sizeof(c->sha256));
		memcpy(c->iap, h->iap, sizeof(c->iap));
		c->accepted = h->accepted;
		c->first = at;
		c->last = STAMP_NONE;
		c->where = where;
	}
	c = &o->claims[i];
	if (at < c->first)
		c->first = at;
	if (!f->is_gap && (c->last == STAMP_NONE || at > c->last))
		c->last = at;
	return 0;
}

int
verify_orders_keyring(struct verify_orders *o, uint64_t version, stamp_t at)
{
	struct orders_keyring *grown;
	size_t i;

	for (i = 0; i < o->keyring_count && o->keyrings[i].version != version; i++)
		;
	if (i == KEYRINGS_MAX)
		return 0; /* nobody has so many: what is not known contradicts nothing */
	if (i == o->keyring_count) {
		grown = reallocarray(o->keyrings, o->keyring_count + 1, sizeof(*grown));
		if (grown == NULL)
			return -1;
		o->keyrings = grown;
		o->keyrings[o->keyring_count++] = (struct orders_keyring){version, at};
	}
	if (at < o->keyrings[i].at)
		o->keyrings[i].at = at;
	return 0;
}

int
verify_orders_acceptance(const struct verify_orders *o, size_t i, struct verify_acceptance *a)
{
	if (i >= o->claim_count)
		return 0;
	a->revision = o->claims[i].revision;
	a->accepted = o->claims[i].accepted;
	memcpy(a->iap, o->claims[i].iap, sizeof(a->iap));
	a->last = o->claims[i].last;
	a->where = o->claims[i].where;
	memcpy(a->sha256, o->claims[i].sha256, sizeof(a->sha256));
	return 1;
}

int
verify_orders_package(
    struct verify_orders *o, const struct package_facts *f, const char *where, struct verify_result *result)
{
	const struct slice_head *h = f->is_gap ? &f->gap.head : &f->slice.head;
	stamp_t at = f->is_gap ? f->gap.written : f->slice.open.realtime;
	struct orders_use *u;
	size_t i;

	for (i = 0; i < f->order_count; i++) {
		if (take_file(o, &f->orders[i], f->sealed, where, result) == -1)
			return -1;
	}
	if (h->order_sha256[0] == '\0') {
		/* A number that was lost before any slice was sealed knows no order; nothing is captured without one. */
		if (!f->is_gap)
			verify_say(result, VERIFY_TAMPERED, where, "number %" PRIu64 " holds a slice under no order",
			    f->names.seq);
		return 0;
	}
	u = find_use(o, h);
	if (u == NULL && o->use_count == USES_MAX) {
		verify_say(result, VERIFY_MALFORMED, where, "more revisions than a case can have");
		return 0;
	}
	if (u == NULL)
		u = orders_new_use(o, h->revision, h->order_sha256, at, where);
	if (u == NULL || take_claim(o, f, at, where, result) == -1)
		return -1;
	u->is_named = 1;
	if (at < u->at)
		u->at = at;
	if (f->is_gap || f->slice.frames == 0)
		return 0;
	if (u->first_frame == STAMP_NONE || f->slice.first_frame < u->first_frame)
		u->first_frame = f->slice.first_frame;
	if (u->last_frame == STAMP_NONE || f->slice.last_frame > u->last_frame)
		u->last_frame = f->slice.last_frame;
	return 0;
}
