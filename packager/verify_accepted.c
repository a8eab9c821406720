#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verify_orders_internal.h"

/*
 * Capture asks for approvals once, when it accepts a revision, and may begin the first record under it months later: so a
 * record says when that was, and by which keyring, and is judged by it.  But a station's word is no more than that.  Where
 * anything that it could not write alone contradicts it, it is left, and the record's own time counts, at which an ended
 * key does not count any more.  Where the claim is needed, for the approvals would not be enough at that time, each of them
 * must say itself that it was made before: so a made-up time takes whoever has the keys that it makes count.
 */
int
orders_approved_at(const struct verify_orders *o, const char *name, const struct keyring *keyring, stamp_t at,
    struct verify_approved *a)
{
	const struct keyring_version *v = o->versions == NULL ? NULL : verify_versions_in_force(o->versions, at);
	const struct verify_asked asked = {
	    .at = at, .needed = v == NULL ? keyring_approvals(keyring) : v->approvals, .made_until = STAMP_NONE};

	return verify_approved(o, keyring, name, &asked, a);
}

int
verify_orders_was_approved(const struct verify_orders *o, const struct keyring *keyring, const char *name, stamp_t at)
{
	struct verify_approved a;

	return verify_orders_text(o, name) != NULL && orders_approved_at(o, name, keyring, at, &a);
}

/* Was a later version in force well before?  A ledger shows that it was there when it was signed. */
static int
is_superseded(const struct verify_orders *o, uint64_t version, stamp_t at)
{
	size_t i;

	for (i = 0; i < o->keyring_count; i++) {
		if (o->keyrings[i].version > version && o->keyrings[i].at < at - ORDERS_LATE)
			return 1;
	}
	return 0;
}

/* Why the other records of the access point contradict it, or NULL. */
static const char *
contradicted(const struct verify_orders *o, const struct orders_claim *c, uint64_t version)
{
	const struct keyring_version *v;
	size_t i;

	for (i = 0; i < o->claim_count; i++) {
		const struct orders_claim *one = &o->claims[i];

		if (one == c || strcmp(one->iap, c->iap) != 0)
			continue;
		if (one->revision < c->revision && one->last != STAMP_NONE &&
		    one->last > c->accepted.at + ORDERS_LATE)
			return "slices were begun under an earlier revision later than that";
		v = one->accepted.at < c->accepted.at
			? verify_versions_find(o->versions, one->accepted.keyring_sha256)
			: NULL;
		if (v != NULL && v->version > version)
			return "another revision was accepted before it, under a later keyring";
	}
	return NULL;
}

/* Why the claim is not believed, or NULL. */
static const char *
doubt(const struct verify_orders *o, const struct orders_claim *c)
{
	const struct keyring_version *v =
	    o->versions == NULL ? NULL : verify_versions_find(o->versions, c->accepted.keyring_sha256);

	if (v == NULL)
		return "that keyring is not known here";
	if (c->accepted.at > c->first + ORDERS_LATE)
		return "the first record under it was begun before that";
	if (v->issued > c->accepted.at + ORDERS_LATE)
		return "that keyring was issued later";
	if (is_superseded(o, v->version, c->accepted.at))
		return "a ledger signed before that names a later keyring";
	return contradicted(o, c, v->version);
}

static void
say_doubt(const struct orders_claim *c, const char *why, const char *label, struct verify_result *result)
{
	char at[STAMP_TEXT];

	verify_say(result, VERIFY_NOTE, label,
	    "was accepted at %s under the keyring %.16s, as records in %s say, but %s: it is judged by when the first of "
	    "them was begun",
	    stamp_format_seconds(at, c->accepted.at), c->accepted.keyring_sha256, c->where, why);
}

static void
say_missing(const struct verify_approved *a, stamp_t at, const char *label, struct verify_result *result)
{
	char time[STAMP_TEXT];

	verify_say(result, VERIFY_TAMPERED, label,
	    "has %u of the %u approvals that the keyring of that time, %s, asks for", a->count, a->needed,
	    stamp_format_seconds(time, at));
}

/* Name the keys that approved and have ended since. */
static void
name_signers(struct verify_orders *o, const struct verify_approved *a, stamp_t at, const char *label,
    struct verify_result *result)
{
	char ended[STAMP_TEXT], time[STAMP_TEXT];
	unsigned i;

	if (a->outlived != NULL)
		verify_say(result, VERIFY_NOTE, label,
		    "was accepted at %s under a keyring that did not know yet that the key of approver %s ended at %s",
		    stamp_format_seconds(time, at), a->outlived->name, stamp_format_seconds(ended, a->outlived->to));
	for (i = 0; i < a->count; i++) {
		if (a->signers[i]->to == STAMP_NONE || a->signers[i]->to > at)
			verify_time_claimed(result, &o->named, a->signers[i], label, at);
	}
}

/* Judge by what records say.  Whether they are to be judged by their own time, too. */
static int
judge_claim(struct verify_orders *o, struct orders_use *u, const struct orders_claim *c, const char *name,
    const char *label, const struct keyring *keyring, struct verify_result *result)
{
	const char *why = doubt(o, c);
	struct verify_approved a, own;
	struct verify_asked asked = {.at = c->accepted.at, .made_until = c->accepted.at + ORDERS_LATE};
	char at[STAMP_TEXT], first[STAMP_TEXT];
	int is_needed = !orders_approved_at(o, name, keyring, u->at, &own);

	if (why != NULL) {
		say_doubt(c, why, label, result);
		return 1;
	}
	asked.needed = verify_versions_find(o->versions, c->accepted.keyring_sha256)->approvals;
	asked.then = verify_versions_text(o->versions, c->accepted.keyring_sha256);
	asked.must_say = is_needed;
	if (!verify_approved(o, keyring, name, &asked, &a)) {
		asked.made_until = STAMP_NONE;
		if (verify_approved(o, keyring, name, &asked, &a)) {
			say_doubt(c, "its approvals do not say that they were made by then", label, result);
			return 1;
		}
		say_missing(&a, c->accepted.at, label, result);
	} else {
		if (is_needed)
			verify_say(result, VERIFY_NOTE, label,
			    "was accepted at %s, as records in %s say, with the approvals that were needed then; when the "
			    "first of them was begun, at %s, they would not have been enough",
			    stamp_format_seconds(at, c->accepted.at), c->where, stamp_format_seconds(first, u->at));
		name_signers(o, &a, c->accepted.at, label, result);
	}
	if (u->approved.count == 0)
		u->approved = a;
	return 0;
}

void
orders_accepted(struct verify_orders *o, struct orders_use *u, const char *name, const char *label,
    const struct keyring *keyring, struct verify_result *result)
{
	int by_own_time = 1, is_claimed = 0;
	struct verify_approved a;
	size_t i;

	for (i = 0; i < o->claim_count; i++) {
		const struct orders_claim *c = &o->claims[i];

		if (c->revision != u->revision || strcmp(c->sha256, u->sha256) != 0)
			continue;
		if (!is_claimed++)
			by_own_time = 0;
		if (c->accepted.keyring_sha256[0] == '\0' || judge_claim(o, u, c, name, label, keyring, result))
			by_own_time = 1;
	}
	if (!by_own_time)
		return;
	if (!orders_approved_at(o, name, keyring, u->at, &a))
		say_missing(&a, u->at, label, result);
	name_signers(o, &a, u->at, label, result);
	if (u->approved.count == 0)
		u->approved = a;
}
