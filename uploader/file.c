#include <sys/ioctl.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "stop.h"

#include "transport.h"

#define SCHEME "file://"
#define BLOCK (256 * 1024)
#define FOLDERS 0750
#define FILES_MODE 0640
#define PATH_ROOM 512

/* A mounted folder: a WORM volume, a disk that is carried away, the folder an LEA logs into. */
struct file {
	struct transport t;
	_Atomic uint64_t *sent; /* unless NULL, counts what is written */
	char root[PATH_MAX];
	int is_mounted; /* it has to be where a volume is mounted */
	int rootfd;     /* -1 until it is needed and there */
	char *block;
};

static enum answer
because_errno(struct file *f, const char *what, const char *path)
{
	static const struct {
		int error;
		enum answer answer;
	} known[] = {{ENOENT, ANSWER_ABSENT}, {EEXIST, ANSWER_TAKEN}, {EBADMSG, ANSWER_TAKEN}, {ELOOP, ANSWER_TAKEN},
	    {ENOTDIR, ANSWER_TAKEN}, {ENOSPC, ANSWER_FULL}, {EDQUOT, ANSWER_FULL}, {EACCES, ANSWER_FORBIDDEN},
	    {EPERM, ANSWER_FORBIDDEN}, {EROFS, ANSWER_DENIED}, {EIO, ANSWER_UNREACHABLE},
	    {ESTALE, ANSWER_UNREACHABLE}, {ETIMEDOUT, ANSWER_UNREACHABLE}, {EHOSTDOWN, ANSWER_UNREACHABLE}};
	int saved = errno;

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (known[i].error == saved)
			return transport_because(&f->t, known[i].answer, "%s %s: %s", what, path, strerror(saved));
	}
	return transport_because(&f->t, ANSWER_RETRY, "%s %s: %s", what, path, strerror(saved));
}

/* The folder itself is never made: where nothing is mounted, nothing may be written into the mount point below. */
static enum answer
need_root(struct file *f)
{
	if (f->rootfd != -1)
		return ANSWER_OK;
	f->rootfd = fsio_opendir(f->root);
	if (f->rootfd != -1 && f->is_mounted && !fsio_is_mounted(f->rootfd)) {
		(void)close(f->rootfd); /* a folder */
		f->rootfd = -1;
		return transport_because(&f->t, ANSWER_UNREACHABLE, "nothing is mounted on %s", f->root);
	}
	if (f->rootfd != -1)
		return ANSWER_OK;
	if (errno == ENOENT)
		return transport_because(
		    &f->t, ANSWER_UNREACHABLE, "folder %s is not there: is it mounted?", f->root);
	if (errno == ELOOP || errno == ENOTDIR)
		return transport_because(&f->t, ANSWER_UNTRUSTED, "%s: a link or no folder is in this path", f->root);
	if (errno == EACCES)
		return transport_because(&f->t, ANSWER_DENIED, "%s: %s", f->root, strerror(errno));
	return because_errno(f, "open", f->root);
}

/* Open the folder of path, making it if asked to, and find the file's own name. */
static enum answer
open_folder(struct file *f, const char *path, int make, int *dirfd, const char **name)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	enum answer a = need_root(f);

	if (a != ANSWER_OK)
		return a;
	if (slash == NULL || snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path) >= PATH_MAX)
		return transport_because(&f->t, ANSWER_LOCAL, "%s: not a path of ours", path);
	*name = slash + 1;
	*dirfd = make ? fsio_mkdirs(f->rootfd, folder, FOLDERS) : fsio_opendirat(f->rootfd, folder);
	return *dirfd == -1 ? because_errno(f, make ? "make folder" : "open folder", folder) : ANSWER_OK;
}

static enum answer
file_stat(struct transport *t, const char *path, uint64_t *bytes)
{
	struct file *f = (struct file *)t;
	const char *name;
	struct stat st;
	int dirfd = -1;
	enum answer a = open_folder(f, path, 0, &dirfd, &name);

	if (a != ANSWER_OK)
		return a;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		a = because_errno(f, "stat", path);
	else if (!S_ISREG(st.st_mode))
		a = transport_because(t, ANSWER_TAKEN, "%s is there and is no file", path);
	else
		*bytes = (uint64_t)st.st_size;
	(void)close(dirfd); /* a folder: nothing can be lost */
	return a;
}

/* Where the filesystem holds both files and can, let them share their blocks (btrfs, XFS): nothing is written twice. */
static int
clone(int to, const struct body *from, uint64_t bytes)
{
	struct stat st;

	if (from->fd == NULL || bytes == 0 || ioctl(to, FICLONE, *from->fd) == -1)
		return 0;
	return (fstat(to, &st) == 0 && (uint64_t)st.st_size == bytes) || ftruncate(to, 0) == -1;
}

