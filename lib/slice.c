#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bootid.h"
#include "clockstate.h"
#include "digest.h"
#include "json.h"
#include "text.h"

#include "slice.h"

#define SLICE_FORMAT "casetap-slice/1"
#define GAP_FORMAT "casetap-gap/1"

static const char *const state_texts[] = {"closed", "recovered", "suspect"};
static const char *const rolled_texts[] = {"time", "size", "stop", "order-end", "order-change", "config-change",
    "clock-step", "link-change", "fsync-failed", "reader-lost", "recovered", "source-end"};

const char *
slice_state_text(enum slice_state state)
{
	return state_texts[state];
}

const char *
slice_rolled_text(enum slice_rolled rolled)
{
	return rolled_texts[rolled];
}

int
slice_is_suspect(const struct slice_record *r)
{
	return r->state == SLICE_SUSPECT || r->rolled == SLICE_FSYNC_FAILED;
}

/* Counters are 64-bit, JSON integers 63: what does not fit makes the put fail. */
static struct json *
number(uint64_t n)
{
	return n > INT64_MAX ? NULL : json_integer((int64_t)n);
}

static int
put_number(struct json *j, const char *name, uint64_t n)
{
	return json_put(j, name, number(n));
}

/* Members stand in the text in the order in which they are put: one is put after the other, by || and never by |. */
static int
put_identity(struct json *j, const char *format, const struct slice_head *h)
{
	int rc = json_put_string(j, "format", format) || json_put_string(j, "case", h->case_id) ||
		 put_number(j, "content_id", h->content_id) || json_put_string(j, "iap", h->iap) ||
		 put_number(j, "seq", h->seq) || json_put_string(j, "prev", h->prev);

	return rc ? -1 : 0;
}

static int
put_window(struct json *j, const struct slice_head *h)
{
	struct json *window = json_object();
	int rc = json_put_stamp(window, "from", h->from) || json_put_stamp(window, "to", h->to);

	return json_put(j, "window", window) || rc ? -1 : 0;
}

static int
put_order(struct json *j, const struct slice_head *h)
{
	struct json *order = json_object();
	int rc =
	    json_put_integer(order, "revision", h->revision) || json_put_string(order, "sha256", h->order_sha256);

	/* Only where it is known: programs of before did not remember. */
	if (rc == 0 && h->accepted.keyring_sha256[0] != '\0')
		rc = json_put_stamp(order, "accepted", h->accepted.at) ||
		     json_put_string(order, "keyring_sha256", h->accepted.keyring_sha256);
	return json_put(j, "order", order) || rc ? -1 : 0;
}

static int
put_maker(struct json *j, const struct slice_head *h)
{
	int rc = json_put_string(j, "program", h->program) || json_put_string(j, "build", h->build) ||
		 json_put_string(j, "config_sha256", h->config_sha256);

	return rc ? -1 : 0;
}

static int
put_frames(struct json *j, const struct slice_record *r)
{
	int rc = json_put_stamp(j, "first_frame", r->first_frame) || json_put_stamp(j, "last_frame", r->last_frame) ||
		 put_number(j, "frames", r->frames) || put_number(j, "bytes", r->bytes) ||
		 put_number(j, "file_bytes", r->file_bytes) ||
		 put_number(j, "truncated_frames", r->truncated_frames) ||
		 put_number(j, "late_frames", r->late_frames) || json_put_string(j, "sha256", r->sha256);

	return rc ? -1 : 0;
}

/* "eth1 eth2" as ["eth1","eth2"]. */
static int
put_interfaces(struct json *j, const char *names)
{
	struct json *list = json_array();
	char name[sizeof(((struct slice_record *)0)->interfaces)];
	int rc = 0;
	size_t n;

	while (*names != '\0') {
		n = strcspn(names, " ");
		memcpy(name, names, n);
		name[n] = '\0';
		rc |= json_append(list, json_string(name));
		names += n;
		names += *names == ' ';
	}
	return json_put(j, "interfaces", list) || rc ? -1 : 0;
}

