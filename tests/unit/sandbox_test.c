#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "diag.h"
#include "digest.h"
#include "fsio.h"
#include "json.h"
#include "sandbox.h"
#include "sign.h"

/*
 * Each test forks, the child enters a sandbox and tries things: there is no way back.  The child's exit code is the
 * number of the step that went wrong, 0 if none did.
 */
static char folder[] = "/tmp/casetap-sandbox-XXXXXX";
static char inside[64], outside[64], config[64];
static const char *const writable[] = {inside, NULL};
static const char *const readable[] = {config, NULL};

/* In a child: leave with the line of the step that failed. */
#define STEP(ok)                               \
	do {                                   \
		if (!(ok))                     \
			failed(__LINE__, #ok); \
	} while (0)

static void
failed(int line, const char *what)
{
	int error = errno;

	(void)fprintf(stderr, "line %d: %s: %s\n", line, what, strerror(error));
	_exit(1);
}

/* Run ${body} in a child.  Return its wait status. */
static int
in_child(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
passes(void (*body)(void))
{
	int status = in_child(body);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
dies_of_sigsys(void (*body)(void))
{
	int status = in_child(body);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

/* With sanitizers there is neither Landlock nor seccomp: what they refuse is then not tested. */
static void
needs_kernel_layers(void)
{
#ifdef CASETAP_SANITIZED
	skip();
#endif
}

static int
have_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 2;
}

static void
enter_with(enum sandbox_profile profile, const char *const *write, int keep_net_raw)
{
	const struct sandbox sb = {profile, NULL, readable, write, keep_net_raw, 0};

	STEP(sandbox_enter(&sb) == 0);
}

static void
enter(enum sandbox_profile profile)
{
	enter_with(profile, writable, 0);
}

static int
refused(long rc, int error)
{
	return rc == -1 && errno == error;
}

static void *
thread_main(void *cookie)
{
	int *fd = cookie;

	/* A thread that came later is bound as well. */
	*fd = socket(AF_INET, SOCK_STREAM, 0);
	return cookie;
}

/* What every profile does all day. */
static void
try_common(void)
{
	struct timespec ts, ms = {0, 1000000};
	struct timex tx = {.modes = 0};
	struct itimerspec timer = {{0, 0}, {0, 1000}};
	struct pollfd pfd;
	uint8_t random[16];
	char id[64], hex[DIGEST_HEX];
	struct json *j;
	void *memory;
	int fd, fds[2];

	STEP(clock_gettime(CLOCK_BOOTTIME, &ts) == 0 && clock_nanosleep(CLOCK_MONOTONIC, 0, &ms, NULL) == 0);
	STEP(refused(adjtimex(&tx), EPERM) && refused(clock_adjtime(CLOCK_REALTIME, &tx), EPERM));
	STEP(refused(syscall(SYS_adjtimex, &tx), EPERM));
	STEP(getrandom(random, sizeof(random), 0) == sizeof(random));
	memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	STEP(memory != MAP_FAILED && munmap(memory, 1 << 20) == 0);
	memory = malloc(8 << 20);
	STEP(memory != NULL);
	memory = realloc(memory, 32 << 20);
	STEP(memory != NULL);
	free(memory);
	STEP(pipe(fds) == 0 && write(fds[1], "x", 1) == 1);
	pfd = (struct pollfd){fds[0], POLLIN, 0};
	STEP(poll(&pfd, 1, 1000) == 1 && ppoll(&pfd, 1, NULL, NULL) == 1);
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	STEP(fd != -1 && timerfd_settime(fd, 0, &timer, NULL) == 0 && close(fd) == 0);
	fd = epoll_create1(EPOLL_CLOEXEC);
	STEP(fd != -1 && close(fd) == 0);
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	STEP(fd != -1 && read(fd, id, sizeof(id)) > 30 && close(fd) == 0);
	(void)isatty(0);
	STEP(digest_hex_of("abc", 3, hex) == 0);
	j = json_parse("{\"a\":[1,2]}", 11, 8);
	STEP(j != NULL);
	json_free(j);
	STEP(fsio_opendir(config) != -1);
}

/* A signing key lives in locked, guarded pages. */
static void
try_sign(void)
{
	struct sign_key *key = sign_key_generate();
	struct buf b = BUF_INIT;

	STEP(key != NULL && sign_make(key, "x", 1, "c", &b) == 0);
	buf_free(&b);
	sign_key_free(key);
}

static void
try_files(void)
{
	int dirfd = open(inside, O_RDONLY | O_DIRECTORY | O_CLOEXEC), sub, lock;
	struct stat st;

	STEP(dirfd != -1 && fsio_put(dirfd, "a", "text", 4, 0640) == 0);
	STEP(fsio_replace(dirfd, "a", "other", 5, 0640) == 0);
	sub = fsio_mkdirs(dirfd, "b/c", 0750);
	STEP(sub != -1 && fsio_publish_to(dirfd, "a", sub, "d") == 0);
	STEP(fstatat(sub, "d", &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size == 5);
	STEP(fsio_publish(sub, "d", "e") == 0 && fsio_remove(sub, "e") == 0);
	lock = fsio_lock(dirfd, "lock", 0);
	STEP(lock != -1 && ftruncate(lock, 100) == 0 && fallocate(lock, 0, 0, 4096) == 0);
	STEP(fsync(lock) == 0 && fdatasync(lock) == 0 && syncfs(dirfd) == 0);
	STEP(close(lock) == 0 && close(sub) == 0);
	STEP(unlinkat(dirfd, "b/c", AT_REMOVEDIR) == 0 && unlinkat(dirfd, "b", AT_REMOVEDIR) == 0);
}

static void
try_landlocked(void)
{
	char path[128];

	if (!have_landlock())
		return;
	STEP(refused(open(outside, O_RDONLY | O_DIRECTORY), EACCES));
	STEP(refused(open("/etc/passwd", O_RDONLY), EACCES));
	STEP(snprintf(path, sizeof(path), "%s/secret", outside) > 0 && refused(open(path, O_RDONLY), EACCES));
	STEP(refused(unlink(path), EACCES) || errno == EPERM);
	STEP(snprintf(path, sizeof(path), "%s/new", config) > 0);
	STEP(refused(open(path, O_WRONLY | O_CREAT, 0600), EACCES));
	STEP(snprintf(path, sizeof(path), "%s/conf", config) > 0);
	STEP(refused(open(path, O_WRONLY), EACCES) && open(path, O_RDONLY) != -1);
}

static void
try_thread(void)
{
	pthread_t thread;
	void *result;
	int fd = 0;

	STEP(pthread_create(&thread, NULL, thread_main, &fd) == 0);
	STEP(pthread_join(thread, &result) == 0 && result == &fd && fd == -1);
}

static void
try_forbidden(void)
{
	STEP(refused(unshare(CLONE_NEWUSER), EPERM));
	STEP(refused(symlink("x", "y"), EPERM));
	STEP(refused(mknod("y", S_IFIFO | 0600, 0), EPERM));
	STEP(refused(kill(1, SIGTERM), EPERM));
	STEP(refused(chroot("/"), EPERM));
	STEP(refused(setuid(1), EPERM));
	STEP(refused(syscall(SYS_bpf, 0, NULL, 0), EPERM));
	STEP(refused(syscall(SYS_io_uring_setup, 1, NULL), EPERM));
	STEP(refused(memfd_create("x", 0), EPERM));
	STEP(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
	     errno == EPERM);
}

static void
try_no_sockets(void)
{
	int fds[2];

	STEP(refused(socket(AF_UNIX, SOCK_STREAM, 0), EPERM));
	STEP(refused(socket(AF_INET, SOCK_DGRAM, 0), EPERM));
	STEP(refused(socket(AF_PACKET, SOCK_RAW, 0), EPERM));
	STEP(refused(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), EPERM));
	STEP(refused(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), EPERM));
}

static void
try_no_children(void)
{
	STEP(refused(fork(), EPERM));
}

static int
capabilities_are(uint32_t want)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct have[2];

	if (syscall(SYS_capget, &header, have) == -1)
		return 0;
	return have[0].permitted == want && have[0].effective == want && have[0].inheritable == 0 &&
	       have[1].permitted == 0 && have[1].effective == 0 && have[1].inheritable == 0;
}

static void
body_packager(void)
{
	enter(SANDBOX_PACKAGER);
	try_common();
	try_sign();
	try_files();
	try_landlocked();
	try_thread();
	try_forbidden();
	try_no_sockets();
	try_no_children();
}

static void
packager_keeps_its_files_and_nothing_else(void **state)
{
	(void)state;
	needs_kernel_layers();
	passes(body_packager);
}

/* A link and a fifo that others left, and the folder to put them in. */
static void
body_quarantine(void)
{
	char from[2][128], to[2][128], away[128];
	int i;

	STEP(snprintf(away, sizeof(away), "%s/away", inside) > 0 && mkdir(away, 0700) == 0);
	for (i = 0; i < 2; i++) {
		STEP(snprintf(from[i], sizeof(from[i]), "%s/strange.%d", inside, i) > 0);
		STEP(snprintf(to[i], sizeof(to[i]), "%s/away/strange.%d", inside, i) > 0);
	}
	STEP(symlink("/etc/passwd", from[0]) == 0 && mkfifo(from[1], 0600) == 0);
	enter(SANDBOX_PACKAGER);
	for (i = 0; i < 2; i++)
		STEP(rename(from[i], to[i]) == 0 && unlink(to[i]) == 0);
	STEP(refused(symlink("x", from[0]), EPERM) && refused(mkfifo(from[1], 0600), EPERM));
	STEP(rmdir(away) == 0);
}

static void
fault_056_packager_moves_files_of_any_kind_and_makes_none(void **state)
{
	(void)state;
	needs_kernel_layers();
	passes(body_quarantine);
}

static void
body_verifier(void)
{
	char path[128];

	enter_with(SANDBOX_VERIFIER, NULL, 0);
	try_common();
	try_thread();
	try_landlocked();
	try_forbidden();
	try_no_sockets();
	try_no_children();
	STEP(snprintf(path, sizeof(path), "%s/conf", config) > 0);
	STEP(refused(unlink(path), EPERM) && refused(rename(path, "x"), EPERM) && refused(truncate(path, 0), EPERM));
}

static void
verifier_changes_nothing(void **state)
{
	(void)state;
	needs_kernel_layers();
	passes(body_verifier);
}

/* The reader's socket pair and its packet socket are there before it enters. */
static void
body_reader(void)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 65535);
	struct sock_fprog prog = {1, &all};
	struct tpacket_stats stats;
	socklen_t n = sizeof(stats);
	int pair[2], packet = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(3));
	char c;

	STEP(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	enter(SANDBOX_READER);
	try_common();
	try_files();
	try_landlocked();
	try_thread();
	try_forbidden();
	try_no_sockets();
	try_no_children();
	STEP(send(pair[0], "x", 1, 0) == 1 && recv(pair[1], &c, 1, 0) == 1 && c == 'x');
	STEP(refused(inotify_init1(0), EPERM));
	STEP(capabilities_are(0));
	if (packet == -1)
		return; /* not root */
	STEP(setsockopt(packet, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) == 0);
	STEP(getsockopt(packet, SOL_PACKET, PACKET_STATISTICS, &stats, &n) == 0);
	STEP(close(packet) == 0);
}

