#ifndef UNITFILE_H
#define UNITFILE_H

#include "buf.h"

/*
 * What a service's systemd unit, with its drop-ins, lets the service see.  It is read as systemd.unit(5) has it, as far as
 * these questions need: no specifiers, and drop-ins in the order of the folders.
 */
enum unitfile_list {
	UNITFILE_BIND,      /* BindPaths= */
	UNITFILE_BIND_READ, /* BindReadOnlyPaths= */
	UNITFILE_WRITE,     /* ReadWritePaths= */
	UNITFILE_EXEC,      /* ExecStart= */
	UNITFILE_LISTS
};

struct unitfile {
	int has_root;                     /* a root folder of its own, in which only what is bound is seen */
	struct buf lists[UNITFILE_LISTS]; /* of words, a line each */
};

/**
 * unitfile_load(u, service, instance):
 * Read the unit ${service}@.service and the drop-ins that it, or ${instance} of it, has.  Folders are those of
 * $SYSTEMD_UNIT_PATH, else systemd's usual ones.
 * Return 1; 0 if there is no such unit; or -1 with errno set.  unitfile_free is due in all cases.
 */
int unitfile_load(struct unitfile *, const char *, const char *);
void unitfile_free(struct unitfile *);

/* Is this path, or a folder above it, on the list? */
int unitfile_covers(const struct unitfile *, enum unitfile_list, const char *);

/* Does the service see the file of this path where it is? */
int unitfile_sees(const struct unitfile *, const char *);

#endif
