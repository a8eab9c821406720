#include <stdio.h>

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

void
keep_print(const struct site *site, const char *case_id, int is_locked, stamp_t now)
{
	struct requests *all = requests_load(site->statefd, case_id, site->keyring, now);
	uint64_t purged = keep_purged(site, case_id);
	const struct request *hold;
	char issued[STAMP_TEXT];

	for (size_t i = 0; all != NULL && (hold = requests_hold(all, i)) != NULL; i++)
		printf("  on hold since %s: %s\n", stamp_format_seconds(issued, hold->issued), hold->reason);
	requests_free(all);
	if (!is_locked)
		(void)keep_each_day(site, case_id, 0, print_oldest, NULL); /* what it could not read it has said */
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
	int bad = 0;

	for (size_t i = 0; all != NULL && (hold = requests_hold(all, i)) != NULL; i++)
		bad |= json_append(holds, json_string(hold->reason));
	requests_free(all);
	if (!is_locked)
		(void)keep_each_day(site, case_id, 0, add_oldest, oldest); /* what it could not read it has said */
	bad |= json_put(j, "holds", holds) | json_put(j, "oldest", oldest) |
	       json_put_integer(j, "purged_days", (int64_t)keep_purged(site, case_id));
	if (bad == 0)
		return j;
	json_free(j);
	return NULL;
}
