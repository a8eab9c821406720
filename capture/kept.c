#include <string.h>

#include "kept.h"

size_t
kept_size(const struct kept *k)
{
	return offsetof(struct kept, at) + k->count * sizeof(k->at[0]);
}

int
kept_is_lasting(const struct kept *k)
{
	return k->disputed_count > 0 || k->over_count > 0;
}

static int
is_terminated(const char *s, size_t room)
{
	return memchr(s, '\0', room) != NULL;
}

static int
is_good_binding(const struct kept_binding *b)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	unsigned most = b->address.family == 4 ? 32 : b->address.family == 6 ? 128 : 0;

	return is_terminated(b->method, sizeof(b->method)) && b->method[0] != '\0' &&
	       strspn(b->method, letters) == strlen(b->method) &&
	       (b->address.family == 0 || b->address.family == 4 || b->address.family == 6) &&
	       b->address.bits <= most && is_terminated(b->sha256, sizeof(b->sha256)) && digest_is_hex(b->sha256) &&
	       b->told > 0 && b->until > b->told && b->hardware_length <= sizeof(b->hardware) && b->has_link <= 1 &&
	       b->more_length <= sizeof(b->more);
}

static int
is_hash_or_none(const char hash[DIGEST_HEX])
{
	return is_terminated(hash, DIGEST_HEX) && (hash[0] == '\0' || digest_is_hex(hash));
}

static int
is_good_over(const struct kept_over *o)
{
	const struct kept_session *s = &o->session;

	return is_hash_or_none(s->id) && s->id[0] != '\0' && is_hash_or_none(s->client) &&
	       is_hash_or_none(s->address) && is_hash_or_none(s->name) && o->before > 0 && o->before <= o->until;
}

int
kept_is_good(const struct kept *k, size_t n)
{
	uint32_t i;

	if (n < offsetof(struct kept, at) || k->count > KEPT_MAX || n != kept_size(k) ||
	    k->disputed_count > GIVEN_MAX || k->over_count > KEPT_OVER_MAX ||
	    !is_terminated(k->case_id, sizeof(k->case_id)) || !names_is_case(k->case_id) ||
	    !is_terminated(k->order, sizeof(k->order)) || !digest_is_hex(k->order))
		return 0;
	for (i = 0; i < k->disputed_count; i++) {
		if (!is_terminated(k->disputed[i], DIGEST_HEX) || !digest_is_hex(k->disputed[i]))
			return 0;
	}
	for (i = 0; i < k->over_count; i++) {
		if (!is_good_over(&k->over[i]))
			return 0;
	}
	for (i = 0; i < k->count; i++) {
		if (!is_good_binding(&k->at[i]))
			return 0;
	}
	return 1;
}

/* Is all that was known of that one known still, for as long at least?  When a host was heard last bounds nothing. */
static int
goes_on(const struct kept_binding *was, const struct kept *now)
{
	const struct kept_binding *b;
	uint32_t i;

	for (i = 0; i < now->count; i++) {
		b = &now->at[i];
		if (strcmp(b->method, was->method) == 0 &&
		    memcmp(&b->address, &was->address, sizeof(b->address)) == 0 && b->until >= was->until &&
		    b->hardware_length == was->hardware_length &&
		    memcmp(b->hardware, was->hardware, sizeof(b->hardware)) == 0 && b->has_link == was->has_link &&
		    b->more_length == was->more_length &&
		    (strcmp(b->method, "slaac") == 0 || memcmp(b->more, was->more, b->more_length) == 0))
			return 1;
	}
	return 0;
}

int
kept_is_less(const struct kept *was, const struct kept *now)
{
	uint32_t i;

	for (i = 0; was != NULL && i < was->count; i++) {
		if (!goes_on(&was->at[i], now))
			return 1;
	}
	return 0;
}

static int
has_new_dispute(const struct kept *was, const struct kept *now)
{
	uint32_t i, n;

	for (i = 0; i < now->disputed_count; i++) {
		for (n = 0; was != NULL && n < was->disputed_count; n++) {
			if (strcmp(was->disputed[n], now->disputed[i]) == 0)
				break;
		}
		if (was == NULL || n == was->disputed_count)
			return 1;
	}
	return 0;
}

static int
has_new_over(const struct kept *was, const struct kept *now)
{
	const struct kept_over *o;
	uint32_t i, n;

	for (i = 0; i < now->over_count; i++) {
		o = &now->over[i];
		for (n = 0; was != NULL && n < was->over_count; n++) {
			if (memcmp(&was->over[n].session, &o->session, sizeof(o->session)) == 0 &&
			    was->over[n].before >= o->before && was->over[n].until >= o->until)
				break;
		}
		if (was == NULL || n == was->over_count)
			return 1;
	}
	return 0;
}

int
kept_has_new_doubt(const struct kept *was, const struct kept *now)
{
	return has_new_dispute(was, now) || has_new_over(was, now);
}

stamp_t
kept_first_end(const struct kept *k)
{
	stamp_t first = INT64_MAX;
	uint32_t i;

	for (i = 0; i < k->count; i++)
		first = k->at[i].until < first ? k->at[i].until : first;
	return first;
}
