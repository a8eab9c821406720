#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "diag.h"

#include "sandbox_internal.h"

/*
 * An allow-list in classic BPF.  A call that is not on it fails with EPERM, so that a library that merely tries something
 * goes on without it.  What no honest run ever calls (exec, ptrace and their like, another architecture's numbers) kills
 * the process: whoever is in there shall not try twice.
 */
#if defined(__x86_64__)
#define ARCH_OURS AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH_OURS AUDIT_ARCH_AARCH64
#endif

#define PROGRAM_MAX 1024

struct program {
	struct sock_filter code[PROGRAM_MAX];
	size_t len;
};

/* Arguments are compared by their low 32 bits: each that is looked at is an int or a set of flags to the kernel too. */
struct condition {
	unsigned arg;
	uint32_t mask, value;
};

#define OFFSET_NR ((uint32_t)offsetof(struct seccomp_data, nr))
#define OFFSET_ARCH ((uint32_t)offsetof(struct seccomp_data, arch))
#define OFFSET_ARG(n) ((uint32_t)(offsetof(struct seccomp_data, args) + (n) * sizeof(uint64_t)))
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low half of an argument comes first");

/* Signals and the calls that a thread makes to live, by whatever library. */
static const int calls_process[] = {SYS_brk, SYS_capget, SYS_clock_getres, SYS_clock_gettime, SYS_clock_nanosleep,
    SYS_exit, SYS_exit_group, SYS_futex, SYS_get_robust_list, SYS_getcpu, SYS_getegid, SYS_geteuid, SYS_getgid,
    SYS_getgroups, SYS_getpgid, SYS_getpid, SYS_getppid, SYS_getrandom, SYS_getresgid, SYS_getresuid, SYS_getrusage,
    SYS_getsid, SYS_gettid, SYS_gettimeofday, SYS_getuid, SYS_madvise, SYS_membarrier, SYS_mincore, SYS_mlock,
    SYS_mlock2, SYS_mremap, SYS_msync, SYS_munlock, SYS_munmap, SYS_nanosleep, SYS_restart_syscall, SYS_rseq,
    SYS_rt_sigaction, SYS_rt_sigpending, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigsuspend, SYS_rt_sigtimedwait,
    SYS_sched_getaffinity, SYS_sched_getparam, SYS_sched_getscheduler, SYS_sched_yield, SYS_set_robust_list,
    SYS_set_tid_address, SYS_sigaltstack, SYS_sysinfo, SYS_times, SYS_umask, SYS_uname};

/* The clock's state is read by the call that sets it, for want of another: to set it needs a capability that is gone. */
static const int calls_clock[] = {SYS_adjtimex, SYS_clock_adjtime};

/* Waiting, and descriptors that are there. */
static const int calls_descriptor[] = {SYS_close, SYS_close_range, SYS_dup, SYS_dup3, SYS_epoll_create1,
    SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_eventfd2, SYS_fcntl, SYS_flock, SYS_lseek, SYS_pipe2,
    SYS_ppoll, SYS_pread64, SYS_preadv, SYS_preadv2, SYS_pselect6, SYS_pwrite64, SYS_pwritev, SYS_pwritev2, SYS_read,
    SYS_readv, SYS_signalfd4, SYS_timerfd_create, SYS_timerfd_gettime, SYS_timerfd_settime, SYS_write, SYS_writev};

/* Looking at files; which ones is Landlock's matter.  Opening to write is among them. */
static const int calls_read_files[] = {SYS_chdir, SYS_faccessat, SYS_faccessat2, SYS_fadvise64, SYS_fchdir, SYS_fstat,
    SYS_fstatfs, SYS_getcwd, SYS_getdents64, SYS_newfstatat, SYS_openat, SYS_openat2, SYS_readahead, SYS_readlinkat,
    SYS_statfs, SYS_statx};

/* Changing files and folders, never making a device or a symbolic link. */
static const int calls_write_files[] = {SYS_copy_file_range, SYS_fallocate, SYS_fchmod, SYS_fchmodat, SYS_fchown,
    SYS_fchownat, SYS_fdatasync, SYS_fsync, SYS_ftruncate, SYS_linkat, SYS_mkdirat, SYS_renameat2, SYS_sendfile,
    SYS_splice, SYS_sync_file_range, SYS_syncfs, SYS_truncate, SYS_unlinkat, SYS_utimensat};

/* Speaking through sockets that are there. */
static const int calls_socket[] = {SYS_getpeername, SYS_getsockname, SYS_getsockopt, SYS_recvfrom, SYS_recvmmsg,
    SYS_recvmsg, SYS_sendmmsg, SYS_sendmsg, SYS_sendto, SYS_shutdown};

