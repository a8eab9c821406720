#ifndef COLLECT_H
#define COLLECT_H

#include "packager.h"

/**
 * collect_run(p):
 * Take the new lines of every program's journal that are about a case into that case's custody log.  How far each journal
 * was read stands in journal/packager/collected.json; a line is never taken twice, because each log knows the last number
 * that it has of each journal.  What goes wrong is reported and remembered with packager_fail.
 */
void collect_run(struct packager *);

/* Forget how far: the next collect_run() reads every journal from its beginning.  Return 0, or -1 with errno set. */
int collect_forget(struct packager *);

#endif
