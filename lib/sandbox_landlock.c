#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <unistd.h>

#include "diag.h"

#include "sandbox_internal.h"

/* Of later kernels than the headers of Debian 12 know; each is asked for only where the kernel's ABI has it. */
#define ACCESS_FS_TRUNCATE (1ULL << 14)        /* ABI 3 */
#define ACCESS_NET_ALL (3ULL)                  /* ABI 4: bind and connect TCP */
#define ACCESS_FS_IOCTL_DEV (1ULL << 15)       /* ABI 5 */
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0) /* ABI 6 */
#define SCOPE_SIGNAL (1ULL << 1)               /* ABI 6 */

/* Without ABI 2 no file can be moved between folders at all, which casetap needs. */
#define ABI_LEAST 2

/* The struct as of ABI 6; the kernel takes any prefix of it whose rest is zero. */
struct ruleset {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

#define FS_FILE_ALL                                                                                  \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | \
	    ACCESS_FS_TRUNCATE | ACCESS_FS_IOCTL_DEV)
#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITE                                                                                                    \
	(FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER |                  \
	    ACCESS_FS_TRUNCATE)
#define FS_STRANGE                                                                                    \
	(LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | \
	    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)
#define FS_ALL (FS_FILE_ALL | FS_WRITE | FS_STRANGE)

/* What every profile may read: the boot's name stands in each slice record, libcrypto reads its settings once. */
static const char *const common[] = {"/dev/urandom", "/proc/sys/kernel/random/boot_id", "/etc/ssl/openssl.cnf", NULL};

/* libpcap counts what the interface itself dropped by reading its statistics. */
static const char *const interfaces[] = {"/sys/class/net", "/sys/devices", NULL};

/* Name resolution with its plug-ins, and the certificates of the system. */
static const char *const network[] = {"/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf",
    "/etc/gai.conf", "/etc/services", "/etc/protocols", "/run/systemd/resolve", "/run/resolvconf", "/etc/ssl/certs",
    "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/etc/pki", "/usr/lib", "/usr/lib64", "/lib",
    "/lib64", "/etc/ld.so.cache", NULL};

static uint64_t
known_to(long abi, uint64_t access)
{
	if (abi < 3)
		access &= ~ACCESS_FS_TRUNCATE;
	if (abi < 5)
		access &= ~ACCESS_FS_IOCTL_DEV;
	return access;
}

/* Allow ${access} on ${path} and below.  Return 0, or -1 with errno set. */
static int
allow_path(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = -1};
	struct stat st;
	int rc = -1, saved;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd == -1)
		return -1;
	if (fstat(rule.parent_fd, &st) == -1)
		goto out;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= FS_FILE_ALL;
	rc = (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
out:
	saved = errno;
	(void)close(rule.parent_fd); /* an O_PATH descriptor has nothing to lose */
	errno = saved;
	return rc;
}

/* Allow ${access} on each of ${paths}.  A path to read that is not there stays unreadable; one to write must be there. */
static int
allow_paths(int ruleset, const char *const *paths, uint64_t access)
{
	for (; paths != NULL && *paths != NULL; paths++) {
		if (allow_path(ruleset, *paths, access) == 0)
			continue;
		if ((access & LANDLOCK_ACCESS_FS_WRITE_FILE) == 0 && (errno == ENOENT || errno == EACCES))
			continue;
		diag_err("sandbox: %s", *paths);
		return -1;
	}
	return 0;
}

static int
allow_all(int ruleset, const struct sandbox *sb, long abi)
{
	static const char *const null[] = {"/dev/null", NULL};
	const char *const *more = NULL;
	uint64_t write = FS_WRITE;

	/* What goes to quarantine may be of any kind; seccomp sees to it that none is made, only moved. */
	if (sb->profile == SANDBOX_PACKAGER)
		write |= FS_STRANGE;
	if (sb->profile == SANDBOX_READER || sb->profile == SANDBOX_KEEPER)
		more = interfaces;
	else if (sb->profile == SANDBOX_UPLOADER)
		more = network;
	if (allow_paths(ruleset, common, FS_READ) == -1 || allow_paths(ruleset, more, FS_READ) == -1 ||
	    allow_paths(ruleset, null, known_to(abi, FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_FS_TRUNCATE)) ==
		-1)
		return -1;
	if (allow_paths(ruleset, sb->readable, FS_READ) == -1)
		return -1;
	return allow_paths(ruleset, sb->writable, known_to(abi, write));
}

/* What the kernel is to watch over: whatever no rule allows is then refused. */
static struct ruleset
ruleset_of(const struct sandbox *sb, long abi)
{
	struct ruleset r = {known_to(abi, FS_ALL), 0, 0};

	if (abi >= 4 && sb->profile != SANDBOX_UPLOADER)
		r.handled_access_net = ACCESS_NET_ALL;
	if (abi >= 6) {
		/* systemd's notification socket may have an abstract name: the keeper speaks to it. */
		r.scoped = SCOPE_SIGNAL;
		if (sb->profile != SANDBOX_KEEPER)
			r.scoped |= SCOPE_ABSTRACT_UNIX_SOCKET;
	}
	return r;
}

int
sandbox_landlock(const struct sandbox *sb)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset attr;
	int fd, rc = -1;

	if (abi < ABI_LEAST) {
		sandbox_missing(sb, "Landlock (of ABI 2 or later)");
		return 0;
	}
	attr = ruleset_of(sb, abi);
	fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (fd == -1) {
		diag_err("sandbox: landlock_create_ruleset");
		return -1;
	}
	if (allow_all(fd, sb, abi) == -1)
		goto out;
	if (syscall(SYS_landlock_restrict_self, fd, 0) == -1) {
		diag_err("sandbox: landlock_restrict_self");
		goto out;
	}
	rc = 0;
out:
	(void)close(fd); /* the rules are in force without it */
	return rc;
}
