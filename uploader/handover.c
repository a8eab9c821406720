#include <stdio.h>
#include <string.h>

#include "handover.h"

#define PART ".part"

static const char changed[] = "what came back is not what was sent: the far end changed or cut it";

/* One delivery as it goes on. */
struct delivery {
	struct destination *d;
	struct handover *h;
	char part[512];
};

/* The destination's own reason, for an answer that means something else one step up. */
static enum answer
because_destination(struct delivery *v, enum answer a)
{
	(void)snprintf(v->h->why, sizeof v->h->why, "%s", destination_why(v->d)); /* cut where it is too long */
	return a;
}

static enum answer
because(struct delivery *v, enum answer a, const char *why)
{
	(void)snprintf(v->h->why, sizeof v->h->why, "%s", why);
	return a;
}

/* The hash of what lies there: the one that the far end states, if it does and is believed, else that of all bytes. */
static enum answer
hash_of(struct delivery *v, const char *path, char hex[DIGEST_HEX])
{
	enum answer a = destination_state(v->d, path, v->h->bytes, hex);

	v->h->method = "receiver's digest";
	if (a != ANSWER_OK || hex[0] != '\0')
		return a;
	v->h->method = "read-back";
	return destination_hash(v->d, path, v->h->bytes, hex);
}

/* The name is there: are its bytes ours? */
static enum answer
compare(struct delivery *v, uint64_t length)
{
	static const char conflict[] = "another file lies there under this name: nothing was overwritten";
	char hex[DIGEST_HEX];
	enum answer a;

	if (length != DESTINATION_UNKNOWN && length != v->h->bytes)
		return because(v, ANSWER_CONFLICT, conflict);
	a = hash_of(v, v->h->path, hex);
	if (a == ANSWER_LONGER || a == ANSWER_TAKEN)
		return because(v, ANSWER_CONFLICT, conflict);
	if (a == ANSWER_ABSENT)
		return because(v, ANSWER_RETRY, "the file was there and then was not");
	/* Its bytes are here, if it is only kept in another way than it should be. */
	if (a != ANSWER_OK && (a != ANSWER_REFUSED || hex[0] == '\0'))
		return because_destination(v, a);
	if (strcmp(hex, v->h->sha256) != 0)
		return because(v, ANSWER_CONFLICT, conflict);
	/* Whoever put it there may have been killed before it was on the disk, or had other orders. */
	return because_destination(v, destination_settle(v->d, v->h->path));
}

/* Is what lies under the temporary name the file? */
static enum answer
check_part(struct delivery *v)
{
	char hex[DIGEST_HEX];
	enum answer a = hash_of(v, v->part, hex);

	if (a == ANSWER_ABSENT)
		return because(v, ANSWER_RETRY, "what was stored is not there");
	if (a == ANSWER_LONGER || (a == ANSWER_OK && strcmp(hex, v->h->sha256) != 0))
		return because(v, ANSWER_MISMATCH, changed);
	return a == ANSWER_OK ? a : because_destination(v, a);
}

/* What a put or go_on led to. */
static enum answer
judge_store(struct delivery *v, enum answer a, const char *hex)
{
	v->h->sent = destination_sent(v->d);
	if (a == ANSWER_TAKEN || a == ANSWER_ABSENT)
		return because_destination(v, ANSWER_REFUSED);
	if (a != ANSWER_OK)
		return because_destination(v, a);
	return strcmp(hex, v->h->sha256) == 0 ? a : because(v, ANSWER_ROT, "our own file changed while it was sent");
}

/*
 * Has anything come behind the ${there} bytes?  Where nothing has been, a first piece is no sign yet (http_store.c).  Whom
 * we can not ask we do not hold for one who stores no parts.
 */
static int
has_grown(struct delivery *v, uint64_t there)
{
	uint64_t now = 0;
	enum answer a = destination_stat_aside(v->d, v->part, &now);

	if (a == ANSWER_ABSENT)
		return 0;
	return a != ANSWER_OK || now > (there == 0 ? HANDOVER_RESUME_MIN : there);
}

/*
 * Go on where an earlier try broke off.  That what lies there is ours its name says, and that it is no longer than what we
 * have given; that it is the file, only the bytes that come back.  ANSWER_REFUSED where there is nothing to go on with.
 */
