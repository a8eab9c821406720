#include <stdlib.h>
#include <string.h>

#include "slicer_internal.h"

int
terms_copy(struct terms *t, const struct order *o, const struct slicer_config *config)
{
	memset(t, 0, sizeof(*t));
	if (o->filter != NULL && (t->filter = strdup(o->filter)) == NULL)
		return -1;
	memcpy(t->case_id, o->case_id, sizeof(t->case_id));
	memcpy(t->sha256, o->sha256, sizeof(t->sha256));
	t->accepted = o->acceptance;
	t->content_id = o->content_id;
	t->not_before = o->not_before;
	t->not_after = o->not_after;
	t->revision = o->revision;
	t->tells_access = o->identity_count > 0;
	t->scope = o->scope;
	t->slice_seconds = o->slice_seconds != 0 ? o->slice_seconds : config->slice_seconds;
	t->slice_bytes = o->slice_bytes != 0 ? o->slice_bytes : config->slice_bytes;
	return 0;
}

void
terms_clear(struct terms *t)
{
	free(t->filter);
	memset(t, 0, sizeof(*t));
}

void
stream_head(const struct slicer *s, const struct stream *st, struct slice_head *h)
{
	const struct terms *t = &st->terms;

	memset(h, 0, sizeof(*h));
	memcpy(h->case_id, t->case_id, sizeof(h->case_id));
	memcpy(h->order_sha256, t->sha256, sizeof(h->order_sha256));
	h->accepted = t->accepted;
	h->content_id = t->content_id;
	h->revision = t->revision;
	h->from_file = s->config.from_file;
	(void)strncat(h->iap, s->iap, sizeof(h->iap) - 1);
	(void)strncat(h->program, s->program, sizeof(h->program) - 1);
	(void)strncat(h->build, s->build, sizeof(h->build) - 1);
	(void)strncat(h->config_sha256, s->config_sha256, sizeof(h->config_sha256) - 1);
}

int
stream_tells_access(const struct stream *st)
{
	return st->terms.tells_access || st->access.count > 0 || st->lost_access;
}

int
stream_draft(const struct slicer *s, const struct stream *st, struct slice_record *r)
{
	const struct terms *t = &st->terms;

	if (t->filter != NULL && (r->filter = strdup(t->filter)) == NULL)
		return -1;
	stream_head(s, st, &r->head);
	r->scope = t->scope;
	r->snaplen = s->config.snaplen;
	r->linktype = s->config.linktype;
	r->nano = s->config.nano;
	if (access_copy(&r->access, &st->access) == -1)
		return -1;
	r->access.is_told = stream_tells_access(st);
	r->access.is_incomplete = 0;
	r->kernel_filter = s->has_kernel_filter;
	(void)strncat(r->interfaces, s->interfaces, sizeof(r->interfaces) - 1);
	r->first_frame = t->not_before;
	r->last_frame = t->not_after;
	r->loss_from = r->loss_to = STAMP_NONE;
	(void)slice_clock_read(s->config.clock, &r->open); /* the keeper says it where nothing is known */
	return 0;
}
