#ifndef VERIFY_WALK_H
#define VERIFY_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "names.h"
#include "stamp.h"

#include "verify_keys.h"
#include "verify_result.h"

/*
 * From the PATHs of the command line to what lies there: day folders, wherever they were copied to, told by what they
 * hold and not by their own name, days as one file, and single packages.  Only names are looked at here, and the keyrings
 * loaded.  A symbolic link is followed where a person typed it and nowhere beneath.
 */
enum verify_place_kind {
	VERIFY_PLACE_DAY,
	VERIFY_PLACE_DAY_TAR, /* a day as one file */
	VERIFY_PLACE_PACKAGE
};

struct verify_place {
	enum verify_place_kind kind;
	char *folder; /* absolute, to open */
	char *label;  /* as the person would write it: of the folder, or the day */
	char *name;   /* of the file in it; NULL for a day folder */
	char case_id[NAMES_CASE_ROOM], iap[NAMES_IAP_ROOM]; /* "" if no name tells */
	stamp_t day; /* by the ledger's name, else by the folder's; STAMP_NONE if neither tells */
	int whole;   /* found beneath the given path: then days and numbers must be complete */
	int is_case; /* found beneath a folder beneath it: then the case's streams must be */
	uint64_t packages;
};

struct verify_walk {
	struct verify_place *places;
	size_t count;
	uint64_t packages;
	struct verify_place *records; /* a station's records of cases: folder, label and case of each */
	size_t record_count;
};

#define VERIFY_WALK_INIT            \
	{                           \
		NULL, 0, 0, NULL, 0 \
	}

/**
 * verify_walk_path(w, given, path, keys, result):
 * Add what lies at the absolute, resolved ${path}, which was ${given} on the command line.  What can not be looked at is
 * a finding.  Return 0, or -1 with errno ENOMEM.
 */
int verify_walk_path(struct verify_walk *, const char *, const char *, struct verify_keys *, struct verify_result *);

/* Sort by case, IAP, day and folder, single packages behind the days; drop what was given twice. */
void verify_walk_sort(struct verify_walk *);
void verify_walk_free(struct verify_walk *);

#endif
