#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

#include "spool_internal.h"

#define FORMAT "casetap-stream/1"
#define DEPTH_MAX 8

static int
put_mark(struct json *j, const char *name, const struct spool_mark *m)
{
	struct json *mark = json_object();
	int rc = json_put_integer(mark, "seq", (int64_t)m->seq) || json_put_string(mark, "sha256", m->sha256);

	return json_put(j, name, mark) || rc ? -1 : 0;
}

static int
put_end(struct json *j, const struct spool_end *e)
{
	struct json *ended;
	int rc;

	if (e->reason[0] == '\0')
		return json_put(j, "ended", json_null());
	ended = json_object();
	rc = json_put_string(ended, "reason", e->reason) || json_put_integer(ended, "revision", e->revision) ||
	     json_put_stamp(ended, "at", e->at);
	return json_put(j, "ended", ended) || rc ? -1 : 0;
}

static int
append_draft(struct json *list, const struct slice_record *r)
{
	struct buf text = BUF_INIT;
	int rc = -1;

	if (slice_record_write(r, &text) == 0)
		rc = json_append(list, json_parse(text.data, text.len, DEPTH_MAX));
	buf_free(&text);
	return rc;
}

int
spool_state_write(const struct spool_state *st, uint64_t without, const struct slice_record *with, struct buf *out)
{
	struct json *j = json_object(), *open = json_array();
	int rc = 0;
	size_t i;

	for (i = 0; i < st->open_count; i++)
		if (st->open[i].head.seq != without)
			rc |= append_draft(open, &st->open[i]);
	if (with != NULL)
		rc |= append_draft(open, with);
	rc |= json_put_string(j, "format", FORMAT) ||
	      json_put_string(j, "source", st->source == SPOOL_FILE ? "file" : "live") ||
	      json_put_integer(j, "next", (int64_t)st->next) || put_mark(j, "head", &st->head) ||
	      put_mark(j, "before", &st->before) || json_put_stamp(j, "covered", st->covered) || put_end(j, &st->end);
	rc |= json_put(j, "open", open);
	if (rc == 0)
		rc = json_write(j, out);
	if (rc == 0)
		rc = buf_putc(out, '\n');
	json_free(j);
	return rc == 0 ? 0 : -1;
}

static int
get_mark(const struct json *j, const char *name, struct spool_mark *m)
{
	const struct json *mark = json_get_object(j, name);

	if (json_get_u64(mark, "seq", &m->seq) == -1 ||
	    json_get_text(mark, "sha256", m->sha256, sizeof(m->sha256)) == -1)
		return -1;
	return m->seq == 0 ? -(m->sha256[0] != '\0') : -!digest_is_hex(m->sha256);
}

static int
get_end(const struct json *j, struct spool_end *e)
{
	const struct json *ended = json_get_object(j, "ended");

	if (json_is_null(json_get(j, "ended")))
		return 0;
	if (json_get_text(ended, "reason", e->reason, sizeof(e->reason)) == -1 ||
	    json_get_u32(ended, "revision", &e->revision) == -1)
		return -1;
	return json_get_stamp(ended, "at", &e->at);
}

static int
get_open(const struct json *j, struct spool_state *st)
{
	const struct json *list = json_get_array(j, "open");
	struct buf text = BUF_INIT;
	int rc = -1;
	size_t i;

	if (list == NULL)
		return -1;
	st->open = calloc(json_length(list) + 1, sizeof(*st->open));
	if (st->open == NULL)
		return -1;
	for (i = 0; i < json_length(list); i++) {
		buf_clear(&text);
		if (json_write(json_item(list, i), &text) == -1 ||
		    slice_record_parse(text.data, text.len, &st->open[i]) == -1)
			goto out;
		st->open_count++;
	}
	rc = 0;
out:
	buf_free(&text);
	return rc;
}

static int
is_sound(const struct spool_state *st)
{
	size_t i;

	if (st->next < 1 || st->head.seq >= st->next || (st->head.seq == 0) != (st->covered == STAMP_NONE))
		return 0;
	for (i = 0; i < st->open_count; i++)
		if (st->open[i].head.seq >= st->next || (i > 0 && st->open[i].head.seq <= st->open[i - 1].head.seq))
			return 0;
	return 1;
}

int
spool_state_parse(const char *text, size_t n, struct spool_state *st)
{
	const char *source;
	struct json *j;
	struct buf again = BUF_INIT;
	int rc = -1;

	memset(st, 0, sizeof(*st));
	j = json_parse(text, n, DEPTH_MAX);
	source = json_get_string(j, "source");
	if (source == NULL)
		goto out;
	st->source = strcmp(source, "file") == 0 ? SPOOL_FILE : SPOOL_LIVE;
	if (json_get_u64(j, "next", &st->next) == -1 || get_mark(j, "head", &st->head) != 0 ||
	    get_mark(j, "before", &st->before) != 0 || json_get_stamp(j, "covered", &st->covered) == -1 ||
	    get_end(j, &st->end) == -1 || get_open(j, st) == -1 || !is_sound(st))
		goto out;
	/* As with records: one spelling, so that nothing is in the file that was not understood. */
	if (spool_state_write(st, 0, NULL, &again) == -1 || again.len != n || memcmp(again.data, text, n) != 0)
		goto out;
	rc = 0;
out:
	if (rc == -1) {
		errno = errno == ENOMEM ? ENOMEM : EBADMSG;
		spool_state_clear(st);
	}
	json_free(j);
	buf_free(&again);
	return rc;
}

void
spool_state_clear(struct spool_state *st)
{
	while (st->open_count > 0)
		slice_record_clear(&st->open[--st->open_count]);
	free(st->open);
	st->open = NULL;
}

int
spool_state_add(struct spool_state *st, const struct slice_record *draft)
{
	struct slice_record *grown;
	struct slice_record copy;

	if (slice_record_copy(&copy, draft) == -1)
		return -1;
	grown = reallocarray(st->open, st->open_count + 1, sizeof(*grown));
	if (grown == NULL) {
		slice_record_clear(&copy);
		return -1;
	}
	st->open = grown;
	st->open[st->open_count++] = copy;
	return 0;
}

void
spool_state_drop(struct spool_state *st, uint64_t seq)
{
	size_t i;

	for (i = 0; i < st->open_count && st->open[i].head.seq != seq; i++)
		;
	if (i == st->open_count)
		return;
	slice_record_clear(&st->open[i]);
	st->open_count--;
	memmove(&st->open[i], &st->open[i + 1], (st->open_count - i) * sizeof(*st->open));
}

const struct slice_record *
spool_state_find(const struct spool_state *st, uint64_t seq)
{
	size_t i;

	for (i = 0; i < st->open_count; i++)
		if (st->open[i].head.seq == seq)
			return &st->open[i];
	return NULL;
}