/* The keeper has children, watches folders, and puts its readers behind a second, narrower sandbox. */
static const int calls_keeper[] = {SYS_bind, SYS_capset, SYS_inotify_add_watch, SYS_inotify_init1,
    SYS_inotify_rm_watch, SYS_kill, SYS_landlock_add_rule, SYS_landlock_create_ruleset, SYS_landlock_restrict_self,
    SYS_pidfd_open, SYS_pidfd_send_signal, SYS_prctl, SYS_prlimit64, SYS_seccomp, SYS_setsockopt, SYS_tgkill,
    SYS_wait4, SYS_waitid};

static const int calls_uploader[] = {SYS_bind, SYS_connect, SYS_setsockopt};

/* What only an intruder calls. */
static const int calls_deadly[] = {SYS_execve, SYS_execveat, SYS_process_vm_readv, SYS_process_vm_writev, SYS_ptrace};

#ifdef __x86_64__
/* The older spellings, which x86-64 has kept and glibc uses in part. */
static const int calls_legacy[] = {SYS_dup2, SYS_epoll_create, SYS_epoll_wait, SYS_eventfd, SYS_getpgrp, SYS_pause,
    SYS_pipe, SYS_poll, SYS_select, SYS_time};
static const int calls_legacy_read[] = {SYS_access, SYS_getdents, SYS_lstat, SYS_open, SYS_readlink, SYS_stat};
static const int calls_legacy_write[] = {
    SYS_chmod, SYS_creat, SYS_link, SYS_mkdir, SYS_rename, SYS_renameat, SYS_rmdir, SYS_unlink, SYS_utimes};
#endif

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
emit(struct program *p, struct sock_filter op)
{
	assert(p->len < PROGRAM_MAX);
	if (p->len < PROGRAM_MAX)
		p->code[p->len] = op;
	p->len++;
}

/* Answer ${nr} with ${action}, whatever its arguments. */
static void
answer(struct program *p, int nr, uint32_t action)
{
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 1));
	emit(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static void
answer_all(struct program *p, const int *nrs, size_t n, uint32_t action)
{
	size_t i;

	for (i = 0; i < n; i++)
		answer(p, nrs[i], action);
}

/* Allow ${nr} where its argument meets the condition; else go on with the list. */
static void
allow_if(struct program *p, int nr, struct condition c)
{
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 5));
	emit(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, OFFSET_ARG(c.arg)));
	emit(p, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, c.mask));
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, c.value, 0, 1));
	emit(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	emit(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, OFFSET_NR));
}

static void
allow_if_equal(struct program *p, int nr, unsigned arg, uint32_t value)
{
	allow_if(p, nr, (struct condition){arg, UINT32_MAX, value});
}

/* Kill what speaks another instruction set's numbers: the list would be read wrongly. */
static void
check_architecture(struct program *p, uint32_t arch)
{
	emit(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, OFFSET_ARCH));
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch, 1, 0));
	emit(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
	emit(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, OFFSET_NR));
#ifdef __x86_64__
	/* x32 */
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
	emit(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
#endif
}

