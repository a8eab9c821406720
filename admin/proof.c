#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proof.h"
#include "proof_plan.h"

#define SPANS_MAX 4096 /* so many leases or sessions of the one address are looked at */

/* Who had the address from when to when. */
struct span {
	int64_t from, to; /* seconds since 1970; to: INT64_MAX for no end */
	int is_subject;
};

struct reading {
	const struct order *order;
	char address[64];
	struct span spans[SPANS_MAX];
	size_t count;
	int is_full;
	const char *entry, *entry_end; /* what is being read */
	int64_t want_from, want_to;    /* the time that is to be shown */
	struct buf *kept;              /* the subject's entries of that time */
};

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

static int
is_mac(const struct order *o, const char *text)
{
	return proof_is_own_mac(o, text, strlen(text));
}

/* Keep the entry at hand, once, if it is the subject's and tells of the time. */
static void
keep(struct reading *r, int64_t from, int64_t to, int is_subject)
{
	if (!is_subject || from > r->want_to || to < r->want_from || r->entry == NULL)
		return;
	(void)buf_put(r->kept, r->entry, (size_t)(r->entry_end - r->entry)); /* the buffer remembers */
	r->entry = NULL;
}

/* A later word about what began at the same time takes the place of the earlier one. */
static void
add(struct reading *r, int64_t from, int64_t to, int is_subject)
{
	size_t i;

	keep(r, from, to, is_subject);
	for (i = 0; i < r->count; i++) {
		if (r->spans[i].from == from && r->spans[i].is_subject == is_subject) {
			r->spans[i].to = to;
			return;
		}
	}
	if (r->count == SPANS_MAX) {
		r->is_full = 1;
		return;
	}
	r->spans[r->count++] = (struct span){from, to, is_subject};
}

/* What the owner had before ends no later than a later word of it says: it was given up. */
static void
cut(struct reading *r, int64_t from, int64_t to, int is_subject)
{
	size_t i;

	keep(r, from, to, is_subject);
	for (i = 0; i < r->count; i++) {
		if (r->spans[i].is_subject == is_subject && r->spans[i].from <= from && r->spans[i].to > to)
			r->spans[i].to = to;
	}
}

/* The value behind "KEY " on a line of its own in a block, up to a ';'. */
static const char *
value_of(const char *block, const char *end, const char *key, char out[128])
{
	size_t n = strlen(key);
	const char *p = block, *stop;

	for (; p != NULL && p < end; p = memchr(p, '\n', (size_t)(end - p)), p = p == NULL ? NULL : p + 1) {
		p += strspn(p, " \t");
		if ((size_t)(end - p) <= n || strncmp(p, key, n) != 0)
			continue;
		p += n;
		stop = p + strcspn(p, ";\n");
		(void)snprintf(out, 128, "%.*s", (int)(stop - p), p); /* a longer one is none of ours */
		return out;
	}
	return NULL;
}

/* "4 2026/11/20 00:00:00", UTC; "never". */
static int64_t
isc_time(const char *s)
{
	struct tm tm = {.tm_isdst = 0};

	if (s == NULL || strncmp(s, "never", 5) == 0)
		return INT64_MAX;
	if (sscanf(s, "%*d %d/%d/%d %d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
		&tm.tm_sec) != 6)
		return INT64_MIN;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (int64_t)timegm(&tm);
}

static void
read_isc(struct reading *r, const char *text)
{
	char head[80], starts[128], ends[128], mac[128];
	const char *p = text, *end;
	int64_t from, to;
	int is_subject;

	(void)snprintf(head, sizeof(head), "lease %s {", r->address); /* has room */
	while ((p = strstr(p, head)) != NULL) {
		end = strchr(p, '}');
		if (end == NULL)
			break;
		r->entry = p;
		r->entry_end = end + 1 + strspn(end + 1, "\n");
		p = strchr(p, '\n');
		if (p == NULL)
			break;
		from = isc_time(value_of(p, end, "starts ", starts));
		to = isc_time(value_of(p, end, "ends ", ends));
		is_subject = value_of(p, end, "hardware ethernet ", mac) != NULL && is_mac(r->order, mac);
		if (from != INT64_MIN && from != INT64_MAX && to != INT64_MIN) {
			cut(r, from, to, is_subject);
			add(r, from, to, is_subject);
		}
		p = end;
	}
}

/* address,hwaddr,client_id,valid_lifetime,expire,...  A lifetime of 0: given up. */
static void
read_kea(struct reading *r, const char *text)
{
	char address[64], mac[64] = "";
	long long lifetime, expire;
	const char *p = text;

	for (; p != NULL && *p != '\0'; p = strchr(p, '\n'), p = p == NULL ? NULL : p + 1) {
		if (sscanf(p, "%63[^,],%63[^,],%*[^,],%lld,%lld", address, mac, &lifetime, &expire) != 4 &&
		    sscanf(p, "%63[^,],%63[^,],,%lld,%lld", address, mac, &lifetime, &expire) != 4) {
			mac[0] = '\0'; /* known by its client id alone: anyone else's */
			if (sscanf(p, "%63[^,],,%*[^,],%lld,%lld", address, &lifetime, &expire) != 3 &&
			    sscanf(p, "%63[^,],,,%lld,%lld", address, &lifetime, &expire) != 3)
				continue;
		}
		if (strcmp(address, r->address) != 0)
			continue;
		r->entry = p;
		r->entry_end = p + strcspn(p, "\n");
		r->entry_end += *r->entry_end == '\n';
		if (lifetime == 0)
			cut(r, expire, expire, is_mac(r->order, mac));
		else if (lifetime > 0)
			add(r, expire - lifetime, expire, is_mac(r->order, mac));
	}
}

