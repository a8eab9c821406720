#ifndef VERIFY_PACKAGE_H
#define VERIFY_PACKAGE_H

#include "package.h"

#include "verify_day.h"
#include "verify_file.h"

/* What a package proved to be in itself: all that can be told of it without knowing any other. */
struct verify_checked {
	enum package_verdict verdict;
	int error; /* errno if it could not be opened or changed while it was read: then nothing else counts */
	struct package_facts facts;
	int is_closed; /* encrypted, and no identity opens it: only sha256 is known */
	char why[VERIFY_WHAT_ROOM / 2];
	char sha256[DIGEST_HEX]; /* of the file; "" if it could not be read through */
};

/**
 * verify_package_check(c, dir, name, keys, progress):
 * Check the package ${name} in ${dir} in itself; one that is encrypted is opened in memory, a block at a
 * time.  Several threads may do so at a time, each with a ${c} of its own.  Release with package_facts_clear(&c->facts).
 */
void verify_package_check(struct verify_checked *, const struct verify_dir *, const char *,
    const struct verify_keys *, struct verify_progress *);

/* What a verdict means for the exit code. */
enum verify_code verify_package_code(enum package_verdict);

/**
 * verify_package_judge(run, c, name, where):
 * Say what is wrong with a package that was checked, called ${where}/${name}; hand one that is intact to the run's stream,
 * cover and orders.
 * Return 1 if intact, 0 if not, or -1 with errno ENOMEM.
 */
int verify_package_judge(struct verify_run *, const struct verify_checked *, const char *, const char *);

/**
 * verify_package_take(run, facts, label, where):
 * Hand an intact package, called ${label} in the folder ${where}, to the run's stream, cover and orders.
 * Return 1, or -1 with errno ENOMEM.
 */
int verify_package_take(struct verify_run *, const struct package_facts *, const char *, const char *);

#endif
