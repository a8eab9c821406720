#ifndef VERIFY_DAYSUM_H
#define VERIFY_DAYSUM_H

#include "verify_list.h"
#include "verify_tar.h"

/**
 * verify_daysum(d, tar, label):
 * Hold the day's file, called ${label}, against its sum and its signature, which lie beside it.  Where either is not
 * there that is noted only: the list in it is signed, and settles every byte of it.
 * Return 1 if a station of the keyring signed it, 0 if that is not known, or -1 with errno ENOMEM.
 */
int verify_daysum(struct verify_folder *, const struct verify_tar *, const char *);

/**
 * verify_daysum_beside(d, name):
 * In a folder that holds the day as files: is its one file ${name} the same day, byte for byte?
 * Return 0, whatever was found, or -1 with errno ENOMEM.
 */
int verify_daysum_beside(struct verify_folder *, const char *);

#endif
