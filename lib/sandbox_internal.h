#ifndef SANDBOX_INTERNAL_H
#define SANDBOX_INTERNAL_H

#include "sandbox.h"

/*
 * The two layers of sandbox_enter() that are kernel programs.  Both need no-new-privileges, last for ever, and bind every
 * thread and child that comes later.  Return 0 (also where the kernel has no such layer, which sandbox_missing() has
 * then said), or -1 after one diag line.
 */
int sandbox_landlock(const struct sandbox *);
int sandbox_seccomp(const struct sandbox *);

/* Say that the kernel has no ${layer}.  A reader is silent: its keeper, on the same kernel, has said it. */
void sandbox_missing(const struct sandbox *, const char *);

#endif
