#ifndef DOCTOR_H
#define DOCTOR_H

#include "overview.h"
#include "site.h"

/*
 * casetap doctor: what an installation needs around it, looked at from outside, a line a finding, and what to do where it
 * is not well.  Nothing is written, nothing sent; no line names a subject.
 */
struct doctor {
	struct site *site;
	const struct overview *overview;
	size_t findings; /* that are not well */
	int is_quiet;    /* only those are printed */
	char topic[64];  /* of what is said now */
};

/* What the next lines are about. */
void doctor_topic(struct doctor *, const char *, ...) __attribute__((format(printf, 2, 3)));

/* It is well / it is not, and what to do, on a line of its own. */
void doctor_well(const struct doctor *, const char *, ...) __attribute__((format(printf, 2, 3)));
void doctor_ill(struct doctor *, const char *, const char *, ...) __attribute__((format(printf, 3, 4)));

/* As doctor_ill, for what may be right as it is and is worth a thought: it does not count. */
void doctor_note(const struct doctor *, const char *, const char *, ...) __attribute__((format(printf, 3, 4)));

/* The clock and who sets it; memory that the rings take; room on the disk. */
void doctor_machine(struct doctor *);

/* Each interface that is captured on: there, up, its own offloads, ring and addresses. */
void doctor_interfaces(struct doctor *);

/* Owners and modes of folders, keys that should have left the machine, files that a program needs and can not read. */
void doctor_access(struct doctor *);

/* Does the systemd unit of capture, where there is one and it runs this configuration, show capture what that names? */
void doctor_unit(struct doctor *);

/* Keys that end, orders that wait or name what is not there, subjects that the capture's place can not tell apart. */
void doctor_trust(struct doctor *);

/* Where systemd runs: are the units in use enabled, so that they are there after a boot, too? */
void doctor_units(struct doctor *);

/* Does each destination take a connection?  It is opened and closed again, no byte is sent. */
void doctor_reach(struct doctor *);

#endif
