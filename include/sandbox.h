#ifndef SANDBOX_H
#define SANDBOX_H

#include <stddef.h>

/*
 * What a process gives up for good before it touches what it should distrust.  Layers, each applied where the kernel has
 * it: no-new-privileges, no core dumps, uid and gid, capabilities, Landlock, a seccomp allow-list.  A missing kernel
 * feature is said once, by a notice, and the rest goes on; a feature that is there and fails is an error.
 */
enum sandbox_profile {
	SANDBOX_READER, /* files below `writable`, threads, the descriptors it has; no socket(), no exec, no open outside */
	SANDBOX_KEEPER,   /* files, fork, socketpair, signals; no inet */
	SANDBOX_PACKAGER, /* files; no socket of any kind */
	SANDBOX_UPLOADER, /* files, and inet sockets */
	SANDBOX_CLOCK,    /* files, and the clock's state; no socket */
	SANDBOX_VERIFIER /* read files, threads; no socket, no exec; root keeps CAP_DAC_READ_SEARCH: others own the files */
};

struct sandbox {
	enum sandbox_profile profile;
	const char *user;            /* become this user (and its groups) if started as root; NULL: stay */
	const char *const *readable; /* NULL-terminated absolute paths; NULL: none but what is writable */
	const char *const *writable; /* the same, with everything below; NULL: no call that changes a folder either */
	int keep_net_raw;            /* keep CAP_NET_RAW (the keeper only), if the process was given it */
	int reads_clock;             /* allow adjtimex(2): whether it reads or sets, seccomp can not see */
};

/**
 * sandbox_enter(sb):
 * Apply every layer of ${sb} to the calling process, which must have one thread; later threads and children are bound as
 * well, and a child may enter a narrower profile.  There is no way back.
 *
 * A path names a file or folder as it is now: what is later put in its place by a rename is not covered, so name the
 * folder where files are replaced.  A ${readable} path that does not exist stays unreadable, a ${writable} one must exist.
 * Besides these, every profile reads a few fixed files (the boot id, /dev/urandom, openssl.cnf) and has /dev/null; reader
 * and keeper read the interfaces' statistics below /sys; the uploader reads what name resolution and the system's
 * certificates need.  Nothing that is open already is taken away.
 *
 * What is refused fails with EPERM (seccomp) or EACCES (Landlock); exec, ptrace and reading another process's memory kill
 * the process with SIGSYS.  Nobody but the uploader can make memory executable, so libraries are loaded before (a thread
 * must end by returning: pthread_exit() loads libgcc_s).
 * Return 0, or -1 after one diag line.
 */
int sandbox_enter(const struct sandbox *);

#endif
