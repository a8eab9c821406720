#include <stdlib.h>
#include <string.h>

#include "verify_certificate.h"

static void
put_approvers(const struct keyring_entry *const *signers, unsigned count, struct buf *out)
{
	unsigned i;

	for (i = 0; i < count; i++) {
		(void)buf_printf(out, "%s%s", i > 0 ? ", " : "", signers[i]->name);
		if (signers[i]->role[0] != '\0')
			(void)buf_printf(out, " (%s)", signers[i]->role);
	}
}

/* A copy, of what may not be there too.  Return 0, or -1. */
static int
copy(char **to, const char *from)
{
	*to = strdup(from == NULL ? "" : from);
	return *to == NULL ? -1 : 0;
}

int
verify_certificate_put(
    struct verify_case_sums *sums, const struct order *o, const struct keyring_entry *const *signers, unsigned count)
{
	struct buf subject = BUF_INIT, approvers = BUF_INIT;
	struct verify_certificate *c = verify_case_certificate(sums);
	int rc = -1;

	if (c == NULL)
		return -1;
	c->revision = o->revision;
	memcpy(c->sha256, o->sha256, sizeof(c->sha256));
	c->content_id = o->content_id;
	c->authority = order_authority_text(o->authority);
	c->scope = order_scope_text(o->scope);
	c->not_before = o->not_before;
	c->not_after = o->not_after;
	(void)order_subject_text(o, &subject);
	put_approvers(signers, count, &approvers);
	if (!buf_failed(&subject) && !buf_failed(&approvers) && copy(&c->order_number, o->order_number) == 0 &&
	    copy(&c->issued_by, o->issued_by) == 0 && copy(&c->presented_by, o->presented_by) == 0 &&
	    copy(&c->responsible, o->responsible) == 0 && copy(&c->filter, o->filter) == 0 &&
	    copy(&c->subject, subject.data) == 0 && copy(&c->approvers, approvers.data) == 0)
		rc = 0;
	buf_free(&subject);
	buf_free(&approvers);
	return rc;
}