static int
put_source(struct json *j, const struct slice_record *r)
{
	struct json *source = json_object();
	int rc = json_put_string(source, "kind", r->head.from_file ? "file" : "live") ||
		 json_put_string(source, "name", r->source_name) ||
		 json_put_string(source, "sha256", r->source_sha256);

	return json_put(j, "source", source) || rc ? -1 : 0;
}

/* The source of a gap: only which of the two it is. */
static int
put_kind(struct json *j, const struct slice_head *h)
{
	struct json *source = json_object();
	int rc = json_put_string(source, "kind", h->from_file ? "file" : "live");

	return json_put(j, "source", source) || rc ? -1 : 0;
}

static int
put_filter(struct json *j, const char *expression)
{
	struct json *filter;
	char hex[DIGEST_HEX];
	int rc;

	if (expression == NULL)
		return json_put(j, "filter", json_null());
	if (digest_hex_of(expression, strlen(expression), hex) == -1)
		return -1;
	filter = json_object();
	rc = json_put_string(filter, "expression", expression) || json_put_string(filter, "sha256", hex);
	return json_put(j, "filter", filter) || rc ? -1 : 0;
}

static int
put_loss(struct json *j, const struct slice_record *r)
{
	struct json *loss = json_object();
	int rc = json_put_string(loss, "shared", r->shared_loss ? "possible" : "zero") ||
		 json_put_stamp(loss, "from", r->loss_from) || json_put_stamp(loss, "to", r->loss_to) ||
		 put_number(loss, "disk", r->lost_disk) || put_number(loss, "quota", r->lost_quota);

	return json_put(j, "loss", loss) || rc ? -1 : 0;
}

static int
put_gaps(struct json *j, const struct slice_record *r)
{
	struct json *list = json_array(), *gap;
	int rc = 0;
	size_t i;

	for (i = 0; i < r->gap_count; i++) {
		gap = json_object();
		rc |= json_put_stamp(gap, "from", r->gaps[i].from) || json_put_stamp(gap, "to", r->gaps[i].to) ||
		      json_put_string(gap, "reason", r->gaps[i].reason);
		rc |= json_append(list, gap);
	}
	return json_put(j, "gaps", list) || rc ? -1 : 0;
}

/* Only where the case asks for access events. */
static int
put_access(struct json *j, const struct slice_record *r)
{
	return r->access.is_told ? json_put(j, "access", access_write(&r->access)) : 0;
}

static int
put_reading(struct json *j, const char *name, const struct slice_clock *c)
{
	struct json *clock = json_object();
	int rc = json_put_stamp(clock, "realtime", c->realtime) ||
		 json_put_integer(clock, "boottime_ns", c->boottime) ||
		 json_put_string(clock, "boot_id", c->boot_id) ||
		 json_put_integer(clock, "adjtimex_state", c->adj_state) ||
		 json_put_integer(clock, "adjtimex_status", c->adj_status) ||
		 json_put_integer(clock, "maxerror_us", c->maxerror_us) ||
		 json_put_integer(clock, "esterror_us", c->esterror_us);

	return json_put(j, name, clock) || rc ? -1 : 0;
}

static int
put_clock(struct json *j, const struct slice_record *r)
{
	struct json *clock = json_object();
	int rc = put_reading(clock, "open", &r->open) || put_reading(clock, "close", &r->close);

	return json_put(j, "clock", clock) || rc ? -1 : 0;
}

static int
is_hex_or_empty(const char *s)
{
	return *s == '\0' || digest_is_hex(s);
}

static int
is_reason(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz-");

	return n > 0 && n < SLICE_REASON_ROOM && s[n] == '\0';
}

