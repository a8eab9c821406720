#ifndef WHOLELOG_H
#define WHOLELOG_H

/**
 * wholelog_check(dirfd, path):
 * Has the custody log in the folder of a case's records all that it had once?  Its chain alone does not tell: what was cut
 * off at its end, or all of it, leaves none that is broken.  Return EX_OK, or an exit code after one diag line about
 * ${path}.
 */
int wholelog_check(int, const char *);

#endif
