#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/types.h>

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <dlfcn.h>
#include <link.h>

/*
 * Preloaded into a program, this makes its calls fail, stall or be its last.  Calls are counted by name, over all processes
 * and threads of one run together, in the file FAULTS_COUNTS, which sweep.py makes and reads.  FAULTS is a list, parted by
 * commas, of
 *
 *	CALL:N:WHAT   the N-th call of that name; N+ from the N-th on
 *
 * with WHAT an errno by number, `short` (a write of half), `kill` (before the call; whoever of the run comes to a counted
 * call later ends there too, so that nothing changes the disk any more), `delayMS`, or `trap`, for a debugger to show where
 * it is.  Of descriptors only those of regular files and folders count, and not the standard three.
 * With FAULTS_PATH only calls on files, or in folders, whose path has that in it count.
 * With FAULTS_SITES=FILE each call is written there as a struct site: from which place of the program it came.
 * With FAULTS_CLOCK=REALTIME:BOOTTIME, in nanoseconds, these two clocks begin there and move on every ten seconds only, and
 * their error is always the same: so two runs write the same bytes.
 * A program of another name than casetap's, as the shell on the way to it, is left alone.
 */
enum call {
	CALL_write,
	CALL_pwrite,
	CALL_read,
	CALL_fsync,
	CALL_fdatasync,
	CALL_syncfs,
	CALL_rename,
	CALL_link,
	CALL_unlink,
	CALL_open,
	CALL_create,
	CALL_mkdir,
	CALL_ftruncate,
	CALL_fchmod,
	CALL_close,
	CALL_flock,
	CALL_fstat,
	CALL_mmap,
	CALL_fork,
	CALL_thread,
	CALL_socket,
	CALL_malloc,
	CALL_COUNT
};

/* In the order of sweep.py, which reads the counts. */
static const char *const call_names[CALL_COUNT] = {"write", "pwrite", "read", "fsync", "fdatasync", "syncfs",
    "rename", "link", "unlink", "open", "create", "mkdir", "ftruncate", "fchmod", "close", "flock", "fstat", "mmap",
    "fork", "thread", "socket", "malloc"};

#define RULES_MAX 16

enum what {
	WHAT_NONE,
	WHAT_ERRNO,
	WHAT_SHORT,
	WHAT_KILL,
	WHAT_TRAP,
	WHAT_DELAY
};

struct rule {
	enum call call;
	uint64_t n;
	int from_there_on;
	enum what what;
	long value; /* errno, milliseconds */
};

struct counts {
	_Atomic uint64_t is_dead;
	_Atomic uint64_t calls[CALL_COUNT];
};

/* Which call, how many of that name came before, and what tells the place in the program that made it from every other. */
struct site {
	uint64_t call, n, place;
};

static struct rule rules[RULES_MAX];
static size_t rule_count;
static struct counts *counts;
static const char *only_path;
static int sites_fd = -1;
static uintptr_t program_base, program_end;
static int64_t held_realtime, held_boottime, held_since; /* held_since is 0 unless clocks are held */

void faults_rest(void);

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static int
parse_rule(char *text, struct rule *r)
{
	char *call = strtok_r(text, ":", &text), *n = strtok_r(NULL, ":", &text), *what = text, *end;
	int i;

	if (n == NULL || what == NULL)
		return -1;
	for (i = 0; i < CALL_COUNT && strcmp(call_names[i], call) != 0; i++)
		;
	if (i == CALL_COUNT)
		return -1;
	r->call = (enum call)i;
	r->n = strtoull(n, &end, 10);
	r->from_there_on = *end == '+';
	r->what = WHAT_ERRNO;
	if (strcmp(what, "kill") == 0)
		r->what = WHAT_KILL;
	else if (strcmp(what, "trap") == 0)
		r->what = WHAT_TRAP;
	else if (strcmp(what, "short") == 0)
		r->what = WHAT_SHORT;
	else if (strncmp(what, "delay", 5) == 0) {
		r->what = WHAT_DELAY;
		what += 5;
	}
	r->value = strtol(what, NULL, 10);
	return 0;
}