static void
reader_works_with_the_sockets_it_has(void **state)
{
	(void)state;
	needs_kernel_layers();
	passes(body_reader);
}

static void
body_keeper(void)
{
	int pair[2], fd, status;
	int root = geteuid() == 0;
	struct sockaddr_in in = {.sin_family = AF_INET};
	pid_t pid;
	char c;

	enter_with(SANDBOX_KEEPER, writable, 1);
	try_common();
	try_files();
	try_landlocked();
	fd = inotify_init1(IN_CLOEXEC);
	STEP(fd != -1 && inotify_add_watch(fd, config, IN_MOVED_TO) != -1 && close(fd) == 0);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	STEP(fd != -1 && refused(connect(fd, (struct sockaddr *)&in, sizeof(in)), EPERM) && close(fd) == 0);
	STEP(refused(socket(AF_INET, SOCK_DGRAM, 0), EPERM) && refused(socket(AF_INET6, SOCK_STREAM, 0), EPERM));
	STEP(capabilities_are(root ? CAP_TO_MASK(CAP_NET_RAW) : 0));
	STEP(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	pid = fork();
	STEP(pid != -1);
	if (pid == 0) {
		/* The forked reader opens its sockets, and then gives up more. */
		fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
		STEP(fd != -1 && close(fd) == 0);
		fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(3));
		STEP(root ? fd != -1 : fd == -1);
		enter(SANDBOX_READER);
		try_common();
		try_files();
		try_landlocked();
		try_thread();
		try_no_sockets();
		try_no_children();
		STEP(capabilities_are(0));
		STEP(write(pair[1], "x", 1) == 1);
		for (;;)
			(void)pause();
	}
	STEP(close(pair[1]) == 0); /* so that a reader that died is seen */
	STEP(read(pair[0], &c, 1) == 1 && kill(pid, SIGTERM) == 0);
	STEP(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void
keeper_forks_a_reader_that_opens_sockets_and_gives_up_more(void **state)
{
	(void)state;
	needs_kernel_layers();
	passes(body_keeper);
}

static void
body_uploader(void)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *ai;
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd, pair[2];

	enter(SANDBOX_UPLOADER);
	try_common();
	try_sign();
	try_files();
	try_landlocked();
	try_no_children();
	STEP(getaddrinfo("localhost", "9", &hints, &ai) == 0);
	freeaddrinfo(ai);
	(void)getaddrinfo("name.invalid", "9", &hints, &ai); /* no matter what it finds, it comes back */
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	STEP(fd != -1 && connect(fd, (struct sockaddr *)&in, sizeof(in)) == -1 && errno != EPERM && errno != EACCES);
	STEP(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	STEP(refused(socket(AF_PACKET, SOCK_RAW, 0), EPERM) && refused(listen(fd, 1), EPERM));
	STEP(refused(accept4(fd, NULL, NULL, 0), EPERM));
}

static void
uploader_reaches_the_network_but_never_listens(void **state)
{
	(void)state;
	needs_kernel_layers();
	passes(body_uploader);
}

static void
body_exec(void)
{
	enter(SANDBOX_KEEPER);
	(void)execl("/bin/true", "true", (char *)NULL);
}

static void
body_exec_by_shell(void)
{
	enter(SANDBOX_READER);
	(void)syscall(SYS_execveat, -1, "/bin/true", NULL, NULL, 0);
}

static void
body_ptrace(void)
{
	enter(SANDBOX_PACKAGER);
	(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

/* Whom it was given reads the clock's state, and can not set it all the same. */
static void
try_clock(enum sandbox_profile profile)
{
	const struct sandbox sb = {profile, NULL, readable, writable, 0, 1};
	struct timex tx = {.modes = 0}, set = {.modes = ADJ_SETOFFSET};

	STEP(sandbox_enter(&sb) == 0);
	STEP(adjtimex(&tx) != -1 && clock_adjtime(CLOCK_REALTIME, &tx) != -1);
	STEP(refused(adjtimex(&set), EPERM) && capabilities_are(0));
	STEP(refused(clock_settime(CLOCK_REALTIME, &(struct timespec){0, 0}), EPERM));
}

static void
body_clock(void)
{
	try_clock(SANDBOX_CLOCK);
	try_files();
	try_landlocked();
	try_forbidden();
	try_no_sockets();
	try_no_children();
}

static void
body_reader_with_clock(void)
{
	try_clock(SANDBOX_READER);
	try_no_sockets();
}

static void
who_reads_the_clocks_state_can_not_set_it(void **state)
{
	(void)state;
	needs_kernel_layers();
	passes(body_clock);
	passes(body_reader_with_clock);
}

static void
exec_and_ptrace_kill(void **state)
{
	(void)state;
	needs_kernel_layers();
	dies_of_sigsys(body_exec);
	dies_of_sigsys(body_exec_by_shell);
	dies_of_sigsys(body_ptrace);
}

static void
body_become(void)
{
	const struct sandbox sb = {SANDBOX_KEEPER, "nobody", NULL, NULL, 1, 0};
	struct passwd *pw = getpwnam("nobody");
	uid_t r, e, s;
	gid_t groups[64];
	int n, i;

	STEP(pw != NULL && sandbox_enter(&sb) == 0);
	STEP(getresuid(&r, &e, &s) == 0 && r == pw->pw_uid && e == r && s == r);
	STEP(getresgid(&r, &e, &s) == 0 && r == pw->pw_gid && e == r && s == r);
	n = getgroups(64, groups);
	STEP(n >= 0);
	for (i = 0; i < n; i++)
		STEP(groups[i] != 0);
	STEP(setresuid(0, 0, 0) == -1);
	STEP(capabilities_are(CAP_TO_MASK(CAP_NET_RAW)));
}

static void
root_becomes_the_user_and_keeps_net_raw_alone(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	passes(body_become);
}

static void
body_unknown_user(void)
{
	const struct sandbox sb = {SANDBOX_PACKAGER, "no-such-user-here", NULL, NULL, 0, 0};

	diag_capture(open("/dev/null", O_WRONLY | O_CLOEXEC));
	STEP(sandbox_enter(&sb) == -1);
}

static void
unknown_user_is_an_error_for_root(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	passes(body_unknown_user);
}

static void
body_dumps(void)
{
	struct rlimit limit;

	enter(SANDBOX_KEEPER);
	STEP(prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) == 0);
	STEP(prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) == 1);
	STEP(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0);
	STEP(prctl(PR_CAPBSET_READ, (unsigned long)CAP_SYS_ADMIN, 0UL, 0UL, 0UL) == 0 || geteuid() != 0);
	STEP(capabilities_are(0));
}

static void
fault_137_no_core_dump_and_no_new_privileges(void **state)
{
	(void)state;
	passes(body_dumps);
}

static void
body_missing_paths(void)
{
	static const char *const nowhere[] = {"/nonexistent/casetap", NULL};
	struct sandbox sb = {SANDBOX_PACKAGER, NULL, NULL, nowhere, 0, 0};

	diag_capture(open("/dev/null", O_WRONLY | O_CLOEXEC));
	STEP(!have_landlock() || sandbox_enter(&sb) == -1);
	sb.writable = NULL;
	sb.readable = nowhere;
	STEP(sandbox_enter(&sb) == 0);
}

static void
a_missing_folder_to_write_is_an_error_one_to_read_is_not(void **state)
{
	(void)state;
	needs_kernel_layers();
	passes(body_missing_paths);
}

static void *
wait_for_ever(void *cookie)
{
	for (;;)
		(void)pause();
	return cookie;
}

static void
body_threads(void)
{
	const struct sandbox sb = {SANDBOX_PACKAGER, NULL, NULL, NULL, 0, 0};
	pthread_t thread;

	diag_capture(open("/dev/null", O_WRONLY | O_CLOEXEC));
	STEP(pthread_create(&thread, NULL, wait_for_ever, NULL) == 0);
	STEP(sandbox_enter(&sb) == -1);
}

static void
entering_with_two_threads_is_refused(void **state)
{
	(void)state;
	needs_kernel_layers();
	passes(body_threads);
}

static int
setup(void **state)
{
	char path[128];
	int fd;

	(void)state;
	if (mkdtemp(folder) == NULL || sign_init() == -1)
		return -1;
	if (snprintf(inside, sizeof(inside), "%s/in", folder) < 0 || mkdir(inside, 0700) == -1 ||
	    snprintf(outside, sizeof(outside), "%s/out", folder) < 0 || mkdir(outside, 0700) == -1 ||
	    snprintf(config, sizeof(config), "%s/etc", folder) < 0 || mkdir(config, 0700) == -1 ||
	    snprintf(path, sizeof(path), "%s/secret", outside) < 0)
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1 || close(fd) == -1 || snprintf(path, sizeof(path), "%s/conf", config) < 0)
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd == -1 ? -1 : close(fd);
}

static int
teardown(void **state)
{
	char line[128];

	(void)state;
	if (snprintf(line, sizeof(line), "rm -rf %s", folder) < 0)
		return -1;
	return system(line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(packager_keeps_its_files_and_nothing_else),
	    cmocka_unit_test(fault_056_packager_moves_files_of_any_kind_and_makes_none),
	    cmocka_unit_test(verifier_changes_nothing),
	    cmocka_unit_test(reader_works_with_the_sockets_it_has),
	    cmocka_unit_test(keeper_forks_a_reader_that_opens_sockets_and_gives_up_more),
	    cmocka_unit_test(uploader_reaches_the_network_but_never_listens),
	    cmocka_unit_test(exec_and_ptrace_kill),
	    cmocka_unit_test(who_reads_the_clocks_state_can_not_set_it),
	    cmocka_unit_test(root_becomes_the_user_and_keeps_net_raw_alone),
	    cmocka_unit_test(unknown_user_is_an_error_for_root),
	    cmocka_unit_test(fault_137_no_core_dump_and_no_new_privileges),
	    cmocka_unit_test(a_missing_folder_to_write_is_an_error_one_to_read_is_not),
	    cmocka_unit_test(entering_with_two_threads_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
