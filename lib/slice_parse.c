#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

#include "slice.h"

/* Deep enough for clock.open in a slice in a custody.json. */
#define DEPTH_MAX 6

/*
 * How strictness is had: every member is read into the record, the record is written again, and the text must come out
 * as it went in.  So there is one spelling only, and unknown, missing or misplaced members need no rules of their own.
 * A getter that does not find its member leaves what fails this comparison.
 */

static int
get_int(const struct json *j, const char *name, int *out)
{
	int64_t n;

	if (json_get_integer(j, name, &n) == -1 || n < INT32_MIN || n > INT32_MAX)
		return -1;
	*out = (int)n;
	return 0;
}

/* Which of two words? */
static int
get_choice(const struct json *j, const char *name, const char *no, const char *yes, int *out)
{
	const char *s = json_get_string(j, name);

	if (s == NULL || (strcmp(s, no) != 0 && strcmp(s, yes) != 0))
		return -1;
	*out = strcmp(s, yes) == 0;
	return 0;
}

/* Both are there, or none. */
static int
get_acceptance(const struct json *order, struct order_acceptance *a)
{
	if (json_get(order, "accepted") == NULL)
		return 0;
	return json_get_stamp(order, "accepted", &a->at) |
	       json_get_text(order, "keyring_sha256", a->keyring_sha256, sizeof(a->keyring_sha256));
}

static int
get_head(const struct json *j, struct slice_head *h)
{
	const struct json *window = json_get_object(j, "window");
	const struct json *order = json_get_object(j, "order");

	return json_get_text(j, "case", h->case_id, sizeof(h->case_id)) |
	       json_get_u64(j, "content_id", &h->content_id) | json_get_text(j, "iap", h->iap, sizeof(h->iap)) |
	       json_get_u64(j, "seq", &h->seq) | json_get_text(j, "prev", h->prev, sizeof(h->prev)) |
	       json_get_stamp(window, "from", &h->from) | json_get_stamp(window, "to", &h->to) |
	       get_choice(json_get_object(j, "source"), "kind", "live", "file", &h->from_file) |
	       json_get_u32(order, "revision", &h->revision) |
	       json_get_text(order, "sha256", h->order_sha256, sizeof(h->order_sha256)) |
	       get_acceptance(order, &h->accepted) | json_get_text(j, "program", h->program, sizeof(h->program)) |
	       json_get_text(j, "build", h->build, sizeof(h->build)) |
	       json_get_text(j, "config_sha256", h->config_sha256, sizeof(h->config_sha256));
}

static int
get_state(const struct json *j, struct slice_record *r)
{
	const char *state = json_get_string(j, "state"), *rolled = json_get_string(j, "rolled");
	const char *scope = json_get_string(j, "scope");
	unsigned s, w, c;

	if (state == NULL || rolled == NULL || scope == NULL)
		return -1;
	for (s = SLICE_CLOSED; s < SLICE_SUSPECT && strcmp(state, slice_state_text(s)) != 0; s++)
		;
	for (w = SLICE_TIME; w < SLICE_SOURCE_END && strcmp(rolled, slice_rolled_text(w)) != 0; w++)
		;
	for (c = ORDER_CONTENT; c < ORDER_HEADERS_WITHOUT_PORTS && strcmp(scope, order_scope_text(c)) != 0; c++)
		;
	r->state = s;
	r->rolled = w;
	r->scope = c;
	return 0;
}

static int
get_interfaces(const struct json *j, char *out, size_t room)
{
	const struct json *list = json_get_array(j, "interfaces");
	const char *name;
	size_t i, n = 0;

	if (list == NULL)
		return -1;
	out[0] = '\0';
	for (i = 0; i < json_length(list); i++) {
		name = json_text(json_item(list, i));
		if (name == NULL || *name == '\0' || strlen(name) + 2 > room - n)
			return -1;
		if (n > 0)
			out[n++] = ' ';
		memcpy(out + n, name, strlen(name) + 1);
		n += strlen(name);
	}
	return 0;
}

static int
get_filter(const struct json *j, struct slice_record *r)
{
	const char *expression;

	if (json_is_null(json_get(j, "filter")))
		return 0;
	expression = json_get_string(json_get_object(j, "filter"), "expression");
	if (expression == NULL)
		return -1;
	r->filter = strdup(expression);
	return r->filter == NULL ? -1 : 0;
}

static int
get_gaps(const struct json *j, struct slice_record *r)
{
	const struct json *list = json_get_array(j, "gaps"), *gap;
	int rc = 0;
	size_t i;

	if (list == NULL || json_length(list) > SLICE_GAPS_MAX)
		return -1;
	r->gap_count = json_length(list);
	for (i = 0; i < r->gap_count; i++) {
		gap = json_item(list, i);
		rc |= json_get_stamp(gap, "from", &r->gaps[i].from) | json_get_stamp(gap, "to", &r->gaps[i].to) |
		      json_get_text(gap, "reason", r->gaps[i].reason, sizeof(r->gaps[i].reason));
	}
	return rc;
}

