#ifndef KEYFILE_H
#define KEYFILE_H

#include <stddef.h>

#include "buf.h"
#include "sign.h"

/*
 * Loading minisign secret keys, with or without a password, as every program does that signs: the file must be its owner's
 * alone (FAULTS 14), text and password live in memory that is locked and wiped, and a password comes from a terminal or a
 * file that is handed over, never from the command line or the environment.
 */
#define KEYFILE_MAX 4096

/**
 * keyfile_load(path, status):
 * Load a secret key file.  One with a password asks for it on the terminal, without echo; where standard input is no
 * terminal, the password is its first line, as for minisign.
 * Return the key; or NULL after one diag line with the exit code in ${status}.
 */
struct sign_key *keyfile_load(const char *, int *);

/**
 * keyfile_read(fd, label, password, plen, status):
 * As keyfile_load, for a file that is open, called ${label} in messages.  ${password}, unless NULL, is tried; nobody is
 * asked then.  An empty password is one all the same.
 */
struct sign_key *keyfile_read(int, const char *, const char *, size_t, int *);

#endif
