#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"

#include "verify_custody.h"
#include "verify_places.h"
#include "verify_records.h"
#include "verify_tar.h"

#include "verify_walk.h"

#define DEPTH_MAX 4 /* a state folder / records / CASE / IAP / DAY */
#define ENTRIES_MAX 1000000
#define CUSTODY_HEAD "custody.head"
#define STREAM "stream.json"
#define KEYRING "keyring.txt"
#define OUTBOX "outbox"
#define RECORDS "records"
#define SUMS "SHA256SUMS"
#define SUMS_SIG "SHA256SUMS.minisig"

/* One folder while it is looked at. */
struct folder {
	struct verify_walk *walk;
	struct verify_keys *keys;
	struct verify_result *result;
	const char *path, *label;
	int fd;
	unsigned depth;
	size_t entries;
	int has_ours, has_day; /* files of ours; of these, such as lie only in a day's folder */
	int is_records;
	int is_aside; /* of a station's state folder, and holds nothing that is judged: it may be empty */
	int has_outbox, has_records;
	struct verify_place place; /* identity and count only */
	char **below, **tars;      /* folders, and days as one file, in it */
	size_t below_count, tar_count;
};

static int scan(const struct folder *, const char *, const char *);

/* Is it a name of a day folder's files?  Learn what it tells. */
static int
take_name(struct verify_place *p, const char *name)
{
	struct names n;

	names_parse(name, &n);
	/* What stays of packages lies beside the days, too. */
	if (n.kind == NAMES_TAGS)
		return 0;
	if (n.kind == NAMES_OTHER)
		return strncmp(name, SUMS, strlen(SUMS)) == 0 || strncmp(name, KEYRING, strlen(KEYRING)) == 0;
	if (n.kind == NAMES_PACKAGE)
		p->packages++;
	if (p->case_id[0] == '\0' || n.kind == NAMES_LEDGER || n.kind == NAMES_PURGE) {
		memcpy(p->case_id, n.case_id, sizeof(p->case_id));
		memcpy(p->iap, n.iap, sizeof(p->iap));
	}
	if (n.kind == NAMES_LEDGER || n.kind == NAMES_PURGE)
		p->day = n.day;
	return 1;
}

static int
take(char ***list, size_t *count, const char *name)
{
	void *grown = reallocarray(*list, *count + 1, sizeof(**list));

	if (grown == NULL)
		return -1;
	*list = grown;
	(*list)[*count] = strdup(name);
	return (*list)[(*count)++] == NULL ? -1 : 0;
}

static int
is_tar(const char *name)
{
	struct names n;

	names_parse(name, &n);
	return n.kind == NAMES_DAY_TAR;
}

/* Notices, keyrings and what is made of a day after it was closed may lie beside its one file, too. */
static int
is_of_day(const char *name)
{
	struct names n;

	names_parse(name, &n);
	return n.kind == NAMES_PACKAGE || n.kind == NAMES_LEDGER || n.kind == NAMES_PURGE ||
	       strcmp(name, SUMS) == 0 || strcmp(name, SUMS_SIG) == 0;
}

static int
on_entry(void *cookie, const char *name)
{
	struct folder *f = cookie;
	struct stat st;

	if (name[0] == '.')
		return 0;
	if (++f->entries > ENTRIES_MAX) {
		verify_say(f->result, VERIFY_MALFORMED, f->label, "holds more than a million files");
		return 1;
	}
	if (strcmp(name, VERIFY_CUSTODY_LOG) == 0 || strcmp(name, CUSTODY_HEAD) == 0) {
		f->is_records = 1;
		return 0;
	}
	if (is_tar(name))
		return take(&f->tars, &f->tar_count, name);
	if (take_name(&f->place, name)) {
		f->has_ours = 1;
		f->has_day |= is_of_day(name);
		return 0;
	}
	if (fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno != ENOENT)
			verify_say(f->result, VERIFY_UNREADABLE, f->label, "%s: %s", name, strerror(errno));
		return 0;
	}
	if (S_ISLNK(st.st_mode))
		verify_say(f->result, VERIFY_NOTE, f->label, "%s is a symbolic link; it is not followed", name);
	if (!S_ISDIR(st.st_mode))
		return 0;
	f->has_outbox |= strcmp(name, OUTBOX) == 0;
	f->has_records |= strcmp(name, RECORDS) == 0;
	return take(&f->below, &f->below_count, name);
}