#define NS 1000000000LL
#define HELD_FOR (10 * NS)

static int64_t
monotonic(void)
{
	struct timespec ts = {0, 0};

	(void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts); /* can not fail for this clock */
	return ts.tv_sec * NS + ts.tv_nsec;
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int64_t t;

	if (held_since == 0 || (id != CLOCK_REALTIME && id != CLOCK_BOOTTIME))
		return (int)syscall(SYS_clock_gettime, id, ts);
	t = id == CLOCK_REALTIME ? held_realtime : held_boottime;
	t += (monotonic() - held_since) / HELD_FOR * HELD_FOR;
	ts->tv_sec = t / NS;
	ts->tv_nsec = t % NS;
	return 0;
}

int
adjtimex(struct timex *tx)
{
	int rc = (int)syscall(SYS_adjtimex, tx);

	if (held_since != 0)
		tx->maxerror = tx->esterror = 1000;
	return rc;
}

static void
hold_clocks(const char *at)
{
	char *end;

	if (at == NULL)
		return;
	held_realtime = strtoll(at, &end, 10);
	held_boottime = *end == ':' ? strtoll(end + 1, &end, 10) : 0;
	held_since = monotonic();
}

static void
die(const char *why)
{
	(void)dprintf(STDERR_FILENO, "faults: %s\n", why); /* there is nobody else to tell */
	_exit(127);
}

/* The first object is the program itself. */
static int
find_program(struct dl_phdr_info *info, size_t size, void *cookie)
{
	int i;

	(void)size;
	(void)cookie;
	program_base = info->dlpi_addr;
	for (i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD)
			program_end = program_base + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
	return 1;
}

static void
open_sites(const char *file)
{
	void *once[1];

	if (file == NULL)
		return;
	(void)dl_iterate_phdr(find_program, NULL);
	(void)backtrace(once, 1); /* loads what it needs, for which it allocates */
	sites_fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
	if (sites_fd == -1)
		die(file);
}

__attribute__((constructor)) static void
start(void)
{
	const char *text = getenv("FAULTS"), *file = getenv("FAULTS_COUNTS"), *sites = getenv("FAULTS_SITES");
	char copy[512], *rule, *rest = copy;
	long fd;

	if (file == NULL || strncmp(program_invocation_short_name, "casetap", strlen("casetap")) != 0)
		return;
	only_path = getenv("FAULTS_PATH");
	hold_clocks(getenv("FAULTS_CLOCK"));
	open_sites(sites);
	fd = syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0);
	if (fd == -1)
		die(file);
	counts =
	    (struct counts *)syscall(SYS_mmap, NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
	(void)syscall(SYS_close, (int)fd);
	if (counts == MAP_FAILED)
		die(file);
	(void)snprintf(
	    copy, sizeof(copy), "%s", text != NULL ? text : ""); /* a longer one is cut, and then refused */
	while ((rule = strtok_r(rest, ",", &rest)) != NULL)
		if (rule_count == RULES_MAX || parse_rule(rule, &rules[rule_count++]) == -1)
			die("FAULTS is no list of CALL:N:WHAT");
}

/*
 * The program is over: what is left is said by its libraries.  A build for coverage, which writes down what was reached and
 * does not live without memory, calls this before it does.
 */
void
faults_rest(void)
{
	counts = NULL;
}

/* The process ends here, by a signal that a sandbox lets it send to itself. */
static void
end_here(void)
{
	atomic_store(&counts->is_dead, 1);
	for (;;)
		(void)syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGKILL);
}

static void
pause_for(long ms)
{
	struct timespec ts = {ms / 1000, ms % 1000 * 1000000};

	while (nanosleep(&ts, &ts) == -1 && errno == EINTR)
		;
}

/* A place is where the program is, and who of it called that, and that; what libraries do between makes no other place. */
#define PLACE_FRAMES 3
#define PLACE_FRAMES_MALLOC 6 /* up to three of them are of shortage.h and the JSON module */
#define FRAMES_MAX 24
#define FNV_BASIS 14695981039346656037u
#define FNV_PRIME 1099511628211u

