#ifndef TRANSPORT_H
#define TRANSPORT_H

#include "destination.h"
#include "listing.h"

/*
 * What destination.h promises, by protocol: file.c, http.c, sftp.c and s3.c each hold one table and the state behind it.
 * A function that does not return ANSWER_OK has said why with transport_because().
 */
struct transport;

struct transport_ops {
	enum answer (*stat)(struct transport *, const char *, uint64_t *);
	enum answer (*put)(struct transport *, const char *, const struct body *, uint64_t, char *);
	enum answer (*hash)(struct transport *, const char *, uint64_t, char *);
	enum answer (*publish)(struct transport *, const char *, const char *);
	enum answer (*settle)(struct transport *, const char *); /* NULL where nobody can be asked to */
	enum answer (*get)(struct transport *, const char *, size_t, struct buf *);
	void (*close)(struct transport *);
	/* Instead of put and publish, where a name can be given whole at once; else NULL. */
	enum answer (*place)(struct transport *, const char *, const struct body *, uint64_t, const char *);
	const char *(*version)(const struct transport *); /* NULL where names have no versions */
	void (*keep)(struct transport *, uint32_t);       /* NULL where nothing can be locked */
	enum answer (*look)(struct transport *, const char *, const char *, uint64_t *); /* NULL without versions */
	enum answer (*list)(struct transport *, const char *, struct listing *);
	/* As put, behind so many bytes that lie there; NULL where nothing can be continued. */
	enum answer (*go_on)(struct transport *, const char *, const struct body *, uint64_t, uint64_t, char *);
	enum answer (*state)(struct transport *, const char *, uint64_t, char *); /* NULL where none states a hash */
};

/* The first member of each protocol's own struct. */
struct transport {
	const struct transport_ops *ops;
	char base[256]; /* where the remote paths start, without user; ends with "/" */
	char peer[129];
	char why[512];
	uint32_t wait_seconds;
	uint64_t sent; /* how far in its file the last put or go_on came */
	char upload
	    [DESTINATION_UPLOAD_ROOM]; /* place: what it may go on with; afterwards what the next may; "": nothing */
};

/* Remember why and return ${answer}. */
enum answer transport_because(struct transport *, enum answer, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/* Why a listing goes on no further, by errno. */
enum answer transport_list_failed(struct transport *, const char *);

/**
 * file_open(conf, limits, status) and its like:
 * As destination_open, for one protocol.
 */
struct transport *file_open(const struct conf_destination *, const struct destination_limits *, int *);
struct transport *http_open(const struct conf_destination *, const struct destination_limits *, int *);
struct transport *sftp_open(const struct conf_destination *, const struct destination_limits *, int *);
struct transport *s3_open(const struct conf_destination *, const struct destination_limits *, int *);

#endif
