#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "custody.h"
#include "fsio.h"

#include "verify_custody.h"

#include "verify_records_internal.h"

#define FIRST_LINE_MAX ((size_t)64 * 1024)
#define LINE_DEPTH 20

void
records_say(const struct records_folder *f, enum verify_code code, const char *name, const char *format, ...)
{
	char where[VERIFY_WHERE_ROOM], what[VERIFY_WHAT_ROOM];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args); /* a cut text still says enough */
	va_end(args);
	verify_say(f->r->run->result, code, verify_label(where, f->label, name), "%s", what);
}

int
records_say_file(const struct records_folder *f, const char *name, int error)
{
	if (error == ENOMEM)
		return -1;
	records_say(f, verify_file_is_hostile(error) ? VERIFY_MALFORMED : VERIFY_UNREADABLE, name, "%s",
	    verify_file_why(error));
	return 0;
}

struct listing {
	struct records_folder *f;
	int (*each)(void *, const char *);
};

static int
on_file(void *cookie, const char *name)
{
	const struct listing *l = cookie;

	return name[0] == '.' ? 0 : l->each(l->f, name);
}

int
records_each(struct records *r, const char *name, struct records_folder *f, int (*each)(void *, const char *))
{
	struct listing l = {f, each};
	int rc = 0;

	f->r = r;
	f->name = name;
	(void)verify_label(f->label, r->label, name);
	f->dir.tar = NULL;
	f->dir.fd = fsio_opendirat(r->dir.fd, name);
	if (f->dir.fd == -1)
		return errno == ENOENT ? 0 : records_say_file(f, "", errno);
	if (fsio_list(f->dir.fd, on_file, &l) == -1)
		rc = records_say_file(f, "", errno);
	(void)close(f->dir.fd); /* a folder */
	return rc == -1 || f->failed ? -1 : 0;
}

struct records_paper *
records_paper_find(const struct records_papers *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->count; i++) {
		if (strcmp(p->at[i].name, name) == 0)
			return &p->at[i];
	}
	return NULL;
}

struct records_paper *
records_paper_add(struct records_papers *p, const char *name, const char *sha256)
{
	struct records_paper *one = records_paper_find(p, name);

	if (one != NULL)
		return one;
	one = reallocarray(p->at, p->count + 1, sizeof(*one));
	if (one == NULL)
		return NULL;
	p->at = one;
	one += p->count;
	memset(one, 0, sizeof(*one));
	one->name = strdup(name);
	if (one->name == NULL)
		return NULL;
	memcpy(one->sha256, sha256, DIGEST_HEX);
	p->count++;
	return one;
}

static void
free_papers(struct records_papers *p)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		free(p->at[i].name);
	free(p->at);
}

int
records_missing(struct records *r, const char *folder, const struct records_papers *p, const char *who)
{
	struct records_folder f = {.r = r, .name = folder};
	size_t i;

	(void)verify_label(f.label, r->label, folder);
	for (i = 0; i < p->count; i++) {
		if (!p->at[i].is_seen && !records_is_purged(r, folder, p->at[i].name))
			records_say(&f, VERIFY_INCOMPLETE, p->at[i].name, "is missing; %s", who);
	}
	return 0;
}

void
verify_records_case(int dirfd, const char *path, char out[NAMES_CASE_ROOM])
{
	const char *base = strrchr(path, '/') + 1, *newline, *name;
	char line[FIRST_LINE_MAX];
	struct json *j = NULL;
	ssize_t n = -1;
	int fd = openat(dirfd, VERIFY_CUSTODY_LOG, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	out[0] = '\0';
	if (fd != -1) {
		n = fsio_read(fd, line, sizeof(line));
		(void)close(fd); /* only read from */
	}
	newline = n > 0 ? memchr(line, '\n', (size_t)n) : NULL;
	if (newline != NULL)
		j = json_parse(line, (size_t)(newline - line), LINE_DEPTH);
	name = json_get_string(json_get_object(j, "entry"), "case");
	if (name == NULL || !names_is_case(name))
		name = names_is_case(base) ? base : NULL;
	if (name != NULL)
		(void)snprintf(out, NAMES_CASE_ROOM, "%s", name); /* a case ID fits */
	json_free(j);
}

struct streams {
	struct records *r;
	int (*each)(struct records *, const char *);
	int failed;
};

static int
on_stream(void *cookie, const char *name)
{
	static const char *const others[] = {"orders", "requests", "attachments"};
	struct streams *s = cookie;
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(name, others[i]) == 0)
			return 0;
	}
	if (!names_is_iap(name) || fstatat(s->r->dir.fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISDIR(st.st_mode))
		return 0;
	s->failed = s->each(s->r, name) == -1;
	return s->failed;
}

