#ifndef ORDER_VERBS_H
#define ORDER_VERBS_H

#include "buf.h"
#include "order.h"

#include "args.h"
#include "site.h"

/*
 * The verbs of `casetap order`.  Each takes an open site, its orders judged where the table in order_command.c says so, and
 * its arguments; reports what fails; and returns an exit code.
 */
int order_verb_new(struct site *, const struct args *);
int order_verb_check(struct site *, const struct args *);
int order_verb_approve(struct site *, const struct args *);
int order_verb_install(struct site *, const struct args *);
int order_verb_list(struct site *, const struct args *);
int order_verb_show(struct site *, const struct args *);
int order_verb_extend(struct site *, const struct args *);
int order_verb_revoke(struct site *, const struct args *);
int order_verb_edit(struct site *, const struct args *);

/**
 * order_verb_load(path, text, order):
 * Load and parse an order file that a person named; ${order} is the caller's to free.  Return EX_OK or an exit code.
 */
int order_verb_load(const char *, struct buf *, struct order **);

/**
 * order_verb_next(site, case_id, args, text, which):
 * Compose the next revision of the case's order in force, with the values of ${args} where it has some; ${which} gets the
 * case.  Return EX_OK or an exit code after one diag line.
 */
int order_verb_next(
    const struct site *, const char *, const struct args *, struct buf *, const struct orderbook_case **);

/* Print an order that would be accepted behind the given one (NULL: as the first), or nothing after one diag line. */
int order_verb_print(const struct site *, const struct buf *, const struct order *);

/* Open the folder of a path that a person typed; its last component is ${name}.  Return -1 after one diag line. */
int order_verb_open_parent(const char *, const char **);

/* What is missing of an order's destinations, or of their encryption, in words; NULL if nothing. */
const char *order_verb_missing_destination(const struct site *, const struct order *, char *, size_t);

/* An order file that a person named, and the approvals that it lacks in words, "" for none. */
struct order_file {
	const char *path;
	struct buf text;
	struct order *order;
	char missing[512];
};

/**
 * order_file_judge(site, path, file) / order_file_clear(file):
 * Load the order file at ${path}: may it be installed?  Return EX_OK, or an exit code after one diag line; clear is due in
 * both cases.  A signature that does not count is a refusal where it would be needed.
 */
int order_file_judge(const struct site *, const char *, struct order_file *);
void order_file_clear(struct order_file *);

/**
 * order_verb_sign(site, text, path, key_path):
 * Approve ${text} with the secret key at ${key_path}: publishes PATH.NAME.minisig, NAME being the key's name in the
 * keyring.  Return EX_OK or an exit code after one diag line.
 */
int order_verb_sign(const struct site *, const struct buf *, const char *, const char *);

/* Open orders/CASE, made if ${create}.  Return the descriptor, or -1 after one diag line. */
int order_verb_open_case(const struct site *, const char *, int);

#endif
