#ifndef VERIFY_BINDING_H
#define VERIFY_BINDING_H

#include "access.h"
#include "binding.h"
#include "names.h"
#include "package.h"

/*
 * Which addresses the subject of one case had and when, put together from the access events in its packages' records, IAP
 * by IAP; and the events themselves.
 */
#define VERIFY_BINDINGS_MAX 10000 /* what comes after these is only counted */
#define VERIFY_ACCESSES_MAX 20000

struct verify_binding {
	char iap[NAMES_IAP_ROOM];
	struct access_event begin; /* until: as the last renewal has it */
	stamp_t end;               /* STAMP_NONE: no package tells of its end */
	stamp_t lapsed;    /* from here on it is known not to be had any more, though not since when; or STAMP_NONE */
	uint32_t revision; /* of the order under which the record with it was made, and its hash */
	char order_sha256[DIGEST_HEX];
	char ended[ACCESS_REASON_ROOM], end_sha256[DIGEST_HEX];
	uint64_t renewals;
	stamp_t renewed; /* the last time */
	/* Of one that was given by hand, whose file came along. */
	char file[TARFILE_NAME_ROOM], approver[65], proof[BINDING_TEXT_ROOM], proof_sha256[DIGEST_HEX];
	char kept_sha256[DIGEST_HEX];
	/* Three lines for an auditor, by verify_lines_settle(): who is it, what shows it, on whose word; owned. */
	char *authentication, *validation, *confirmation;
};

struct verify_access {
	char iap[NAMES_IAP_ROOM];
	struct access_event event;
};

/* Numbers, both of them included. */
struct verify_taken {
	uint64_t first, last;
};

struct verify_bindings {
	struct verify_binding *at; /* in the order of their packages */
	size_t count, unshown;
	struct verify_access *events;
	size_t event_count, events_unshown;
	char iap[NAMES_IAP_ROOM]; /* of the package that was taken last */
	uint64_t seq;             /* the highest number of that stream, and which were taken */
	struct verify_taken *taken;
	size_t taken_count;
};

/**
 * verify_bindings_package(b, facts):
 * Take what a proven package tells, stream by stream.  What was taken before is not again; what comes behind a higher
 * number of its stream is counted with what is not shown.
 * Return 0, or -1 with errno ENOMEM.
 */
int verify_bindings_package(struct verify_bindings *, const struct package_facts *);
void verify_bindings_free(struct verify_bindings *);

/* An address or prefix as text, "" for none; ${out} has 64 bytes.  /  Was the address given by hand? */
const char *verify_binding_address(const struct access_event *, char[64]);
int verify_binding_is_given(const struct verify_binding *);

/* When it ended, as words: a time, or "not told", and from when on it is known not to be had any more. */
#define VERIFY_BINDING_END (STAMP_TEXT + 32)
char *verify_binding_end(const struct verify_binding *, char[VERIFY_BINDING_END]);

#endif
