#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.h"
#include "ledger_internal.h"

int
ledger_add(struct ledger *l, const struct ledger_row *row)
{
	size_t room = 16;
	void *p;

	/* Room doubles, so it is used up when the count is a power of two. */
	if (l->row_count == 0 || (l->row_count >= room && (l->row_count & (l->row_count - 1)) == 0)) {
		if (l->row_count != 0)
			room = 2 * l->row_count;
		p = reallocarray(l->rows, room, sizeof(*l->rows));
		if (p == NULL)
			return -1;
		l->rows = p;
	}
	l->rows[l->row_count++] = *row;
	return 0;
}

int
ledger_add_sibling(struct ledger *l, const char *iap)
{
	void *p = reallocarray(l->siblings, l->sibling_count + 1, sizeof(*l->siblings));

	if (p == NULL)
		return -1;
	l->siblings = p;
	(void)snprintf(l->siblings[l->sibling_count++], sizeof(*l->siblings), "%s", iap); /* an IAP fits */
	return 0;
}

void
ledger_clear(struct ledger *l)
{
	free(l->rows);
	free(l->siblings);
	l->rows = NULL;
	l->siblings = NULL;
	l->row_count = l->sibling_count = 0;
}

static const char *
or_dash(const char *s)
{
	return s[0] == '\0' ? "-" : s;
}

static int
write_seqs(const struct ledger *l, struct buf *out)
{
	if (l->row_count == 0)
		return buf_puts(out, "first-seq: -\nlast-seq: -\ncount: 0\n");
	return buf_printf(out, "first-seq: %" PRIu64 "\nlast-seq: %" PRIu64 "\ncount: %zu\n", l->rows[0].seq,
	    l->rows[l->row_count - 1].seq, l->row_count);
}

static int
write_row(const struct ledger_row *r, struct buf *out)
{
	char from[STAMP_TEXT], to[STAMP_TEXT], first[STAMP_TEXT], last[STAMP_TEXT], loss[40], gap[SLICE_REASON_ROOM];

	if (r->own_loss == 0)
		(void)snprintf(loss, sizeof(loss), "%s", r->possible_loss ? "possible" : "zero");
	else
		(void)snprintf(loss, sizeof(loss), "%" PRIu64 "%s", r->own_loss, r->possible_loss ? "+possible" : "");
	if (r->is_gap_package)
		(void)snprintf(gap, sizeof(gap), "%s", r->gap);
	else if (r->gaps > 0)
		(void)snprintf(gap, sizeof(gap), "%" PRIu32, r->gaps);
	else
		(void)snprintf(gap, sizeof(gap), "-");
	return buf_printf(out, "%" PRIu64 " %s %s %s %s %s %" PRIu64 " %" PRIu64 " %s %s\n", r->seq, r->seal_id,
	    stamp_format(from, r->from), stamp_format(to, r->to), stamp_format(first, r->first_frame),
	    stamp_format(last, r->last_frame), r->frames, r->bytes, loss, gap);
}

int
ledger_write(const struct ledger *l, struct buf *out)
{
	char day[STAMP_DAY_TEXT];
	size_t i;

	(void)buf_printf(
	    out, LEDGER_FORMAT "\ncase: %s\niap: %s\nday: %s\n", l->case_id, l->iap, stamp_day_format(day, l->day));
	(void)write_seqs(l, out);
	(void)buf_printf(out, "prev-ledger-sha256: %s\nhead-seal: %s\nkeyring-sha256: %s\norder-sha256: %s\n",
	    or_dash(l->prev), or_dash(l->head_seal), l->keyring_sha256, or_dash(l->order_sha256));
	(void)buf_printf(out, "custody-head: %s\n", l->custody_head);
	if (l->lost_lines > 0)
		(void)buf_printf(
		    out, LEDGER_LOST "%" PRIu64 " %s %s\n", l->lost_lines, l->lost_head, l->lost_request);
	if (l->final)
		(void)buf_printf(out, "final: yes (%s, revision %" PRIu32 ")\n", l->final_reason, l->final_revision);
	else
		(void)buf_puts(out, "final: no\n");
	for (i = 0; i < l->sibling_count; i++)
		(void)buf_printf(out, "sibling: %s\n", l->siblings[i]);
	(void)buf_putc(out, '\n');
	for (i = 0; i < l->row_count; i++)
		(void)write_row(&l->rows[i], out);
	/* One look at the end is what buf promises. */
	if (!buf_failed(out))
		return 0;
	errno = ENOMEM;
	return -1;
}
