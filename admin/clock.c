#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "clockstate.h"
#include "diag.h"
#include "fsio.h"
#include "sandbox.h"
#include "stop.h"

#include "args.h"
#include "command.h"

static const struct args_option options[] = {
    {"watch", NULL, "again every five seconds until stopped"},
    {"help", NULL, "this"},
    {NULL, NULL, NULL},
};

/* The file to write, as a folder and a name in it. */
struct target {
	char folder[PATH_MAX];
	const char *name;
	int dirfd;
};

/* Find out what ${path} is made of, and open the folder.  Return an exit code, after one diag line where it is none. */
static int
target_open(struct target *t, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash == NULL ? 0 : (size_t)(slash - path);

	if (path[0] != '/' || n >= sizeof t->folder || slash[1] == '\0') {
		diag_errx("%s: needs to be the absolute path of a file", path);
		return EX_USAGE;
	}
	(void)snprintf(t->folder, sizeof t->folder, "%.*s", n == 0 ? 1 : (int)n, path); /* its length was looked at */
	t->name = slash + 1;
	t->dirfd = fsio_opendir(t->folder);
	if (t->dirfd != -1)
		return EX_OK;
	diag_err("%s", t->folder);
	return errno == EACCES ? EX_NOPERM : EX_CANTCREAT;
}

/* Read the state; into the file, or to standard output where there is none.  Return an exit code. */
static int
tell(const struct target *t)
{
	struct clockstate state;
	struct buf text = BUF_INIT;
	int status = EX_OK;

	clockstate_read(&state);
	if (clockstate_write(&state, &text) == -1) {
		diag_err("the clock's state");
		status = EX_OSERR;
	} else if (t == NULL) {
		(void)fputs(text.data, stdout); /* main() looks at stdout's end */
	} else if (fsio_replace(t->dirfd, t->name, text.data, text.len, 0644) == -1) {
		diag_err("%s/%s", t->folder, t->name);
		status = EX_IOERR;
	}
	buf_free(&text);
	return status;
}

static int
keep_telling(const struct target *t)
{
	struct pollfd fd = {stop_fd(), POLLIN, 0};
	int status = tell(t);

	while (status == EX_OK && !stop_requested()) {
		if (poll(&fd, 1, CLOCKSTATE_APART * 1000) > 0)
			stop_drain();
		status = tell(t);
	}
	return status;
}

static int
write_file(const char *path, int again)
{
	struct target t = {.dirfd = -1};
	const char *const writable[] = {t.folder, NULL};
	const struct sandbox sb = {.profile = SANDBOX_CLOCK, .writable = writable, .reads_clock = 1};
	int status = target_open(&t, path);

	if (status != EX_OK)
		return status;
	if (stop_init() == -1) {
		diag_err("signals");
		status = EX_OSERR;
	} else if (sandbox_enter(&sb) == -1) {
		status = EX_OSERR;
	} else {
		status = again ? keep_telling(&t) : tell(&t);
	}
	(void)close(t.dirfd); /* a folder */
	return status;
}

int
command_clock(int argc, char **argv)
{
	struct args args;
	int again;

	if (args_parse(&args, options, argc, argv) == -1 || !args_limit_words(&args, 1))
		return EX_USAGE;
	if (args_get(&args, "help") != NULL) {
		args_help("clock [--watch] [FILE]: how well the kernel says that its clock is kept", options);
		return EX_OK;
	}
	again = args_get(&args, "watch") != NULL;
	if (args_words(&args) == 1)
		return write_file(args_word(&args, 0), again);
	if (!again)
		return tell(NULL);
	diag_errx("--watch needs a file to write");
	return EX_USAGE;
}
