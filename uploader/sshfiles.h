#ifndef SSHFILES_H
#define SSHFILES_H

#include <stddef.h>

/*
 * What lies in OpenSSH's files, as far as it must be known before a connection: this libssh2 signs with SHA-1 where a key
 * is RSA, which OpenSSH 8.8 and later refuse, and would tell nothing but "authentication failed".
 */

/**
 * sshfiles_judge_identity(data, n) / sshfiles_judge_known_hosts(data, n):
 * Is the private key one that can be used without asking for a password (Ed25519 or ECDSA) / does every line name a host
 * with an Ed25519 or ECDSA key, and is there one at all?
 * Return NULL if so, else what is wrong, in words for the operator.
 */
const char *sshfiles_judge_identity(const char *, size_t);
const char *sshfiles_judge_known_hosts(const char *, size_t);

#endif