int
records_each_stream(struct records *r, int (*each)(struct records *, const char *))
{
	struct streams s = {r, each, 0};
	struct records_folder f = {.r = r};
	int rc = fsio_list(r->dir.fd, on_stream, &s);

	if (s.failed)
		return -1;
	if (rc != -1 || (r->is_list_said && errno != ENOMEM))
		return 0;
	r->is_list_said = 1;
	(void)snprintf(f.label, sizeof(f.label), "%s", r->label);
	return records_say_file(&f, "", errno);
}

static int
is_said(const struct verify_result *result, const struct verify_finding *f)
{
	size_t i;

	for (i = 0; i < result->count; i++) {
		if (result->findings[i].code == f->code && strcmp(result->findings[i].where, f->where) == 0 &&
		    strcmp(result->findings[i].what, f->what) == 0)
			return 1;
	}
	return 0;
}

/*
 * Records of which no package came along: their tag files alone say under which orders what was captured, and are judged by
 * them as packages are.  What of a window was captured is not: whole days are not told by what was left of them.  Packages
 * that came along were judged without tag files, which may be of more: what was said of them is not said again.
 */
static int
judge_orders(const struct records *r, int is_alone)
{
	struct verify_case_sums sums = {.revoked = STAMP_NONE};
	struct verify_result *all = r->run->result, *more = is_alone ? all : verify_result_new(all->now);
	struct spans window = SPANS_INIT;
	int rc = more == NULL ? -1 : verify_orders_judge(r->run->orders, r->keyring, 0, &window, &sums, more);
	size_t i;

	/* Before what was said since: of which that counts nobody can tell any more. */
	if (more != NULL)
		all->failed |= more->failed;
	for (i = 0; rc != -1 && more != all && i < more->count; i++) {
		const struct verify_finding *f = &more->findings[i];

		if (f->code != VERIFY_NOTE && !is_said(all, f))
			verify_say(all, f->code, f->where, "%s", f->what);
	}
	if (more != all)
		verify_result_free(more);
	spans_free(&window);
	verify_case_clear(&sums);
	return rc == -1 ? -1 : 0;
}

/* The orders of the case as its packages hold them, if any came, else as its tag files will: 0, 1, or -1 with ENOMEM. */
static int
begin_orders(struct verify_run *run, const struct verify_place *place)
{
	if (run->orders != NULL)
		return 0;
	run->orders = verify_orders_new(place->case_id);
	if (run->orders == NULL)
		return -1;
	verify_orders_know(run->orders, verify_keys_versions(run->keys));
	return 1;
}

int
verify_records(struct verify_run *run, const struct verify_place *place)
{
	struct verify_anchors own = VERIFY_ANCHORS_INIT;
	struct records r = {.run = run, .label = place->label, .case_id = place->case_id, .folder = place->folder};
	int rc = -1, is_alone;

	r.keyring = verify_keys_best(run->keys);
	r.anchors = run->anchors == NULL ? &own : run->anchors;
	r.dir.fd = fsio_opendir(place->folder);
	if (r.dir.fd == -1) {
		verify_say(run->result, VERIFY_UNREADABLE, place->label, "%s", verify_file_why(errno));
		return 0;
	}
	run->result->records++;
	is_alone = begin_orders(run, place);
	if (is_alone == -1 || records_log_read(&r) == -1 || records_begun(&r) == -1 || records_purge_load(&r) == -1 ||
	    records_heads(&r) == -1)
		goto out;
	records_purge_judge(&r);
	/* Streams first: their tag files say what the orders are, and have more heads of the log. */
	if (records_each_stream(&r, records_stream) == 0 && records_streams_gone(&r) == 0 &&
	    records_log_judge(&r) == 0 && judge_orders(&r, is_alone) == 0 && records_orders(&r) == 0 &&
	    records_requests(&r) == 0)
		rc = 0;
out:
	if (is_alone == 1) {
		verify_orders_free(run->orders);
		run->orders = NULL;
	}
	verify_anchors_drop(r.anchors, RECORDS_OWN);
	(void)close(r.dir.fd); /* a folder */
	custody_close(r.log);
	verify_anchors_free(&own);
	free_papers(&r.orders);
	free_papers(&r.attached);
	free(r.words);
	free(r.asked);
	free(r.iaps);
	if (r.is_purged)
		purgecert_clear(&r.purge);
	return rc;
}
