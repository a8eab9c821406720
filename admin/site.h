#ifndef SITE_H
#define SITE_H

#include "conf.h"
#include "json.h"
#include "keyring.h"
#include "orderbook.h"
#include "roots.h"
#include "sign.h"

#include "args.h"

/*
 * The installation that a command works on: what --config names, opened and judged once.
 */
#define SITE_DEFAULT_CONFIG "/etc/casetap/casetap.conf"
#define KEYRING_MAX_BYTES ((size_t)1024 * 1024)
#define SITE_OPTION                                                       \
	{"config", "FILE", "casetap.conf; default " SITE_DEFAULT_CONFIG}, \
	{                                                                 \
		"help", NULL, "this"                                      \
	}

/* Beside SITE_OPTION, of the commands that read orders. */
#define SITE_ORDERS_OPTION                                             \
	{                                                              \
		"orders-key", "FILE", "age identity that opens orders" \
	}

struct site {
	struct conf *conf;
	struct keyring *keyring;
	struct sign_pub root;
	struct ordermemory *memory;
	struct orderbook *book;
	struct age_identities *orders_key; /* what --orders-key names; NULL: encrypted orders stay shut */
	int statefd, ordersfd, keyring_dirfd;
	char keyring_name[256]; /* the keyring's file name in keyring_dirfd */
};

/**
 * site_open(site, args) / site_close(site):
 * Load configuration, root, keyring, and open the folders.  Return EX_OK, or an exit code after one diag line; site_close
 * is due in both cases.  An option --orders-key is followed; nothing else makes casetap look for that key: who reads an
 * order means to.  A keyring older than one that the operator used before is refused.
 */
int site_open(struct site *, const struct args *);
void site_close(struct site *);

/**
 * site_open_unsigned(site, args):
 * As site_open, but the keyring need not be signed: for the commands that put a signed one in its place, also where an
 * earlier one was killed between the signature and the text.
 */
int site_open_unsigned(struct site *, const struct args *);

/**
 * site_load_roots(site, text, roots):
 * Load the roots.txt beside the keyring: ${roots} gets NULL where there is none, ${text}, unless NULL, its text.
 * Return EX_OK, or an exit code after one diag line.
 */
int site_load_roots(const struct site *, struct buf *, struct roots **);

/* Durably remember the keyring as the latest seen.  Return EX_OK, or an exit code after one diag line: a later one was. */
int site_remember_keyring(const struct site *, const struct keyring *);

/* May the keyring follow the latest seen?  The same, but nothing is remembered: it is not in force yet. */
int site_may_follow(const struct site *, const struct keyring *);

/**
 * site_open_orders(site):
 * Judge the orders against what capture has accepted so far: fills site->book, in place of an earlier one.  Return EX_OK
 * or an exit code.
 */
int site_open_orders(struct site *);

/* May this user write the operator's journal?  An officer who only signs may not: minisign would not note it either. */
int site_has_journal(const struct site *);

/**
 * site_journal(site, case_id, event, object, detail):
 * Write one line of journal/operator/operator.jsonl, taking ${detail}.  Return EX_OK, or an exit code after one diag line.
 */
int site_journal(const struct site *, const char *, const char *, const char *, struct json *);

/**
 * site_journal_detail(site, case_id, object, detail, is_bad):
 * The same of an operator's act, whose ${detail} lacks a member where ${is_bad}: an act is not written down by halves.
 */
int site_journal_detail(const struct site *, const char *, const char *, struct json *, int);

/**
 * site_note(site, case_id, object, what):
 * The same for an act that changes nothing: a case looked at, an act refused.  A user who may not write the journal is told
 * that it is not noted, and that is no failure: he could have read the file without us.  Return EX_OK or an exit code.
 */
int site_note(const struct site *, const char *, const char *, const char *);

#endif
