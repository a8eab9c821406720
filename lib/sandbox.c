#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"

#include "sandbox.h"
#include "sandbox_internal.h"

void
sandbox_missing(const struct sandbox *sb, const char *layer)
{
	if (sb->profile == SANDBOX_READER)
		diag_debug("this kernel has no %s: going on without it", layer);
	else
		diag_notice("this kernel has no %s: going on without it", layer);
}

/* Capabilities and Landlock bind one thread: with a second one about, half the process would stay free. */
static int
check_one_thread(void)
{
	struct stat st;

	/* A folder a thread, and "." and ".."; where there is no /proc it cannot be told. */
	if (stat("/proc/self/task", &st) == -1 || st.st_nlink <= 3)
		return 0;
#ifdef CASETAP_SANITIZED
	return 0; /* a sanitizer may run a thread of its own */
#else
	diag_errx("sandbox: entered with more than one thread");
	errno = EINVAL;
	return -1;
#endif
}

static int
forbid_core_dumps(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) == -1) {
		diag_err("sandbox: RLIMIT_CORE");
		return -1;
	}
	/* Also hides the memory from ptrace and /proc of the same user. */
	if (prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) == -1) {
		diag_err("sandbox: PR_SET_DUMPABLE");
		return -1;
	}
	return 0;
}

/* No program that is ever executed gets a capability back.  Needs CAP_SETPCAP: who lacks it has no-new-privileges. */
static int
empty_bounding_set(void)
{
	unsigned long cap;

	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0UL, 0UL, 0UL) >= 0; cap++) {
		if (prctl(PR_CAPBSET_DROP, cap, 0UL, 0UL, 0UL) == 0)
			continue;
		if (errno == EPERM)
			return 0;
		diag_err("sandbox: PR_CAPBSET_DROP");
		return -1;
	}
	return 0;
}

/* Become ${user} with all its groups.  Capabilities survive when ${keep_caps}, so that one can be kept. */
static int
become(const char *user, int keep_caps)
{
	struct passwd *pw;

	if (user == NULL || geteuid() != 0)
		return 0;
	errno = 0;
	pw = getpwnam(user);
	if (pw == NULL) {
		if (errno == 0)
			errno = ENOENT;
		diag_err("sandbox: user %s", user);
		return -1;
	}
	if (prctl(PR_SET_KEEPCAPS, (unsigned long)keep_caps, 0UL, 0UL, 0UL) == -1 ||
	    initgroups(user, pw->pw_gid) == -1 || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == -1 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1 || prctl(PR_SET_KEEPCAPS, 0UL, 0UL, 0UL, 0UL) == -1) {
		diag_err("sandbox: become user %s", user);
		return -1;
	}
	return 0;
}

/* The raw calls: libcap would be a library for these few lines. */
static int
drop_capabilities(const struct sandbox *sb)
{
	const struct {
		int keep;
		unsigned cap;
	} caps[] = {{sb->keep_net_raw, CAP_NET_RAW}, {sb->profile == SANDBOX_VERIFIER, CAP_DAC_READ_SEARCH}};
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct have[_LINUX_CAPABILITY_U32S_3], want[_LINUX_CAPABILITY_U32S_3];
	size_t i;

	memset(have, 0, sizeof(have));
	memset(want, 0, sizeof(want));
	if (prctl(PR_CAP_AMBIENT, (unsigned long)PR_CAP_AMBIENT_CLEAR_ALL, 0UL, 0UL, 0UL) == -1 && errno != EINVAL) {
		diag_err("sandbox: PR_CAP_AMBIENT");
		return -1;
	}
	if (syscall(SYS_capget, &header, have) == -1) {
		diag_err("sandbox: capget");
		return -1;
	}
	/* Who was not given a capability can not keep it: opening the packet socket, or the file, will say so. */
	for (i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		if (!caps[i].keep)
			continue;
		want[CAP_TO_INDEX(caps[i].cap)].permitted |=
		    have[CAP_TO_INDEX(caps[i].cap)].permitted & CAP_TO_MASK(caps[i].cap);
		want[CAP_TO_INDEX(caps[i].cap)].effective = want[CAP_TO_INDEX(caps[i].cap)].permitted;
	}
	/* With nothing to give up there is nothing to ask for: a unit may then forbid the call. */
	if (memcmp(have, want, sizeof(have)) == 0)
		return 0;
	if (syscall(SYS_capset, &header, want) == -1) {
		diag_err("sandbox: capset");
		return -1;
	}
	if (syscall(SYS_capget, &header, have) == -1 || memcmp(have, want, sizeof(have)) != 0) {
		diag_errx("sandbox: capabilities did not go away");
		errno = EPERM;
		return -1;
	}
	return 0;
}

int
sandbox_enter(const struct sandbox *sb)
{
	if (check_one_thread() == -1)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) == -1) {
		diag_err("sandbox: PR_SET_NO_NEW_PRIVS");
		return -1;
	}
	/* The core dump flag comes after the change of user, which resets it; seccomp last: it forbids the rest. */
	if (empty_bounding_set() == -1 || become(sb->user, sb->keep_net_raw) == -1 || drop_capabilities(sb) == -1 ||
	    forbid_core_dumps() == -1)
		return -1;
#ifdef CASETAP_SANITIZED
	diag_debug("sandbox: built with sanitizers or for coverage, so without Landlock and seccomp");
	return 0;
#else
	return sandbox_landlock(sb) == -1 || sandbox_seccomp(sb) == -1 ? -1 : 0;
#endif
}
