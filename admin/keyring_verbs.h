#ifndef KEYRING_VERBS_H
#define KEYRING_VERBS_H

#include "buf.h"
#include "keyring.h"
#include "roots.h"

#include "args.h"
#include "site.h"

/*
 * A keyring changes in two steps, so that the one in force is never without its signature: `add` and `revoke` write
 * keyring.txt.draft; `sign` puts it in force, or minisign on the offline machine, followed by `import`.
 */
#define KEYRING_DRAFT ".draft"
#define KEYRING_SIGNATURE ".minisig"

/* Sign the draft with --root / put in force a keyring that was signed elsewhere.  Return an exit code. */
int keyring_verb_sign(struct site *, const struct args *);
int keyring_verb_import(struct site *, const struct args *);

/**
 * keyring_verb_rotate(site, args) / keyring_verb_renew(site, args):
 * Draft a second key for a station, and when the one that it has now ends / append a succession to roots.txt, sign the next
 * version with the new root and pin it.  Return an exit code.
 */
int keyring_verb_rotate(struct site *, const struct args *);
int keyring_verb_renew(struct site *, const struct args *);

/* Put in force a keyring with its signature, signed by the root or one that ${roots} ties to it.  Return an exit code. */
int keyring_put_in_force(const struct site *, const struct roots *, const struct buf *, const struct buf *);

/* Write into ${out} the next version, made of ${base}, with ${lines} at its end.  Return 0, or -1 with errno ENOMEM. */
int keyring_next_text(const struct keyring *, const struct buf *, const char *, const char *, struct buf *);

/* Make that the draft, if it is a keyring.  Return an exit code. */
int keyring_change(const struct site *, const struct buf *, const char *, const char *);

/* Append " NAME=VALUE" where there is a value: one word, or it would be two fields.  Return 0, or -1 after a line. */
int keyring_put_field(struct buf *, const char *, const char *);

/* Load the draft, or where there is none the keyring in force.  Return EX_OK, or an exit code after one diag line. */
int keyring_load_base(const struct site *, struct buf *);

#endif
