#include <string.h>

#include "fsio.h"
#include "names.h"

#include "outbox.h"

#define SUMS "SHA256SUMS"
#define SUMS_SIG "SHA256SUMS.minisig"

struct days {
	int (*each)(void *, stamp_t);
	void *cookie;
};

struct files {
	int (*each)(void *, const char *);
	void *cookie;
	int has_sums, has_sig;
};

static int
on_day(void *cookie, const char *name)
{
	const struct days *d = cookie;
	stamp_t day;

	return stamp_day_parse(name, &day) == 0 ? d->each(d->cookie, day) : 0;
}

int
outbox_each_day(int dirfd, int (*each)(void *, stamp_t), void *cookie)
{
	struct days d = {each, cookie};

	/* The names of days sort as the days do. */
	return fsio_list(dirfd, on_day, &d);
}

static int
on_file(void *cookie, const char *name)
{
	struct files *f = cookie;

	if (name[0] == '.')
		return 0;
	if (strcmp(name, SUMS) == 0) {
		f->has_sums = 1;
		return 0;
	}
	if (strcmp(name, SUMS_SIG) == 0) {
		f->has_sig = 1;
		return 0;
	}
	return f->each(f->cookie, name);
}

int
outbox_each_file(int dirfd, int (*each)(void *, const char *), void *cookie)
{
	struct files f = {each, cookie, 0, 0};
	int rc = fsio_list(dirfd, on_file, &f);

	/* Before its signature the list of a day is not published. */
	if (rc != 0 || !f.has_sums || !f.has_sig)
		return rc;
	rc = each(cookie, SUMS);
	return rc != 0 ? rc : each(cookie, SUMS_SIG);
}

int
outbox_is_for(enum conf_deliver deliver, const char *name)
{
	struct names n;

	names_parse(name, &n);
	if (n.kind == NAMES_DAY_SUM || n.kind == NAMES_DAY_TAR)
		return deliver != CONF_PACKAGES;
	/* A notice can not wait for its day to be over. */
	return deliver != CONF_DAY || n.kind == NAMES_NOTICE;
}
