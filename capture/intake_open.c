#include <stdio.h>
#include <string.h>

#include "diag.h"

#include "program.h"
#include "source.h"

#include "intake_internal.h"

static struct slicer *
make_slicer(struct intake *r)
{
	const struct intake_config *c = r->config;
	struct slicer_config sc;

	memset(&sc, 0, sizeof(sc));
	sc.statefd = c->statefd;
	sc.iap = c->iap->name;
	sc.from_file = intake_is_file(r);
	sc.linktype = r->linktype;
	sc.snaplen = source_snaplen(c->sources[0]);
	sc.nano = source_nano(c->sources[0]);
	sc.interfaces = c->interfaces;
	sc.slice_seconds = c->iap->slice_seconds;
	sc.slice_bytes = c->iap->slice_bytes;
	sc.pool_bytes = c->iap->pool_bytes;
	sc.program = PROGRAM_VERSION;
	sc.build = PROGRAM_BUILD;
	sc.config_sha256 = c->config_sha256;
	sc.clock = c->clock;
	sc.late = intake_late(r);
	return slicer_new(&sc, intake_on_slicer_event, r);
}

int
intake_open(struct intake *r)
{
	struct source_counts counts;
	struct message_event m;
	size_t i;

	clock_read(r->config->clock, &r->clock);
	r->down_since = STAMP_NONE;
	if (r->config->links_down)
		intake_begin_down(r);
	r->since = STAMP_NONE;
	r->first = r->hold = INT64_MAX;
	r->counted = r->clock.realtime;
	r->input_count = r->config->source_count;
	r->linktype = source_linktype(r->config->sources[0]);
	for (i = 0; i < r->input_count; i++) {
		r->inputs[i].source = r->config->sources[i];
		source_on_wait(r->inputs[i].source, intake_on_wait, r);
		source_count(r->inputs[i].source, &counts); /* what it says by now is looked at with the next ones */
		r->inputs[i].late = counts.late;
		r->inputs[i].last = source_since(r->inputs[i].source);
		if (source_since(r->inputs[i].source) > r->since)
			r->since = source_since(r->inputs[i].source);
	}
	r->covered = r->since;
	(void)snprintf(r->filter_text, sizeof(r->filter_text), "none"); /* it fits */
	r->slicer = make_slicer(r);
	if (r->slicer == NULL)
		return -1;
	r->tunnels = tunnels_new(r->config->tunnels, r->config->tunnel_count);
	if (r->tunnels != NULL)
		r->table = table_new(r->slicer, r->tunnels, r->linktype, intake_is_file(r), intake_tell, r);
	if (r->table == NULL || table_follow(r->table, r->config->iap, r->input_count, intake_tell_kept) == -1) {
		diag_err("table of orders");
		return -1;
	}
	memset(&m, 0, sizeof(m));
	m.kind = MESSAGE_READY;
	m.from = r->since;
	intake_tell(r, &m);
	return 0;
}
