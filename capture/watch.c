#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"

#include "watch.h"

#define EVENTS                                                                                          \
	(IN_CREATE | IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ATTRIB | \
	    IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define EVENT_BYTES 4096
#define FNV_BASIS UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

/* A file that is replaced by a rename changes its folder, so that is what inotify watches. */
struct file {
	char *path;
	uint64_t print;
	unsigned what;
};

struct watch {
	int fd;
	char *orders;
	uint64_t orders_print, folder_print;
	int is_sure; /* inotify tells of every change that could show in orders_print */
	struct file files[4];
	stamp_t looked;         /* boottime; STAMP_NONE to look at once */
	stamp_t looked_through; /* the same of all orders */
};

/* FNV-1a over what a change can not leave as it was: no secret is at stake, only the noticing. */
static void
mix(uint64_t *print, const void *data, size_t n)
{
	const unsigned char *p = data;

	for (; n > 0; n--, p++)
		*print = (*print ^ *p) * FNV_PRIME;
}

static void
mix_stat(uint64_t *print, const struct stat *st)
{
	mix(print, &st->st_dev, sizeof(st->st_dev));
	mix(print, &st->st_ino, sizeof(st->st_ino));
	mix(print, &st->st_mode, sizeof(st->st_mode));
	mix(print, &st->st_uid, sizeof(st->st_uid));
	mix(print, &st->st_size, sizeof(st->st_size));
	mix(print, &st->st_mtim, sizeof(st->st_mtim));
	mix(print, &st->st_ctim, sizeof(st->st_ctim));
}

struct look {
	struct watch *w;
	int dirfd;
	dev_t device;        /* of the folder of all orders */
	const char *case_id; /* NULL in the folder of all orders */
	uint64_t print;
};

/* What can not be watched is found by looking. */
static void
add_watch(struct watch *w, const char *path)
{
	if (w->fd == -1 || inotify_add_watch(w->fd, path, EVENTS) == -1)
		w->is_sure = 0;
}

/* Do all changes of a folder's filesystem go through this kernel, and the folder's own inode?  No is safe. */
static int
is_local(int fd)
{
	static const uint32_t locals[] = {
	    EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, TMPFS_MAGIC};
	struct statfs fs;
	size_t i;

	if (fstatfs(fd, &fs) == -1)
		return 0;
	for (i = 0; i < sizeof(locals) / sizeof(locals[0]); i++) {
		if ((uint32_t)fs.f_type == locals[i])
			return 1;
	}
	return 0;
}

static void
watch_case(struct watch *w, const char *case_id)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", w->orders, case_id) == -1) {
		w->is_sure = 0;
		return;
	}
	add_watch(w, path);
	free(path);
}