static int
scan_below(const struct folder *f)
{
	char *path = NULL, *label = NULL;
	int rc = 0;
	size_t i;

	for (i = 0; i < f->below_count && rc == 0; i++) {
		if (asprintf(&path, "%s/%s", f->path, f->below[i]) == -1)
			return -1;
		if (asprintf(&label, "%s/%s", f->label, f->below[i]) == -1) {
			free(path);
			return -1;
		}
		rc = scan(f, path, label);
		free(path);
		free(label);
	}
	return rc;
}

/* A day whose files are all gone is still a day that was; a keyring that somebody put above the days makes none. */
static int
is_day(const struct folder *f, stamp_t day)
{
	if (f->place.case_id[0] == '\0' && f->below_count > 0)
		return 0;
	if (f->tar_count > 0 && !f->has_day)
		return 0;
	return f->has_ours || day != STAMP_NONE;
}

/* A day as one file.  One that is no such file, whatever its name says, is so found again when its turn comes. */
static int
add_tar(struct verify_walk *w, int dirfd, const struct verify_place *from, struct verify_keys *keys,
    struct verify_result *result)
{
	struct verify_place p = *from;
	struct verify_dir dir = {dirfd, NULL};
	struct verify_tar *tar;
	char why[VERIFY_WHAT_ROOM / 2];
	struct names n;
	size_t i;

	names_parse(p.name, &n);
	p.kind = VERIFY_PLACE_DAY_TAR;
	memcpy(p.case_id, n.case_id, sizeof(p.case_id));
	memcpy(p.iap, n.iap, sizeof(p.iap));
	p.day = n.day;
	p.packages = 0;
	if (verify_tar_open(dirfd, p.name, &tar, why, sizeof(why)) == PACKAGE_INTACT) {
		for (i = 0; i < verify_tar_count(tar); i++) {
			names_parse(verify_tar_at(tar, i), &n);
			p.packages += n.kind == NAMES_PACKAGE;
		}
		dir.tar = tar;
		(void)verify_keys_load(keys, &dir, KEYRING, p.label, result);
		verify_tar_close(tar);
	} else {
		verify_keys_miss(keys);
	}
	return verify_places_add(w, &p, p.folder, p.label, p.name);
}

/* Is it the one file of the very day whose files lie in the folder?  Then it is judged with them. */
static int
is_beside(const struct folder *f, const char *name)
{
	const struct verify_place *p = &f->place;
	struct names n;

	names_parse(name, &n);
	return f->has_day && strcmp(n.case_id, p->case_id) == 0 && strcmp(n.iap, p->iap) == 0 && n.day == p->day;
}

static int
add_tars(struct folder *f)
{
	struct verify_place p = {.whole = f->depth > 0 || f->tar_count > 1, .is_case = f->depth > 1};
	size_t i;
	int rc = 0;

	p.folder = strdup(f->path);
	if (p.folder == NULL)
		return -1;
	for (i = 0; i < f->tar_count && rc == 0; i++) {
		if (is_beside(f, f->tars[i]))
			continue;
		if (asprintf(&p.label, "%s/%s", f->label, f->tars[i]) == -1) {
			rc = -1;
			break;
		}
		p.name = f->tars[i];
		rc = add_tar(f->walk, f->fd, &p, f->keys, f->result);
		free(p.label);
	}
	free(p.folder);
	return rc;
}

