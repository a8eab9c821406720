#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"
#include "text.h"

#include "doctor.h"

#define RUNS_HERE "/run/systemd/system" /* sd_booted(3) */
#define ENABLE "systemctl enable --now, of that too: casetap(8), EXAMPLES"

/* Where systemctl enable puts its links, in folders UNIT.wants and UNIT.requires. */
static const char *const folders[] = {"/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system"};

struct search {
	int dirfd;
	const char *unit;
};

static int
look_at(void *cookie, const char *name)
{
	const struct search *s = cookie;
	int fd, found;

	if (!text_ends_with(name, ".wants") && !text_ends_with(name, ".requires"))
		return 0;
	fd = fsio_opendirat(s->dirfd, name);
	if (fd == -1)
		return 0;
	found = faccessat(fd, s->unit, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	(void)close(fd); /* a folder */
	return found;
}

static int
is_enabled(const char *unit)
{
	struct search s = {.unit = unit};
	int found = 0;

	for (size_t i = 0; found != 1 && i < sizeof folders / sizeof folders[0]; i++) {
		s.dirfd = fsio_opendir(folders[i]);
		if (s.dirfd == -1)
			continue;
		found = fsio_list(s.dirfd, look_at, &s);
		(void)close(s.dirfd); /* a folder */
	}
	return found == 1;
}

static int
examine_unit(struct doctor *d, const char *unit)
{
	if (is_enabled(unit))
		return 0;
	doctor_ill(d, ENABLE, "%s is not enabled: after the next boot nobody starts it", unit);
	return 1;
}

void
doctor_units(struct doctor *d)
{
	static const char *const units[] = {"casetap.target", "casetap-packager.timer"};
	char unit[NAMES_IAP_ROOM + 32];
	int bad = 0;

	if (access(RUNS_HERE, F_OK) == -1)
		return;
	doctor_topic(d, "units");
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		bad += examine_unit(d, units[i]);
	if (overview_needs_uploader(d->site->conf))
		bad += examine_unit(d, "casetap-uploader.timer");
	for (size_t i = 0; i < d->site->conf->iap_count; i++) {
		if (d->site->conf->iaps[i].interface_count == 0)
			continue;
		(void)snprintf(unit, sizeof unit, "casetap-capture@%s.service", d->site->conf->iaps[i].name);
		bad += examine_unit(d, unit);
	}
	if (bad == 0)
		doctor_well(d, "what is in use is started at each boot");
}
