#ifndef ORDERMEMORY_H
#define ORDERMEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "journal.h"
#include "order.h"
#include "sign.h"
#include "stamp.h"

/*
 * What one capture instance has accepted: journal/capture/IAP.orders (casetap-journal(5)), one JSON text, replaced in one
 * step:
 *   {"format":"casetap-orders/1","iap":"tower-7","cases":[{"case":"LI-1","revision":2,"sha256":"...","state":"accepted",
 *   "accepted":"2026-11-20T00:00:00Z","keyring_sha256":"..."}]}
 * state is accepted or revoked; a case that was revoked before any revision was accepted has revision 0 and sha256 "".
 * "accepted" and "keyring_sha256" are when its revision was accepted, and under which keyring; they are not there where
 * that is not known.
 * Beside them, "journal":{"bytes":4711,"sha256":"..."} is the mark to which the IAP's journal had come when it was written:
 * a journal that lacks it is an older copy, and what one says from there on was accepted or revoked is looked at as well.
 * "keyring":{"version":3,"root":"RW..."} is the highest that was in force, and its root's key.
 * Nothing in it is ever lowered.  It holds hashes of order files, never a subject.
 */
struct ordermemory;

/**
 * ordermemory_load(dirfd, iap) / ordermemory_free(m):
 * Load the memory of an IAP from the folder journal/capture; an empty one where there is no file.
 * Return it, or NULL after one diag line (errno EBADMSG for a damaged file: never treated as empty).
 */
struct ordermemory *ordermemory_load(int, const char *);
void ordermemory_free(struct ordermemory *);

/**
 * ordermemory_new() / ordermemory_load_all(dirfd) / ordermemory_copy(m):
 * An empty memory (NULL: ENOMEM) / the union of every IAP's, for programs that only read: highest revision, any
 * revocation; where two IAPs accepted different bytes as one revision, its hash is all zeros, which no file has / a copy.
 */
struct ordermemory *ordermemory_new(void);
struct ordermemory *ordermemory_load_all(int);
struct ordermemory *ordermemory_copy(const struct ordermemory *);

/* The highest accepted revision of a case (0 if none), its hash unless NULL ("" if none), and whether it was revoked. */
uint32_t ordermemory_revision(const struct ordermemory *, const char *, char[DIGEST_HEX]);
int ordermemory_is_revoked(const struct ordermemory *, const char *);

/* The number of cases / the i-th one's ID, in byte order / is the case among them? */
size_t ordermemory_count(const struct ordermemory *);
const char *ordermemory_case(const struct ordermemory *, size_t);
int ordermemory_has(const struct ordermemory *, const char *);

/**
 * ordermemory_raise(m, case_id, revision, sha256, is_revoked):
 * Remember the case's revision with its hash (0 and "" for none); what is higher already stays.  In memory only.
 * Return 0, or -1 with errno ENOMEM, or EEXIST if that very revision has another hash.
 */
int ordermemory_raise(struct ordermemory *, const char *, uint32_t, const char *, int);

/**
 * ordermemory_accept(m, case_id, acceptance) / ordermemory_acceptance(m, case_id, acceptance):
 * The case's revision was accepted like that; what is known of it already stays / when it was, keyring_sha256 "" where that
 * is not known.  A higher revision begins without.
 */
void ordermemory_accept(struct ordermemory *, const char *, const struct order_acceptance *);
void ordermemory_acceptance(const struct ordermemory *, const char *, struct order_acceptance *);

/**
 * ordermemory_learn(m, dirfd):
 * Raise ${m} to what every IAP of the folder journal/capture has accepted or seen revoked, in memory only: what one of them
 * takes for over must begin at no other.  Where another accepted other bytes as the same revision, ${m}'s own stay.
 * Return 0, or -1 after one diag line.
 */
int ordermemory_learn(struct ordermemory *, int);

/* The same of the highest keyring alone, as far as the files can be read: one that is damaged is said and left out. */
int ordermemory_learn_keyring(struct ordermemory *, int);

/* How far the IAP's journal had come when the memory was written (bytes 0: not known) / it has come so far now. */
const struct journal_mark *ordermemory_mark(const struct ordermemory *);
void ordermemory_set_mark(struct ordermemory *, const struct journal_mark *);

/**
 * ordermemory_keyring(m, version) / ordermemory_raise_keyring(m, version, root):
 * The highest keyring version that was in force (0: not known) and, returned, its root's key ("") / one that was; what is
 * higher already stays.
 */
const char *ordermemory_keyring(const struct ordermemory *, uint64_t *);
void ordermemory_raise_keyring(struct ordermemory *, uint64_t, const char *);

/**
 * ordermemory_recall(m, dirfd) / ordermemory_recall_all(m, dirfd, iap):
 * Raise ${m}, in memory only, to what the journals of the folder journal/capture say was accepted or revoked: of every IAP
 * since its memory was written, or ever where it has none / of one IAP, all that its journal says.  Where they have other
 * bytes of a revision, ${m}'s own stay.  Return 0, or -1 after one diag line.
 */
int ordermemory_recall(struct ordermemory *, int);
int ordermemory_recall_all(struct ordermemory *, int, const char *);

/* Durably replace the IAP's file in the folder journal/capture.  Return 0, or -1 after one diag line. */
int ordermemory_save(const struct ordermemory *, int, const char *);

/* Exchange the contents of two memories. */
void ordermemory_swap(struct ordermemory *, struct ordermemory *);

#endif
