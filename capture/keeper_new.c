#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "orderfile.h"
#include "trusted.h"

#include "keeper.h"
#include "keeper_internal.h"

/*
 * What the keeper needs of the system while it may still see all of it, and what it keeps of that.
 */

/* Open the file to read while we may still read everything that who started us may. */
static int
open_file(struct keeper *k, int *status)
{
	const char *path = k->options->file, *slash;
	struct stat st;

	if (path == NULL)
		return 0;
	if (strcmp(path, "-") == 0)
		k->filefd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	else
		k->filefd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	*status = errno == EACCES || errno == EPERM ? EX_NOPERM : EX_NOINPUT;
	if (k->filefd != -1 && fstat(k->filefd, &st) == 0 && S_ISDIR(st.st_mode)) {
		(void)close(k->filefd); /* only looked at */
		k->filefd = -1;
		errno = EISDIR;
	}
	if (k->filefd == -1) {
		diag_err("%s", path);
		return -1;
	}
	slash = strrchr(path, '/');
	k->file_name = slash == NULL ? path : slash + 1;
	return 0;
}

static int
has_net_raw(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct have[_LINUX_CAPABILITY_U32S_3];

	memset(have, 0, sizeof(have));
	return syscall(SYS_capget, &header, have) == 0 &&
	       (have[CAP_TO_INDEX(CAP_NET_RAW)].effective & CAP_TO_MASK(CAP_NET_RAW)) != 0;
}

/* Where frames are to come from. */
static int
choose_source(struct keeper *k, int *status)
{
	const struct capture_options *o = k->options;
	size_t i;

	k->interface_count = o->interface_count > 0 ? o->interface_count : k->iap->interface_count;
	for (i = 0; i < k->interface_count; i++)
		k->interfaces[i] = o->interface_count > 0 ? o->interfaces[i] : k->iap->interfaces[i];
	if (open_file(k, status) == -1)
		return -1;
	if (keeper_is_file(k) || (capture_options_is_dry(o) && o->inject == NULL))
		return 0;
	if (k->interface_count == 0) {
		diag_errx("%s: [iap %s] has no interface", k->conf->path, k->iap->name);
		*status = EX_CONFIG;
		return -1;
	}
	if (!has_net_raw()) {
		diag_errx("needs CAP_NET_RAW to open %s (its systemd unit grants it; by hand, start it as root)",
		    k->interfaces[0]);
		*status = EX_NOPERM;
		return -1;
	}
	return 0;
}

/* Make the folders that are ours if they are missing, and become who owns them if we were started as root. */
static int
open_folders(struct keeper *k, int *status)
{
	const struct passwd *pw;
	struct stat st;
	int fd;

	if (!capture_options_is_dry(k->options)) {
		fd = fsio_mkdirs(k->statefd, "journal/capture", 0750);
		if (fd == -1) {
			diag_err("%s/journal/capture", k->conf->state_dir);
			*status = errno == EACCES ? EX_NOPERM : EX_CANTCREAT;
			return -1;
		}
		(void)close(fd); /* opened again by who we become */
	}
	if (capture_options_is_dry(k->options))
		fd = fsio_opendirat(k->statefd, "spool");
	else
		fd = fsio_mkdirs(k->statefd, "spool", 02770);
	if (fd == -1 && capture_options_is_dry(k->options) && errno == ENOENT)
		return 0;
	if (fd == -1 || fstat(fd, &st) == -1) {
		diag_err("%s", k->spool);
		*status = errno == EACCES ? EX_NOPERM : EX_CANTCREAT;
		return -1;
	}
	(void)close(fd); /* as above */
	if (geteuid() != 0 && st.st_uid != geteuid() && faccessat(k->statefd, "spool", W_OK, AT_EACCESS) == -1) {
		diag_errx("%s: belongs to another user", k->spool);
		*status = EX_NOPERM;
		return -1;
	}
	if (geteuid() != 0 || st.st_uid == 0)
		return 0;
	pw = getpwuid(st.st_uid);
	if (pw == NULL || strlen(pw->pw_name) >= sizeof(k->user)) {
		diag_errx("%s: belongs to user %lu, who has no name here", k->spool, (unsigned long)st.st_uid);
		*status = EX_NOPERM;
		return -1;
	}
	(void)snprintf(k->user, sizeof(k->user), "%s", pw->pw_name); /* its length was looked at */
	return 0;
}

/* Who may write where a file lies, can put another in its place: the folder of what is believed is looked at as well. */
static int
check_folder(const char *path, int *status)
{
	char *folder = realpath(path, NULL), *slash = folder == NULL ? NULL : strrchr(folder, '/');
	int fd = -1, rc = -1;

	if (slash != NULL)
		*(slash == folder ? slash + 1 : slash) = '\0';
	if (folder != NULL)
		fd = fsio_opendir(folder);
	if (fd != -1)
		rc = fsio_check_trusted(fd, folder, 0);
	if (rc == -1) {
		*status = trusted_status(errno);
		if (errno != EPERM)
			diag_err("%s", path);
	}
	if (fd != -1)
		(void)close(fd); /* a folder */
	free(folder);
	return rc;
}

