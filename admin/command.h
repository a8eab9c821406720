#ifndef COMMAND_H
#define COMMAND_H

/*
 * The subcommands of casetap.  Each takes the words behind its name, reports what fails, and returns an exit code
 * (DESIGN: sysexits).  None of them starts an interception by itself: they write files that capture judges.
 */
int command_init(int, char **);
int command_keyring(int, char **);
int command_order(int, char **);
int command_status(int, char **);
int command_log(int, char **);
int command_hold(int, char **);
int command_release(int, char **);
int command_purge(int, char **);
int command_attach(int, char **);
int command_bind(int, char **);
int command_reset(int, char **);
int command_certify(int, char **);
int command_doctor(int, char **);
int command_clock(int, char **);

#endif
