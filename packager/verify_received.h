#ifndef VERIFY_RECEIVED_H
#define VERIFY_RECEIVED_H

#include "verify_list.h"

/**
 * verify_received(d, sha256):
 * Judge SHA256SUMS.received of the day, where there is one, over the list of that hash: the word of an LEA of the keyring
 * that it received and verified the day.
 * Return 0, whatever was found, or -1 with errno ENOMEM.
 */
int verify_received(struct verify_folder *, const char *);

#endif
