#include <errno.h>
#include <stdio.h>

#include "diag.h"

#include "source.h"

#include "intake_internal.h"

/* A case that the keeper announced has begun by then, or will not for now. */
#define WIDE (STAMP_SECOND * 3)

/* Take ${filter} over as the one in force. */
static void
set(struct intake *r, struct kfilter *filter, const char *text)
{
	/* While every frame was let in, what passes a filter was too. */
	if (r->filter != NULL)
		r->covered = stamp_now();
	kfilter_free(r->filter);
	r->filter = filter;
	(void)snprintf(r->filter_text, sizeof(r->filter_text), "%s", text); /* it is as long as the longest */
	slicer_kernel_filter(r->slicer, filter != NULL);
}

static void
open_all(struct intake *r, const char *why)
{
	size_t i;

	for (i = 0; i < r->input_count; i++) {
		if (source_filter(r->inputs[i].source, NULL) == -1)
			diag_err("%s: kernel filter", r->config->names[i]);
	}
	set(r, NULL, why);
}

static int
attach(struct intake *r, const struct kfilter *filter)
{
	size_t i;

	for (i = 0; i < r->input_count; i++) {
		if (source_filter(r->inputs[i].source, filter) == 0)
			continue;
		diag_warn("%s: no room for a kernel filter (net.core.optmem_max) of this size: more frames of others "
			  "are looked at",
		    r->config->names[i]);
		return -1;
	}
	return 0;
}

static size_t
length(const struct kfilter *filter)
{
	size_t count;

	(void)kfilter_program(filter, &count);
	return count;
}

/* The most exact filter that the kernel may have room for, by what it had none for until now. */
static int
fit(const struct intake *r, struct kfilter *filter)
{
	while (r->refused != 0 && length(filter) >= r->refused) {
		if (kfilter_coarsen(filter) == -1)
			return -1;
	}
	return 0;
}

/* Put the most exact filter in force that there is room for.  Return -1, ${filter} then being none, if there is none. */
static int
put_in_force(struct intake *r, struct kfilter *filter)
{
	while (length(filter) > 0) {
		if (attach(r, filter) == 0)
			return 0;
		if (errno != ENOMEM)
			return -1;
		r->refused = length(filter);
		if (fit(r, filter) == -1)
			return -1;
	}
	return -1;
}

void
intake_narrow(struct intake *r)
{
	struct kfilter *filter;

	if (intake_is_file(r) || r->has_left || (r->widened != 0 && stamp_boottime() - r->widened < WIDE))
		return;
	r->widened = 0;
	filter = table_kfilter(r->table);
	if (filter == NULL || fit(r, filter) == -1) {
		kfilter_free(filter);
		open_all(r, "none: no memory");
		return;
	}
	if (r->filter != NULL && kfilter_is_same(r->filter, filter)) {
		kfilter_free(filter);
		return;
	}
	if (put_in_force(r, filter) == 0) {
		set(r, filter, kfilter_text(filter));
		return;
	}
	open_all(r, r->refused == 0 ? kfilter_text(filter) : "none: no room in the kernel");
	kfilter_free(filter);
}

void
intake_widen(struct intake *r)
{
	if (intake_is_file(r))
		return;
	r->widened = stamp_boottime();
	if (r->filter != NULL)
		open_all(r, "none: a case is about to begin");
}

stamp_t
intake_since(const struct intake *r)
{
	return r->covered > r->since ? r->covered : r->since;
}