/* Copy to the end of the wanted bytes, hashing what was read; what shares its blocks is only read. */
static enum answer
copy(struct file *f, int to, const struct body *from, uint64_t bytes, struct digest *digest)
{
	const int is_shared = clone(to, from, bytes);
	size_t want;
	long n;

	while (bytes > 0) {
		if (stop_requested())
			return transport_because(&f->t, ANSWER_STOPPED, "stopped");
		want = bytes < BLOCK ? (size_t)bytes : BLOCK;
		n = from->read(from->cookie, f->block, want);
		if (n == -1 && errno == EBADMSG)
			return transport_because(&f->t, ANSWER_ROT, "a file of the day is not what was sealed");
		if (n == -1)
			return transport_because(&f->t, ANSWER_LOCAL, "read: %s", strerror(errno));
		if ((size_t)n < want)
			return transport_because(&f->t, ANSWER_ROT, "the file became shorter while it was sent");
		digest_add(digest, f->block, want);
		if (!is_shared && fsio_write(to, f->block, want) == -1)
			return because_errno(f, "write", "");
		if (f->sent != NULL)
			*f->sent += want;
		bytes -= want;
	}
	return ANSWER_OK;
}

static enum answer
put_new(struct file *f, int dirfd, const char *name, const struct body *body, uint64_t bytes, struct digest *digest)
{
	enum answer a;
	int to;

	if (unlinkat(dirfd, name, 0) == -1 && errno != ENOENT)
		return because_errno(f, "remove left-over", name);
	to = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILES_MODE);
	if (to == -1)
		return because_errno(f, "create", name);
	a = copy(f, to, body, bytes, digest);
	if (a == ANSWER_OK && fsync(to) == -1)
		a = because_errno(f, "fsync", name);
	/* What is read back shall come from the medium, not from the memory that it was written from. */
	if (a == ANSWER_OK)
		(void)posix_fadvise(to, 0, 0, POSIX_FADV_DONTNEED); /* a hint: no harm where it is not followed */
	if (close(to) == -1 && a == ANSWER_OK)
		a = because_errno(f, "close", name);
	if (a != ANSWER_OK)
		(void)unlinkat(dirfd, name, 0); /* room for others on a full disk; else the next try removes it */
	return a;
}

static enum answer
file_put(struct transport *t, const char *path, const struct body *body, uint64_t bytes, char *sent)
{
	struct file *f = (struct file *)t;
	struct digest *digest = digest_new();
	const char *name;
	int dirfd = -1;
	enum answer a;

	if (digest == NULL || body->seek(body->cookie, 0) == -1) {
		a = transport_because(t, ANSWER_LOCAL, "%s", strerror(errno));
		goto out;
	}
	a = open_folder(f, path, 1, &dirfd, &name);
	if (a == ANSWER_OK)
		a = put_new(f, dirfd, name, body, bytes, digest);
	/* A folder that was made and is gone again has been unmounted. */
	if (a == ANSWER_ABSENT)
		a = ANSWER_RETRY;
	if (a == ANSWER_OK)
		digest_take_hex(digest, sent);
out:
	if (dirfd != -1)
		(void)close(dirfd); /* a folder */
	digest_free(digest);
	return a;
}

static enum answer
file_hash(struct transport *t, const char *path, uint64_t bytes, char *hex)
{
	struct file *f = (struct file *)t;
	const char *name;
	struct stat st;
	int dirfd = -1, fd = -1;
	enum answer a = open_folder(f, path, 0, &dirfd, &name);

	if (a != ANSWER_OK)
		return a;
	fd = fsio_open_regular(dirfd, name, O_RDONLY);
	if (fd == -1)
		a = because_errno(f, "open", path);
	else if (fstat(fd, &st) == 0 && (uint64_t)st.st_size > bytes)
		a = transport_because(t, ANSWER_LONGER, "%s holds more bytes than were sent", path);
	else if (digest_fd(fd, hex, NULL) == -1)
		a = transport_because(t, ANSWER_RETRY, "read back %s: %s", path, strerror(errno));
	if (fd != -1)
		(void)close(fd); /* was only read */
	(void)close(dirfd);      /* a folder */
	return a;
}

/* The folder in which ${path} lies, and, if asked to, the file first. */
static enum answer
sync_one(struct file *f, const char *path, int is_file)
{
	const char *name;
	int dirfd, fd = -1;
	enum answer a = open_folder(f, path, 0, &dirfd, &name);

	if (a != ANSWER_OK)
		return a;
	if (is_file)
		fd = fsio_open_regular(dirfd, name, O_RDONLY);
	if ((is_file && (fd == -1 || fsync(fd) == -1)) || fsync(dirfd) == -1)
		a = because_errno(f, "fsync", path);
	if (fd != -1)
		(void)close(fd); /* was only read */
	(void)close(dirfd);      /* a folder */
	return a;
}

