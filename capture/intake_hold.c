#include "source.h"

#include "intake_internal.h"

#define HOLD_MAX (STAMP_SECOND / 2) /* the keeper's clock may want the case later than that */

void
intake_hold(struct intake *r, stamp_t from)
{
	size_t i;

	if (intake_is_file(r) || from == r->hold)
		return;
	r->hold = from;
	for (i = 0; i < r->input_count; i++)
		source_hold(r->inputs[i].source, from);
}

void
intake_look_at_hold(struct intake *r)
{
	stamp_t now;
	size_t i;
	int is_over;

	if (r->hold == INT64_MAX)
		return;
	now = stamp_now();
	if (now < r->hold)
		return;
	is_over = now - r->hold > HOLD_MAX;
	for (i = 0; !is_over && i < r->input_count; i++)
		is_over = source_is_held(r->inputs[i].source) && source_is_filling(r->inputs[i].source);
	if (is_over)
		intake_hold(r, INT64_MAX);
}
