#ifndef STATUS_H
#define STATUS_H

struct keeper;

/**
 * status_write(k):
 * Replace journal/capture/IAP.status (casetap-journal(5)): what the operator looks at, for `casetap status`.  Names cases,
 * never a subject.  Return 0, or -1 with errno set.
 */
int status_write(const struct keeper *);

/* One word for what the keeper is doing: starting, idle, waiting, capturing, reading, stopping,
 * stopped. */
const char *status_word(const struct keeper *);

#endif