/* The file, and every folder down to it: the one who made it may have been killed before it was on the disk. */
static enum answer
file_settle(struct transport *t, const char *path)
{
	struct file *f = (struct file *)t;
	char up[PATH_ROOM];
	enum answer a = sync_one(f, path, 1);

	(void)snprintf(up, sizeof up, "%s", path); /* cut, it would not be found */
	for (char *end = strrchr(up, '/'); a == ANSWER_OK && end != NULL; end = strrchr(up, '/')) {
		*end = '\0';
		a = strchr(up, '/') != NULL ? sync_one(f, up, 0) : ANSWER_OK;
	}
	if (a == ANSWER_OK && fsync(f->rootfd) == -1)
		a = because_errno(f, "fsync", f->root);
	return a;
}

static enum answer
file_publish(struct transport *t, const char *from, const char *to)
{
	struct file *f = (struct file *)t;
	const char *name, *slash = strrchr(from, '/');
	int dirfd = -1;
	enum answer a = open_folder(f, to, 0, &dirfd, &name);

	if (a != ANSWER_OK)
		return a;
	if (fsio_publish(dirfd, slash + 1, name) == -1) {
		if (errno == EINVAL || errno == EOPNOTSUPP || errno == EMLINK)
			a = transport_because(
			    t, ANSWER_REFUSED, "this filesystem can not name a file without overwriting another");
		else
			a = because_errno(f, "publish", to);
	}
	(void)close(dirfd); /* a folder */
	return a;
}

static enum answer
file_get(struct transport *t, const char *path, size_t max, struct buf *out)
{
	struct file *f = (struct file *)t;
	const char *name;
	int dirfd = -1;
	enum answer a = open_folder(f, path, 0, &dirfd, &name);

	if (a != ANSWER_OK)
		return a;
	if (fsio_load(dirfd, name, max, out) == -1)
		a = errno == EFBIG ? transport_because(t, ANSWER_LONGER, "%s is larger than such a file can be", path)
				   : because_errno(f, "read", path);
	(void)close(dirfd); /* a folder */
	return a;
}

static enum answer
file_list(struct transport *t, const char *path, struct listing *listing)
{
	struct file *f = (struct file *)t;
	const struct dirent *e;
	const char *name;
	struct stat st;
	int dirfd = -1;
	DIR *dir = NULL;
	enum answer a = open_folder(f, path, 0, &dirfd, &name);

	if (a != ANSWER_OK)
		return a;
	dir = fdopendir(dirfd);
	if (dir == NULL) {
		a = because_errno(f, "list", path);
		(void)close(dirfd); /* a folder */
		return a;
	}
	for (errno = 0; a == ANSWER_OK && (e = readdir(dir)) != NULL; errno = 0) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (fstatat(dirfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(st.st_mode))
			st.st_size = -1;
		if (listing_add(listing, e->d_name, strlen(e->d_name),
			st.st_size == -1 ? LISTING_UNKNOWN : (uint64_t)st.st_size, NULL) == -1)
			a = transport_list_failed(t, path);
	}
	if (a == ANSWER_OK && errno != 0)
		a = because_errno(f, "list", path);
	(void)closedir(dir); /* was only read */
	return a;
}

static void
file_close(struct transport *t)
{
	struct file *f = (struct file *)t;

	if (f->rootfd != -1)
		(void)close(f->rootfd); /* a folder */
	free(f->block);
	free(f);
}

static const struct transport_ops file_ops = {.stat = file_stat,
    .put = file_put,
    .hash = file_hash,
    .publish = file_publish,
    .settle = file_settle,
    .get = file_get,
    .list = file_list,
    .close = file_close};

struct transport *
file_open(const struct conf_destination *conf, const struct destination_limits *limits, int *status)
{
	const char *path = conf->url + strlen(SCHEME);
	size_t n = strlen(path);
	struct file *f;

	while (n > 1 && path[n - 1] == '/')
		n--;
	f = calloc(1, sizeof *f);
	if (f == NULL || (f->block = malloc(BLOCK)) == NULL) {
		diag_err("destination %s", conf->name);
		free(f);
		*status = EX_OSERR;
		return NULL;
	}
	f->t.ops = &file_ops;
	f->sent = limits->sent;
	f->is_mounted = conf->mounted;
	f->rootfd = -1;
	/* "%41" could be meant as it stands or as "A": a path that must not be misread holds none. */
	if (memchr(path, '%', n) != NULL || n >= sizeof f->root ||
	    snprintf(f->t.base, sizeof f->t.base, SCHEME "%.*s/", (int)n, path) >= (int)sizeof f->t.base) {
		diag_errx("destination %s: url: a path that is too long or holds %%", conf->name);
		*status = EX_CONFIG;
		file_close(&f->t);
		return NULL;
	}
	(void)snprintf(f->root, sizeof f->root, "%.*s", (int)n, path);
	(void)snprintf(f->t.peer, sizeof f->t.peer, "local");
	return &f->t;
}
