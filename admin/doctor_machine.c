#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/timex.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clockstate.h"
#include "fsio.h"
#include "keyring.h"
#include "stamp.h"

#include "doctor.h"

#define ERROR_MAX_MS 1000
#define DISK_LOW_PERCENT 10
#define DISK_LOW_BYTES ((uint64_t)2 << 30)
#define MIB ((uint64_t)1 << 20)

/* Where capture reads it; while that runs, casetap status speaks of it. */
static void
examine_clock_file(struct doctor *d)
{
	struct clockstate_source *s;
	struct clockstate state;
	const char *why;

	if (d->site->conf->clock_file == NULL) {
		/* An installation of before there was such a file; one elsewhere is not run by the units. */
		if (strcmp(d->site->conf->path, SITE_DEFAULT_CONFIG) == 0)
			doctor_ill(d, "clock_file = " CLOCKSTATE_FILE " in [station]",
			    "capture's unit does not let it ask the kernel, and no file tells it");
		return;
	}
	s = clockstate_open(d->site->conf->clock_file);
	why = s == NULL ? "can not be looked at" : clockstate_get(s, &state);
	if (why == NULL)
		doctor_well(d, "%s tells slices of it", d->site->conf->clock_file);
	else
		doctor_note(d,
		    "systemctl start casetap-clock, which starts with capture; clock_file in casetap.conf(5)",
		    "%s %s", d->site->conf->clock_file, why);
	clockstate_close(s);
}

static void
examine_clock(struct doctor *d)
{
	static const char ntp[] =
	    "install and start chrony, or timedatectl set-ntp true: slices say how far their clock can be trusted";
	struct timex t = {0};
	int state = adjtimex(&t);

	doctor_topic(d, "clock");
	if (state == -1)
		doctor_ill(d, ntp, "the clock's state can not be read: %s", strerror(errno));
	else if (state == TIME_ERROR || (t.status & STA_UNSYNC) != 0)
		doctor_ill(d, ntp, "not synchronised by NTP");
	else if (t.maxerror > ERROR_MAX_MS * 1000L)
		doctor_ill(d, "chronyc tracking (or timedatectl timesync-status) says which server is far off",
		    "synchronised, but may be off by %ld ms", t.maxerror / 1000);
	else
		doctor_well(d, "synchronised, off by %ld ms at most", t.maxerror / 1000);
	examine_clock_file(d);
	if (stamp_now() < keyring_issued(d->site->keyring))
		doctor_ill(d, "set the clock: orders are judged by it",
		    "the clock is behind the time at which the keyring was issued");
}

/* Rings are locked memory, and the pool is filled when a disk stalls: both have to fit. */
static void
examine_memory(struct doctor *d)
{
	const struct conf *c = d->site->conf;
	uint64_t want = 0, have;
	struct sysinfo info;

	doctor_topic(d, "memory");
	for (size_t i = 0; i < c->iap_count; i++)
		want += c->iaps[i].interface_count * c->iaps[i].ring_bytes + c->iaps[i].pool_bytes;
	if (sysinfo(&info) == -1) {
		doctor_ill(d, "look into /proc/meminfo", "how much there is can not be told: %s", strerror(errno));
		return;
	}
	have = (uint64_t)info.totalram * info.mem_unit;
	if (want > have / 4 * 3)
		doctor_ill(d, "lower ring_bytes or pool_bytes (casetap.conf(5)), or add memory",
		    "rings and pools may take %llu MiB of %llu", (unsigned long long)(want / MIB),
		    (unsigned long long)(have / MIB));
	else
		doctor_well(d, "rings and pools take %llu MiB of %llu at most", (unsigned long long)(want / MIB),
		    (unsigned long long)(have / MIB));
}

/* About how much a kernel filter takes that tells this many addresses apart; never more than its longest program. */
#define FILTER_ALONE ((uint64_t)6144)
#define FILTER_ADDRESS ((uint64_t)40)
#define FILTER_MOST ((uint64_t)64 << 10)

/* Net.core.optmem_max of the network that this runs in.  Return 0, or -1 if it does not say. */
static int
read_room(uint64_t *room)
{
	FILE *f = fopen("/proc/sys/net/core/optmem_max", "re");
	unsigned long long n;
	int rc = -1;

	if (f == NULL)
		return -1;
	if (fscanf(f, "%llu", &n) == 1) {
		*room = n;
		rc = 0;
	}
	(void)fclose(f); /* only read */
	return rc;
}

/* What keeps other people's frames in the kernel has to fit there. */
static void
examine_filter(struct doctor *d)
{
	const struct orderbook *b = d->site->book;
	uint64_t addresses = 0, want, room;

	doctor_topic(d, "kernel filter");
	for (size_t i = 0; i < orderbook_count(b); i++) {
		const struct order *o = orderbook_case(b, i)->order;

		if (o != NULL)
			addresses += o->prefix_count + o->mac_count;
	}
	if (read_room(&room) == -1)
		return; /* a network of its own on an old kernel: the machine's counts */
	want = FILTER_ALONE + addresses * FILTER_ADDRESS;
	want = want < FILTER_MOST ? want : FILTER_MOST;
	if (want > room)
		doctor_ill(d, "sysctl net.core.optmem_max=131072, and so at each boot: casetap-capture(8) says why",
		    "%llu bytes (net.core.optmem_max) may be too few for the addresses of %llu: frames of others pass",
		    (unsigned long long)room, (unsigned long long)addresses);
	else
		doctor_well(d, "there is room for the addresses of subjects");
}

static void
examine_disk(struct doctor *d)
{
	struct statvfs fs;
	uint64_t free_bytes, all;

	doctor_topic(d, "disk");
	if (fstatvfs(d->site->statefd, &fs) == -1) {
		doctor_ill(d, "look at the mount", "%s: %s", d->site->conf->state_dir, strerror(errno));
		return;
	}
	free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	all = (uint64_t)fs.f_blocks * fs.f_frsize;
	if (free_bytes < DISK_LOW_BYTES || free_bytes < all / 100 * DISK_LOW_PERCENT)
		doctor_ill(d,
		    "make room: casetap purge --dry-run says what may go; a full disk is a gap in every case",
		    "%llu MiB of %llu are free", (unsigned long long)(free_bytes / MIB),
		    (unsigned long long)(all / MIB));
	else
		doctor_well(d, "%llu MiB of %llu are free", (unsigned long long)(free_bytes / MIB),
		    (unsigned long long)(all / MIB));
	if (fs.f_files > 0 && fs.f_favail < fs.f_files / 100)
		doctor_ill(d, "a file a slice: make the filesystem with more inodes",
		    "less than 1 %% of the inodes are free");
	if (fsio_is_volatile(d->site->statefd) == 1)
		doctor_ill(d, "put state_dir on a local disk: what is here is gone with the machine",
		    "the state folder is on a filesystem that forgets, or is not local");
}

void
doctor_machine(struct doctor *d)
{
	examine_clock(d);
	examine_memory(d);
	examine_filter(d);
	examine_disk(d);
}
