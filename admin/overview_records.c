#include <stdio.h>
#include <unistd.h>

#include "custody.h"
#include "fsio.h"
#include "names.h"

#include "overview.h"
#include "overview_internal.h"

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
		    "case %s: its custody log does not hold the %llu lines that it had: cut, changed or gone",
		    case_id, (unsigned long long)known.lines);
	(void)close(fd); /* a folder */
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