static int
look_at(void *cookie, const char *name)
{
	struct look *l = cookie, inner = {l->w, -1, l->device, name, l->print};
	struct stat st;

	mix(&l->print, name, strlen(name) + 1);
	if (fstatat(l->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	mix_stat(&l->print, &st);
	if (st.st_dev != l->device)
		l->w->is_sure = 0; /* something is mounted there */
	if (l->case_id != NULL || !S_ISDIR(st.st_mode))
		return 0;
	inner.dirfd = openat(l->dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (inner.dirfd == -1)
		return 0;
	watch_case(l->w, name);
	inner.print = l->print;
	(void)fsio_list(inner.dirfd, look_at, &inner); /* what can not be read now shows as a change when it can */
	(void)close(inner.dirfd);
	l->print = inner.print;
	return 0;
}

static uint64_t
look_at_file(const char *path)
{
	uint64_t print = FNV_BASIS;
	struct stat st;

	if (stat(path, &st) == -1)
		return 0;
	mix_stat(&print, &st);
	return print;
}

static uint64_t
look_at_orders(struct watch *w)
{
	struct look l = {w, open(w->orders, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0, NULL, FNV_BASIS};
	struct stat st;

	w->folder_print = look_at_file(w->orders);
	w->is_sure = l.dirfd != -1 && is_local(l.dirfd) && fstat(l.dirfd, &st) == 0;
	if (l.dirfd == -1)
		return 0;
	if (w->is_sure)
		l.device = st.st_dev;
	add_watch(w, w->orders);
	(void)fsio_list(l.dirfd, look_at, &l);
	(void)close(l.dirfd);
	return l.print;
}

/* Is it time to look through all orders?  With a thousand cases that is much work, of which inotify spares us most. */
static int
is_due(const struct watch *w, int has_spoken, stamp_t boottime)
{
	return has_spoken || !w->is_sure || w->looked == STAMP_NONE ||
	       boottime - w->looked_through >= WATCH_RESCAN_SURE || look_at_file(w->orders) != w->folder_print;
}

static int
add_file(struct watch *w, size_t i, const char *path, const char *suffix, unsigned what)
{
	char *slash;

	if (asprintf(&w->files[i].path, "%s%s", path, suffix) == -1) {
		w->files[i].path = NULL;
		return -1;
	}
	w->files[i].what = what;
	/* For a moment the path of its folder. */
	slash = strrchr(w->files[i].path, '/');
	if (slash != NULL && slash != w->files[i].path) {
		*slash = '\0';
		add_watch(w, w->files[i].path);
		*slash = '/';
	}
	w->files[i].print = look_at_file(w->files[i].path);
	return 0;
}

struct watch *
watch_new(const char *orders_dir, const char *keyring, const char *conf, const char *requests)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		goto fail;
	w->looked = STAMP_NONE;
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd == -1)
		diag_warn("inotify: changes are found by looking once a second");
	w->orders = strdup(orders_dir);
	if (w->orders == NULL || add_file(w, 0, keyring, "", WATCH_KEYRING) == -1 ||
	    add_file(w, 1, keyring, ".minisig", WATCH_KEYRING) == -1 || add_file(w, 2, conf, "", WATCH_CONF) == -1 ||
	    add_file(w, 3, requests, "", WATCH_REQUESTS) == -1)
		goto fail;
	w->orders_print = look_at_orders(w);
	return w;
fail:
	diag_err("watch %s", orders_dir);
	watch_free(w);
	return NULL;
}

void
watch_free(struct watch *w)
{
	int saved = errno;
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; i < sizeof(w->files) / sizeof(w->files[0]); i++)
		free(w->files[i].path);
	free(w->orders);
	if (w->fd != -1)
		(void)close(w->fd);
	free(w);
	errno = saved;
}

int
watch_fd(const struct watch *w)
{
	return w->fd;
}

/* Empty inotify's queue.  Which name changed is of no interest: that is found by looking.  1 if there was anything. */
static int
drain(struct watch *w)
{
	char events[EVENT_BYTES] __attribute__((aligned(__alignof__(struct inotify_event))));
	int any = 0;
	ssize_t n;

	if (w->fd == -1)
		return 0;
	do {
		n = read(w->fd, events, sizeof(events));
		if (n > 0)
			any = 1;
	} while (n > 0 || (n == -1 && errno == EINTR));
	return any;
}

unsigned
watch_look(struct watch *w, stamp_t boottime)
{
	int has_spoken = drain(w);
	unsigned changed = 0;
	uint64_t print;
	size_t i;

	if (!has_spoken && w->looked != STAMP_NONE && boottime - w->looked < WATCH_RESCAN)
		return 0;
	if (is_due(w, has_spoken, boottime)) {
		w->looked_through = boottime;
		print = look_at_orders(w);
		if (print != w->orders_print)
			changed |= WATCH_ORDERS;
		w->orders_print = print;
	}
	w->looked = boottime;
	for (i = 0; i < sizeof(w->files) / sizeof(w->files[0]) && w->files[i].path != NULL; i++) {
		print = look_at_file(w->files[i].path);
		if (print != w->files[i].print)
			changed |= w->files[i].what;
		w->files[i].print = print;
	}
	return changed;
}