static int
check_folders(const struct keeper *k, int *status)
{
	return check_folder(k->conf->path, status) == -1 || check_folder(k->conf->keyring, status) == -1
		   ? -1
		   : check_folder(k->conf->root, status);
}

/* Add a path that stays readable: ${path} itself, or its folder, since files are replaced by new ones. */
static int
allow(struct keeper *k, const char *path, int folder)
{
	char *copy = strdup(path), *slash;

	if (copy == NULL)
		return -1;
	slash = strrchr(copy, '/');
	if (folder && slash != NULL && slash != copy)
		*slash = '\0';
	k->paths[k->path_count] = copy;
	k->readable[k->path_count++] = copy;
	return 0;
}

/* Where the clock's state is read: out of the folder of a file, or by the call that can set the clock as well. */
static int
choose_clock(struct keeper *k)
{
	const char *file = k->conf->clock_file;

	k->clock_state = clockstate_open(file);
	if (k->clock_state == NULL || (file != NULL && allow(k, file, 1) == -1))
		return -1;
	k->clock_folder = file == NULL ? NULL : k->paths[k->path_count - 1];
	k->sandbox.reads_clock = file == NULL;
	return 0;
}

static int
describe_sandbox(struct keeper *k)
{
	char *journal = NULL;

	if (asprintf(&k->requests, "%s/requests", k->conf->state_dir) == -1) {
		k->requests = NULL;
		return -1;
	}
	if (choose_clock(k) == -1 || allow(k, k->requests, 0) == -1 || allow(k, k->conf->path, 1) == -1 ||
	    allow(k, k->conf->keyring, 1) == -1 || allow(k, k->conf->root, 1) == -1 ||
	    allow(k, k->conf->orders_dir, 0) == -1 || allow(k, "/proc/self/loginuid", 0) == -1)
		return -1;
	if (asprintf(&journal, "%s/journal/capture", k->conf->state_dir) == -1)
		return -1;
	k->paths[k->path_count++] = journal;
	k->sandbox.profile = SANDBOX_KEEPER;
	k->sandbox.user = k->user[0] == '\0' ? NULL : k->user;
	k->sandbox.readable = k->readable;
	k->sandbox.keep_net_raw =
	    !keeper_is_file(k) && (!capture_options_is_dry(k->options) || k->options->inject != NULL);
	if (capture_options_is_dry(k->options) && k->options->inject == NULL) {
		k->readable[k->path_count - 1] = journal;
		k->readable[k->path_count] = k->spool;
		return 0;
	}
	if (k->options->self_test) {
		k->writable[0] = journal; /* a lock's file may have to be made */
		k->readable[k->path_count - 1] = k->spool;
		k->sandbox.writable = k->writable;
		return 0;
	}
	k->writable[0] = k->spool;
	k->writable[1] = journal;
	k->sandbox.writable = k->writable;
	return 0;
}

/* Two descriptors a stream, more at a roll: a thousand cases need more than who started us was given at first. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* who runs out of them says so */
}

struct keeper *
keeper_new(const struct capture_options *o, int *status)
{
	struct keeper *k = calloc(1, sizeof(*k));

	*status = EX_OSERR;
	if (k == NULL) {
		diag_err("keeper");
		return NULL;
	}
	k->options = o;
	raise_descriptors();
	k->filefd = k->statefd = k->journalfd = k->lockfd = k->keptfd = k->links.fd = -1;
	k->conf = keeper_load_conf(o, &k->iap, status);
	if (k->conf == NULL || check_folders(k, status) == -1 || choose_source(k, status) == -1)
		goto fail;
	k->statefd = conf_open_state(k->conf, status);
	if (k->statefd == -1)
		goto fail;
	if (asprintf(&k->spool, "%s/spool", k->conf->state_dir) == -1) {
		diag_err("keeper");
		k->spool = NULL;
		*status = EX_OSERR;
		goto fail;
	}
	if (open_folders(k, status) == -1)
		goto fail;
	k->orders_key = orderfile_key(k->conf->orders_key, status);
	if (k->orders_key == NULL && *status != EX_OK)
		goto fail;
	*status = EX_OSERR;
	if (describe_sandbox(k) == -1) {
		diag_err("keeper");
		goto fail;
	}
	return k;
fail:
	keeper_free(k);
	return NULL;
}

static void
close_fd(int fd)
{
	if (fd != -1)
		(void)close(fd); /* a folder, a lock, or only read from */
}

void
keeper_free(struct keeper *k)
{
	if (k == NULL)
		return;
	docket_free(k->docket);
	watch_free(k->watch);
	links_close(&k->links);
	clockstate_close(k->clock_state);
	journal_close(k->journal);
	keyring_free(k->keyring);
	close_fd(k->lockfd);
	close_fd(k->keptfd);
	close_fd(k->journalfd);
	close_fd(k->statefd);
	close_fd(k->filefd);
	while (k->path_count > 0)
		free(k->paths[--k->path_count]);
	free(k->spool);
	free(k->requests);
	age_identities_free(k->orders_key);
	conf_free(k->conf);
	free(k);
}

const struct sandbox *
keeper_sandbox(const struct keeper *k)
{
	return &k->sandbox;
}