/* Threads for all; processes for the keeper; new namespaces for none. */
static void
allow_clone(struct program *p, enum sandbox_profile profile)
{
	const uint32_t spaces =
	    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

	/* Its flags lie in memory, where no filter can look: without it, glibc takes clone(). */
	answer(p, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
	if (profile == SANDBOX_KEEPER)
		allow_if(p, SYS_clone, (struct condition){0, spaces, 0});
	else
		allow_if(p, SYS_clone, (struct condition){0, spaces | CLONE_THREAD, CLONE_THREAD});
}

/* No memory that was ever written becomes code.  The uploader alone loads libraries late: name resolution's plug-ins. */
static void
allow_memory(struct program *p, enum sandbox_profile profile)
{
	if (profile == SANDBOX_UPLOADER) {
		answer(p, SYS_mmap, SECCOMP_RET_ALLOW);
		answer(p, SYS_mprotect, SECCOMP_RET_ALLOW);
		return;
	}
	allow_if(p, SYS_mmap, (struct condition){2, PROT_EXEC, 0});
	allow_if(p, SYS_mprotect, (struct condition){2, PROT_EXEC, 0});
}

/* The few requests that isatty(), progress lines, non-blocking reads and libpcap make. */
static void
allow_ioctl(struct program *p, enum sandbox_profile profile)
{
	static const uint32_t requests[] = {TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX};
	static const uint32_t interface[] = {SIOCGIFINDEX, SIOCGIFNAME, SIOCGIFFLAGS, SIOCGIFMTU, SIOCGIFHWADDR,
	    SIOCETHTOOL, SIOCGSTAMP, SIOCGSTAMPNS};
	size_t i;

	for (i = 0; i < COUNT(requests); i++)
		allow_if_equal(p, SYS_ioctl, 1, requests[i]);
	if (profile == SANDBOX_UPLOADER)
		allow_if_equal(p, SYS_ioctl, 1, FICLONE); /* a copy that shares its blocks */
	if (profile != SANDBOX_READER && profile != SANDBOX_KEEPER)
		return;
	for (i = 0; i < COUNT(interface); i++)
		allow_if_equal(p, SYS_ioctl, 1, interface[i]);
}

/* New sockets: by family; socket options: the reader's filter, statistics and buffers only. */
static void
allow_sockets(struct program *p, enum sandbox_profile profile)
{
	static const uint32_t keeper[] = {AF_UNIX, AF_PACKET, AF_NETLINK};
	static const uint32_t uploader[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK};
	size_t i;

	if (profile == SANDBOX_PACKAGER || profile == SANDBOX_CLOCK || profile == SANDBOX_VERIFIER)
		return;
	answer_all(p, calls_socket, COUNT(calls_socket), SECCOMP_RET_ALLOW);
	if (profile == SANDBOX_READER) {
		allow_if_equal(p, SYS_setsockopt, 1, SOL_SOCKET);
		allow_if_equal(p, SYS_setsockopt, 1, SOL_PACKET);
		return;
	}
	allow_if_equal(p, SYS_socketpair, 0, AF_UNIX);
	for (i = 0; profile == SANDBOX_KEEPER && i < COUNT(keeper); i++)
		allow_if_equal(p, SYS_socket, 0, keeper[i]);
	for (i = 0; profile == SANDBOX_UPLOADER && i < COUNT(uploader); i++)
		allow_if_equal(p, SYS_socket, 0, uploader[i]);
}

/* What a process may do to itself, and to itself alone: the number is its own, for it can not fork. */
static void
allow_self(struct program *p, enum sandbox_profile profile)
{
	if (profile == SANDBOX_KEEPER)
		return;
	allow_if_equal(p, SYS_tgkill, 0, (uint32_t)getpid());
	allow_if_equal(p, SYS_prlimit64, 0, 0);
	allow_if_equal(p, SYS_prctl, 0, PR_SET_NAME);
	allow_if_equal(p, SYS_prctl, 0, PR_GET_NAME);
	allow_if_equal(p, SYS_prctl, 0, PR_SET_PDEATHSIG);
	allow_if_equal(p, SYS_prctl, 0, PR_GET_DUMPABLE);
}

static void
allow_files(struct program *p, const struct sandbox *sb)
{
	answer_all(p, calls_descriptor, COUNT(calls_descriptor), SECCOMP_RET_ALLOW);
	answer_all(p, calls_read_files, COUNT(calls_read_files), SECCOMP_RET_ALLOW);
#ifdef __x86_64__
	answer_all(p, calls_legacy, COUNT(calls_legacy), SECCOMP_RET_ALLOW);
	answer_all(p, calls_legacy_read, COUNT(calls_legacy_read), SECCOMP_RET_ALLOW);
#endif
	if (sb->writable == NULL)
		return;
	answer_all(p, calls_write_files, COUNT(calls_write_files), SECCOMP_RET_ALLOW);
#ifdef __x86_64__
	answer_all(p, calls_legacy_write, COUNT(calls_legacy_write), SECCOMP_RET_ALLOW);
#else
	answer(p, SYS_renameat, SECCOMP_RET_ALLOW);
#endif
}

static void
build(struct program *p, const struct sandbox *sb, uint32_t arch)
{
	check_architecture(p, arch);
	answer_all(p, calls_process, COUNT(calls_process), SECCOMP_RET_ALLOW);
	if (sb->reads_clock)
		answer_all(p, calls_clock, COUNT(calls_clock), SECCOMP_RET_ALLOW);
	allow_files(p, sb);
	allow_memory(p, sb->profile);
	allow_clone(p, sb->profile);
	allow_sockets(p, sb->profile);
	allow_ioctl(p, sb->profile);
	allow_self(p, sb->profile);
	if (sb->profile == SANDBOX_KEEPER)
		answer_all(p, calls_keeper, COUNT(calls_keeper), SECCOMP_RET_ALLOW);
	else if (sb->profile == SANDBOX_UPLOADER)
		answer_all(p, calls_uploader, COUNT(calls_uploader), SECCOMP_RET_ALLOW);
	answer_all(p, calls_deadly, COUNT(calls_deadly), SECCOMP_RET_KILL_PROCESS);
	emit(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
}

int
sandbox_seccomp(const struct sandbox *sb)
{
#ifdef ARCH_OURS
	struct program p = {.len = 0};
	struct sock_fprog prog;
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == -1) {
		sandbox_missing(sb, "seccomp filters (that can kill a process)");
		return 0;
	}
	build(&p, sb, ARCH_OURS);
	if (p.len > PROGRAM_MAX) {
		errno = E2BIG;
		diag_err("sandbox: seccomp");
		return -1;
	}
	prog.len = (unsigned short)p.len;
	prog.filter = p.code;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) == -1) {
		diag_err("sandbox: seccomp");
		return -1;
	}
	return 0;
#else
	sandbox_missing(sb, "seccomp list for its architecture");
	return 0;
#endif
}
