#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"

#include "doctor.h"
#include "unitfile.h"

#define SERVICE "casetap-capture"
#define ADVICE "systemctl edit " SERVICE "@: BindPaths= and ReadWritePaths=, as casetap-capture(8) shows"

/* Return how many of the files that capture needs it does not see, or can not write. */
static size_t
examine_paths(struct doctor *d, const struct unitfile *u)
{
	const struct conf *c = d->site->conf;
	const char *const reads[] = {
	    c->path, c->state_dir, c->orders_dir, c->orders_key, c->keyring, c->root, c->clock_file};
	static const char *const writes[] = {"spool", "journal/capture"};
	struct buf path = BUF_INIT;
	size_t bad = 0, i;

	for (i = 0; i < sizeof reads / sizeof reads[0]; i++) {
		if (reads[i] == NULL || unitfile_sees(u, reads[i]))
			continue;
		doctor_ill(d, ADVICE, "the unit does not show %s to it", reads[i]);
		bad++;
	}
	for (i = 0; i < sizeof writes / sizeof writes[0]; i++) {
		buf_clear(&path);
		if (buf_printf(&path, "%s/%s", c->state_dir, writes[i]) == -1 ||
		    unitfile_covers(u, UNITFILE_WRITE, path.data))
			continue;
		doctor_ill(d, ADVICE, "the unit does not let it write %s", path.data);
		bad++;
	}
	buf_free(&path);
	return bad;
}

void
doctor_unit(struct doctor *d)
{
	const struct conf *c = d->site->conf;
	struct unitfile u;

	for (size_t i = 0; i < c->iap_count; i++) {
		doctor_topic(d, "%s", c->iaps[i].name);
		if (unitfile_load(&u, SERVICE, c->iaps[i].name) == -1)
			doctor_ill(
			    d, "look at systemctl cat " SERVICE "@", "its unit can not be read: %s", strerror(errno));
		else if (u.has_root && unitfile_covers(&u, UNITFILE_EXEC, c->path) && examine_paths(d, &u) == 0)
			doctor_well(d, "its unit shows it all that it needs");
		unitfile_free(&u);
	}
}
