#ifndef WATCH_H
#define WATCH_H

#include "stamp.h"

/*
 * Has something changed in the folder of orders, in one of its case folders, or in one of the files' folders (keyring,
 * configuration)?  inotify says so at once where it works; a look at names, sizes and times, at most once a second, finds
 * what it missed.  Where it misses nothing, because every folder of the orders is watched and lies on one local
 * filesystem, only every tenth look goes through all of them.
 */
#define WATCH_RESCAN STAMP_SECOND
#define WATCH_RESCAN_SURE (10 * STAMP_SECOND)

struct watch;

/**
 * watch_new(orders_dir, keyring, conf, requests):
 * Watch the folder ${orders_dir} with all case folders in it, the two files, and the folder ${requests}.  Return it, or
 * NULL after one diag line; a folder that is not there is no failure.
 */
struct watch *watch_new(const char *, const char *, const char *, const char *);
void watch_free(struct watch *);

int watch_fd(const struct watch *); /* for poll(); -1 without inotify */

enum {
	WATCH_ORDERS = 1,
	WATCH_KEYRING = 2,
	WATCH_CONF = 4,
	WATCH_REQUESTS = 8
};

/**
 * watch_look(w, boottime):
 * Take what inotify has, and look round if a second has passed or inotify said something (through all orders if it did, or
 * could have missed something, or ten have passed).  Return the set of what changed since the last call.
 */
unsigned watch_look(struct watch *, stamp_t);

#endif
