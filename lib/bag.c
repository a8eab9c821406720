#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "custody.h"
#include "json.h"
#include "text.h"

#include "bag.h"

#define FORMAT "casetap-custody/1"
#define JSON_DEPTH 16

static const char declaration[] = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

const char *
bag_declaration(void)
{
	return declaration;
}

int
bag_info_write(const struct bag_seal *s, const struct bag_payload *p, struct buf *out)
{
	char stem[NAMES_FILE_ROOM], day[STAMP_DAY_TEXT];

	return buf_printf(out,
	    "Source-Organization: %s\n"
	    "External-Identifier: %s\n"
	    "Bagging-Date: %s\n"
	    "Payload-Oxum: %" PRIu64 ".%" PRIu64 "\n"
	    "Bag-Group-Identifier: %s_%s\n"
	    "Bag-Software-Agent: %s\n",
	    s->organization, names_stem(stem, p->case_id, p->iap, p->seq), stamp_day_format(day, s->time), p->bytes,
	    p->files, p->case_id, p->iap, s->packager);
}

static struct json *
seal_object(const struct bag_seal *s)
{
	struct json *j = json_object();
	char day[STAMP_DAY_TEXT];
	int rc;

	rc = json_put_stamp(j, "time", s->time) ||
	     json_put_string(j, "prev_seal", s->prev_seal[0] == '\0' ? CUSTODY_NONE : s->prev_seal) ||
	     json_put_string(j, "packager", s->packager) || json_put_string(j, "build", s->build) ||
	     json_put_string(j, "station", s->station) || json_put_string(j, "key_id", s->key_id) ||
	     json_put_string(j, "day", stamp_day_format(day, s->day));
	if (rc != 0) {
		json_free(j);
		return NULL;
	}
	return j;
}

int
bag_custody_write(const struct bag_seal *s, int is_gap, const char *record, size_t n, struct buf *out)
{
	struct json *seal = seal_object(s), *log = json_object();
	int rc;

	rc = json_put_string(log, "head", s->custody_head) ||
	     json_put_integer(log, "lines", (int64_t)s->custody_lines);
	if (seal == NULL || rc != 0) {
		rc = -1;
		goto out;
	}
	/* The record goes in as the bytes that its hash is over, not as a value that is written anew. */
	rc = buf_printf(out, "{\"format\":\"" FORMAT "\",\"%s\":", is_gap ? "gap" : "slice") ||
	     buf_put(out, record, n) || buf_puts(out, ",\"seal\":") || json_write(seal, out) ||
	     buf_puts(out, ",\"custody_log\":") || json_write(log, out) || buf_puts(out, "}\n");
out:
	json_free(seal);
	json_free(log);
	return rc == 0 ? 0 : -1;
}

static int
get_seal(const struct json *j, struct bag_seal *s)
{
	const char *day = json_get_string(j, "day");

	if (json_get_stamp(j, "time", &s->time) == -1 || s->time == STAMP_NONE || day == NULL ||
	    stamp_day_parse(day, &s->day) == -1 || json_get_text(j, "prev_seal", s->prev_seal, DIGEST_HEX) == -1 ||
	    !digest_is_hex(s->prev_seal))
		goto bad;
	if (strcmp(s->prev_seal, CUSTODY_NONE) == 0)
		s->prev_seal[0] = '\0';
	if (json_get_text(j, "packager", s->packager, sizeof(s->packager)) == -1 ||
	    json_get_text(j, "build", s->build, sizeof(s->build)) == -1 ||
	    json_get_text(j, "station", s->station, sizeof(s->station)) == -1 ||
	    json_get_text(j, "key_id", s->key_id, sizeof(s->key_id)) == -1)
		goto bad;
	return 0;
bad:
	errno = EINVAL;
	return -1;
}

int
bag_custody_parse(const char *text, size_t n, int *is_gap, struct buf *record, struct bag_seal *s)
{
	struct json *j = json_parse(text, n, JSON_DEPTH);
	const struct json *slice = json_get_object(j, "slice"), *gap = json_get_object(j, "gap");
	const struct json *log = json_get_object(j, "custody_log");
	int rc = -1;

	memset(s, 0, sizeof(*s));
	if (j == NULL)
		return -1;
	if ((slice == NULL) == (gap == NULL) || get_seal(json_get_object(j, "seal"), s) == -1 ||
	    json_get_text(log, "head", s->custody_head, DIGEST_HEX) == -1 || !digest_is_hex(s->custody_head) ||
	    json_get_u64(log, "lines", &s->custody_lines) == -1) {
		errno = EINVAL;
		goto out;
	}
	*is_gap = gap != NULL;
	rc = json_write(*is_gap ? gap : slice, record);
out:
	json_free(j);
	return rc;
}

char *
bag_comment(char out[BAG_COMMENT_ROOM], const struct bag_payload *p, stamp_t sealed)
{
	char time[STAMP_TEXT];

	(void)snprintf(out, BAG_COMMENT_ROOM, "casetap case=%s iap=%s seq=%" PRIu64 " sealed=%s", p->case_id, p->iap,
	    p->seq, stamp_format(time, sealed)); /* has room for the longest of each */
	return out;
}
