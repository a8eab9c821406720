#ifndef KEYRING_VERBS_H
#define KEYRING_VERBS_H

#include "buf.h"

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

/* Load the draft, or where there is none the keyring in force.  Return EX_OK, or an exit code after one diag line. */
int keyring_load_base(const struct site *, struct buf *);

#endif
