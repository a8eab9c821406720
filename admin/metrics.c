#include <sys/statvfs.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"

#include "metrics.h"

#define LABEL_ROOM 64
#define FILES 0644

/* In quotes, as the format wants it.  Names are of the configuration and have no line ends. */
static const char *
label(char out[LABEL_ROOM], const char *name)
{
	size_t n = 0;

	for (; *name != '\0' && n + 2 < LABEL_ROOM; name++) {
		if (*name == '"' || *name == '\\')
			out[n++] = '\\';
		out[n++] = *name;
	}
	out[n] = '\0';
	return out;
}

static int
head(struct buf *out, const char *name, const char *type, const char *help)
{
	return buf_printf(out, "# HELP casetap_%s %s\n# TYPE casetap_%s %s\n", name, help, name, type);
}

static int
gauge(struct buf *out, const char *name, const char *help, unsigned long long value)
{
	return head(out, name, "gauge", help) | buf_printf(out, "casetap_%s %llu\n", name, value);
}

static int
put_idle(const struct overview *v, struct buf *out)
{
	unsigned long long n = 0;

	for (size_t k = 0; k < orderbook_count(v->site->book); k++) {
		size_t i = 0;

		while (
		    i < v->site->conf->iap_count && overview_idle_at(v, orderbook_case(v->site->book, k), i) == NULL)
			i++;
		n += i < v->site->conf->iap_count;
	}
	return gauge(out, "cases_not_captured", "Cases in force that some access point does not capture.", n);
}

static int
put_cases(const struct overview *v, struct buf *out)
{
	static const char *const states[] = {
	    "in-force", "not-yet", "ended", "waiting", "refused", "missing", "changed", "revoked", "locked"};
	int bad = head(out, "cases", "gauge", "How many cases are in each state.");

	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		unsigned n = 0;

		for (size_t k = 0; k < orderbook_count(v->site->book); k++)
			n += strcmp(overview_state(v, orderbook_case(v->site->book, k)), states[i]) == 0;
		bad |= buf_printf(out, "casetap_cases{state=\"%s\"} %u\n", states[i], n);
	}
	return bad | put_idle(v, out);
}

/* Of all streams together: one of them alone would tell of a case. */
static int
put_stages(const struct overview *v, struct buf *out)
{
	uint64_t to_seal = 0, to_deliver = 0, quarantined = 0;
	stamp_t oldest = v->now;

	for (size_t i = 0; i < v->stage_count; i++) {
		const struct stage *s = &v->stages[i];

		to_seal += s->to_seal;
		to_deliver += s->to_deliver;
		quarantined += s->quarantined;
		if (s->oldest_waiting != STAMP_NONE && s->oldest_waiting < oldest)
			oldest = s->oldest_waiting;
	}
	return gauge(out, "slices_to_seal", "Closed slices that wait for casetap-packager.", to_seal) |
	       gauge(out, "packages_to_deliver", "Packages without a receipt from each destination.", to_deliver) |
	       gauge(out, "oldest_waiting_seconds", "Age of the day of the oldest package that waits; 0: none.",
		   (unsigned long long)((v->now - oldest) / STAMP_SECOND)) |
	       gauge(out, "quarantined_files", "Files in quarantine.", quarantined);
}

static int
put_disk(const struct overview *v, struct buf *out)
{
	struct statvfs fs;

	if (fstatvfs(v->site->statefd, &fs) == -1)
		return 0; /* a figure that is not there says so */
	return gauge(out, "disk_free_bytes", "Room in the filesystem of the state folder.",
		   (unsigned long long)fs.f_bavail * fs.f_frsize) |
	       gauge(out, "disk_bytes", "Size of that filesystem.", (unsigned long long)fs.f_blocks * fs.f_frsize);
}

static int
put_daemons(const struct overview *v, struct buf *out)
{
	int bad = head(out, "capture_up", "gauge", "Has the capture daemon written its status in the last seconds?");
	char iap[LABEL_ROOM];

	for (size_t i = 0; i < v->site->conf->iap_count; i++)
		bad |= buf_printf(out, "casetap_capture_up{iap=\"%s\"} %d\n", label(iap, v->site->conf->iaps[i].name),
		    overview_is_alive(v, v->daemons[i]));
	return bad;
}

