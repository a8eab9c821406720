#ifndef STAGE_H
#define STAGE_H

#include <stdint.h>

#include "names.h"
#include "slice.h"
#include "spool.h"
#include "stamp.h"

#include "site.h"

/*
 * Where each stream stands, read from the folders that the programs share.
 */
struct stage {
	char case_id[NAMES_CASE_ROOM];
	char iap[NAMES_IAP_ROOM];
	/* spool */
	int has_spool;
	int is_of_files;   /* its frames were read from files, and for ever will be */
	int is_unreadable; /* there is one, but nothing can be said of it */
	stamp_t covered;   /* end of the last closed slice's window */
	uint64_t next;     /* number */
	uint64_t open_slices;
	uint64_t to_seal; /* closed slices and gaps that wait for the packager */
	struct spool_end end;
	/* outbox */
	uint64_t sealed;        /* packages in the outbox */
	uint64_t last_sealed;   /* highest number */
	uint64_t to_deliver;    /* packages without a receipt from every destination of the case */
	stamp_t oldest_waiting; /* window day of the oldest of them, STAMP_NONE if none */
	stamp_t acknowledged;   /* last day that an LEA says to have received and verified; STAMP_NONE */
	stamp_t attested;       /* last day that a time-stamping authority attests; STAMP_NONE */
	uint64_t quarantined;   /* files in quarantine/CASE/IAP */
};

/**
 * stage_load(site, list, count):
 * Find every stream under spool/ and outbox/ and where it stands, in byte order of case and IAP; the caller frees
 * ${list}.  Return EX_OK, or an exit code after one diag line.
 */
int stage_load(const struct site *, struct stage **, size_t *);

#endif
