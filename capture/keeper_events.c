#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "json.h"

#include "keeper_internal.h"

static void
journal(struct keeper *k, const char *case_id, const char *event, const char *object, struct json *detail)
{
	/* A failure is reported there, and no reason to stop. */
	k->has_unsynced = 1;
	(void)journal_add(k->journal, case_id[0] == '\0' ? NULL : case_id, event, object, detail);
}

static struct json *
window_detail(const struct message_event *e)
{
	struct json *detail = json_object();

	/* A put that fails shows as a journal line that fails. */
	(void)json_put_integer(detail, "seq", (int64_t)e->seq);
	(void)json_put_stamp(detail, "from", e->from);
	(void)json_put_stamp(detail, "to", e->to);
	return detail;
}

/* The reader says it in one of these words; none other gets into the journal. */
static const char *
binding_word(const struct message_event *e)
{
	static const char *const words[] = {"assigned", "delegated", "established", "resumed", "renewed", "released",
	    "declined", "refused", "replaced", "conflict", "lease-ended", "stopped", "disconnected",
	    "client-restarted", "session-timeout", "session-silent", "terminated", "given-ended", "given-withdrawn",
	    "withdrawn", "address-silent", "prefix-ended", "unseen"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], e->text) == 0)
			return words[i];
	}
	return "unknown";
}

static const char *
forgotten_word(const struct message_event *e)
{
	static const char *const words[] = {"order", "clock", "away", "over"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], e->text) == 0)
			return words[i];
	}
	return "unknown";
}

void
keeper_journal_forgotten(struct keeper *k, const char *case_id, const char *why)
{
	struct json *detail = json_object();

	(void)json_put_string(detail, "reason", why); /* the line counts without it, too */
	diag_notice("%s: what was known of its subject's addresses before does not count any more: %s", case_id, why);
	journal(k, case_id, "binding-forgotten", NULL, detail);
}

/* What was learned of who has which address: the entry names the frame that proves it, and no address. */
static void
take_binding(struct keeper *k, const struct message_event *e)
{
	static const char *const names[] = {[MESSAGE_BOUND] = "binding-start",
	    [MESSAGE_RENEWED] = "binding-renewed",
	    [MESSAGE_UNBOUND] = "binding-end"};
	struct json *detail = json_object();

	(void)json_put_stamp(detail, "at", e->from); /* the line counts without it, too */
	if (e->to != 0)
		(void)json_put_stamp(detail, "until", e->to);
	(void)json_put_string(detail, e->kind == MESSAGE_UNBOUND ? "reason" : "how", binding_word(e));
	(void)json_put_integer(detail, "transaction", (int64_t)(e->seq & UINT32_MAX));
	if (e->kind == MESSAGE_UNBOUND && strcmp(e->text, "conflict") == 0)
		diag_warnx("%s: an address of its subject is another's now: capture by it has stopped", e->case_id);
	journal(k, e->case_id, names[e->kind], e->sha256[0] == '\0' ? NULL : e->sha256, detail);
}

#define TELL_AGAIN STAMP_DAY

static int
is_within_a_day(stamp_t a, stamp_t b)
{
	return a > b ? a - b < TELL_AGAIN : b - a < TELL_AGAIN;
}

static void
journal_turn(struct keeper *k, const struct message_event *e)
{
	static const char *const methods[] = {"dhcpv4", "dhcpv6"};
	const char *method =
	    "unknown"; /* the reader says it in one of these words; none other gets into the journal */
	const int is_back = e->kind == MESSAGE_RETURNED;
	struct json *detail = json_object();
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(methods[i], e->text) == 0)
			method = methods[i];
	}
	(void)json_put_stamp(detail, "at", e->from); /* the line counts without it, too */
	(void)json_put_string(detail, "method", method);
	diag_warnx("%s: an address that its order names was given %s, by %s: it is still captured", e->case_id,
	    is_back ? "back" : "to another client", method);
	journal(k, e->case_id, is_back ? "address-returned" : "address-of-another",
	    e->sha256[0] == '\0' ? NULL : e->sha256, detail);
}

/*
 * The address stays the order's: a court has named it.  That is told at most once a day, and that it is back once after
 * that, and again where it was anyone else's in between; the latest times stand in the status from then on.  Whatever the
 * reader says of the time is only its word.
 */
static void
take_turn(struct keeper *k, struct docket_case *c, const struct message_event *e)
{
	const int is_back = e->kind == MESSAGE_RETURNED;

	if (e->from <= 0 || (is_back && (c->anothers == 0 || c->returned != 0)))
		return;
	if (!is_back && c->anothers != 0 && is_within_a_day(c->anothers, e->from)) {
		/* Another reader, which knows nothing of what was told, or it is away again: it is not over. */
		if (e->from > c->returned)
			c->returned = 0;
		return;
	}
	if (!is_back)
		c->anothers = e->from;
	c->returned = is_back ? e->from : 0;
	journal_turn(k, e);
}

