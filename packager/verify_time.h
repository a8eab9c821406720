#ifndef VERIFY_TIME_H
#define VERIFY_TIME_H

#include <stddef.h>
#include <stdint.h>

#include "keyring.h"
#include "stamp.h"
#include "tsp.h"

#include "verify_result.h"

/*
 * When was something signed?  The station claims a time; a time stamp (RFC 3161) of the day's SHA256SUMS attests that it
 * was there by then, and with it all that the list covers.  A key's validity is judged at the claimed time; a revocation
 * says that somebody else may hold the key and claim any time, so it is told what the claim rests on: a time stamp from
 * before the revocation, one from after it, or none.  The last two weigh the same, because whoever has the key can leave a
 * stamp out; and a late one is what an authority that could not be reached at once gives an honest station.
 */
#define VERIFY_NAMED_MAX 64

struct verify_named {
	uint8_t ids[VERIFY_NAMED_MAX][8];
	size_t count;
};

struct verify_run;
struct verify_folder;

/**
 * verify_time_load(d, sha256):
 * Judge SHA256SUMS.tsr of the folder, where there is one, over the list of that hash, with the nonce of the request that
 * was kept; set the run's `attested` if the authority's certificate was given.  One that came along attests nothing.
 * Return 0, whatever was found, or -1 with errno ENOMEM.
 */
int verify_time_load(struct verify_folder *, const char *);

/**
 * verify_time_key(run, e, where, claimed):
 * A good signature of the station key ${e}, claimed to be made at ${claimed} while the key was valid: say, once a stream,
 * if the key has ended since, and, once more, if a time stamp is from after its revocation.
 */
void verify_time_key(struct verify_run *, const struct keyring_entry *, const char *, stamp_t);

/**
 * verify_time_claimed(result, named, e, where, claimed):
 * As above, for what no time stamp covers, of a key of any kind: say so, once for each ${named} (NULL: each time), if the
 * key was revoked or has ended since.
 */
void verify_time_claimed(
    struct verify_result *, struct verify_named *, const struct keyring_entry *, const char *, stamp_t);

#endif