static int
is_sound_head(const struct slice_head *h)
{
	return names_is_case(h->case_id) && names_is_iap(h->iap) && h->seq >= 1 && h->seq <= NAMES_SEQ_MAX &&
	       is_hex_or_empty(h->prev) && h->from != STAMP_NONE && h->to != STAMP_NONE && h->from <= h->to &&
	       is_hex_or_empty(h->order_sha256) && is_hex_or_empty(h->config_sha256) &&
	       (h->accepted.keyring_sha256[0] == '\0' ||
		   (digest_is_hex(h->accepted.keyring_sha256) && h->accepted.at != STAMP_NONE));
}

static int
is_sound_slice(const struct slice_record *r)
{
	size_t i;

	if (!is_sound_head(&r->head) || !is_hex_or_empty(r->sha256) || !is_hex_or_empty(r->source_sha256) ||
	    r->gap_count > SLICE_GAPS_MAX)
		return 0;
	for (i = 0; i < r->gap_count; i++)
		if (r->gaps[i].from > r->gaps[i].to || !is_reason(r->gaps[i].reason))
			return 0;
	return 1;
}

/* Append the text of ${j} if all its members could be put, and free it. */
static int
finish(struct json *j, int put, struct buf *out)
{
	int rc = -1;

	if (put == 0)
		rc = json_write(j, out);
	json_free(j);
	return rc;
}

int
slice_record_write(const struct slice_record *r, struct buf *out)
{
	struct json *j;
	int rc;

	if (!is_sound_slice(r)) {
		errno = EINVAL;
		return -1;
	}
	j = json_object();
	rc = put_identity(j, SLICE_FORMAT, &r->head) || json_put_string(j, "state", slice_state_text(r->state)) ||
	     json_put_string(j, "rolled", slice_rolled_text(r->rolled)) || put_window(j, &r->head) ||
	     put_frames(j, r) || json_put_string(j, "scope", order_scope_text(r->scope)) ||
	     json_put_integer(j, "snaplen", r->snaplen) || json_put_integer(j, "linktype", r->linktype) ||
	     json_put_string(j, "timestamps", r->nano ? "nano" : "micro") || put_interfaces(j, r->interfaces) ||
	     json_put_string(j, "kernel_filter", r->kernel_filter ? "tree" : "none") || put_source(j, r) ||
	     put_order(j, &r->head) || put_filter(j, r->filter) || put_loss(j, r) || put_gaps(j, r) ||
	     put_access(j, r) || put_clock(j, r) || put_maker(j, &r->head);
	return finish(j, rc, out);
}

int
gap_record_write(const struct gap_record *g, struct buf *out)
{
	struct json *j;
	int rc;

	if (!is_sound_head(&g->head) || !is_reason(g->reason) || !text_is_printable(g->detail, strlen(g->detail))) {
		errno = EINVAL;
		return -1;
	}
	j = json_object();
	rc = put_identity(j, GAP_FORMAT, &g->head) || put_window(j, &g->head) ||
	     json_put_string(j, "reason", g->reason) || json_put_string(j, "detail", g->detail) ||
	     json_put_stamp(j, "written", g->written) || put_kind(j, &g->head) || put_order(j, &g->head) ||
	     put_maker(j, &g->head);
	return finish(j, rc, out);
}

/* Read once, while /proc is still within reach: the sandbox closes it, and a boot id does not change. */
static const char *
boot_id(void)
{
	static char id[BOOTID_ROOM];

	if (id[0] == '\0')
		(void)bootid_read(id); /* "-" where nothing says */
	return id;
}

const char *
slice_clock_read(struct clockstate_source *source, struct slice_clock *c)
{
	struct clockstate state;
	const char *why;

	memset(c, 0, sizeof(*c));
	memcpy(c->boot_id, boot_id(), strlen(boot_id()));
	c->realtime = stamp_now();
	c->boottime = stamp_boottime();
	why = clockstate_get(source, &state);
	c->adj_state = state.state;
	c->adj_status = state.status;
	c->maxerror_us = state.maxerror_us;
	c->esterror_us = state.esterror_us;
	return why;
}
