#include <stdio.h>
#include <string.h>

#include "selftest_internal.h"

#define WAYS (PROBE_CARRIERS + CONF_TUNNEL_KINDS)

static const char *const verdict_texts[] = {
    [SELFTEST_NOT_FOUND] = "the matcher does not find the case in it",
    [SELFTEST_KEPT_OUT] = "the kernel filter keeps it out",
    [SELFTEST_NOT_ARRIVED] = "sent, but came to no interface of the access point",
    [SELFTEST_TAKEN] = "it is nobody's and would be captured",
};

/* Of one case: frames by what they were and what became of them. */
struct tally {
	uint32_t by[PROBE_IDENTIFIERS][WAYS][2][SELFTEST_VERDICTS];
	uint32_t total, narrowed, bad;
};

static unsigned
way_of(const struct probe *p)
{
	return p->carrier == PROBE_TUNNEL ? (unsigned)PROBE_CARRIERS + (unsigned)p->kind : (unsigned)p->carrier;
}

static void
count(const struct selftest *s, const struct order *order, struct tally *t)
{
	const struct result *r;
	size_t i;

	memset(t, 0, sizeof(*t));
	for (i = 0; i < s->result_count; i++) {
		r = &s->results[i];
		if (r->probe.order != order)
			continue;
		t->by[r->probe.identifier][way_of(&r->probe)][r->probe.is_source][r->verdict]++;
		t->total++;
		t->narrowed += r->verdict == SELFTEST_NARROWED;
		t->bad += r->verdict > SELFTEST_NARROWED;
	}
}

/* A line for each sort of frame that is not as it should be, where the first of the sort was. */
static void
print_bad(const struct selftest *s, const struct order *order, struct tally *t)
{
	const struct result *r;
	char text[PROBE_TEXT];
	uint32_t *n;
	size_t i;

	for (i = 0; i < s->result_count; i++) {
		r = &s->results[i];
		if (r->probe.order != order || r->verdict <= SELFTEST_NARROWED)
			continue;
		n = &t->by[r->probe.identifier][way_of(&r->probe)][r->probe.is_source][r->verdict];
		if (*n == 0)
			continue;
		(void)printf("  %s, %s: %u: %s\n", probe_identifier_text(r->probe.identifier),
		    probe_carrier_text(text, &r->probe), *n,
		    verdict_texts[r->verdict]); /* main() looks at stdout's end */
		*n = 0;
	}
}

static void
print_case(const struct selftest *s, const struct order *order)
{
	const char *name = order == NULL ? "(of nobody)" : order->case_id;
	struct tally t;

	if (order != NULL && order->identity_count > 0)
		(void)printf("%-24s its subject moves: the addresses that it will have are not tested\n", name);
	count(s, order, &t);
	if (t.total == 0)
		return;
	(void)printf("%-24s %u frames: ", name, t.total); /* as above */
	if (t.bad > 0)
		(void)printf("%u would %s\n", t.bad, order == NULL ? "be captured" : "not be captured");
	else
		(void)printf("%s\n", order == NULL ? "none would be captured" : "all would be captured");
	if (t.narrowed > 0)
		(void)printf("  %u of them only without the order's filter\n", t.narrowed);
	print_bad(s, order, &t);
}

void
selftest_print(const struct selftest *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		print_case(s, s->orders[i]);
	print_case(s, NULL);
}
