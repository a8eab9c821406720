#ifndef REQUIRE_H
#define REQUIRE_H

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>

#include "diag.h"

/* What every harness needs: an assertion that is never compiled out, and an end to what the parsers say. */
#define require(truth) ((truth) ? (void)0 : abort())

static inline void
be_silent(void)
{
	static int fd = -1;

	if (fd != -1)
		return;
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	require(fd != -1);
	diag_capture(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#endif