static int
put_runs(const struct overview *v, struct buf *out)
{
	int bad = head(out, "run_status", "gauge", "Exit code of the last run that ended.");

	for (size_t i = 0; i < OVERVIEW_RUNS; i++)
		if (v->runs[i].is_known == 1)
			bad |= buf_printf(out, "casetap_run_status{program=\"%s\"} %d\n", v->runs[i].program,
			    v->runs[i].last.status);
	bad |= head(out, "run_began_seconds", "gauge", "When the last run began, since 1970.");
	for (size_t i = 0; i < OVERVIEW_RUNS; i++)
		if (v->runs[i].is_known == 1)
			bad |= buf_printf(out, "casetap_run_began_seconds{program=\"%s\"} %lld\n", v->runs[i].program,
			    (long long)(v->runs[i].last.began / STAMP_SECOND));
	return bad;
}

/* One sum of each interface.  Not "seen": behind the kernel filter that is the subjects' traffic. */
static int
put_interfaces(const struct overview *v, struct buf *out, const char *name, const char *member, const char *help)
{
	int bad = head(out, name, "counter", help);
	char iap[LABEL_ROOM], interface[LABEL_ROOM];
	uint64_t n;

	for (size_t i = 0; i < v->site->conf->iap_count; i++) {
		const struct json *list = json_get_array(v->daemons[i], "interfaces");

		for (size_t k = 0; k < json_length(list); k++) {
			const struct json *j = json_item(list, k);
			const char *of = json_get_string(j, "name");

			if (of == NULL || json_get_u64(j, member, &n) == -1)
				continue;
			bad |= buf_printf(out, "casetap_%s{iap=\"%s\",interface=\"%s\"} %llu\n", name,
			    label(iap, v->site->conf->iaps[i].name), label(interface, of), (unsigned long long)n);
		}
	}
	return bad;
}

static int
put_losses(const struct overview *v, struct buf *out)
{
	static const char *const stages[] = {"pool", "disk", "quota", "mirror"};
	int bad = head(out, "records_lost_total", "counter", "Records lost since the reader began, by stage.");
	char iap[LABEL_ROOM], member[16];
	uint64_t n;

	for (size_t i = 0; i < v->site->conf->iap_count; i++) {
		const struct json *records = json_get_object(v->daemons[i], "records");

		for (size_t k = 0; k < sizeof stages / sizeof stages[0]; k++) {
			(void)snprintf(member, sizeof member, "lost_%s", stages[k]); /* has room */
			if (json_get_u64(records, member, &n) == 0)
				bad |= buf_printf(out, "casetap_records_lost_total{iap=\"%s\",stage=\"%s\"} %llu\n",
				    label(iap, v->site->conf->iaps[i].name), stages[k], (unsigned long long)n);
		}
	}
	return bad;
}

static int
put_all(const struct overview *v, struct buf *out)
{
	return gauge(out, "well", "1 if casetap status finds nothing to look at.", v->matter_count == 0) |
	       gauge(out, "matters", "How many things casetap status finds to look at.", v->matter_count) |
	       gauge(out, "written_seconds", "When this was written, since 1970.",
		   (unsigned long long)(v->now / STAMP_SECOND)) |
	       put_cases(v, out) | put_stages(v, out) | put_disk(v, out) | put_daemons(v, out) | put_runs(v, out) |
	       put_interfaces(
		   v, out, "frames_received_total", "received", "Frames that came in, whosever they are.") |
	       put_interfaces(v, out, "frames_missed_total", "missed",
		   "Frames that came to the interface and were not taken in.") |
	       put_interfaces(v, out, "frames_lost_total", "lost", "Frames lost in the kernel's ring.") |
	       put_losses(v, out);
}

int
metrics_write(const struct overview *v, const char *path)
{
	const char *slash = strrchr(path, '/');
	int status = EX_OSERR, dirfd = -1;
	struct buf out = BUF_INIT;
	char folder[PATH_MAX];

	if (path[0] != '/' || strlen(path) >= sizeof folder) {
		diag_errx("metrics: %s: must be an absolute path", path);
		return EX_USAGE;
	}
	if (put_all(v, &out) != 0) {
		diag_err("metrics");
		goto out;
	}
	(void)snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	dirfd = fsio_opendir(folder);
	status = EX_CANTCREAT;
	if (dirfd == -1 || fsio_replace(dirfd, slash + 1, out.data, out.len, FILES) == -1) {
		diag_err("metrics: %s", path);
		goto out;
	}
	status = EX_OK;
out:
	if (dirfd != -1)
		(void)close(dirfd); /* a folder */
	buf_free(&out);
	return status;
}
