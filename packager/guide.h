#ifndef GUIDE_H
#define GUIDE_H

#include <stddef.h>

/*
 * What goes into every day folder for those who have no casetap: VERIFY.txt, how to check the delivery by hand, and
 * verify.sh, which does it with a shell, coreutils and openssl alone.  Both are the files of these names in packager/,
 * built in as they stand, so that one version always writes the same bytes.
 */
#define GUIDE_FILES 2

/* The name of file ${i} < GUIDE_FILES / its text, with its length in ${n}. */
const char *guide_name(size_t);
const char *guide_text(size_t, size_t *);

#endif
