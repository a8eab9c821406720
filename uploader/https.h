#ifndef HTTPS_H
#define HTTPS_H

#include "curlio.h"

/*
 * What the protocols over HTTPS have in common: HTTP/1.1 over TLS 1.2 or later to the one server that `ca` or `pin` names,
 * and secrets that are lines in files.
 */

/* As curlio_begin, for a request to a server of this configuration. */
int https_begin(struct curlio *, struct curlio_request *, const struct conf_destination *);

/* Tell the transport whose certificate was shown in the last new connection, if there was one. */
void https_remember_peer(struct curlio *, struct transport *);

/**
 * https_load_secret(conf, path, secret, status):
 * Load a token, password or key: one line of printable text, without its newline.  Wipe it with sign_wipe().
 * Return 0; or -1 after one diag line with the exit code in ${status}.
 */
int https_load_secret(const struct conf_destination *, const char *, struct buf *, int *);

/* Can a file that libcurl will load be read?  NULL is fine.  Return as https_load_secret. */
int https_check_readable(const struct conf_destination *, const char *, int *);

#endif
