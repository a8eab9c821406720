#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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
#define AGAIN_MILLISECONDS 50
#define PATIENCE 40 /* so often is looked again, in all cases together */

struct look {
	struct overview *v;
	const char *case_id;
	int fd, patience;
};

/* The packager writes the head behind its signature, each with a sync: what is missing may be about to come. */
static int
is_missing(struct look *l, const char *name)
{
	while (faccessat(l->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno != ENOENT)
			return 0;
		if (l->patience == 0)
			return 1;
		l->patience--;
		(void)poll(NULL, 0, AGAIN_MILLISECONDS);
	}
	return 0;
}

/* A signed head of the custody log is two files; one alone tells that the other was taken away. */
static int
each_file(void *cookie, const char *name)
{
	struct look *l = cookie;
	char other[SIGNEDHEAD_NAME_ROOM + sizeof SIG];
	const size_t n = strlen(name);
	struct signedhead head;
	const char *why;

	if (n >= sizeof other)
		return 0;
	(void)snprintf(other, sizeof other, "%s", name); /* as seen */
	if (text_ends_with(name, SIG)) {
		other[n - strlen(SIG)] = '\0';
		if (signedhead_is_name(other) && is_missing(l, other))
			overview_matter(
			    l->v, "case %s: %s signs a head of its custody log that is not there", l->case_id, name);
	} else if (signedhead_is_name(name)) {
		(void)snprintf(other, sizeof other, "%s" SIG, name); /* has room */
		/* It is written first: what is not there now never comes. */
		if (faccessat(l->fd, other, F_OK, AT_SYMLINK_NOFOLLOW) == -1 && errno == ENOENT)
			overview_matter(l->v,
			    "case %s: %s: the signature of this head of its custody log is not there", l->case_id,
			    name);
		else if (signedhead_load(l->fd, name, l->case_id, l->v->site->keyring, &head, &why) == 0)
			overview_matter(l->v, "case %s: %s: this head of its custody log does not count: %s",
			    l->case_id, name, why);
	}
	return 0;
}

/* What may not be read here is no matter: whoever may see the records sees it. */
static int
each_case(void *cookie, const char *case_id)
{
	struct look *l = cookie;
	struct overview *v = l->v;
	struct custody_case c = {.case_id = case_id, .keyring = v->site->keyring};
	struct custody_known known;
	char path[NAMES_CASE_ROOM + 16];
	int fd;

	if (!names_is_case(case_id))
		return 0;
	(void)snprintf(path, sizeof path, "records/%s", case_id); /* has room */
	fd = fsio_opendirat(v->site->statefd, path);
	if (fd == -1)
		return 0;
	c.dirfd = fd;
	if (custody_is_cut(&c, &known) == 1)
		overview_matter(v,
		    "case %s: its custody log does not hold the %llu lines that it had: cut, changed or gone; "
		    "restore it from a backup or, where there is none, casetap log %s --begin-anew",
		    case_id, (unsigned long long)known.lines, case_id);
	l->case_id = case_id;
	l->fd = fd;
	(void)fsio_list(fd, each_file, l); /* as above */
	(void)close(fd);                   /* a folder */
	return 0;
}

void
overview_judge_records(struct overview *v)
{
	struct look l = {.v = v, .patience = PATIENCE};
	int fd = fsio_opendirat(v->site->statefd, "records");

	if (fd == -1)
		return;
	(void)fsio_list(fd, each_case, &l); /* as above */
	(void)close(fd);                    /* a folder */
}
