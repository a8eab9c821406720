#include <string.h>

#include "names.h"

#include "verify_approved.h"

/* Not by a key, or in a role, that was counted? */
static int
is_another(const struct verify_approved *a, const struct keyring_entry *e)
{
	unsigned i;

	for (i = 0; i < a->count; i++) {
		if (sign_pub_equal(&a->signers[i]->pub, &e->pub) ||
		    (e->role[0] != '\0' && strcmp(a->signers[i]->role, e->role) == 0))
			return 0;
	}
	return 1;
}

int
verify_approved(const struct verify_orders *o, const struct keyring *keyring, const char *name, stamp_t at,
    struct verify_approved *a)
{
	const struct buf *order = verify_orders_text(o, name), *text;
	const struct verify_versions *known = verify_orders_known(o);
	const struct keyring_version *v = known == NULL ? NULL : verify_versions_in_force(known, at);
	const struct keyring_entry *e;
	const char *file;
	struct sign_sig sig;
	size_t i;

	memset(a, 0, sizeof(*a));
	a->needed = v == NULL ? keyring_approvals(keyring) : v->approvals;
	for (i = 0; (file = verify_orders_file(o, i, &text)) != NULL && a->count < VERIFY_SIGNERS_MAX; i++) {
		if (names_is_approval(file, name) && text->len > 0 && sign_parse(text->data, text->len, &sig) == 0 &&
		    keyring_judge(keyring, KEYRING_APPROVER, &sig, order->data, order->len, at, &e) == KEYRING_GOOD &&
		    is_another(a, e))
			a->signers[a->count++] = e;
	}
	return a->count >= a->needed;
}
