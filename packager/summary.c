#include <arpa/inet.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "flows.h"

#include "summary.h"

#define IDS "caseId,iAPSystemId,contentIdentifier,"
#define ENDS "sourceIP,destinationIP,protocol,sourcePort,destinationPort,packetDirection,"
#define ROWS ((size_t)64 * 1024) /* bytes of rows that are handed out at once */

struct report {
	const struct summary_source *source;
	struct flowkey_terms terms;
	struct flows *flows;
	struct buf rows;
	int (*put)(void *, const void *, size_t);
	void *cookie;
};

static void
put_ids(struct buf *out, const struct slice_head *h)
{
	(void)buf_printf(out, "%s,%s,%" PRIu64 ",", h->case_id, h->iap, h->content_id);
}

static void
put_time(struct buf *out, stamp_t t)
{
	char text[STAMP_TEXT];

	(void)buf_puts(out, stamp_format_micro(text, t));
}

static void
put_ends(struct buf *out, const struct flowkey *k)
{
	int family = k->version == 4 ? AF_INET : AF_INET6;
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];

	if (k->version == 0) {
		(void)buf_puts(out, ",,,");
	} else {
		(void)inet_ntop(family, k->src, src, sizeof(src)); /* has room */
		(void)inet_ntop(family, k->dst, dst, sizeof(dst));
		(void)buf_printf(out, "%s,%s,%u,", src, dst, k->proto);
	}
	if (k->has_ports)
		(void)buf_printf(out, "%u,%u,", k->sport, k->dport);
	else
		(void)buf_puts(out, ",,");
	(void)buf_printf(out, "%s,", flowkey_direction_text(k->direction));
}

static void
put_flow(struct buf *out, const struct slice_head *h, const struct flow *f, const char *kind)
{
	put_ids(out, h);
	put_ends(out, &f->key);
	(void)buf_printf(out, "%" PRIu64 ",%" PRIu64 ",", f->frames, f->bytes);
	put_time(out, f->first);
	(void)buf_putc(out, ',');
	put_time(out, f->last);
	(void)buf_printf(out, ",%s\n", kind);
}

static int
add_flow(void *cookie, const struct sliceframes_frame *f)
{
	struct report *r = cookie;
	struct flowkey k;

	flowkey_read(&r->terms, f, &k);
	flows_add(r->flows, &k, f->time, f->len);
	return 0;
}

static void
begin(struct report *r, const struct summary_source *s)
{
	memset(r, 0, sizeof(*r));
	r->source = s;
	r->terms.order = s->order;
	r->terms.access = &s->slice->access;
}

int
summary_flows(const struct summary_source *s, size_t max, struct buf *out)
{
	const struct slice_head *h = &s->slice->head;
	struct report r;
	const struct flow *f;
	uint64_t unread;
	size_t i;
	int rc = -1;

	begin(&r, s);
	r.flows = flows_new(max);
	if (r.flows == NULL || sliceframes_each(s->fd, add_flow, &r, &unread) == -1)
		goto out;
	(void)buf_puts(out, IDS ENDS "packetCount,byteCount,firstTimestamp,lastTimestamp,kind\n");
	for (i = 0; i < flows_count(r.flows); i++) {
		f = flows_at(r.flows, i);
		put_flow(out, h, f, f->key.version == 0 ? "not-ip" : "flow");
	}
	if (flows_beyond(r.flows)->frames > 0)
		put_flow(out, h, flows_beyond(r.flows), "beyond-bound");
	if (unread > 0) {
		put_ids(out, h);
		(void)buf_printf(out, ",,,,,unknown,,%" PRIu64 ",,,unread\n", unread);
	}
	rc = buf_failed(out) ? -1 : 0;
	if (rc == -1)
		errno = ENOMEM;
out:
	flows_free(r.flows);
	return rc;
}

static int
hand_out(struct report *r)
{
	int rc = -1;

	if (buf_failed(&r->rows))
		errno = ENOMEM;
	else
		rc = r->put(r->cookie, r->rows.data, r->rows.len);
	buf_clear(&r->rows);
	return rc;
}

static int
put_packet(void *cookie, const struct sliceframes_frame *f)
{
	struct report *r = cookie;
	struct flowkey k;

	flowkey_read(&r->terms, f, &k);
	put_ids(&r->rows, &r->source->slice->head);
	put_time(&r->rows, f->time);
	(void)buf_putc(&r->rows, ',');
	put_ends(&r->rows, &k);
	(void)buf_printf(&r->rows, "%u,%s\n", f->len, k.version == 0 ? "not-ip" : "packet");
	return r->rows.len < ROWS ? 0 : hand_out(r);
}

int
summary_packets(const struct summary_source *s, int (*put)(void *, const void *, size_t), void *cookie)
{
	struct report r;
	uint64_t unread;
	int rc;

	begin(&r, s);
	r.put = put;
	r.cookie = cookie;
	(void)buf_puts(&r.rows, IDS "timestamp," ENDS "packetSize,kind\n");
	rc = sliceframes_each(s->fd, put_packet, &r, &unread);
	if (rc == 0 && unread > 0) {
		put_ids(&r.rows, &s->slice->head);
		(void)buf_printf(&r.rows, ",,,,,,unknown,%" PRIu64 ",unread\n", unread);
	}
	if (rc == 0)
		rc = hand_out(&r);
	buf_free(&r.rows);
	return rc;
}
