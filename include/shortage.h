#ifndef SHORTAGE_H
#define SHORTAGE_H

#include <stddef.h>

/*
 * Whether memory ran out, noted where it did.  A library may pass over an allocation that failed and go on with less than
 * was there: Jansson leaves out of a string the byte for which it found no room, and neither its answer nor errno tells.
 * What a program says after that may accuse what is whole, or call complete what was not looked at; so every program that
 * judges or shows asks, before it ends, and says with its exit code that it could not.
 *
 * A program that is linked to casetap_noted notes each malloc(), calloc(), realloc(), reallocarray(), strdup() and
 * strndup() of our own code that failed, too (lib/shortage_wrap.c): what is overlooked somewhere is not overlooked by its
 * exit code.  What the C library allocates by itself goes by here (asprintf(), getline(), realpath(), opendir()), but for
 * what is said of it: a line of diag.h that has ENOMEM for its reason notes it, too.
 */

/* An allocation failed, in this thread. */
void shortage_note(void);

/* malloc(), which notes that it failed; for a library that lets itself be given one.  free() takes back what it gave. */
void *shortage_malloc(size_t);

/* How often it failed in this thread: an act before and after which that is not the same number did not see all. */
unsigned long shortage_here(void);

/* Did it ever fail, in any thread?  Once it did, for good. */
int shortage_seen(void);

/* Had an error been said (diag.h) when it failed for the first time?  That one is not of the shortage's making. */
int shortage_came_after_error(void);

#endif
