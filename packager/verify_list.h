#ifndef VERIFY_LIST_H
#define VERIFY_LIST_H

#include "ledger.h"
#include "manifest.h"
#include "purgecert.h"

#include "verify_day.h"
#include "verify_file.h"

#define SUMS "SHA256SUMS"

/*
 * A day folder, or a day as one file, while it is verified.  `names` are the published files in byte order; `sums` is
 * what SHA256SUMS lists, NULL where the day is open or the list is unusable; `ledger` counts only with has_ledger.
 */
struct verify_folder {
	struct verify_run *run;
	const struct verify_place *place;
	struct verify_dir dir;
	char **names;
	size_t count;
	struct manifest *sums;
	int is_closed;
	stamp_t closed; /* when the list says it was signed; STAMP_NONE unless the signature is good */
	struct ledger ledger;
	int has_ledger;
	char ledger_name[NAMES_FILE_ROOM];
	size_t closed_packages;  /* encrypted, and no identity opens them */
	size_t twins;            /* files that were looked for under another name */
	struct purgecert *purge; /* a good certificate that the day's payload was purged; else NULL */
	char purged_by[65];      /* the station that signed it */
	uint64_t purged;         /* packages that it accounts for */
};

/* Say something about the file ${name} of the day / why it could not be read, by errno. */
void verify_list_say(struct verify_folder *, enum verify_code, const char *, const char *, ...)
    __attribute__((format(printf, 4, 5)));
void verify_list_say_file(struct verify_folder *, const char *, int);

/* List the published files of the folder.  Return 0, or -1 with errno set.  /  Is that one among them? */
int verify_list_names(struct verify_folder *);
int verify_list_has(const struct verify_folder *, const char *);

/* When a list or a file of a day says that it was signed: the TIME at the end of the trusted comment, "... sealed=TIME". */
stamp_t verify_list_signed_at(const struct verify_folder *, const struct sign_sig *);

/* Load SHA256SUMS and judge its signature.  Return 0, whatever was found, or -1 with errno ENOMEM. */
int verify_list_load(struct verify_folder *);

/* Is the file, of this hash ("": unknown), the one that the list names?  Say so if not.  True where there is no list. */
int verify_list_matches(struct verify_folder *, const char *, const char *);

#endif
