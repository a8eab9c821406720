#include <sys/mount.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"

#include "editor.h"

#define FOLDER "/mnt" /* for temporary mounts, and there on every system: FHS 3.0, 3.11 */
#define NAME "order"
#define MODE_FILE 0600

/* Give up what an ordinary user needs to mount: his own user namespace, in which he is still himself. */
static int
become_mounter(void)
{
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int fd;

	if (uid == 0)
		return unshare(CLONE_NEWNS);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == -1)
		return -1;
	fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
	if (fd == -1 || fsio_write(fd, "deny", 4) == -1 || close(fd) == -1)
		return -1;
	(void)snprintf(map, sizeof map, "%u %u 1", (unsigned)uid, (unsigned)uid); /* fits */
	fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
	if (fd == -1 || fsio_write(fd, map, strlen(map)) == -1 || close(fd) == -1)
		return -1;
	(void)snprintf(map, sizeof map, "%u %u 1", (unsigned)gid, (unsigned)gid); /* fits */
	fd = open("/proc/self/gid_map", O_WRONLY | O_CLOEXEC);
	return fd == -1 || fsio_write(fd, map, strlen(map)) == -1 ? -1 : close(fd);
}

/* A folder in memory at FOLDER, seen by this process and its children; everything else read-only.  Return it, or -1. */
static int
make_folder(void)
{
	struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY, .propagation = MS_PRIVATE};

	if (become_mounter() == -1 || mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &readonly, sizeof readonly) == -1)
		return -1;
	/* Never swapped out, where the kernel is of 6.4 or later. */
	if (mount("tmpfs", FOLDER, "tmpfs", MS_NODEV | MS_NOSUID | MS_NOEXEC, "mode=0700,noswap") == -1 &&
	    mount("tmpfs", FOLDER, "tmpfs", MS_NODEV | MS_NOSUID | MS_NOEXEC, "mode=0700") == -1)
		return -1;
	return fsio_opendir(FOLDER);
}

/* Run the editor on the terminal, if there is one; what was standard output is not its own. */
static int
run_editor(void)
{
	const char *editor = getenv("VISUAL");
	char command[4096];
	int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC), status;
	pid_t pid;

	if (editor == NULL || editor[0] == '\0')
		editor = getenv("EDITOR");
	if (editor == NULL || editor[0] == '\0')
		editor = "vi";
	if (snprintf(command, sizeof command, "%s \"$1\"", editor) >= (int)sizeof command) {
		errno = ENAMETOOLONG;
		return -1;
	}
	pid = fork();
	if (pid == 0) {
		if (tty != -1)
			(void)dup2(tty, STDIN_FILENO); /* an editor that has no terminal says so */
		(void)dup2(tty != -1 ? tty : STDERR_FILENO, STDOUT_FILENO);
		(void)setenv("TMPDIR", FOLDER, 1); /* an editor without one finds the others read-only */
		(void)execl("/bin/sh", "sh", "-c", command, "sh", FOLDER "/" NAME, (char *)NULL);
		_exit(EX_UNAVAILABLE); /* child_exit: nothing is this process's to put in order */
	}
	if (tty != -1)
		(void)close(tty); /* a terminal */
	if (pid == -1)
		return -1;
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}

/* In the child: edit, and write what there is then to ${fd}.  Return the exit code. */
static int
edit_and_tell(const struct buf *text, size_t max, int fd)
{
	struct buf edited = BUF_INIT;
	int dirfd = make_folder(), rc;

	if (dirfd == -1) {
		diag_err("no private folder in memory for the editor");
		return EX_UNAVAILABLE;
	}
	if (fsio_put(dirfd, NAME, text->data, text->len, MODE_FILE) == -1) {
		diag_err("the editor's file");
		return EX_CANTCREAT;
	}
	rc = run_editor();
	if (rc != 0) {
		if (rc == -1)
			diag_err("the editor");
		else
			diag_errx("the editor failed; nothing is changed");
		return EX_UNAVAILABLE;
	}
	if (fsio_load(dirfd, NAME, max, &edited) == -1 || fsio_write(fd, edited.data, edited.len) == -1) {
		diag_err("the edited order");
		return EX_IOERR;
	}
	return EX_OK;
}

/* All that comes, at most ${max} bytes.  Return 0, or -1 with errno set. */
static int
drain(int fd, size_t max, struct buf *out)
{
	char piece[4096];
	ssize_t n;

	while ((n = fsio_read(fd, piece, sizeof piece)) > 0)
		if (out->len + (size_t)n > max || buf_put(out, piece, (size_t)n) == -1)
			return -1;
	return n == -1 ? -1 : 0;
}

int
editor_run(struct buf *text, size_t max)
{
	struct buf edited = BUF_INIT;
	int fds[2], status = -1, rc;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1) {
		diag_err("the editor");
		return EX_OSERR;
	}
	pid = fork();
	if (pid == 0) {
		(void)close(fds[0]);                     /* the parent's end */
		_exit(edit_and_tell(text, max, fds[1])); /* child_exit: the parent puts in order what is open */
	}
	(void)close(fds[1]); /* the child's end */
	rc = pid == -1 ? -1 : drain(fds[0], max, &edited);
	(void)close(fds[0]); /* a pipe that was read */
	if (pid == -1 || rc == -1)
		diag_err("the editor");
	while (pid != -1 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (pid == -1 || rc == -1) {
		status = EX_OSERR;
	} else {
		status = WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
	}
	if (status == EX_OK) {
		buf_free(text);
		*text = edited;
	} else {
		buf_free(&edited);
	}
	return status;
}
