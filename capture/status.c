#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "fsio.h"
#include "json.h"

#include "keeper_internal.h"
#include "program.h"

#include "status.h"

#define FORMAT "casetap-status/1"
#define MAX_BYTES ((size_t)16 * 1024 * 1024)
#define MAX_DEPTH 8
#define HOUR (3600 * STAMP_SECOND)

const char *
status_word(const struct keeper *k)
{
	if ((k->is_stopping || k->is_over) && k->child.kind == CHILD_NONE)
		return "stopped";
	if (k->is_stopping)
		return "stopping";
	if (!k->is_ready)
		return "starting";
	if (k->child.kind == CHILD_READER)
		return keeper_is_file(k) ? "reading" : "capturing";
	return docket_in_force(k->docket) == 0 ? "idle" : "waiting";
}

/*
 * From here on puts are or-ed together: one that fails makes the text be thrown away.  Sums stay below 2^63 for longer
 * than any machine runs.
 */
static int
put_sum(struct json *j, const char *name, uint64_t sum)
{
	return json_put_integer(j, name, (int64_t)(sum & INT64_MAX));
}

static struct json *
interfaces(const struct keeper *k)
{
	const struct message_interface *counts;
	struct json *list = json_array(), *j;
	uint32_t given = 0;
	size_t i;
	int bad = 0;

	for (i = 0; i < k->links.count; i++) {
		j = json_object();
		bad |= json_put_string(j, "name", k->links.at[i].name);
		bad |= json_put_string(
		    j, "state", k->links.at[i].index == 0 ? "missing" : (k->links.at[i].up ? "up" : "down"));
		if (k->child.links[i] != 0 && given < k->counts.interface_count) {
			counts = &k->counts.interfaces[given++];
			bad |= put_sum(j, "seen", counts->seen) | put_sum(j, "subject", counts->subject) |
			       put_sum(j, "not_subject", counts->not_subject) | put_sum(j, "lost", counts->lost) |
			       put_sum(j, "received", counts->received) | put_sum(j, "missed", counts->missed) |
			       put_sum(j, "ring_bytes", counts->room);
		}
		bad |= json_append(list, j);
	}
	if (bad == 0)
		return list;
	json_free(list);
	return NULL;
}

static struct json *
records(const struct keeper *k)
{
	const struct slicer_counts *s = &k->counts.slicer;
	struct json *j = json_object();

	if ((put_sum(j, "matched", k->counts.matched) | put_sum(j, "stored", s->stored) |
		put_sum(j, "lost_pool", s->lost_pool) | put_sum(j, "lost_disk", s->lost_disk) |
		put_sum(j, "lost_quota", s->lost_quota) | put_sum(j, "outside", s->outside + k->counts.withheld) |
		put_sum(j, "lost_mirror", k->counts.mirror) | put_sum(j, "crowded", k->counts.put_out) |
		put_sum(j, "late", s->late) | put_sum(j, "pool_bytes", k->iap->pool_bytes) |
		put_sum(j, "pool_used", s->pool_used) | put_sum(j, "pool_peak", s->pool_peak)) == 0)
		return j;
	json_free(j);
	return NULL;
}

static struct json *
clock_state(const struct keeper *k)
{
	struct json *j = json_object();

	if ((json_put_stamp(j, "mark", k->clock.mark) | json_put_stamp(j, "realtime", k->clock.realtime) |
		json_put(j, "synchronised", json_boolean(k->reading.synchronised))) == 0)
		return j;
	json_free(j);
	return NULL;
}

static struct json *
one_case(const struct keeper *k, const struct docket_case *c)
{
	struct json *j = json_object();
	int bad;

	bad = json_put_string(j, "case", c->case_id) | json_put_string(j, "state", duty_text(c->duty));
	if (c->order != NULL)
		bad |= json_put_integer(j, "revision", c->order->revision) |
		       json_put_stamp(j, "not_before", c->order->not_before) |
		       json_put_stamp(j, "not_after", c->order->not_after);
	if (c->pending != 0)
		bad |= json_put_integer(j, "pending", c->pending);
	if (c->why[0] != '\0')
		bad |= json_put_string(j, "why", c->why);
	bad |= json_put(j, "capturing", json_boolean(c->is_capturing));
	if (c->last_seq != 0)
		bad |= put_sum(j, "last_seq", c->last_seq) | json_put_stamp(j, "last_slice", c->last_to) |
		       put_sum(j, "last_frames", c->last_frames);
	if (c->watched != 0)
		bad |= json_put_stamp(j, "watched", c->watched) |
		       json_put_stamp(j, "last_frame", c->last_frame == 0 ? STAMP_NONE : c->last_frame);
	if (c->anothers != 0)
		bad |= json_put_stamp(j, "anothers", c->anothers);
	if (c->anothers != 0 && c->returned != 0)
		bad |= json_put_stamp(j, "returned", c->returned);
	if (c->idle_since != 0)
		bad |= json_put_integer(j, "idle_seconds", (k->reading.boottime - c->idle_since) / STAMP_SECOND);
	if (c->trouble != 0)
		bad |= json_put_string(
		    j, "trouble", c->trouble == EBADMSG ? "its stream is not in order" : strerror(c->trouble));
	if (bad == 0)
		return j;
	json_free(j);
	return NULL;
}