static void
note_site(enum call call, uint64_t n)
{
	void *frames[FRAMES_MAX];
	int i, count, left = call == CALL_malloc ? PLACE_FRAMES_MALLOC : PLACE_FRAMES;
	struct site site = {call, n, FNV_BASIS};
	const char *name;

	if (sites_fd == -1)
		return;
	for (name = program_invocation_short_name; *name != '\0'; name++)
		site.place = (site.place ^ (unsigned char)*name) * FNV_PRIME;
	count = backtrace(frames, FRAMES_MAX);
	for (i = 0; i < count && left > 0; i++) {
		if ((uintptr_t)frames[i] < program_base || (uintptr_t)frames[i] >= program_end)
			continue;
		site.place = (site.place ^ ((uintptr_t)frames[i] - program_base)) * FNV_PRIME;
		left--;
	}
	(void)syscall(SYS_write, sites_fd, &site, sizeof(site)); /* one that is missing is not let fail */
}

/* Count one call.  What is to become of it? */
static enum what
meet(enum call call)
{
	int saved = errno;
	uint64_t n;
	size_t i;

	if (counts == NULL)
		return WHAT_NONE;
	if (atomic_load(&counts->is_dead) != 0 && call <= CALL_fchmod)
		end_here();
	n = atomic_fetch_add(&counts->calls[call], 1) + 1;
	note_site(call, n);
	for (i = 0; i < rule_count; i++) {
		if (rules[i].call != call || n < rules[i].n || (n > rules[i].n && !rules[i].from_there_on))
			continue;
		if (rules[i].what == WHAT_KILL)
			end_here();
		if (rules[i].what == WHAT_TRAP)
			__builtin_trap();
		if (rules[i].what == WHAT_ERRNO) {
			errno = (int)rules[i].value;
			return WHAT_ERRNO;
		}
		if (rules[i].what == WHAT_SHORT)
			return WHAT_SHORT;
		pause_for(rules[i].value);
		errno = saved;
	}
	return WHAT_NONE;
}

/* Does the path of a descriptor have in it what it should? */
static int
is_meant(int fd)
{
	char link[32], path[512];
	ssize_t n;

	if (only_path == NULL)
		return 1;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd); /* it fits */
	n = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof(path) - 1);
	if (n <= 0)
		return 0;
	path[n] = '\0';
	return strstr(path, only_path) != NULL;
}

static enum what
meet_in(enum call call, int dirfd)
{
	return counts != NULL && is_meant(dirfd) ? meet(call) : WHAT_NONE;
}

static enum what
meet_fd(enum call call, int fd)
{
	struct stat st;

	if (counts == NULL || fd <= STDERR_FILENO || syscall(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH) == -1 ||
	    !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) || !is_meant(fd))
		return WHAT_NONE;
	return meet(call);
}

ssize_t
write(int fd, const void *data, size_t n)
{
	enum what what = meet_fd(CALL_write, fd);

	if (what == WHAT_ERRNO)
		return -1;
	return syscall(SYS_write, fd, data, what == WHAT_SHORT && n > 1 ? n / 2 : n);
}

ssize_t
pwrite64(int fd, const void *data, size_t n, off_t at)
{
	return meet_fd(CALL_pwrite, fd) == WHAT_ERRNO ? -1 : syscall(SYS_pwrite64, fd, data, n, at);
}

ssize_t
read(int fd, void *data, size_t n)
{
	return meet_fd(CALL_read, fd) == WHAT_ERRNO ? -1 : syscall(SYS_read, fd, data, n);
}

