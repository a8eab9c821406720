#ifndef STATUS_H
#define STATUS_H

struct keeper;

/**
 * status_write(k):
 * Replace journal/capture/IAP.status (casetap-journal(5)): what the operator looks at, for `casetap status`.  Names cases,
 * never a subject.  Return 0, or -1 with errno set.
 */
int status_write(const struct keeper *);

/**
 * status_recall(k):
 * Take over from the status file of the process before when each case was last seen, so that a restart makes no case look
 * as if it had just begun.  What can not be read is not known: the file is no evidence.
 */
void status_recall(struct keeper *);

/* One word for what the keeper is doing: starting, idle, waiting, capturing, reading, stopping,
 * stopped. */
const char *status_word(const struct keeper *);

#endif
