#ifndef DIAG_H
#define DIAG_H

/*
 * One line a failure on standard error, `PROGRAM: TEXT`, where the journal or the terminal takes it.  Control bytes, and
 * bytes that are not UTF-8, are printed as \xHH: a file name can not write to the operator's terminal.  Under systemd
 * (JOURNAL_STREAM names the descriptor written to) each line starts with its syslog priority, <3> and so on, and ends with
 * the message's id in brackets, eight hex digits: the FNV-1a hash of the format, so that it is the same whatever object a
 * line names, in every version that words the message so (casetap(7), MESSAGES).
 *
 * Never pass a captured byte, a subject identifier or a secret: callers name the case ID.
 */

/**
 * diag_init(program, verbose):
 * Name the program for every later line; ${verbose} 0 prints errors, warnings and notices, 1 adds diag_debug.
 * ${program} is not copied.  Also shields the process against a hostile environment: umask 027, locale "C.UTF-8", TZ
 * ignored (all times are UTC), SIGPIPE and SIGXFSZ ignored, descriptors 0 to 2 open.
 */
void diag_init(const char *, int);

/* An error with strerror(errno) at the end / one without; errno is kept by all. */
void diag_err(const char *, ...) __attribute__((format(printf, 1, 2)));
void diag_errx(const char *, ...) __attribute__((format(printf, 1, 2)));
void diag_warn(const char *, ...) __attribute__((format(printf, 1, 2)));
void diag_warnx(const char *, ...) __attribute__((format(printf, 1, 2)));
void diag_notice(const char *, ...) __attribute__((format(printf, 1, 2)));
void diag_debug(const char *, ...) __attribute__((format(printf, 1, 2)));

/* Was an error said yet? */
int diag_has_error(void);

/**
 * diag_capture(fd):
 * Send every later line to ${fd} instead of standard error (tests); -1 restores standard error.
 */
void diag_capture(int);

#endif
