#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#include "order.h"

#include "order_internal.h"

const char *const order_authority_words[] = {[ORDER_TITLE_III] = "title-iii",
    [ORDER_PEN_REGISTER] = "pen-register",
    [ORDER_TRAP_AND_TRACE] = "trap-and-trace",
    [ORDER_PEN_TRAP] = "pen-trap",
    [ORDER_FISA] = "fisa",
    [ORDER_OTHER] = "other",
    NULL};

const char *const order_scope_words[] = {[ORDER_CONTENT] = "content",
    [ORDER_HEADERS] = "headers",
    [ORDER_HEADERS_WITHOUT_PORTS] = "headers-without-ports",
    NULL};

const char *const order_summary_words[] = {[ORDER_NO_SUMMARY] = "none",
    [ORDER_FLOWS] = "flows",
    [ORDER_PACKETS] = "packets",
    [ORDER_FLOWS_PACKETS] = "flows packets",
    NULL};

void
order_free(struct order *o)
{
	int saved = errno;

	if (o == NULL)
		return;
	free(o->order_number);
	free(o->issued_by);
	free(o->presented_by);
	free(o->responsible);
	free(o->prefixes);
	free(o->macs);
	free(o->vlans);
	free(o->stacks);
	free(o->sessions);
	free(o->identities);
	free(o->filter);
	free(o);
	errno = saved;
}

static int
is_same_list(const void *a, size_t a_count, const void *b, size_t b_count, size_t size)
{
	return a_count == b_count && (a_count == 0 || memcmp(a, b, a_count * size) == 0);
}

/* Both are sorted, and nothing stands twice in either. */
static int
is_same_subject(const struct order *a, const struct order *b)
{
	_Static_assert(sizeof(struct order_prefix) == 18, "compared byte for byte, so there must be no padding");
	_Static_assert(sizeof(struct order_identity) == 128, "as above");
	_Static_assert(sizeof(struct order_stack) == 4, "as above");

	return is_same_list(a->prefixes, a->prefix_count, b->prefixes, b->prefix_count, sizeof(*a->prefixes)) &&
	       is_same_list(a->macs, a->mac_count, b->macs, b->mac_count, sizeof(*a->macs)) &&
	       is_same_list(a->vlans, a->vlan_count, b->vlans, b->vlan_count, sizeof(*a->vlans)) &&
	       is_same_list(a->stacks, a->stack_count, b->stacks, b->stack_count, sizeof(*a->stacks)) &&
	       is_same_list(a->sessions, a->session_count, b->sessions, b->session_count, sizeof(*a->sessions)) &&
	       is_same_list(
		   a->identities, a->identity_count, b->identities, b->identity_count, sizeof(*a->identities));
}

/* How the order follows the one before it.  Return NULL, or what is wrong. */
static const char *
find_break(const struct order *o, const struct order *previous)
{
	if (strcmp(o->case_id, previous->case_id) != 0)
		return "is of another case";
	if (o->revision != previous->revision + 1)
		return "is not the next revision";
	if (strcmp(o->previous, previous->sha256) != 0)
		return "names another file as the revision before it";
	if (!is_same_subject(o, previous))
		return "is for another subject: a case ID is never used again";
	if (o->not_before < previous->not_before)
		return "begins before the revision before it";
	return NULL;
}

int
order_judge(const struct order *o, const struct order *previous, uint32_t max_days, char *why, size_t room)
{
	stamp_t start = o->not_before;
	const char *wrong = NULL;

	if (previous == NULL)
		wrong = o->revision == 1 ? NULL : "is not revision 1, and the revision before it is not there";
	else
		wrong = find_break(o, previous);
	if (wrong != NULL) {
		(void)snprintf(why, room, "revision %" PRIu32 " %s", o->revision, wrong);
		return -1;
	}
	if (previous != NULL && previous->not_after > start)
		start = previous->not_after;
	/* Both are between 1970 and 2262: their difference can not overflow. */
	if (o->not_after - start > (stamp_t)max_days * STAMP_DAY) {
		(void)snprintf(why, room, "revision %" PRIu32 " lasts more than max_order_days = %" PRIu32,
		    o->revision, max_days);
		return -1;
	}
	return 0;
}

size_t
order_count_link_local(const struct order *o)
{
	size_t i, n = 0;

	for (i = 0; i < o->prefix_count; i++)
		n += order_prefix_is_link_local(&o->prefixes[i]) != 0;
	return n;
}

int
order_judge_new(const struct order *o, const struct order *previous, char *why, size_t room)
{
	if (order_count_link_local(o) == 0 || (previous != NULL && o->not_after < previous->not_after))
		return 0;
	(void)snprintf(why, room,
	    "revision %" PRIu32 " names a link-local address, which on the next link is another's", o->revision);
	return -1;
}

void
order_subject_hash(const struct order *o, char out[DIGEST_HEX])
{
	char line[2 * ORDER_IDENTITY_BYTES + 64], hex[2 * ORDER_IDENTITY_BYTES + 1];
	struct digest *d = digest_new();
	size_t i;
	int n;

	out[0] = '\0';
	if (d == NULL)
		return;
	for (i = 0; i < o->prefix_count; i++) {
		text_hex(hex, o->prefixes[i].addr, o->prefixes[i].family == 4 ? 4 : 16);
		n = snprintf(line, sizeof(line), "ipv%u %s/%u\n", o->prefixes[i].family, hex, o->prefixes[i].bits);
		digest_add(d, line, (size_t)n);
	}
	for (i = 0; i < o->mac_count; i++) {
		text_hex(hex, o->macs[i], sizeof(o->macs[i]));
		n = snprintf(line, sizeof(line), "mac %s\n", hex);
		digest_add(d, line, (size_t)n);
	}
	for (i = 0; i < o->vlan_count; i++) {
		n = snprintf(line, sizeof(line), "vlan %u\n", o->vlans[i]);
		digest_add(d, line, (size_t)n);
	}
	for (i = 0; i < o->stack_count; i++) {
		n = snprintf(line, sizeof(line), "vlan %u.%u\n", o->stacks[i].outer, o->stacks[i].inner);
		digest_add(d, line, (size_t)n);
	}
	for (i = 0; i < o->session_count; i++) {
		n = snprintf(line, sizeof(line), "pppoe_session %u\n", o->sessions[i]);
		digest_add(d, line, (size_t)n);
	}
	for (i = 0; i < o->identity_count; i++) {
		text_hex(hex, o->identities[i].bytes, o->identities[i].length);
		n = snprintf(line, sizeof(line), "%s %s\n", order_identity_word(o->identities[i].kind), hex);
		digest_add(d, line, (size_t)n);
	}
	digest_take_hex(d, out);
	digest_free(d);
}

const char *
order_authority_text(enum order_authority authority)
{
	return order_authority_words[authority];
}

const char *
order_scope_text(enum order_scope scope)
{
	return order_scope_words[scope];
}
