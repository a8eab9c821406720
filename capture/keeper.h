#ifndef KEEPER_H
#define KEEPER_H

#include "sandbox.h"

#include "capture_options.h"

/*
 * The process that decides.  It reads configuration, keyring and orders, knows which orders are in force, holds
 * CAP_NET_RAW, writes the journal and the status, and forks readers; it never sees a captured byte.
 */
struct keeper;

/**
 * keeper_new(options, status):
 * Load the configuration, open the state folder, the file to read if there is one, and find out who to become.  Everything
 * that needs the privileges of the start is done here.
 * Return the keeper; or NULL after one diag line with the exit code in ${status}.
 */
struct keeper *keeper_new(const struct capture_options *, int *);
void keeper_free(struct keeper *);

/* What the keeper may still do afterwards; borrowed.  To be entered before any of the calls below. */
const struct sandbox *keeper_sandbox(const struct keeper *);

/**
 * keeper_run(k):
 * Keep watch until told to stop, or until the file is read.  Return the exit code.
 */
int keeper_run(struct keeper *);

/**
 * keeper_self_test(k):
 * Find out whether each subject in force would be captured (selftest.h), and print it.  Return 0 if all would be, or no
 * order is in force; 1 if not; or the exit code.
 */
int keeper_self_test(struct keeper *);

/* Judge configuration, keyring and orders, and print what would be in force.  Return 0 or the exit code. */
int keeper_check(struct keeper *);

#endif