static int
get_access(const struct json *j, struct slice_record *r)
{
	const struct json *access = json_get_object(j, "access");

	return access != NULL ? access_parse(access, &r->access) : 0;
}

static int
get_reading(const struct json *j, struct slice_clock *c)
{
	return json_get_stamp(j, "realtime", &c->realtime) | json_get_integer(j, "boottime_ns", &c->boottime) |
	       json_get_text(j, "boot_id", c->boot_id, sizeof(c->boot_id)) |
	       get_int(j, "adjtimex_state", &c->adj_state) | get_int(j, "adjtimex_status", &c->adj_status) |
	       json_get_integer(j, "maxerror_us", &c->maxerror_us) |
	       json_get_integer(j, "esterror_us", &c->esterror_us);
}

static int
get_slice(const struct json *j, struct slice_record *r)
{
	const struct json *source = json_get_object(j, "source"), *loss = json_get_object(j, "loss");
	const struct json *clock = json_get_object(j, "clock");

	return get_head(j, &r->head) | get_state(j, r) | json_get_stamp(j, "first_frame", &r->first_frame) |
	       json_get_stamp(j, "last_frame", &r->last_frame) | json_get_u64(j, "frames", &r->frames) |
	       json_get_u64(j, "bytes", &r->bytes) | json_get_u64(j, "file_bytes", &r->file_bytes) |
	       json_get_u64(j, "truncated_frames", &r->truncated_frames) |
	       json_get_u64(j, "late_frames", &r->late_frames) |
	       json_get_text(j, "sha256", r->sha256, sizeof(r->sha256)) | json_get_u32(j, "snaplen", &r->snaplen) |
	       json_get_u32(j, "linktype", &r->linktype) | get_choice(j, "timestamps", "micro", "nano", &r->nano) |
	       get_interfaces(j, r->interfaces, sizeof(r->interfaces)) |
	       get_choice(j, "kernel_filter", "none", "tree", &r->kernel_filter) |
	       json_get_text(source, "name", r->source_name, sizeof(r->source_name)) |
	       json_get_text(source, "sha256", r->source_sha256, sizeof(r->source_sha256)) | get_filter(j, r) |
	       get_choice(loss, "shared", "zero", "possible", &r->shared_loss) |
	       json_get_stamp(loss, "from", &r->loss_from) | json_get_stamp(loss, "to", &r->loss_to) |
	       json_get_u64(loss, "disk", &r->lost_disk) | json_get_u64(loss, "quota", &r->lost_quota) |
	       get_gaps(j, r) | get_access(j, r) | get_reading(json_get_object(clock, "open"), &r->open) |
	       get_reading(json_get_object(clock, "close"), &r->close);
}

int
slice_record_parse(const char *text, size_t n, struct slice_record *r)
{
	struct buf again = BUF_INIT;
	struct json *j;
	int rc = -1;

	memset(r, 0, sizeof(*r));
	j = json_parse(text, n, DEPTH_MAX);
	if (j == NULL)
		goto out;
	errno = 0;
	if (get_slice(j, r) != 0 || slice_record_write(r, &again) == -1 || again.len != n ||
	    memcmp(again.data, text, n) != 0) {
		errno = errno == ENOMEM ? ENOMEM : EINVAL;
		goto out;
	}
	rc = 0;
out:
	if (rc == -1)
		slice_record_clear(r);
	json_free(j);
	buf_free(&again);
	return rc;
}

int
gap_record_parse(const char *text, size_t n, struct gap_record *g)
{
	struct buf again = BUF_INIT;
	struct json *j;
	int rc = -1;

	memset(g, 0, sizeof(*g));
	j = json_parse(text, n, DEPTH_MAX);
	if (j == NULL)
		goto out;
	errno = 0;
	if ((get_head(j, &g->head) | json_get_text(j, "reason", g->reason, sizeof(g->reason)) |
		json_get_text(j, "detail", g->detail, sizeof(g->detail)) |
		json_get_stamp(j, "written", &g->written)) != 0 ||
	    gap_record_write(g, &again) == -1 || again.len != n || memcmp(again.data, text, n) != 0) {
		errno = errno == ENOMEM ? ENOMEM : EINVAL;
		goto out;
	}
	rc = 0;
out:
	json_free(j);
	buf_free(&again);
	return rc;
}

void
slice_record_clear(struct slice_record *r)
{
	int saved = errno;

	free(r->filter);
	access_clear(&r->access);
	memset(r, 0, sizeof(*r));
	errno = saved;
}

int
slice_record_copy(struct slice_record *to, const struct slice_record *from)
{
	*to = *from;
	to->filter = NULL;
	if (access_copy(&to->access, &from->access) == -1)
		return -1;
	if (from->filter == NULL || (to->filter = strdup(from->filter)) != NULL)
		return 0;
	slice_record_clear(to);
	return -1;
}