/* The records of a case, also where their log is gone: there is a state of a stream of it. */
static int
add_records(struct folder *f)
{
	char path[NAMES_FILE_ROOM], case_id[NAMES_CASE_ROOM];
	size_t i;

	for (i = 0; i < f->below_count && !f->is_records; i++)
		f->is_records = (size_t)snprintf(path, sizeof(path), "%s/" STREAM, f->below[i]) < sizeof(path) &&
				faccessat(f->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (!f->is_records)
		return 0;
	verify_records_case(f->fd, f->path, case_id);
	return verify_places_add_records(f->walk, case_id, f->path, f->label);
}

/* What the folder proved to be: a day, something above days, or nothing of ours. */
static int
settle(struct folder *f)
{
	const struct verify_dir dir = {f->fd, NULL};
	const char *base = strrchr(f->path, '/') + 1;
	stamp_t day;

	if (stamp_day_parse(base, &day) == -1)
		day = STAMP_NONE;
	if (is_day(f, day)) {
		if (f->place.day == STAMP_NONE)
			f->place.day = day;
		f->place.whole = f->depth > 0;
		f->place.is_case = f->depth > 1;
		/* One that is not there is missed by the list of the day, and an open day has none yet. */
		(void)verify_keys_load(f->keys, &dir, KEYRING, f->label, f->result);
		if (verify_places_add(f->walk, &f->place, f->path, f->label, NULL) == -1)
			return -1;
	} else if (f->entries == 0 && f->depth > 0 && !f->is_aside) {
		verify_say(f->result, VERIFY_INCOMPLETE, f->label, "is empty");
	}
	if (add_tars(f) == -1 || add_records(f) == -1)
		return -1;
	return f->depth < DEPTH_MAX ? scan_below(f) : 0;
}

/* Is it below a station's state folder (casetap(7)), but neither in its outbox nor among its records? */
static int
is_aside(const struct folder *above, const char *path)
{
	const char *base = strrchr(path, '/') + 1;

	return above->is_aside ||
	       (above->has_outbox && above->has_records && strcmp(base, OUTBOX) != 0 && strcmp(base, RECORDS) != 0);
}

/* ${above}: the folder that it is in, or, with no path, what is given to look at. */
static int
scan(const struct folder *above, const char *path, const char *label)
{
	struct folder f = {
	    .walk = above->walk, .keys = above->keys, .result = above->result, .path = path, .label = label};
	int rc = 0;
	size_t i;

	f.depth = above->path == NULL ? 0 : above->depth + 1;
	f.is_aside = is_aside(above, path);
	f.place.day = STAMP_NONE;
	f.fd = fsio_opendir(path);
	if (f.fd != -1)
		rc = fsio_list(f.fd, on_entry, &f);
	if (f.fd == -1 || rc == -1) {
		verify_say(f.result, VERIFY_UNREADABLE, label, "%s", verify_file_why(errno));
		rc = 0;
		goto out;
	}
	rc = rc == 1 ? 0 : settle(&f);
out:
	for (i = 0; i < f.below_count; i++)
		free(f.below[i]);
	for (i = 0; i < f.tar_count; i++)
		free(f.tars[i]);
	free(f.below);
	free(f.tars);
	if (f.fd != -1)
		(void)close(f.fd); /* a folder */
	return rc;
}

/* Of a path leave the folder, which is ${none} where the path names none. */
static void
cut_name(char *path, const char *none)
{
	char *slash = strrchr(path, '/');

	if (slash != NULL && slash != path)
		*slash = '\0';
	else
		(void)snprintf(path, 2, "%s", slash == path ? "/" : none); /* a path has a character */
}

/* A file: a day, or a single package, which is verified with the keyring that lies beside it, if one does. */
static int
add_file(struct verify_walk *w, const char *given, const char *path, struct verify_keys *keys,
    struct verify_result *result)
{
	struct verify_place p = {.kind = VERIFY_PLACE_PACKAGE, .day = STAMP_NONE, .packages = 1};
	struct verify_dir dir = {-1, NULL};
	struct names n;
	int rc = -1;

	p.folder = strdup(path);
	p.label = strdup(given);
	p.name = strdup(strrchr(path, '/') + 1);
	if (p.folder == NULL || p.label == NULL || p.name == NULL)
		goto out;
	cut_name(p.folder, "/");
	names_parse(p.name, &n);
	memcpy(p.case_id, n.case_id, sizeof(p.case_id));
	memcpy(p.iap, n.iap, sizeof(p.iap));
	dir.fd = fsio_opendir(p.folder);
	if (n.kind == NAMES_DAY_TAR && dir.fd != -1) {
		rc = add_tar(w, dir.fd, &p, keys, result);
		goto out;
	}
	cut_name(p.label, ".");
	/* Its folder may hold anything, and need not be readable: only what is there is judged. */
	if (dir.fd != -1)
		(void)verify_keys_load(keys, &dir, KEYRING, p.label, result);
	rc = verify_places_add(w, &p, p.folder, p.label, p.name);
out:
	if (dir.fd != -1)
		(void)close(dir.fd); /* a folder */
	verify_places_clear(&p);
	return rc;
}

int
verify_walk_path(struct verify_walk *w, const char *given, const char *path, struct verify_keys *keys,
    struct verify_result *result)
{
	const struct folder top = {.walk = w, .keys = keys, .result = result};
	size_t before = w->count + w->record_count;
	struct stat st;
	int rc;

	if (lstat(path, &st) == -1) {
		verify_say(
		    result, errno == ENOENT ? VERIFY_MISSING : VERIFY_UNREADABLE, given, "%s", strerror(errno));
		return 0;
	}
	if (S_ISREG(st.st_mode))
		return add_file(w, given, path, keys, result);
	if (!S_ISDIR(st.st_mode)) {
		verify_say(result, VERIFY_MISSING, given, "is neither a file nor a folder");
		return 0;
	}
	rc = scan(&top, path, given);
	if (rc == 0 && w->count + w->record_count == before)
		verify_say(result, VERIFY_MISSING, given, "holds nothing that casetap delivers");
	return rc;
}