int
fsync(int fd)
{
	return meet_fd(CALL_fsync, fd) == WHAT_ERRNO ? -1 : (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return meet_fd(CALL_fdatasync, fd) == WHAT_ERRNO ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int
syncfs(int fd)
{
	return meet_fd(CALL_syncfs, fd) == WHAT_ERRNO ? -1 : (int)syscall(SYS_syncfs, fd);
}

int
renameat2(int from, const char *a, int to, const char *b, unsigned flags)
{
	return meet_in(CALL_rename, to) == WHAT_ERRNO ? -1 : (int)syscall(SYS_renameat2, from, a, to, b, flags);
}

int
renameat(int from, const char *a, int to, const char *b)
{
	return renameat2(from, a, to, b, 0);
}

int
rename(const char *a, const char *b)
{
	return renameat2(AT_FDCWD, a, AT_FDCWD, b, 0);
}

int
linkat(int from, const char *a, int to, const char *b, int flags)
{
	return meet_in(CALL_link, to) == WHAT_ERRNO ? -1 : (int)syscall(SYS_linkat, from, a, to, b, flags);
}

int
unlinkat(int fd, const char *name, int flags)
{
	return meet_in(CALL_unlink, fd) == WHAT_ERRNO ? -1 : (int)syscall(SYS_unlinkat, fd, name, flags);
}

int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int
openat64(int fd, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	if (meet_in((flags & O_CREAT) != 0 ? CALL_create : CALL_open, fd) == WHAT_ERRNO)
		return -1;
	return (int)syscall(SYS_openat, fd, path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return openat64(AT_FDCWD, path, flags, mode);
}

int
mkdirat(int fd, const char *name, mode_t mode)
{
	return meet_in(CALL_mkdir, fd) == WHAT_ERRNO ? -1 : (int)syscall(SYS_mkdirat, fd, name, mode);
}

int
ftruncate64(int fd, off_t length)
{
	return meet_fd(CALL_ftruncate, fd) == WHAT_ERRNO ? -1 : (int)syscall(SYS_ftruncate, fd, length);
}

int
fchmod(int fd, mode_t mode)
{
	return meet_fd(CALL_fchmod, fd) == WHAT_ERRNO ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

/* The kernel too closes a descriptor whose close it lets fail. */
int
close(int fd)
{
	enum what what = meet_fd(CALL_close, fd);
	int error = errno, rc = (int)syscall(SYS_close, fd);

	if (what != WHAT_ERRNO)
		return rc;
	errno = error;
	return -1;
}

int
flock(int fd, int operation)
{
	return meet_fd(CALL_flock, fd) == WHAT_ERRNO ? -1 : (int)syscall(SYS_flock, fd, operation);
}

int
fstat64(int fd, struct stat64 *st)
{
	return meet_fd(CALL_fstat, fd) == WHAT_ERRNO ? -1 : (int)syscall(SYS_newfstatat, fd, "", st, AT_EMPTY_PATH);
}

void *
mmap64(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
	if (meet(CALL_mmap) == WHAT_ERRNO)
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, at, n, protection, flags, fd, offset);
}

int
socket(int family, int type, int protocol)
{
	return meet(CALL_socket) == WHAT_ERRNO ? -1 : (int)syscall(SYS_socket, family, type, protocol);
}

int
socketpair(int family, int type, int protocol, int ends[2])
{
	return meet(CALL_socket) == WHAT_ERRNO ? -1 : (int)syscall(SYS_socketpair, family, type, protocol, ends);
}

pid_t
fork(void)
{
	union {
		void *object;
		pid_t (*call)(void);
	} real = {dlsym(RTLD_NEXT, "fork")};

	return meet(CALL_fork) == WHAT_ERRNO ? -1 : real.call();
}

int
pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	union {
		void *object;
		int (*call)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	} real = {dlsym(RTLD_NEXT, "pthread_create")};

	return meet(CALL_thread) == WHAT_ERRNO ? errno : real.call(thread, attr, run, arg);
}

void *
malloc(size_t n)
{
	return meet(CALL_malloc) == WHAT_ERRNO ? NULL : __libc_malloc(n);
}

void *
calloc(size_t count, size_t n)
{
	return meet(CALL_malloc) == WHAT_ERRNO ? NULL : __libc_calloc(count, n);
}

void *
realloc(void *p, size_t n)
{
	return meet(CALL_malloc) == WHAT_ERRNO ? NULL : __libc_realloc(p, n);
}

void *
reallocarray(void *p, size_t count, size_t n)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, n, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, bytes);
}
