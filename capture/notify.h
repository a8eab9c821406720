#ifndef NOTIFY_H
#define NOTIFY_H

/*
 * What systemd is told (sd_notify(3)).  Without systemd these do nothing; a failure to tell is no failure of ours.
 */

/* Ready, stopping, one line of status (never a subject, never a case). */
void notify_ready(void);
void notify_stopping(void);
void notify_status(const char *);

/* Still alive: to be called more often than half the WatchdogSec, which is as often as a keeper looks round. */
void notify_alive(void);

#endif
