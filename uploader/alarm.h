#ifndef ALARM_H
#define ALARM_H

/*
 * The operator's own program for alarms (casetap-uploader(8), Alarms).  A helper runs it that is forked before the sandbox,
 * gives up root as the uploader does, and holds nothing but a socket: the uploader itself can start no program.  There is
 * no shell in it: the words of an alarm are arguments, printable and bounded.
 */
struct alarm;

struct alarm_text {
	const char *kind; /* a word */
	const char *destination;
	const char *case_id; /* this and the rest may be NULL */
	const char *file;
	const char *why;
};

/* May this program be run: is it there, and nobody's but root's or ours to change?  Return the exit code. */
int alarm_check(const char *);

/**
 * alarm_start(program, user):
 * Start the helper, as ${user} unless that is NULL.  Return it, or NULL after one diag line.
 */
struct alarm *alarm_start(const char *, const char *);

/* Have the program run; does not wait for it.  NULL is fine.  What the helper can not take yet waits. */
void alarm_raise(struct alarm *, const struct alarm_text *);

/* Wait for what was raised, as long as an alarm a minute is done with, and end the helper. */
void alarm_end(struct alarm *);

#endif
