#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "diag.h"
#include "stamp.h"
#include "stop.h"

#include "alarm.h"

#define HELPER_FD 3
#define WORDS 5
#define WORD_ROOM 512
#define RUN_SECONDS 30
#define END_MILLISECONDS 60000
#define PASS_ON_SECONDS 300
#define STEP_NS 20000000L
#define STEPS_A_SECOND 50

/* What goes over the socket: each word ends with a NUL. */
struct message {
	char words[WORDS][WORD_ROOM];
};

/* While the helper is busy with one, the next wait in the socket, and here where that is full. */
struct alarm {
	int fd;
	struct message *waiting;
	size_t count;
};

int
alarm_check(const char *program)
{
	struct stat st;

	if (stat(program, &st) == -1) {
		diag_err("alarm_program %s", program);
		return errno == ENOENT ? EX_NOINPUT : EX_NOPERM;
	}
	if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0) {
		diag_errx("alarm_program %s: not a program", program);
		return EX_CONFIG;
	}
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		diag_errx("alarm_program %s: others can change it", program);
		return EX_NOPERM;
	}
	return EX_OK;
}

static void
run(const char *program, struct message *m)
{
	char *argv[WORDS + 2] = {(char *)(uintptr_t)program};
	char *envp[] = {(char *)(uintptr_t) "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	    (char *)(uintptr_t) "LC_ALL=C.UTF-8", NULL};

	for (size_t i = 0; i < WORDS; i++) {
		m->words[i][WORD_ROOM - 1] = '\0';
		argv[i + 1] = m->words[i];
	}
	(void)setsid(); /* a new child leads no group */
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)close(HELPER_FD);
	(void)execve(program, argv, envp);
	diag_err("alarm_program %s", program);
	_exit(EX_OSERR);
}

/* A program that hangs must not keep the next alarm from being heard. */
static void
wait_for(const char *program, pid_t pid)
{
	const struct timespec step = {0, STEP_NS};
	int status;

	for (int i = 0; i < RUN_SECONDS * STEPS_A_SECOND; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			if (status != 0)
				diag_warnx("alarm_program %s: %s %d", program,
				    WIFEXITED(status) ? "exit status" : "ended by signal",
				    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
			return;
		}
		(void)nanosleep(&step, NULL); /* shorter is fine */
	}
	diag_warnx("alarm_program %s: ended after %d seconds", program, RUN_SECONDS);
	(void)kill(-pid, SIGKILL); /* its whole session */
	(void)waitpid(pid, &status, 0);
}

static void
serve(const char *program)
{
	struct message m;
	ssize_t n;
	pid_t pid;

	for (;;) {
		n = recv(HELPER_FD, &m, sizeof m, 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n != (ssize_t)sizeof m)
			return;
		pid = fork();
		if (pid == 0)
			run(program, &m);
		if (pid == -1)
			diag_err("alarm_program %s", program);
		else
			wait_for(program, pid);
	}
}

static int
become(const char *user)
{
	const struct passwd *pw;

	if (user == NULL)
		return 0;
	pw = getpwnam(user);
	if (pw == NULL)
		return -1;
	return initgroups(user, pw->pw_gid) == 0 && setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == 0 &&
		       setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == 0
		   ? 0
		   : -1;
}

/* A helper that can not make itself harmless is none. */
static void
help(const char *program, const char *user, int fd)
{
	int null = open("/dev/null", O_RDONLY);

	if (null == -1 || dup2(null, STDIN_FILENO) == -1 || dup2(STDERR_FILENO, STDOUT_FILENO) == -1 ||
	    (fd != HELPER_FD && dup2(fd, HELPER_FD) == -1) || close_range(HELPER_FD + 1, ~0U, 0) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 || become(user) == -1) {
		diag_err("alarm_program %s", program);
		_exit(EX_OSERR);
	}
	/* It ends when the uploader does, after the last alarm. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	serve(program);
	_exit(EX_OK);
}

struct alarm *
alarm_start(const char *program, const char *user)
{
	struct alarm *a = calloc(1, sizeof *a);
	int ends[2] = {-1, -1};
	pid_t pid = -1;

	if (a != NULL && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0)
		pid = fork();
	if (pid == 0)
		help(program, user, ends[1]);
	if (ends[1] != -1)
		(void)close(ends[1]); /* the helper's */
	if (pid != -1) {
		a->fd = ends[0];
		return a;
	}
	diag_err("alarm_program %s", program);
	if (ends[0] != -1)
		(void)close(ends[0]); /* nothing was sent */
	free(a);
	return NULL;
}

static void
put_word(char out[WORD_ROOM], const char *s)
{
	(void)snprintf(out, WORD_ROOM, "%s", s == NULL || *s == '\0' ? "-" : s); /* cut where it is too long */
	for (; *out != '\0'; out++) {
		if (*out < 0x20 || *out > 0x7e)
			*out = '?';
	}
}

/* Pass on what waits, the oldest first, until the socket takes no more. */
static void
pass_on(struct alarm *a)
{
	size_t n = 0;

	while (n < a->count && send(a->fd, &a->waiting[n], sizeof *a->waiting, MSG_DONTWAIT | MSG_NOSIGNAL) != -1)
		n++;
	if (n < a->count && errno != EAGAIN && errno != EINTR) {
		diag_err("alarm_program: %zu alarms are not passed on", a->count - n);
		n = a->count;
	}
	a->count -= n;
	if (n > 0 && a->count > 0)
		memmove(a->waiting, a->waiting + n, a->count * sizeof *a->waiting);
}

void
alarm_raise(struct alarm *a, const struct alarm_text *text)
{
	const char *const words[WORDS] = {text->kind, text->destination, text->case_id, text->file, text->why};
	struct message *m;

	if (a == NULL)
		return;
	m = realloc(a->waiting, (a->count + 1) * sizeof *m);
	if (m == NULL) {
		diag_err("alarm_program: an alarm (%s) is not passed on", text->kind);
		return;
	}
	a->waiting = m;
	m += a->count++;
	memset(m, 0, sizeof *m);
	for (size_t i = 0; i < WORDS; i++)
		put_word(m->words[i], words[i]);
	pass_on(a);
}

/* Give the helper its time: as long as it takes one after another, as with the last. */
static void
pass_on_all(struct alarm *a)
{
	struct pollfd room = {.fd = a->fd, .events = POLLOUT};
	const stamp_t end = stamp_boottime() + PASS_ON_SECONDS * STAMP_SECOND;

	while (a->count > 0 && !stop_requested() && stamp_boottime() < end && poll(&room, 1, END_MILLISECONDS) > 0)
		pass_on(a);
	if (a->count > 0)
		diag_warnx("alarm_program: still at work: %zu alarms are not passed on", a->count);
}

void
alarm_end(struct alarm *a)
{
	struct pollfd end;

	if (a == NULL)
		return;
	pass_on_all(a);
	end = (struct pollfd){.fd = a->fd, .events = POLLIN};
	(void)shutdown(a->fd, SHUT_WR);
	if (poll(&end, 1, END_MILLISECONDS) == 0)
		diag_warnx("alarm_program: still at work");
	(void)close(a->fd);
	free(a->waiting);
	free(a);
}
