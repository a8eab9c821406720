#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include "stop.h"

static atomic_int stop_flag;
static atomic_int reload_flag;
static atomic_int read_end = -1;
static atomic_int write_end = -1;

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler may touch lock-free atomics only");

static void
wake(void)
{
	int fd = write_end;

	/* A full pipe is as readable as one more byte would make it. */
	if (fd != -1)
		(void)!write(fd, "", 1);
}

static void
on_signal(int sig)
{
	int saved = errno;

	if (sig == SIGHUP)
		reload_flag = 1;
	else
		stop_flag = 1;
	wake();
	errno = saved;
}

/* After fork() a second call gives the child a pipe of its own; what was asked for before is not forgotten. */
static int
open_pipe(void)
{
	int ends[2], old_read = read_end, old_write = write_end;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	write_end = ends[1];
	read_end = ends[0];
	if (old_write != -1)
		(void)close(old_write); /* nothing was buffered: a close that fails lost nothing */
	if (old_read != -1)
		(void)close(old_read);
	if (stop_flag || reload_flag)
		wake();
	return 0;
}

int
stop_init(void)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	sigset_t ours;
	size_t i;

	if (open_pipe() == -1)
		return -1;
	(void)sigemptyset(&ours); /* these three fail for bad signal numbers only */
	(void)sigemptyset(&action.sa_mask);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		(void)sigaddset(&ours, signals[i]);
		if (sigaction(signals[i], &action, NULL) == -1)
			return -1;
	}
	/* Whoever started us may have left them blocked. */
	return sigprocmask(SIG_UNBLOCK, &ours, NULL);
}

int
stop_requested(void)
{
	return stop_flag;
}

int
stop_reload_requested(void)
{
	return atomic_exchange(&reload_flag, 0);
}

int
stop_fd(void)
{
	return read_end;
}

void
stop_drain(void)
{
	char bytes[64];
	ssize_t n;

	do
		n = read(read_end, bytes, sizeof(bytes));
	while (n > 0 || (n == -1 && errno == EINTR));
}