static void
take_undecided(struct keeper *k, const struct message_event *e)
{
	struct json *detail = json_object();

	(void)json_put_integer(detail, "frames", (int64_t)e->frames); /* the line counts without it, too */
	(void)json_put_stamp(detail, "from", e->from);
	(void)json_put_stamp(detail, "to", e->to);
	diag_warnx("%s: %llu frames not stored, for ERSPAN leaves open in which VLANs they were: set erspan_vlan of "
		   "[tunnel NAME]",
	    e->case_id, (unsigned long long)e->frames);
	journal(k, e->case_id, "undecided", NULL, detail);
}

static void
take_stream_event(struct keeper *k, struct docket_case *c, const struct message_event *e)
{
	struct json *detail = e->kind == MESSAGE_SLICE || e->kind == MESSAGE_GAP ? window_detail(e) : json_object();

	switch (e->kind) {
	case MESSAGE_BOUND:
	case MESSAGE_RENEWED:
	case MESSAGE_UNBOUND:
		json_free(detail);
		take_binding(k, e);
		return;
	case MESSAGE_FORGOTTEN:
		json_free(detail);
		keeper_journal_forgotten(k, e->case_id, forgotten_word(e));
		return;
	case MESSAGE_ANOTHERS:
	case MESSAGE_RETURNED:
		json_free(detail);
		take_turn(k, c, e);
		return;
	case MESSAGE_UNDECIDED:
		json_free(detail);
		take_undecided(k, e);
		return;
	case MESSAGE_BEGUN:
		c->is_capturing = 1;
		if (c->trouble == EBADMSG)
			c->trouble = 0;
		if (c->watched == 0)
			c->watched = e->from;
		(void)json_put_stamp(detail, "from", e->from);
		journal(k, e->case_id, "capture-start", e->sha256, detail);
		return;
	case MESSAGE_ENDED:
		c->sent = c->duty == DUTY_IN_FORCE ? c->sent : 0;
		c->is_capturing = 0;
		(void)json_put_stamp(detail, "at", e->to);
		if (e->text[0] != '\0')
			(void)json_put_string(detail, "reason", e->text);
		journal(k, e->case_id, "capture-stop", NULL, detail);
		return;
	case MESSAGE_SLICE:
		c->last_seq = e->seq;
		c->last_frames = e->frames;
		c->last_to = e->to;
		c->trouble = 0;
		(void)json_put_integer(detail, "frames", (int64_t)e->frames);
		(void)json_put_integer(detail, "bytes", (int64_t)e->bytes);
		(void)json_put_string(detail, "rolled", e->text);
		journal(k, e->case_id, "slice", e->sha256, detail);
		return;
	case MESSAGE_GAP:
		c->last_seq = e->seq;
		c->last_to = e->to;
		(void)json_put_string(detail, "reason", e->text);
		journal(k, e->case_id, "gap", e->sha256, detail);
		return;
	default:
		if (c->trouble != e->error) {
			(void)json_put_string(detail, "trouble", strerror(e->error));
			journal(k, e->case_id, "blocked", NULL, detail);
		} else
			json_free(detail);
		c->trouble = e->error;
	}
}

/*
 * Frames are lost in the pool, in a mirror's stream or on an interface: no other word of the reader's gets into the
 * journal.  It may still have an interface that the configuration has not any more.
 */
static int
is_place(const char *text)
{
	return strcmp(text, "pool") == 0 || strcmp(text, "mirror") == 0;
}

static const char *
place(const struct keeper *k, const char *text)
{
	size_t i;

	if (is_place(text))
		return text;
	for (i = 0; i < k->interface_count; i++) {
		if (strcmp(text, k->interfaces[i]) == 0)
			return text;
	}
	return "interface";
}

/* Where on the way from the wire to the slice: an interface's loss is its own, or that of its ring in the kernel. */
static const char *
stage(const struct message_event *e)
{
	if (e->kind == MESSAGE_MISSED)
		return "interface";
	return is_place(e->text) ? e->text : "kernel";
}

