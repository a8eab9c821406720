#ifndef CLOCK_REQUEST_H
#define CLOCK_REQUEST_H

#include "digest.h"
#include "keyring.h"
#include "stamp.h"

/*
 * requests/IAP.clock (casetap-journal(5)): an approver's word that the mark of an access point is wrong.  Each counts once:
 * only one issued later than the last that was followed is followed.
 */
struct clock_request {
	stamp_t issued;
	stamp_t mark; /* a mark at or above this is wrong */
	char sha256[DIGEST_HEX];
};

/**
 * clock_request_load(statefd, iap, keyring, now, request):
 * Load the request for ${iap} and check that an approver who is good at ${now} has signed it.
 * Return 1 if so, 0 if there is none, -1 after one diag line.
 */
int clock_request_load(int, const char *, const struct keyring *, stamp_t, struct clock_request *);

#endif