/* One record of a detail file: lines up to an empty one. */
static void
read_detail(struct reading *r, const char *record, const char *end)
{
	char text[128], name[128], *quote;
	int64_t at, seconds;
	int is_subject = 0;

	if (value_of(record, end, "Framed-IP-Address = ", text) == NULL || strcmp(text, r->address) != 0 ||
	    value_of(record, end, "Timestamp = ", text) == NULL)
		return;
	at = strtoll(text, NULL, 10);
	if (value_of(record, end, "Acct-Delay-Time = ", name) != NULL)
		at -= strtoll(name, NULL, 10);
	seconds = value_of(record, end, "Acct-Session-Time = ", text) == NULL ? 0 : strtoll(text, NULL, 10);
	if (value_of(record, end, "User-Name = \"", name) != NULL && (quote = strchr(name, '"')) != NULL)
		is_subject |= is_identity(r->order, ORDER_RADIUS_USER, name, (size_t)(quote - name));
	if (value_of(record, end, "Calling-Station-Id = \"", name) != NULL && (quote = strchr(name, '"')) != NULL)
		is_subject |= is_identity(r->order, ORDER_RADIUS_CALLING, name, (size_t)(quote - name)) ||
			      proof_is_own_mac(r->order, name, (size_t)(quote - name));
	add(r, at - seconds, at, is_subject);
}

static void
read_radius(struct reading *r, const char *text)
{
	const char *p = text, *end;

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

/* A lease that is written down and not given. */
static int
is_disabled(const char *line, const char *end)
{
	const char *at = strstr(line, "disabled=yes");

	return at != NULL && at < end;
}

/* Words of one "add" line, perhaps continued by a backslash. */
static void
read_mikrotik(struct reading *r, const char *text)
{
	char address[80], mac[32];
	const char *p = text, *end, *at;
	int is_subject;

	while ((p = strstr(p, "add ")) != NULL) {
		for (end = p + strcspn(p, "\n"); *end == '\n' && end[-1] == '\\'; end += strcspn(end, "\n"))
			end++;
		r->entry = p;
		r->entry_end = end + (*end == '\n');
		at = strstr(p, "address=");
		while (at != NULL && at < end && at[-1] == '-')
			at = strstr(at + 1, "address=");
		if (is_disabled(p, end)) {
			p = end;
			continue;
		}
		if (at != NULL && at < end && sscanf(at, "address=%79[^ \r\n\\]", address) == 1 &&
		    strcmp(address, r->address) == 0) {
			at = strstr(p, "mac-address=");
			is_subject = at != NULL && at < end && sscanf(at, "mac-address=%31[^ \r\n\\]", mac) == 1 &&
				     is_mac(r->order, mac);
			add(r, INT64_MIN + 1, INT64_MAX, is_subject);
		}
		p = end;
	}
}

/* Is all of [from, to) the subject's, and none of it anyone else's? */
static const char *
judge(const struct reading *r, int64_t from, int64_t to)
{
	int64_t covered = from;
	size_t i;
	int grows = 1;

	if (r->is_full)
		return "the proof has too much about the address";
	for (i = 0; i < r->count; i++) {
		if (!r->spans[i].is_subject && r->spans[i].from < to && r->spans[i].to > from)
			return "by the proof the address was another's for a part of that time";
	}
	while (grows && covered < to) {
		grows = 0;
		for (i = 0; i < r->count; i++) {
			if (r->spans[i].is_subject && r->spans[i].from <= covered && r->spans[i].to > covered) {
				covered = r->spans[i].to;
				grows = 1;
			}
		}
	}
	return covered >= to ? NULL : "the proof does not show that the subject had the address all that time";
}

/* It is kept whole. */
static const char *
judge_plan(const struct reading *r, const struct order_prefix *address, const struct buf *text)
{
	const char *why = proof_plan_judge(r->order, address, text);

	if (why == NULL && text->len > 0 && buf_put(r->kept, text->data, text->len) == -1)
		why = "out of memory";
	return why;
}

/* The log, and once more what is kept of it: it must show the same by itself. */
static const char *
judge_log(struct reading *r, void (*read)(struct reading *, const char *), const struct buf *text)
{
	struct buf *kept = r->kept, ignored = BUF_INIT;
	const char *why;

	read(r, text->data);
	why = buf_failed(kept) ? "out of memory" : judge(r, r->want_from, r->want_to);
	if (why == NULL) {
		r->count = 0;
		r->kept = &ignored;
		read(r, kept->len == 0 ? "" : kept->data);
		why = judge(r, r->want_from, r->want_to);
		buf_free(&ignored);
	}
	return why;
}

const char *
proof_judge(const struct binding *b, const struct order *o, const struct buf *text, struct buf *kept)
{
	static void (*const readers[])(struct reading *, const char *) = {[BINDING_ISC] = read_isc,
	    [BINDING_KEA] = read_kea,
	    [BINDING_RADIUS] = read_radius,
	    [BINDING_MIKROTIK] = read_mikrotik};
	struct reading *r;
	const char *why;

	if (b->kind != BINDING_PLAN && (text->len == 0 || memchr(text->data, '\0', text->len) != NULL))
		return "the proof is no text";
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return "out of memory";
	r->order = o;
	r->kept = kept;
	/* Their times are whole seconds. */
	r->want_from = b->from / STAMP_SECOND;
	r->want_to = (b->until + STAMP_SECOND - 1) / STAMP_SECOND;
	binding_address_format(&b->address, r->address);
	why = b->kind == BINDING_PLAN ? judge_plan(r, &b->address, text) : judge_log(r, readers[b->kind], text);
	free(r);
	return why;
}
