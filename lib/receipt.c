#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "text.h"

#include "receipt.h"

#define FORMAT "casetap-receipt/1"
#define MAX_DEPTH 2

static int
is_known_length(const char *s, size_t room)
{
	size_t n = strnlen(s, room);

	return n > 0 && n < room && text_is_printable(s, n);
}

/* A plain name as outbox folders have them: what receipt names are made of. */
static int
is_file(const char *s)
{
	return is_known_length(s, NAMES_FILE_ROOM) && s[0] != '.' && strchr(s, '/') == NULL;
}

static int
is_sound(const struct receipt *r)
{
	if (!names_is_case(r->case_id) || !names_is_iap(r->iap) || !names_is_destination(r->destination))
		return 0;
	if (!is_file(r->file) || r->seq > NAMES_SEQ_MAX || r->bytes > INT64_MAX || !digest_is_hex(r->sha256))
		return 0;
	if (!is_known_length(r->location, sizeof r->location) || !is_known_length(r->peer, sizeof r->peer) ||
	    !is_known_length(r->method, sizeof r->method) ||
	    (r->version[0] != '\0' && !is_known_length(r->version, sizeof r->version)))
		return 0;
	if (r->again == 1 || r->again > RECEIPT_AGAIN_MAX)
		return 0;
	if (r->day == STAMP_NONE || stamp_day_start(r->day) != r->day || r->published == STAMP_NONE ||
	    r->attempts == 0)
		return 0;
	/* Only the first of a chain names none before it. */
	return r->number > 0 && r->number <= INT64_MAX && (r->number == 1) == (r->prev[0] == '\0') &&
	       (r->prev[0] == '\0' || digest_is_hex(r->prev));
}

int
receipt_write(const struct receipt *r, struct buf *out)
{
	char day[STAMP_DAY_TEXT];
	struct json *j = NULL;
	int rc = -1;

	if (!is_sound(r)) {
		errno = EINVAL;
		return -1;
	}
	errno = ENOMEM;
	j = json_object();
	if (j == NULL || json_put_string(j, "format", FORMAT) == -1 || json_put_string(j, "case", r->case_id) == -1 ||
	    json_put_string(j, "iap", r->iap) == -1 ||
	    json_put_string(j, "day", stamp_day_format(day, r->day)) == -1 ||
	    json_put_string(j, "file", r->file) == -1 || json_put_integer(j, "seq", (int64_t)r->seq) == -1 ||
	    json_put_string(j, "sha256", r->sha256) == -1 || json_put_integer(j, "bytes", (int64_t)r->bytes) == -1 ||
	    json_put_string(j, "destination", r->destination) == -1 ||
	    json_put_string(j, "location", r->location) == -1 ||
	    (r->version[0] != '\0' && json_put_string(j, "version", r->version) == -1) ||
	    (r->again != 0 && json_put_integer(j, "again", r->again) == -1) ||
	    json_put_string(j, "peer", r->peer) == -1 || json_put_string(j, "method", r->method) == -1 ||
	    json_put_integer(j, "attempts", r->attempts) == -1 ||
	    json_put_stamp(j, "published", r->published) == -1 ||
	    json_put_integer(j, "number", (int64_t)r->number) == -1 || json_put_string(j, "prev", r->prev) == -1)
		goto out;
	if (json_write(j, out) == -1 || buf_putc(out, '\n') == -1)
		goto out;
	rc = 0;
out:
	json_free(j);
	return rc;
}

static int
take_members(const struct json *j, struct receipt *r)
{
	const char *day = json_get_string(j, "day");

	if (json_get_text(j, "case", r->case_id, sizeof r->case_id) == -1 ||
	    json_get_text(j, "iap", r->iap, sizeof r->iap) == -1 || day == NULL ||
	    stamp_day_parse(day, &r->day) == -1 || json_get_text(j, "file", r->file, sizeof r->file) == -1 ||
	    json_get_u64(j, "seq", &r->seq) == -1 || json_get_text(j, "sha256", r->sha256, sizeof r->sha256) == -1 ||
	    json_get_u64(j, "bytes", &r->bytes) == -1 ||
	    json_get_text(j, "destination", r->destination, sizeof r->destination) == -1 ||
	    json_get_text(j, "location", r->location, sizeof r->location) == -1 ||
	    (json_get_string(j, "version") != NULL &&
		json_get_text(j, "version", r->version, sizeof r->version) == -1) ||
	    json_get_text(j, "peer", r->peer, sizeof r->peer) == -1 ||
	    json_get_text(j, "method", r->method, sizeof r->method) == -1 ||
	    json_get_u32(j, "attempts", &r->attempts) == -1 || json_get_stamp(j, "published", &r->published) == -1 ||
	    json_get_u64(j, "number", &r->number) == -1 || json_get_text(j, "prev", r->prev, sizeof r->prev) == -1)
		return -1;
	/* Of a first one there is none; what is no number is not written back the same. */
	if (json_get_u32(j, "again", &r->again) == -1)
		r->again = 0;
	return 0;
}

int
receipt_parse(const char *data, size_t n, struct receipt *r)
{
	struct buf again = BUF_INIT;
	struct json *j = NULL;
	int rc = -1;

	memset(r, 0, sizeof *r);
	errno = EINVAL;
	if (n == 0 || n > RECEIPT_MAX_BYTES || data[n - 1] != '\n' ||
	    (j = json_parse(data, n - 1, MAX_DEPTH)) == NULL)
		goto out;
	if (take_members(j, r) == -1) {
		errno = EINVAL;
		goto out;
	}
	if (receipt_write(r, &again) == -1)
		goto out;
	/* Format, unknown members, order and spelling in one look: a receipt is evidence, and evidence has one form. */
	if (again.len != n || memcmp(again.data, data, n) != 0) {
		errno = EINVAL;
		goto out;
	}
	rc = 0;
out:
	json_free(j);
	buf_free(&again);
	return rc;
}

char *
receipt_name(char *out, const char *file, const char *destination)
{
	(void)snprintf(out, RECEIPT_NAME_ROOM, "%s.%s.receipt", file, destination);
	return out;
}

char *
receipt_name_on(char *out, const char *file, stamp_t day, const char *destination)
{
	char text[STAMP_DAY_TEXT];
	struct names names;

	names_parse(file, &names);
	if (names.kind != NAMES_OTHER)
		return receipt_name(out, file, destination);
	(void)snprintf(out, RECEIPT_NAME_ROOM, "%s_%s.%s.receipt", stamp_day_format(text, day), file, destination);
	return out;
}

char *
receipt_name_of(char *out, const struct receipt *r)
{
	char file[NAMES_FILE_ROOM + 16], day[STAMP_DAY_TEXT];
	struct names names;

	if (r->again == 0)
		return receipt_name_on(out, r->file, r->day, r->destination);
	names_parse(r->file, &names);
	if (names.kind != NAMES_OTHER)
		(void)snprintf(file, sizeof file, "%s.%u", r->file, r->again);
	else
		(void)snprintf(file, sizeof file, "%s_%s.%u", stamp_day_format(day, r->day), r->file, r->again);
	return receipt_name(out, file, r->destination);
}
