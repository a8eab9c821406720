#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "json.h"
#include "text.h"

#include "packager.h"

#include "sealed.h"

#define FILE_NAME "stream.json"
#define FORMAT "casetap-sealed/1"
#define MAX_BYTES ((size_t)4 * 1024 * 1024)
#define DEPTH 8

struct json *
sealed_orders_json(const struct sealed_order *orders, size_t count)
{
	struct json *list = json_array(), *order;
	int rc = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		order = json_object();
		rc |= json_put_string(order, "name", orders[i].name);
		rc |= json_put_string(order, "sha256", orders[i].sha256);
		rc |= json_append(list, order);
	}
	if (rc != 0) {
		json_free(list);
		return NULL;
	}
	return list;
}

int
sealed_orders_parse(const struct json *list, struct sealed_order **out, size_t *count)
{
	struct sealed_order *orders;
	size_t n = json_length(list), i;

	if (list == NULL)
		return -1;
	orders = calloc(n + 1, sizeof(*orders)); /* an empty list too is something to free */
	if (orders == NULL)
		return -1;
	for (i = 0; i < n; i++) {
		if (json_get_text(json_item(list, i), "name", orders[i].name, sizeof(orders[i].name)) == -1 ||
		    json_get_hash(json_item(list, i), "sha256", orders[i].sha256) == -1) {
			free(orders);
			return -1;
		}
	}
	*out = orders;
	*count = n;
	return 0;
}

static struct json *
to_json(const struct sealed *s)
{
	struct json *j = json_object();
	int rc;

	rc = json_put_string(j, "format", FORMAT) || json_put_string(j, "case", s->case_id) ||
	     json_put_string(j, "iap", s->iap) || json_put_integer(j, "next", (int64_t)s->next) ||
	     json_put_string(j, "station", s->station) || json_put_string(j, "head_seal", s->head_seal) ||
	     json_put_string(j, "head_record", s->head_record) ||
	     json_put_string(j, "order_sha256", s->order_sha256) ||
	     json_put_integer(j, "encrypted", s->is_encrypted) ||
	     json_put_integer(j, "content_id", (int64_t)s->content_id) ||
	     json_put_integer(j, "revision", s->revision) || json_put_stamp(j, "covered", s->covered) ||
	     json_put_stamp(j, "day", s->day) || json_put_integer(j, "day_bytes", (int64_t)s->day_bytes) ||
	     json_put_stamp(j, "due", s->due) || json_put_stamp(j, "closed", s->closed) ||
	     json_put_string(j, "ledger_sha256", s->ledger_sha256) ||
	     json_put_string(j, "ledger_seal", s->ledger_seal) || json_put_string(j, "ledger_order", s->ledger_order);
	/* A state of before it was noted stays as it is written. */
	if (s->custody_lines > 0)
		rc |= json_put_integer(j, "custody_lines", (int64_t)s->custody_lines) |
		      json_put_string(j, "custody_head", s->custody_head);
	rc |= json_put(j, "orders", sealed_orders_json(s->orders, s->order_count));
	if (rc != 0) {
		json_free(j);
		return NULL;
	}
	return j;
}

int
sealed_write(const struct sealed *s, struct buf *out)
{
	struct json *j = to_json(s);
	int rc = j == NULL || json_write(j, out) == -1 || buf_putc(out, '\n') == -1 ? -1 : 0;

	json_free(j);
	return rc;
}

int
sealed_save(const struct sealed *s, int dirfd)
{
	struct buf text = BUF_INIT;
	int rc = -1;

	if (sealed_write(s, &text) == -1 ||
	    fsio_replace(dirfd, FILE_NAME, text.data, text.len, PACKAGER_MODE_FILE) == -1) {
		diag_err("records/%s/%s/" FILE_NAME, s->case_id, s->iap);
		goto out;
	}
	rc = 0;
out:
	buf_free(&text);
	return rc;
}

