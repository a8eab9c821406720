#ifndef INTAKE_H
#define INTAKE_H

#include <stddef.h>

#include "clockstate.h"
#include "conf.h"

#include "channel.h"
#include "source.h"

/*
 * The reader's work from its first frame to its last: frames from the sources through the table of orders into slices, the
 * keeper's messages, the counters.
 */
struct intake_config {
	int statefd;
	const struct conf_iap *iap;
	const char *config_sha256;
	struct source *const *sources; /* all of one link type */
	const char *const *names;      /* of their interfaces */
	size_t source_count;
	const char *interfaces; /* the same, blank-separated, for the records; "" from a file */
	const char *file_name;  /* base name; NULL: live */
	int links_down;
	const struct conf_tunnel *tunnels;
	size_t tunnel_count;
	struct clockstate_source *clock; /* borrowed; NULL: the kernel */
};

/**
 * intake_run(config, ch):
 * Work until the keeper says stop or is gone, the last case has ended, the file is read, or an interface is gone; then
 * close everything.  Return the exit code.
 */
int intake_run(const struct intake_config *, struct channel *);

#endif
