#ifndef VERIFY_CLAIMS_H
#define VERIFY_CLAIMS_H

#include <stddef.h>

#include "purgecert.h"

#include "verify_orders.h"
#include "verify_proof.h"
#include "verify_result.h"

/*
 * What days of a case say and only its orders can confirm, wherever among the packages these come: certificates of purges,
 * and whose acknowledgement a day has.
 */
struct verify_claim;
struct verify_sibling;

struct verify_claims {
	struct verify_claim *at;
	size_t count;
	struct verify_sibling *siblings;
	size_t sibling_count;
};

/* That the ledger of a day whose folder is called ${where} names another stream of the case.  0, or -1 with ENOMEM. */
int verify_claims_sibling(struct verify_claims *, const char *, const char *, stamp_t);

/* The i-th stream that was so named, the first day on which it was, and where; NULL behind the last. */
const char *verify_claims_siblings(const struct verify_claims *, size_t, stamp_t *, const char **);

/* That a certificate is called ${where}, and what it says / that an LEA of that name acknowledged.  0, or -1, ENOMEM. */
int verify_claims_purge(struct verify_claims *, const char *, const struct purgecert *, const struct verify_proof *);
int verify_claims_received(struct verify_claims *, const char *, const char *);

/**
 * verify_claims_judge(c, orders, result):
 * Say which of them the orders that came along contradict.  Return 0, or -1 with errno ENOMEM.
 */
int verify_claims_judge(const struct verify_claims *, const struct verify_orders *, struct verify_result *);
void verify_claims_free(struct verify_claims *);

#endif