static int
from_json(struct sealed *s, const struct json *j)
{
	const char *format = json_get_string(j, "format"), *case_id = json_get_string(j, "case");
	const char *iap = json_get_string(j, "iap");
	uint64_t encrypted;

	/* A state of before there was encryption does not say it. */
	s->is_encrypted = json_get_u64(j, "encrypted", &encrypted) == 0 && encrypted != 0;
	/* Nor does it of the custody log. */
	if (json_get_u64(j, "custody_lines", &s->custody_lines) == -1 ||
	    json_get_hash(j, "custody_head", s->custody_head) == -1)
		s->custody_lines = 0;
	if (format == NULL || strcmp(format, FORMAT) != 0 || case_id == NULL || strcmp(case_id, s->case_id) != 0 ||
	    iap == NULL || strcmp(iap, s->iap) != 0 || json_get_u32(j, "revision", &s->revision) == -1)
		return -1;
	return json_get_u64(j, "next", &s->next) | json_get_text(j, "station", s->station, sizeof(s->station)) |
	       json_get_hash(j, "head_seal", s->head_seal) | json_get_hash(j, "head_record", s->head_record) |
	       json_get_hash(j, "order_sha256", s->order_sha256) | json_get_u64(j, "content_id", &s->content_id) |
	       json_get_stamp(j, "covered", &s->covered) | json_get_stamp(j, "day", &s->day) |
	       json_get_u64(j, "day_bytes", &s->day_bytes) | json_get_stamp(j, "due", &s->due) |
	       json_get_stamp(j, "closed", &s->closed) | json_get_hash(j, "ledger_sha256", s->ledger_sha256) |
	       json_get_hash(j, "ledger_seal", s->ledger_seal) | json_get_hash(j, "ledger_order", s->ledger_order) |
	       sealed_orders_parse(json_get_array(j, "orders"), &s->orders, &s->order_count);
}

int
sealed_parse(struct sealed *s, const char *text, size_t n)
{
	struct json *j = json_parse(text, n, DEPTH);
	int rc, starved = j == NULL && errno == ENOMEM;

	errno = 0;
	rc = from_json(s, j) == 0 ? 0 : -1;
	json_free(j);
	if (rc == -1)
		errno = starved || errno == ENOMEM ? ENOMEM : EBADMSG;
	return rc;
}

/* Tag files of number 1 are there before the first state is; no others are. */
static int
is_later_tags(void *cookie, const char *name)
{
	static const char first[] = "_0000000001.tags.tar", suffix[] = ".tags.tar";
	stamp_t day;

	/* Nor is the folder of a day that was purged. */
	if (stamp_day_parse(name, &day) == 0)
		return 1;
	return text_ends_with(name, suffix) && !text_ends_with(name, first);
}

int
sealed_load(struct sealed *s, int dirfd, const char *case_id, const char *iap)
{
	struct buf text = BUF_INIT;
	int rc = -1;

	memset(s, 0, sizeof(*s));
	(void)snprintf(s->case_id, sizeof(s->case_id), "%s", case_id); /* names that were judged */
	(void)snprintf(s->iap, sizeof(s->iap), "%s", iap);
	s->next = 1;
	s->covered = s->day = s->due = s->closed = STAMP_NONE;
	if (fsio_load(dirfd, FILE_NAME, MAX_BYTES, &text) == -1) {
		/* Numbers must not start again where packages exist. */
		if (errno == ENOENT && fsio_list(dirfd, is_later_tags, NULL) == 0)
			rc = 0;
		else
			errno = errno == ENOENT ? EBADMSG : errno;
	} else {
		rc = sealed_parse(s, text.data, text.len);
	}
	if (rc == -1) {
		diag_err("records/%s/%s/" FILE_NAME, case_id, iap);
		sealed_clear(s);
	}
	buf_free(&text);
	return rc;
}

void
sealed_clear(struct sealed *s)
{
	int saved = errno;

	free(s->orders);
	s->orders = NULL;
	s->order_count = 0;
	errno = saved;
}

int
sealed_add_order(struct sealed *s, const struct sealed_order *order)
{
	struct sealed_order *grown = reallocarray(s->orders, s->order_count + 1, sizeof(*grown));

	if (grown == NULL)
		return -1;
	s->orders = grown;
	s->orders[s->order_count++] = *order;
	return 0;
}

void
sealed_count(struct sealed *s, const struct slice_head *head, const char *station, const char *seal_id,
    const char *record_sha256)
{
	s->covered = head->to;
	s->content_id = head->content_id;
	s->revision = head->revision;
	(void)snprintf(s->station, sizeof(s->station), "%s", station); /* the rooms are the same */
	memcpy(s->head_seal, seal_id, sizeof(s->head_seal));
	memcpy(s->head_record, record_sha256, sizeof(s->head_record));
	memcpy(s->order_sha256, head->order_sha256, sizeof(s->order_sha256));
}

int
sealed_has_order(const struct sealed *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->order_count; i++) {
		if (strcmp(s->orders[i].name, name) == 0)
			return 1;
	}
	return 0;
}
