#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "fsio.h"

#include "doctor.h"

#define CREATE "systemd-tmpfiles --create casetap.conf (casetap(7), USERS AND GROUPS)"

/* As casetap(7) and tmpfiles.d have them. */
static const struct {
	const char *path, *owner, *group;
	mode_t mode;
} folders[] = {
    {"spool", "casetap-capture", "casetap-spool", 02770},
    {"outbox", "casetap-packager", "casetap-outbox", 02750},
    {"records", "casetap-packager", "casetap-packager", 02750},
    {"quarantine", "casetap-packager", "casetap-packager", 0700},
    {"receipts", "casetap-uploader", "casetap-receipts", 02750},
    {"requests", "root", "casetap-journal", 02750},
    {"journal/capture", "casetap-capture", "casetap-journal", 02750},
    {"journal/packager", "casetap-packager", "casetap-journal", 02750},
    {"journal/uploader", "casetap-uploader", "casetap-journal", 02750},
    {"journal/operator", "root", "casetap-journal", 02750},
};

static int
is_of(const struct stat *st, const char *owner, const char *group)
{
	const struct passwd *pw = getpwnam(owner);
	const struct group *gr = getgrnam(group);

	return pw != NULL && gr != NULL && st->st_uid == pw->pw_uid && st->st_gid == gr->gr_gid;
}

/* Return how many folders are not as they should be. */
static size_t
examine_folders(struct doctor *d)
{
	size_t bad = 0;
	struct stat st;

	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		if (fstatat(d->site->statefd, folders[i].path, &st, AT_SYMLINK_NOFOLLOW) == -1)
			doctor_ill(d, CREATE, "%s: %s", folders[i].path, strerror(errno));
		else if (!is_of(&st, folders[i].owner, folders[i].group) || (st.st_mode & 07777) != folders[i].mode)
			doctor_ill(d, CREATE, "%s is not %s:%s with mode %04o", folders[i].path, folders[i].owner,
			    folders[i].group, (unsigned)folders[i].mode);
		else
			continue;
		bad++;
	}
	if (fstat(d->site->ordersfd, &st) == -1 || !is_of(&st, "root", "casetap-orders") ||
	    (st.st_mode & 07777) != 02750) {
		doctor_ill(d, CREATE, "%s is not root:casetap-orders with mode 2750", d->site->conf->orders_dir);
		bad++;
	}
	/* What root wrote there before the folder had its group is closed to the packager. */
	if (fstatat(d->site->statefd, "journal/operator/operator.jsonl", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !is_of(&st, "root", "casetap-journal")) {
		doctor_ill(d, CREATE, "journal/operator/operator.jsonl is not root:casetap-journal");
		bad++;
	}
	return bad;
}

/* Where one user runs all programs, no other may write where they read what they believe. */
static void
examine_writers(struct doctor *d)
{
	struct stat st;

	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		if (fstatat(d->site->statefd, folders[i].path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    (st.st_mode & 0022 & ~folders[i].mode) != 0)
			doctor_ill(d, "chmod go-w", "%s: others can write there", folders[i].path);
	}
	if (fstat(d->site->ordersfd, &st) == 0 && (st.st_mode & 0022) != 0)
		doctor_ill(d, "chmod go-w", "%s: others can write there", d->site->conf->orders_dir);
	if (fstat(d->site->keyring_dirfd, &st) == 0 && (st.st_mode & 0022) != 0)
		doctor_ill(d, "chmod go-w", "the keyring's folder: others can write there");
}

/* One user for all is for a demo or a test, which say so by allow_volatile_state. */
static void
examine_users(struct doctor *d)
{
	doctor_topic(d, "folders");
	if (getpwnam("casetap-capture") == NULL)
		examine_writers(d);
	if (getpwnam("casetap-capture") == NULL && d->site->conf->allow_volatile_state)
		doctor_note(
		    d, "systemd-sysusers, then " CREATE ", where it is in earnest", "one user runs all programs");
	else if (getpwnam("casetap-capture") == NULL)
		doctor_ill(d, "systemd-sysusers, then " CREATE,
		    "there is no user casetap-capture: one user runs all programs");
	else if (examine_folders(d) == 0)
		doctor_well(d, "owners and modes are those of casetap(7)");
}

/* Whoever has these makes orders, and keyrings, that count. */
static void
examine_offline_keys(struct doctor *d)
{
	static const char *const names[] = {"root.key", "approver.key"};
	struct buf path = BUF_INIT;
	size_t bad = 0;
	const char *slash = strrchr(d->site->conf->path, '/');

	doctor_topic(d, "keys");
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		path.len = 0;
		if (buf_printf(&path, "%.*s/keys/%s", (int)(slash - d->site->conf->path), d->site->conf->path,
			names[i]) == -1 ||
		    access(path.data, F_OK) == -1)
			continue;
		bad++;
		doctor_ill(d, "give it a password (minisign -C -s FILE) and carry it away", "%s is on this machine",
		    path.data);
	}
	buf_free(&path);
	if (bad == 0)
		doctor_well(d, "neither root nor approver key is on this machine");
}

/* Can the program whose folder that is read the file? */
static void
examine_secret(struct doctor *d, const char *path, const struct stat *reader)
{
	struct stat st;

	if (path == NULL)
		return;
	if (stat(path, &st) == -1)
		doctor_ill(d, "bring it there (casetap.conf(5))", "%s: %s", path, strerror(errno));
	else if (reader->st_uid != 0 && st.st_uid != reader->st_uid)
		doctor_ill(
		    d, "chown casetap-uploader: FILE; chmod 0600 FILE", "%s is not of the user who delivers", path);
	else if ((st.st_mode & 07077) != 0)
		doctor_ill(d, "chmod 0600 FILE", "%s can be read by others", path);
	else
		doctor_well(d, "%s is there, for its program only", path);
}

void
doctor_access(struct doctor *d)
{
	const struct conf *c = d->site->conf;
	struct stat reader;

	examine_users(d);
	examine_offline_keys(d);
	if (c->seal_key == NULL)
		doctor_ill(d, "casetap init makes one; [seal] key", "there is no station key: nothing can be sealed");
	else if (access(c->seal_key, F_OK) == -1)
		doctor_ill(d, "[seal] key names it", "%s: %s", c->seal_key, strerror(errno));
	if (fstatat(d->site->statefd, "journal/uploader", &reader, AT_SYMLINK_NOFOLLOW) == -1)
		return; /* examine_folders said so */
	for (size_t i = 0; i < c->destination_count; i++) {
		const struct conf_destination *to = &c->destinations[i];
		const char *const secrets[] = {to->client_key, to->token_file, to->password_file, to->identity,
		    to->access_key_file, to->secret_key_file};

		doctor_topic(d, "%s", to->name);
		for (size_t k = 0; k < sizeof secrets / sizeof secrets[0]; k++)
			examine_secret(d, secrets[k], &reader);
	}
}
