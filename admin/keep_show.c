#include <stdio.h>
#include <unistd.h>

#include "custody.h"
#include "fsio.h"

#include "keep.h"

static int
print_oldest(void *cookie, const struct keep_day *d)
{
	char day[STAMP_DAY_TEXT];

	(void)cookie;
	printf("  %-14s oldest day %s: %s\n", d->iap, stamp_day_format(day, d->day),
	    d->verdict.state == RETENTION_DUE ? "due for purging" : d->verdict.why);
	return 0;
}

/* What is lost of the custody log of the case, for good; what can not be read is a matter of its own. */
static int
load_begun(const struct site *site, const char *case_id, struct custody_begun *b)
{
	char path[NAMES_CASE_ROOM + 16];
	int fd, rc;

	(void)snprintf(path, sizeof path, "records/%s", case_id); /* has room */
	fd = fsio_opendirat(site->statefd, path);
	rc = fd != -1 && custody_begun_load(fd, b) == 1;
	if (fd != -1)
		(void)close(fd); /* a folder */
	return rc;
}

void
keep_print(const struct site *site, const char *case_id, int is_locked, stamp_t now)
{
	struct requests *all = requests_load(site->statefd, case_id, site->keyring, now);
	uint64_t purged = keep_purged(site, case_id);
	const struct request *hold;
	struct custody_begun begun;
	char issued[STAMP_TEXT];

	for (size_t i = 0; all != NULL && (hold = requests_hold(all, i)) != NULL; i++)
		printf("  on hold since %s: %s\n", stamp_format_seconds(issued, hold->issued), hold->reason);
	requests_free(all);
	if (!is_locked)
		(void)keep_each_day(site, case_id, 0, print_oldest, NULL); /* what it could not read it has said */
	if (load_begun(site, case_id, &begun))
		printf("  custody log lost up to line %llu, begun anew at %s\n", (unsigned long long)begun.lines,
		    stamp_format_seconds(issued, begun.at));
	if (purged > 0)
		printf("  payload of %llu days purged\n", (unsigned long long)purged);
}

static int
add_oldest(void *cookie, const struct keep_day *d)
{
	struct json *j = json_object();
	char day[STAMP_DAY_TEXT];

	if (json_put_string(j, "iap", d->iap) == 0 && json_put_string(j, "day", stamp_day_format(day, d->day)) == 0 &&
	    json_put(j, "due", json_boolean(d->verdict.state == RETENTION_DUE)) == 0 &&
	    json_put_stamp(j, "until", d->verdict.until) == 0 && json_put_string(j, "why", d->verdict.why) == 0)
		return json_append(cookie, j);
	json_free(j);
	return -1;
}

struct json *
keep_json(const struct site *site, const char *case_id, int is_locked, stamp_t now)
{
	struct requests *all = requests_load(site->statefd, case_id, site->keyring, now);
	struct json *j = json_object(), *holds = json_array(), *oldest = json_array();
	const struct request *hold;
	struct custody_begun begun;
	int bad = 0;

	for (size_t i = 0; all != NULL && (hold = requests_hold(all, i)) != NULL; i++)
		bad |= json_append(holds, json_string(hold->reason));
	requests_free(all);
	if (!is_locked)
		(void)keep_each_day(site, case_id, 0, add_oldest, oldest); /* what it could not read it has said */
	bad |= json_put(j, "holds", holds) | json_put(j, "oldest", oldest) |
	       json_put_integer(j, "purged_days", (int64_t)keep_purged(site, case_id));
	if (load_begun(site, case_id, &begun))
		bad |= json_put_integer(j, "custody_lost", (int64_t)begun.lines);
	if (bad == 0)
		return j;
	json_free(j);
	return NULL;
}
