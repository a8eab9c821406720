#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "fsio.h"
#include "json.h"

#include "orderterms.h"

#define FORMAT "casetap-addressees/1"
#define MAX_BYTES 8192
#define NAME_ROOM (NAMES_CASE_ROOM + 16)

static void
name_of(char out[NAME_ROOM], const char *case_id)
{
	(void)snprintf(out, NAME_ROOM, "%s.addressees", case_id); /* has room */
}

void
orderterms_of(const struct order *order, struct orderterms *t)
{
	memset(t, 0, sizeof(*t));
	memcpy(t->destinations, order->destinations, sizeof(t->destinations));
	t->destination_count = order->destination_count;
	t->payload_days = order->payload_days;
}

/* One line, and no subject in it. */
static int
format(struct buf *out, const struct order *order)
{
	struct json *j = json_object(), *to = json_array();
	size_t i;
	int rc = -1;

	for (i = 0; i < order->destination_count; i++) {
		if (json_append(to, json_string(order->destinations[i])) == -1) {
			json_free(to);
			goto out;
		}
	}
	if (json_put_string(j, "format", FORMAT) == -1 || json_put_string(j, "case", order->case_id) == -1 ||
	    json_put_integer(j, "revision", order->revision) == -1 ||
	    json_put_string(j, "order_sha256", order->sha256) == -1) {
		json_free(to);
		goto out;
	}
	if (json_put(j, "to", to) == 0 && json_put_integer(j, "payload_days", order->payload_days) == 0 &&
	    json_write(j, out) == 0 && buf_putc(out, '\n') == 0)
		rc = 0;
out:
	json_free(j);
	return rc;
}

int
orderterms_save(int dirfd, const struct order *order)
{
	struct buf old = BUF_INIT, now = BUF_INIT;
	char name[NAME_ROOM];
	int rc = -1;

	name_of(name, order->case_id);
	if (format(&now, order) == -1)
		goto out;
	if (fsio_load(dirfd, name, MAX_BYTES, &old) == 0 && old.len == now.len &&
	    memcmp(old.data, now.data, now.len) == 0)
		rc = 0;
	else
		rc = fsio_replace(dirfd, name, now.data, now.len, 0640);
out:
	buf_free(&old);
	buf_free(&now);
	return rc;
}

static int
take_names(const struct json *to, struct orderterms *t)
{
	const char *s;
	size_t i;

	if (to == NULL || json_length(to) > ORDER_DESTINATIONS_MAX)
		return -1;
	for (i = 0; i < json_length(to); i++) {
		s = json_text(json_item(to, i));
		if (s == NULL || !names_is_destination(s))
			return -1;
		(void)snprintf(t->destinations[i], NAMES_DEST_ROOM, "%s", s); /* a name that was judged */
	}
	t->destination_count = json_length(to);
	return 0;
}

int
orderterms_load(int dirfd, const char *case_id, const char *sha256, struct orderterms *t)
{
	struct buf text = BUF_INIT;
	struct json *j = NULL;
	const char *hash, *format_name;
	char name[NAME_ROOM];
	int64_t days;
	int rc = -1;

	memset(t, 0, sizeof(*t));
	name_of(name, case_id);
	if (fsio_load(dirfd, name, MAX_BYTES, &text) == -1 || (j = json_parse(text.data, text.len, 3)) == NULL)
		goto out;
	format_name = json_get_string(j, "format");
	hash = json_get_string(j, "order_sha256");
	if (format_name == NULL || strcmp(format_name, FORMAT) != 0 || hash == NULL || strcmp(hash, sha256) != 0)
		goto out;
	if (json_get_integer(j, "payload_days", &days) == 0 && days >= 0 && days <= UINT32_MAX)
		t->payload_days = (uint32_t)days;
	rc = take_names(json_get_array(j, "to"), t);
out:
	json_free(j);
	buf_free(&text);
	return rc;
}