void
keeper_take_event(struct keeper *k, const struct message_event *e)
{
	struct docket_case *c = docket_find(k->docket, e->case_id);
	struct json *detail;

	switch (e->kind) {
	case MESSAGE_READY:
		k->reader_since = e->from;
		k->summed = k->reading.boottime;
		return;
	case MESSAGE_SEEN:
		if (c != NULL && e->to > c->last_frame)
			c->last_frame = e->to;
		return;
	case MESSAGE_LOSS:
	case MESSAGE_MISSED:
		detail = window_detail(e);
		(void)json_put_integer(detail, "frames", (int64_t)e->frames);
		(void)json_put_string(detail, "stage", stage(e));
		diag_warnx("%s: %llu frames lost", place(k, e->text), (unsigned long long)e->frames);
		journal(k, "", "loss", place(k, e->text), detail);
		return;
	case MESSAGE_CROWDED:
		detail = json_object();
		(void)json_put_integer(detail, "streams", (int64_t)e->frames);
		(void)json_put_stamp(detail, "from", e->from);
		(void)json_put_stamp(detail, "to", e->to);
		diag_warnx(
		    "more mirrored streams than their numbers can be kept of: what of them is lost is not known");
		journal(k, "", "crowded", NULL, detail);
		return;
	case MESSAGE_STEP:
		return; /* the keeper has seen it too, and written it */
	case MESSAGE_SOURCE:
		detail = window_detail(e);
		(void)json_put_integer(detail, "frames", (int64_t)e->frames);
		(void)json_put_string(detail, "file", e->text);
		journal(k, "", "source", e->sha256, detail);
		return;
	case MESSAGE_RECOVERED:
		detail = json_object();
		(void)json_put_integer(detail, "seq", (int64_t)e->seq);
		(void)json_put_string(detail, "what", e->text);
		journal(k, e->case_id, "recovered", NULL, detail);
		return;
	default:
		/* A case that we did not send is no case of the reader's. */
		if (c != NULL)
			take_stream_event(k, c, e);
	}
}

struct json *
keeper_not_followed(const struct keeper *k)
{
	struct json *j = json_object();
	int kind;

	for (kind = 0; kind < MATCHER_KINDS; kind++) {
		if (k->counts.kinds[kind] != 0 && json_put_integer(j, matcher_kind_text((enum matcher_kind)kind),
						      (int64_t)k->counts.kinds[kind]) == -1) {
			json_free(j);
			return NULL;
		}
	}
	return j;
}

static void
journal_not_followed(struct keeper *k, int is_final)
{
	struct json *detail = json_object();

	(void)json_put_stamp(detail, "since", k->reader_since); /* the line counts without it, too */
	(void)json_put(detail, "frames", keeper_not_followed(k));
	(void)json_put(detail, "final", json_boolean(is_final));
	journal(k, "", "not-followed", NULL, detail);
}

/* Of records, behind the rings. */
static void
journal_record_sums(struct keeper *k, int is_final)
{
	const struct message_counts *c = &k->counts;
	const struct slicer_counts *s = &c->slicer;
	struct json *detail = json_object();

	(void)json_put_stamp(detail, "since", k->reader_since); /* the line counts without it, too */
	(void)json_put_integer(detail, "matched", (int64_t)c->matched);
	(void)json_put_integer(detail, "stored", (int64_t)s->stored);
	(void)json_put_integer(detail, "outside", (int64_t)(s->outside + c->withheld));
	(void)json_put_integer(detail, "lost_pool", (int64_t)s->lost_pool);
	(void)json_put_integer(detail, "lost_quota", (int64_t)s->lost_quota);
	(void)json_put_integer(detail, "lost_disk", (int64_t)s->lost_disk);
	(void)json_put_integer(detail, "lost_mirror", (int64_t)c->mirror);
	(void)json_put(detail, "final", json_boolean(is_final));
	journal(k, "", "record-sums", NULL, detail);
}

void
keeper_journal_sums(struct keeper *k, int is_final)
{
	const struct message_interface *m;
	struct json *detail;
	uint32_t given = 0;
	size_t i;

	k->summed = k->reading.boottime;
	for (i = 0; i < k->links.count; i++) {
		if (k->child.links[i] == 0 || given >= k->counts.interface_count)
			continue;
		m = &k->counts.interfaces[given++];
		detail = json_object();
		(void)json_put_stamp(detail, "since", k->reader_since); /* the line counts without it, too */
		(void)json_put_integer(detail, "seen", (int64_t)m->seen);
		(void)json_put_integer(detail, "subject", (int64_t)m->subject);
		(void)json_put_integer(detail, "not_subject", (int64_t)m->not_subject);
		(void)json_put_integer(detail, "lost", (int64_t)m->lost);
		(void)json_put_integer(detail, "received", (int64_t)m->received);
		(void)json_put_integer(detail, "missed", (int64_t)m->missed);
		(void)json_put(detail, "final", json_boolean(is_final));
		journal(k, "", "interface-sums", k->links.at[i].name, detail);
	}
	if (k->reader_since != 0)
		journal_record_sums(k, is_final);
	journal_not_followed(k, is_final);
}

/* Write the end of capture of every case that the reader still had. */
void
keeper_journal_stops(struct keeper *k, const char *reason)
{
	struct docket_case *c;
	struct json *detail;
	size_t i;

	for (i = 0; i < docket_count(k->docket); i++) {
		c = docket_case(k->docket, i);
		if (!c->is_capturing)
			continue;
		c->is_capturing = 0;
		detail = json_object();
		(void)json_put_string(detail, "reason", reason); /* the line counts without it, too */
		journal(k, c->case_id, "capture-stop", NULL, detail);
	}
}