static enum answer
resume(struct delivery *v)
{
	const uint64_t most = v->h->sent;
	uint64_t there = 0;
	char hex[DIGEST_HEX];
	enum answer a;

	if (most < HANDOVER_RESUME_MIN)
		return ANSWER_REFUSED;
	a = destination_stat(v->d, v->part, &there);
	if (a == ANSWER_ABSENT)
		there = 0;
	else if (a != ANSWER_OK)
		return a == ANSWER_TAKEN ? ANSWER_REFUSED : because_destination(v, a);
	if (there > most || there > v->h->bytes)
		return ANSWER_REFUSED;
	if (there < v->h->bytes) {
		a = destination_go_on(v->d, v->part, v->h->body, v->h->bytes, there, hex);
		if (a == ANSWER_REFUSED)
			return a;
		a = judge_store(v, a, hex);
		if (v->h->sent < there) /* it did not come to a first byte */
			v->h->sent = there;
		/* A server may fail at a part only, and call that a bad moment: the next try sends the whole. */
		if (a == ANSWER_RETRY && !has_grown(v, there))
			v->h->sent = 0;
	}
	v->h->resumed = there;
	return a == ANSWER_OK ? check_part(v) : a;
}

/* Store under the temporary name and see what was stored. */
static enum answer
store(struct delivery *v)
{
	char hex[DIGEST_HEX];
	enum answer a = resume(v);
	int was_foreign = a == ANSWER_MISMATCH;

	if (a != ANSWER_REFUSED && !was_foreign)
		return a;
	v->h->resumed = 0;
	a = judge_store(v, destination_put(v->d, v->part, v->h->body, v->h->bytes, hex), hex);
	if (a == ANSWER_OK)
		a = check_part(v);
	/* What is known to be wrong is not gone on with, nor what was continued wrongly: the next try begins anew. */
	if (was_foreign || a == ANSWER_MISMATCH || a == ANSWER_ROT)
		v->h->sent = 0;
	return a;
}

/* A name that was taken between our look and our publishing may hold our own bytes, from a try whose answer was lost. */
static enum answer
publish(struct delivery *v)
{
	uint64_t length;
	enum answer a = destination_publish(v->d, v->part, v->h->path);

	if (a == ANSWER_TAKEN)
		return compare(v, DESTINATION_UNKNOWN);
	if (a == ANSWER_ABSENT)
		return because(v, ANSWER_RETRY, "what was stored is gone before it was published");
	if (a != ANSWER_OK)
		return because_destination(v, a);
	a = destination_stat(v->d, v->h->path, &length);
	if (a == ANSWER_ABSENT)
		return because(v, ANSWER_RETRY, "what was published is not there");
	if (a == ANSWER_TAKEN || (a == ANSWER_OK && length != DESTINATION_UNKNOWN && length != v->h->bytes))
		return because(v, ANSWER_MISMATCH, "what was published has another length");
	return a == ANSWER_OK ? a : because_destination(v, a);
}

/* Where a name is given whole at once, there is no temporary one. */
static enum answer
place(struct delivery *v)
{
	char hex[DIGEST_HEX];
	enum answer a;

	destination_set_upload(v->d, v->h->upload);
	a = destination_place(v->d, v->h->path, v->h->body, v->h->bytes, v->h->sha256);
	(void)snprintf(v->h->upload, sizeof v->h->upload, "%s", destination_upload(v->d));
	if (a == ANSWER_TAKEN) { /* since it was looked at */
		uint64_t length;

		a = destination_stat(v->d, v->h->path, &length);
		return a == ANSWER_OK ? compare(v, length)
				      : because_destination(v, a == ANSWER_ABSENT ? ANSWER_RETRY : a);
	}
	if (a != ANSWER_OK)
		return because_destination(v, a == ANSWER_ABSENT ? ANSWER_REFUSED : a);
	a = hash_of(v, v->h->path, hex);
	if (a == ANSWER_ABSENT)
		return because(v, ANSWER_RETRY, "what was stored is not there");
	if (a == ANSWER_LONGER || (a == ANSWER_OK && strcmp(hex, v->h->sha256) != 0))
		return because(v, ANSWER_MISMATCH, changed);
	return a == ANSWER_OK ? a : because_destination(v, a);
}

enum answer
handover(struct destination *d, struct handover *h)
{
	struct delivery v = {.d = d, .h = h};
	uint64_t length;
	enum answer a;

	h->why[0] = '\0';
	h->resumed = 0;
	h->was_absent = 0;
	if (snprintf(v.part, sizeof v.part, "%s" PART, h->path) >= (int)sizeof v.part)
		return because(&v, ANSWER_LOCAL, "the name is too long");
	a = destination_stat(d, h->path, &length);
	if (a == ANSWER_OK)
		return compare(&v, length);
	if (a == ANSWER_TAKEN)
		return because_destination(&v, ANSWER_CONFLICT);
	if (a != ANSWER_ABSENT)
		return because_destination(&v, a);
	h->was_absent = 1;
	if (destination_places(d))
		return place(&v);
	a = store(&v);
	return a == ANSWER_OK ? publish(&v) : a;
}
