#include <stdio.h>
#include <string.h>

#include "handover.h"

#define PART ".part"

static const char changed[] = "what came back is not what was sent: the far end changed or cut it";

/* One delivery as it goes on. */
struct delivery {
	struct destination *d;
	const char *path;
	char part[512];
	const struct body *body;
	uint64_t bytes;
	const char *sha256;
	char *why;
	size_t room;
};

/* The destination's own reason, for an answer that means something else one step up. */
static enum answer
because_destination(struct delivery *v, enum answer a)
{
	(void)snprintf(v->why, v->room, "%s", destination_why(v->d)); /* cut where it is too long */
	return a;
}

static enum answer
because(struct delivery *v, enum answer a, const char *why)
{
	(void)snprintf(v->why, v->room, "%s", why);
	return a;
}

/* The name is there: are its bytes ours? */
static enum answer
compare(struct delivery *v, uint64_t length)
{
	static const char conflict[] = "another file lies there under this name: nothing was overwritten";
	char hex[DIGEST_HEX];
	enum answer a;

	if (length != DESTINATION_UNKNOWN && length != v->bytes)
		return because(v, ANSWER_CONFLICT, conflict);
	a = destination_hash(v->d, v->path, v->bytes, hex);
	if (a == ANSWER_LONGER || a == ANSWER_TAKEN)
		return because(v, ANSWER_CONFLICT, conflict);
	if (a == ANSWER_ABSENT)
		return because(v, ANSWER_RETRY, "the file was there and then was not");
	if (a != ANSWER_OK)
		return because_destination(v, a);
	if (strcmp(hex, v->sha256) != 0)
		return because(v, ANSWER_CONFLICT, conflict);
	/* Whoever put it there may have been killed before it was on the disk. */
	a = destination_settle(v->d, v->path);
	return a == ANSWER_OK ? a : because_destination(v, a);
}

/* Store under the temporary name and see what was stored. */
static enum answer
store(struct delivery *v)
{
	char hex[DIGEST_HEX];
	enum answer a = destination_put(v->d, v->part, v->body, v->bytes, hex);

	if (a == ANSWER_TAKEN || a == ANSWER_ABSENT)
		return because_destination(v, ANSWER_REFUSED);
	if (a != ANSWER_OK)
		return because_destination(v, a);
	if (strcmp(hex, v->sha256) != 0)
		return because(v, ANSWER_ROT, "our own file changed while it was sent");
	a = destination_hash(v->d, v->part, v->bytes, hex);
	if (a == ANSWER_ABSENT)
		return because(v, ANSWER_RETRY, "what was stored is not there");
	if (a == ANSWER_LONGER || (a == ANSWER_OK && strcmp(hex, v->sha256) != 0))
		return because(v, ANSWER_MISMATCH, changed);
	return a == ANSWER_OK ? a : because_destination(v, a);
}

/* A name that was taken between our look and our publishing may hold our own bytes, from a try whose answer was lost. */
static enum answer
publish(struct delivery *v)
{
	uint64_t length;
	enum answer a = destination_publish(v->d, v->part, v->path);

	if (a == ANSWER_TAKEN)
		return compare(v, DESTINATION_UNKNOWN);
	if (a == ANSWER_ABSENT)
		return because(v, ANSWER_RETRY, "what was stored is gone before it was published");
	if (a != ANSWER_OK)
		return because_destination(v, a);
	a = destination_stat(v->d, v->path, &length);
	if (a == ANSWER_ABSENT)
		return because(v, ANSWER_RETRY, "what was published is not there");
	if (a == ANSWER_TAKEN || (a == ANSWER_OK && length != DESTINATION_UNKNOWN && length != v->bytes))
		return because(v, ANSWER_MISMATCH, "what was published has another length");
	return a == ANSWER_OK ? a : because_destination(v, a);
}

/* Where a name is given whole at once, there is no temporary one. */
static enum answer
place(struct delivery *v)
{
	char hex[DIGEST_HEX];
	enum answer a = destination_place(v->d, v->path, v->body, v->bytes, v->sha256);

	if (a == ANSWER_TAKEN) { /* since it was looked at */
		uint64_t length;

		a = destination_stat(v->d, v->path, &length);
		return a == ANSWER_OK ? compare(v, length) : because_destination(v, ANSWER_RETRY);
	}
	if (a != ANSWER_OK)
		return because_destination(v, a == ANSWER_ABSENT ? ANSWER_REFUSED : a);
	a = destination_hash(v->d, v->path, v->bytes, hex);
	if (a == ANSWER_ABSENT)
		return because(v, ANSWER_RETRY, "what was stored is not there");
	if (a == ANSWER_LONGER || (a == ANSWER_OK && strcmp(hex, v->sha256) != 0))
		return because(v, ANSWER_MISMATCH, changed);
	return a == ANSWER_OK ? a : because_destination(v, a);
}

enum answer
handover(struct destination *d, const char *path, const struct body *body, uint64_t bytes, const char *sha256,
    char *why, size_t room)
{
	struct delivery v = {
	    .d = d, .path = path, .body = body, .bytes = bytes, .sha256 = sha256, .why = why, .room = room};
	uint64_t length;
	enum answer a;

	why[0] = '\0';
	if (snprintf(v.part, sizeof v.part, "%s" PART, path) >= (int)sizeof v.part)
		return because(&v, ANSWER_LOCAL, "the name is too long");
	a = destination_stat(d, path, &length);
	if (a == ANSWER_OK)
		return compare(&v, length);
	if (a == ANSWER_TAKEN)
		return because_destination(&v, ANSWER_CONFLICT);
	if (a != ANSWER_ABSENT)
		return because_destination(&v, a);
	if (destination_places(d))
		return place(&v);
	a = store(&v);
	return a == ANSWER_OK ? publish(&v) : a;
}
