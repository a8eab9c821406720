#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kept_internal.h"

/*
 * The mark: up to when all that stands in the files of the cases was so, and in which boot.
 */
#define MARK_FORMAT_BEFORE "casetap-bindings-mark/1"
#define MARK_FORMAT "casetap-bindings-mark/2"
#define APART STAMP_SECOND /* a clock that is kept right by NTP is not that far off in ten minutes */

const char *
kept_too_long(const struct kept_mark *m, stamp_t realtime, stamp_t boottime, stamp_t within)
{
	stamp_t away = boottime - m->boottime, by_clock = realtime - m->realtime;

	if (away < 0 || by_clock - away > APART || away - by_clock > APART)
		return "clock";
	return away > within ? "away" : NULL;
}

static int
put_stale(struct json *j, const struct kept_mark *m)
{
	struct json *stale = json_array();
	uint32_t i;

	for (i = 0; i < m->stale_count; i++)
		(void)json_append(stale, json_string(m->stale[i])); /* a failure shows in the count */
	if (json_length(stale) == m->stale_count)
		return json_put(j, "stale", stale);
	json_free(stale);
	return -1;
}

static int
get_stale(const struct json *j, struct kept_mark *m)
{
	const struct json *stale = json_get_array(j, "stale");
	const char *case_id;
	uint32_t i;

	if (stale == NULL || json_length(stale) > KEPT_STALE_MAX)
		return -1;
	m->stale_count = (uint32_t)json_length(stale);
	for (i = 0; i < m->stale_count; i++) {
		case_id = json_text(json_item(stale, i));
		if (case_id == NULL || !names_is_case(case_id))
			return -1;
		(void)snprintf(m->stale[i], sizeof(m->stale[i]), "%s", case_id); /* a case ID fits */
	}
	return 0;
}

static int
write_mark_as(const struct kept_mark *m, const char *format, struct buf *out)
{
	struct json *j = json_object();
	int rc = -1;

	errno = ENOMEM;
	if (json_put_string(j, "format", format) == 0 && json_put_stamp(j, "realtime", m->realtime) == 0 &&
	    json_put_integer(j, "boottime", m->boottime) == 0 && json_put_string(j, "boot_id", m->boot_id) == 0 &&
	    json_put_string(j, "settings", m->settings) == 0 && put_stale(j, m) == 0)
		rc = kept_seal(j, out);
	json_free(j);
	return rc;
}

int
kept_mark_write(const struct kept_mark *m, struct buf *out)
{
	return write_mark_as(m, MARK_FORMAT, out);
}

int
kept_mark_parse(const char *data, size_t n, struct kept_mark *m)
{
	struct json *j = json_parse(data, n, KEPT_DEPTH);
	const char *format = kept_is_of(j, MARK_FORMAT_BEFORE) ? MARK_FORMAT_BEFORE : MARK_FORMAT;
	struct buf ours = BUF_INIT;
	int rc = -1;

	memset(m, 0, sizeof(*m));
	if (json_get_stamp(j, "realtime", &m->realtime) == 0 && json_get_integer(j, "boottime", &m->boottime) == 0 &&
	    json_get_text(j, "boot_id", m->boot_id, sizeof(m->boot_id)) == 0 &&
	    json_get_hash(j, "settings", m->settings) == 0 && get_stale(j, m) == 0 && m->realtime > 0 &&
	    m->boottime > 0 && write_mark_as(m, format, &ours) == 0 && kept_is_same(&ours, data, n))
		rc = 0;
	return kept_finish(j, &ours, rc);
}