static struct json *
cases(const struct keeper *k)
{
	struct json *list = json_array();
	size_t i;

	for (i = 0; i < docket_count(k->docket); i++) {
		if (json_append(list, one_case(k, docket_case(k->docket, i))) == -1) {
			json_free(list);
			return NULL;
		}
	}
	return list;
}

/* Text of the starts that this one is the last of. */
static struct json *
starts(const struct keeper *k)
{
	struct json *list = json_array();
	char text[STAMP_TEXT];
	size_t i;

	for (i = 0; i < k->start_count; i++) {
		if (json_append(list, json_string(stamp_format(text, k->starts[i]))) == -1) {
			json_free(list);
			return NULL;
		}
	}
	return list;
}

static int
put_process(const struct keeper *k, struct json *j)
{
	int bad;

	bad = json_put_string(j, "format", FORMAT) | json_put_string(j, "program", PROGRAM_VERSION) |
	      json_put_string(j, "iap", k->iap->name) | json_put_string(j, "state", status_word(k)) |
	      json_put_string(j, "source", keeper_is_file(k) ? "file" : "live") |
	      json_put_integer(j, "pid", getpid()) | json_put_stamp(j, "started", k->started) |
	      json_put_stamp(j, "written", k->reading.realtime);
	if (!keeper_is_file(k))
		bad |= json_put(j, "starts", starts(k));
	if (k->child.kind == CHILD_READER)
		bad |= json_put_integer(j, "reader_pid", k->child.pid);
	if (k->child.kind == CHILD_READER && !keeper_is_file(k))
		bad |= json_put_string(j, "kernel_filter", k->counts.filter);
	if (!keeper_is_file(k))
		bad |=
		    put_sum(j, "ring_bytes", k->iap->ring_bytes) | put_sum(j, "reader_failures", keeper_failures(k));
	bad |= json_put_integer(j, "keyring_version", (int64_t)keyring_version(k->keyring));
	return bad;
}

static void
recall_case(struct docket *d, const struct json *j)
{
	const char *case_id = json_get_string(j, "case");
	struct docket_case *c = case_id == NULL ? NULL : docket_find(d, case_id);
	stamp_t t;

	if (c == NULL)
		return;
	if (json_get_stamp(j, "watched", &t) == 0 && t > 0)
		c->watched = t;
	if (json_get_stamp(j, "last_frame", &t) == 0 && t > 0)
		c->last_frame = t;
	if (json_get_stamp(j, "anothers", &t) == 0 && t > 0)
		c->anothers = t;
	if (json_get_stamp(j, "returned", &t) == 0 && t > 0)
		c->returned = t;
}

static void
note_start(struct keeper *k, stamp_t t)
{
	if (k->start_count == KEEPER_STARTS)
		memmove(k->starts, k->starts + 1, --k->start_count * sizeof(k->starts[0]));
	k->starts[k->start_count++] = t;
}

/* A run over a file is no start of the daemon. */
static void
recall_starts(struct keeper *k, const struct json *list)
{
	size_t i;
	stamp_t t;

	for (i = 0; i < json_length(list); i++) {
		const char *text = json_text(json_item(list, i));

		if (text != NULL && stamp_parse(text, &t) == 0 && k->started - t < HOUR && t <= k->started)
			note_start(k, t);
	}
	if (!keeper_is_file(k))
		note_start(k, k->started);
}

void
status_recall(struct keeper *k)
{
	const struct json *list;
	struct buf b = BUF_INIT;
	struct json *j = NULL;
	char name[NAMES_IAP_ROOM + 8];
	size_t i;

	(void)snprintf(name, sizeof(name), "%s.status", k->iap->name); /* an IAP has at most 15 characters */
	if (fsio_load(k->journalfd, name, MAX_BYTES, &b) == 0)
		j = json_parse(b.data, b.len, MAX_DEPTH);
	recall_starts(k, json_get_array(j, "starts"));
	list = json_get_array(j, "cases");
	for (i = 0; i < json_length(list); i++)
		recall_case(k->docket, json_item(list, i));
	json_free(j);
	buf_free(&b);
}

int
status_write(const struct keeper *k)
{
	struct json *j = json_object();
	struct buf b = BUF_INIT;
	char name[NAMES_IAP_ROOM + 8];
	int rc = -1;

	if ((put_process(k, j) | json_put(j, "interfaces", interfaces(k)) | json_put(j, "records", records(k)) |
		json_put(j, "not_followed", keeper_not_followed(k)) | json_put(j, "clock", clock_state(k)) |
		json_put(j, "cases", cases(k))) != 0)
		goto out;
	if (json_write(j, &b) == -1 || buf_putc(&b, '\n') == -1)
		goto out;
	(void)snprintf(name, sizeof(name), "%s.status", k->iap->name); /* an IAP has at most 15 characters */
	rc = fsio_replace(k->journalfd, name, b.data, b.len, 0640);
out:
	buf_free(&b);
	json_free(j);
	return rc;
}
