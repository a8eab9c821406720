#include <inttypes.h>
#include <stdio.h>

#include "diag.h"

#include "docket_internal.h"

/*
 * What is to be done about each case now, by its order and the clock, and when that changes next.
 */

static const char *const duty_texts[] = {
    "waiting", "not-yet", "in-force", "clock", "expired", "revoked", "missing", "changed", "refused"};

const char *
duty_text(enum duty duty)
{
	return duty_texts[duty];
}

static enum duty
judge_window(const struct docket *d, const struct docket_case *c, const struct clock *clock)
{
	if (d->from_file)
		return DUTY_IN_FORCE;
	switch (clock_judge(clock, c->order->not_before, c->order->not_after)) {
	case CLOCK_NOT_YET:
		return DUTY_NOT_YET;
	case CLOCK_IN_FORCE:
		return DUTY_IN_FORCE;
	case CLOCK_EXPIRED:
		return DUTY_EXPIRED;
	case CLOCK_DOUBTFUL:
		break;
	}
	return DUTY_DOUBTFUL;
}

static enum duty
judge_case(const struct docket *d, const struct docket_case *c, const struct clock *clock)
{
	switch (c->state) {
	case ORDERBOOK_ACCEPTED:
		return c->order == NULL ? DUTY_NONE : judge_window(d, c, clock);
	case ORDERBOOK_WAITING:
		return DUTY_NONE;
	case ORDERBOOK_REFUSED:
	case ORDERBOOK_LOCKED:
		return DUTY_REFUSED;
	case ORDERBOOK_MISSING:
		return DUTY_MISSING;
	case ORDERBOOK_CHANGED:
		return DUTY_CHANGED;
	case ORDERBOOK_REVOKED:
		break;
	}
	return DUTY_REVOKED;
}

/* Why was there no capture until now of a case that comes in force? */
static const char *
reason_before(const struct docket *d, const struct docket_case *c)
{
	switch (c->duty) {
	case DUTY_NOT_YET:
		return "start-up";
	case DUTY_DOUBTFUL:
		return "clock";
	case DUTY_MISSING:
		return "order-missing";
	case DUTY_CHANGED:
		return "order-changed";
	default:
		if (d->is_first && d->after_reset)
			return "reset";
		/* Found at our start: then it was in force while we were not there; else it came late. */
		return d->is_first && !c->is_fresh ? "down-time" : "late-start";
	}
}

static void
come_in_force(const struct docket *d, struct docket_case *c)
{
	const char *reason = reason_before(d, c);

	/* Who was waited for is captured from its first instant on; who comes back, from now on. */
	c->from = d->from_file || c->duty == DUTY_NOT_YET ? c->order->not_before : d->now;
	(void)snprintf(c->reason, sizeof(c->reason), "%s", reason);
	c->finished = 0;
	c->finish_error = 0;
	c->finish_at = 0;
}

static void
expire(struct docket *d, struct docket_case *c)
{
	if (c->is_fresh && c->duty == DUTY_NONE) {
		diag_errx("%s: revision %" PRIu32 " is refused: its window is over", c->case_id, c->order->revision);
		docket_say(d, c, "order-refused", "its window is over");
	} else if (!d->is_first)
		docket_say(d, c, "order-expired", NULL);
}

static void
change_duty(struct docket *d, struct docket_case *c, enum duty duty)
{
	if (duty == DUTY_IN_FORCE)
		come_in_force(d, c);
	if (c->duty == DUTY_IN_FORCE) {
		c->ended = duty == DUTY_EXPIRED && c->order->not_after < d->now ? c->order->not_after : d->now;
		diag_notice("%s: %s", c->case_id, duty_text(duty));
	}
	if (duty == DUTY_EXPIRED)
		expire(d, c);
	if ((duty == DUTY_EXPIRED || duty == DUTY_REVOKED) && c->duty != DUTY_IN_FORCE)
		(void)snprintf(c->reason, sizeof(c->reason), "%s", reason_before(d, c));
	if (c->duty != DUTY_IN_FORCE)
		c->ended = duty == DUTY_EXPIRED ? c->order->not_after : d->now;
	if (duty == DUTY_DOUBTFUL)
		diag_warnx("%s: not in force until the clock can be trusted on it", c->case_id);
	c->duty = duty;
	d->is_changed = 1;
}

int
docket_judge(struct docket *d, const struct clock *clock)
{
	struct docket_case *c;
	enum duty duty;
	size_t i;
	int changed;

	d->now = clock->realtime;
	for (i = 0; i < d->count; i++) {
		c = d->cases[i];
		duty = judge_case(d, c, clock);
		/* Set back since, the clock has still to come to where the case began: who begins it anew does so now. */
		if (duty == DUTY_IN_FORCE && c->duty == DUTY_IN_FORCE && c->from > d->now)
			c->from = d->now > c->order->not_before ? d->now : c->order->not_before;
		if (duty != c->duty)
			change_duty(d, c, duty);
	}
	d->is_first = 0;
	changed = d->is_changed;
	d->is_changed = 0;
	return changed;
}

int64_t
docket_until(const struct docket *d, const struct clock *clock)
{
	int64_t until = INT64_MAX, t;
	size_t i;

	for (i = 0; i < d->count; i++) {
		if (d->cases[i]->order == NULL || d->cases[i]->state != ORDERBOOK_ACCEPTED)
			continue;
		t = clock_until(clock, d->cases[i]->order->not_before);
		if (t < until)
			until = t;
		t = clock_until(clock, d->cases[i]->order->not_after);
		if (t < until)
			until = t;
	}
	return until;
}

stamp_t
docket_begins(const struct docket *d)
{
	stamp_t begins = INT64_MAX;
	size_t i;

	for (i = 0; i < d->count; i++) {
		if (d->cases[i]->duty == DUTY_NOT_YET && d->cases[i]->order->not_before < begins)
			begins = d->cases[i]->order->not_before;
	}
	return begins;
}

size_t
docket_in_force(const struct docket *d)
{
	size_t i, n = 0;

	for (i = 0; i < d->count; i++)
		n += d->cases[i]->duty == DUTY_IN_FORCE;
	return n;
}
