#ifndef VERIFY_INPUTS_H
#define VERIFY_INPUTS_H

#include <stddef.h>

#include "age.h"
#include "sign.h"
#include "tsp.h"

#include "verify_keys.h"
#include "verify_options.h"
#include "verify_result.h"
#include "verify_walk.h"

/*
 * What the command line named, resolved while the whole filesystem can still be seen; afterwards nothing else can be read.
 */
struct verify_inputs {
	struct sign_pub root;
	struct tsp_ca *tsa_ca;             /* NULL unless --tsa-ca */
	struct age_identities *identities; /* NULL unless --identity */
	const struct verify_options *options;
	char **paths; /* absolute, one for each of the options'; NULL where it could not be resolved */
	int *errors;  /* then why */
	char *keyring_folder, *keyring_name; /* NULL unless --keyring */
	char **readable;                     /* NULL-terminated */
	size_t readable_count;
	int htmlfd; /* where the page goes; -1 unless --html */
};

/**
 * verify_inputs_open(in, options, status):
 * Load the root key, the time-stamping authority's certificates and the identities, resolve the paths, make the page's
 * file, which must not exist.  Return 0, or -1 after one diag line with the exit code in ${status} (64 for what is no
 * public key, certificate or identity, 66, 73, 74).  verify_inputs_free is due in both cases.
 */
int verify_inputs_open(struct verify_inputs *, const struct verify_options *, int *);
void verify_inputs_free(struct verify_inputs *);

/* Give up all but reading what was named.  Return 0, or -1 after one diag line. */
int verify_inputs_confine(const struct verify_inputs *);

/* Look at every path, and load the keyrings.  Return 0, whatever was found, or -1 with errno ENOMEM. */
int verify_inputs_walk(
    const struct verify_inputs *, struct verify_walk *, struct verify_keys *, struct verify_result *);

#endif
