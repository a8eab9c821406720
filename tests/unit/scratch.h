#ifndef SCRATCH_H
#define SCRATCH_H

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "diag.h"

/*
 * What tests of files need: a folder of their own that goes away, files of given bytes and modes in it, and the lines that
 * a call says.
 */
static char scratch_dir[96];
static char scratch_said[16384];
static int scratch_said_fd = -1;

static inline int
scratch_setup(void **state)
{
	(void)state;
	(void)umask(022);
	/* The program's name: what is cleared away by hand after one test is of no other that still runs. */
	assert_true(snprintf(scratch_dir, sizeof(scratch_dir), "/tmp/casetap-%s-XXXXXX",
			program_invocation_short_name) < (int)sizeof(scratch_dir));
	return mkdtemp(scratch_dir) == NULL ? -1 : 0;
}

static inline int
scratch_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Remove everything below the folder / the folder too. */
static inline void
scratch_remove(const char *name)
{
	char path[512];

	assert_true(scratch_dir[0] != '\0'); /* else it would be the machine's */
	assert_true(snprintf(path, sizeof(path), "%s/%s", scratch_dir, name) < (int)sizeof(path));
	if (nftw(path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS) == -1)
		assert_int_equal(errno, ENOENT);
}

static inline int
scratch_teardown(void **state)
{
	(void)state;
	return nftw(scratch_dir, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of ${name} in the folder, in a buffer that the next call but seven uses again. */
static inline const char *
scratch_path(const char *name)
{
	static char paths[8][512];
	static unsigned turn;
	char *path = paths[turn++ % 8];

	assert_true(scratch_dir[0] != '\0'); /* as above */
	assert_true(snprintf(path, sizeof(paths[0]), "%s/%s", scratch_dir, name) < (int)sizeof(paths[0]));
	return path;
}

static inline void
scratch_put(const char *name, const void *data, size_t n, mode_t mode)
{
	const char *path = scratch_path(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, data, n), (ssize_t)n);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static inline void
scratch_puts(const char *name, const char *text)
{
	scratch_put(name, text, strlen(text), 0644);
}

/* Between these two, what diag says goes to scratch_said. */
static inline void
scratch_listen(void)
{
	scratch_said_fd = memfd_create("said", MFD_CLOEXEC);
	assert_int_not_equal(scratch_said_fd, -1);
	diag_capture(scratch_said_fd);
}

static inline void
scratch_heard(void)
{
	int saved = errno;
	ssize_t n;

	diag_capture(-1);
	n = pread(scratch_said_fd, scratch_said, sizeof(scratch_said) - 1, 0);
	assert_true(n >= 0);
	scratch_said[n] = '\0';
	assert_int_equal(close(scratch_said_fd), 0);
	errno = saved;
}

/* One line was said, and it holds the text. */
static inline void
scratch_expect(const char *what)
{
	const char *end = strchr(scratch_said, '\n');

	if (end == NULL || end[1] != '\0' || strstr(scratch_said, what) == NULL)
		fail_msg("expected one line with '%s', got '%s'", what, scratch_said);
}

#endif
