#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "custody.h"
#include "fsio.h"
#include "names.h"
#include "signedhead.h"
#include "text.h"

#include "overview.h"
#include "overview_internal.h"

#define SIG ".minisig"

struct look {
	struct overview *v;
	const char *case_id;
	int fd;
};

static int
is_missing(int dirfd, const char *name)
{
	return faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == -1 && errno == ENOENT;
}

/* A signed head of the custody log is two files; one alone tells that the other was taken away. */
static int
each_file(void *cookie, const char *name)
{
	const struct look *l = cookie;
	char other[SIGNEDHEAD_NAME_ROOM + sizeof SIG];
	const size_t n = strlen(name);

	if (n >= sizeof other)
		return 0;
	(void)snprintf(other, sizeof other, "%s", name); /* as seen */
	if (text_ends_with(name, SIG)) {
		other[n - strlen(SIG)] = '\0';
		if (signedhead_is_name(other) && is_missing(l->fd, other))
			overview_matter(
			    l->v, "case %s: %s signs a head of its custody log that is not there", l->case_id, name);
	} else if (signedhead_is_name(name)) {
		(void)snprintf(other, sizeof other, "%s" SIG, name); /* has room */
		if (is_missing(l->fd, other))
			overview_matter(l->v,
			    "case %s: %s: the signature of this head of its custody log is not there", l->case_id,
			    name);
	}
	return 0;
}

/* What may not be read here is no matter: whoever may see the records sees it. */
static int
each_case(void *cookie, const char *case_id)
{
	struct overview *v = cookie;
	struct custody_known known;
	char path[NAMES_CASE_ROOM + 16];
	int fd;

	if (!names_is_case(case_id))
		return 0;
	(void)snprintf(path, sizeof path, "records/%s", case_id); /* has room */
	fd = fsio_opendirat(v->site->statefd, path);
	if (fd == -1)
		return 0;
	if (custody_is_cut(fd, &known) == 1)
		overview_matter(v,
		    "case %s: its custody log does not hold the %llu lines that it had: cut, changed or gone; "
		    "restore it from a backup or, where there is none, casetap log %s --begin-anew",
		    case_id, (unsigned long long)known.lines, case_id);
	(void)fsio_list(fd, each_file, &(struct look){v, case_id, fd}); /* as above */
	(void)close(fd);                                                /* a folder */
	return 0;
}

void
overview_judge_records(struct overview *v)
{
	int fd = fsio_opendirat(v->site->statefd, "records");

	if (fd == -1)
		return;
	(void)fsio_list(fd, each_case, v); /* as above */
	(void)close(fd);                   /* a folder */
}
