#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * intruder PROGRAM [WORD...] / intruder -p PID: what could somebody do who has taken over the program?  Not a test: it runs
 * a program until it has entered its sandbox (the first seccomp filter is in force), or seizes one that has, and then makes
 * system calls in its place, as code injected into it would.  A line each: what was tried, and the error that it got, 0 if
 * it was let do it.  Last comes execve: the signal that the program died of, or "alive".
 */
#ifdef __x86_64__

static pid_t victim;
static struct user_regs_struct saved;

static void
die(const char *what)
{
	perror(what);
	exit(70);
}

/* Let it run to the next system call's beginning or end.  Return the wait status of what else happened, or 0. */
static int
step(void)
{
	int status, sig = 0;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, victim, 0, sig) == -1)
			die("PTRACE_SYSCALL");
		if (waitpid(victim, &status, __WALL) != victim)
			die("waitpid");
		if (!WIFSTOPPED(status))
			return status;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			return 0;
		/* Its own signals reach it; stops of ours do not. */
		sig = status >> 16 != 0 || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
	}
}

static void
get(struct user_regs_struct *regs)
{
	if (ptrace(PTRACE_GETREGS, victim, 0, regs) == -1)
		die("PTRACE_GETREGS");
}

static void
set(const struct user_regs_struct *regs)
{
	if (ptrace(PTRACE_SETREGS, victim, 0, regs) == -1)
		die("PTRACE_SETREGS");
}

/* Put bytes below its stack's end and beyond the red zone; their address. */
static unsigned long
plant(const void *data, size_t n)
{
	unsigned long at = (saved.rsp - 4096) & ~15UL, word;
	size_t i;

	for (i = 0; i < n; i += sizeof(word)) {
		word = 0;
		memcpy(&word, (const char *)data + i, n - i < sizeof(word) ? n - i : sizeof(word));
		if (ptrace(PTRACE_POKEDATA, victim, at + i, word) == -1)
			die("PTRACE_POKEDATA");
	}
	return at;
}

/* It has ended instead of going on: by our last call, execve, or too early. */
static void
ended(int status, long nr)
{
	if (WIFSIGNALED(status))
		printf("killed %d\n", WTERMSIG(status));
	exit(nr == SYS_execve && WIFSIGNALED(status) ? 0 : 70);
}

/* From the beginning of a system call: make another in its place, and stand at its beginning again.  Its result. */
static long
call(long nr, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	struct user_regs_struct regs = saved;
	int status;

	regs.orig_rax = (unsigned long)nr;
	regs.rdi = a;
	regs.rsi = b;
	regs.rdx = c;
	regs.r10 = d;
	set(&regs);
	status = step();
	if (status != 0)
		ended(status, nr);
	get(&regs);
	/* The same call again: back by the two bytes of `syscall`. */
	saved.rip -= 2;
	saved.rax = saved.orig_rax;
	set(&saved);
	/* A call that is deadly may end before its process does. */
	status = step();
	if (status != 0)
		ended(status, nr);
	get(&saved);
	return (long)regs.rax;
}

static void
report(const char *what, long result)
{
	printf("%s %ld\n", what, result < 0 ? -result : 0);
}

static void
intrude(void)
{
	static const char outside[] = "/etc/shadow", made[] = "/tmp/casetap-intruder", shell[] = "/bin/true";
	const struct timex clock = {.modes = 0}; /* to ask, though it might be to set */
	const struct sockaddr_in in = {
	    .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};

	get(&saved);
	report(
	    "read-outside", call(SYS_openat, (unsigned long)AT_FDCWD, plant(outside, sizeof(outside)), O_RDONLY, 0));
	report("write-outside",
	    call(SYS_openat, (unsigned long)AT_FDCWD, plant(made, sizeof(made)), O_WRONLY | O_CREAT, 0600));
	report("link-outside", call(SYS_symlink, plant(outside, sizeof(outside)), plant(made, sizeof(made)), 0, 0));
	report("inet-socket", call(SYS_socket, AF_INET, SOCK_STREAM, 0, 0));
	report("packet-socket", call(SYS_socket, AF_PACKET, SOCK_RAW, 0, 0));
	report("connect", call(SYS_connect, 0, plant(&in, sizeof(in)), sizeof(in), 0));
	report("listen", call(SYS_listen, 0, 1, 0, 0));
	report("mount", call(SYS_mount, plant(outside, sizeof(outside)), plant(made, sizeof(made)), 0, 0));
	report("kill-init", call(SYS_kill, 1, 0, 0, 0));
	report("setuid", call(SYS_setuid, 0, 0, 0, 0));
	report("bpf", call(SYS_bpf, 0, 0, 0, 0));
	report("namespace", call(SYS_unshare, 0x10000000, 0, 0, 0));
	report("clock", call(SYS_adjtimex, plant(&clock, sizeof(clock)), 0, 0, 0));
	report("code", call(SYS_mmap, 0, 4096, 7, 0x22));
	report("execve", call(SYS_execve, plant(shell, sizeof(shell)), 0, 0, 0));
	printf("alive\n");
}

/* Until a seccomp filter has been taken. */
static void
run_into_sandbox(void)
{
	struct user_regs_struct regs;
	int is_end = 0;

	for (;;) {
		if (step() != 0)
			die("it ended before it had a sandbox");
		get(&regs);
		is_end = !is_end;
		if (!is_end && regs.orig_rax == SYS_seccomp && regs.rdi == 1 && regs.rax == 0)
			break;
	}
	if (step() != 0)
		die("it ended");
}

int
main(int argc, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
	struct user_regs_struct regs;
	int status;

	if (argc == 3 && strcmp(argv[1], "-p") == 0) {
		victim = (pid_t)atol(argv[2]);
		if (ptrace(PTRACE_SEIZE, victim, 0, options) == -1 || ptrace(PTRACE_INTERRUPT, victim, 0, 0) == -1 ||
		    waitpid(victim, &status, __WALL) != victim)
			die("seize");
		/* A call that was interrupted ends first. */
		for (;;) {
			if (step() != 0)
				die("it ended");
			get(&regs);
			if (regs.rax == (unsigned long)-ENOSYS)
				break;
		}
	} else {
		victim = fork();
		if (victim == 0) {
			if (ptrace(PTRACE_TRACEME, 0, 0, 0) == -1 || dup2(STDERR_FILENO, STDOUT_FILENO) == -1)
				_exit(70);
			(void)execvp(argv[1], argv + 1);
			_exit(70);
		}
		if (waitpid(victim, &status, 0) != victim || !WIFSTOPPED(status) ||
		    ptrace(PTRACE_SETOPTIONS, victim, 0, options) == -1)
			die("start");
		run_into_sandbox();
	}
	intrude();
	return 0;
}

#else

int
main(void)
{
	return 77;
}

#endif
