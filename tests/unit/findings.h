#ifndef FINDINGS_H
#define FINDINGS_H

#include <string.h>

#include "verify_result.h"

/*
 * What the verifier found in a test.
 */
static struct verify_result *result;

/* Was something said that holds both texts? */
static inline int
said(const char *where, const char *what)
{
	size_t i;

	for (i = 0; i < result->count; i++) {
		if (strstr(result->findings[i].where, where) != NULL &&
		    strstr(result->findings[i].what, what) != NULL)
			return 1;
	}
	return 0;
}

#endif
