#ifndef STOP_H
#define STOP_H

/*
 * The one place where signals are looked at.  SIGTERM and SIGINT ask the program to stop, SIGHUP to load its
 * configuration again.  Handlers only set flags and write a byte to a pipe that poll() can watch.
 */

/* Install the handlers.  Return 0, or -1 with errno set. */
int stop_init(void);

/* Has a stop been asked for? */
int stop_requested(void);

/* Has a reload been asked for since the last call? */
int stop_reload_requested(void);

/* A descriptor that becomes readable with each signal; stop_drain() empties it. */
int stop_fd(void);
void stop_drain(void);

#endif
