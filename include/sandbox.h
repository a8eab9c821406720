#ifndef SANDBOX_H
#define SANDBOX_H

#include <stddef.h>

/*
 * What a process gives up for good before it touches what it should distrust.  Layers, each applied where the kernel has
 * it: no-new-privileges, no core dumps, uid and gid, capabilities, Landlock, a seccomp allow-list.  A missing kernel
 * feature is said once, by a notice, and the rest goes on; a feature that is there and fails is an error.
 */
enum sandbox_profile {
	SANDBOX_READER,	  /* files below `writable`, threads, the descriptors it has; no socket(), no exec, no open outside */
	SANDBOX_KEEPER,	  /* files, fork, socketpair, signals; no inet */
	SANDBOX_PACKAGER, /* files; no socket of any kind */
	SANDBOX_UPLOADER, /* files, and inet sockets */
	SANDBOX_VERIFIER  /* read files, threads; no socket, no exec */
};

struct sandbox {
	enum sandbox_profile profile;
	const char *user;	      /* become this user (and its groups) if started as root; NULL: stay */
	const char *const *readable;  /* NULL-terminated absolute paths; NULL: none but what is writable */
	const char *const *writable;  /* the same, with everything below */
	int keep_net_raw;	      /* keep CAP_NET_RAW (the keeper only) */
};

/**
 * sandbox_enter(sb):
 * Apply every layer of ${sb} to the calling process, which must have one thread.  There is no way back.
 * Return 0, or -1 after one diag line.
 */
int sandbox_enter(const struct sandbox *);

#endif
