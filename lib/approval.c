#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fsio.h"
#include "names.h"
#include "sign.h"

#include "approval.h"

#define SIG_BYTES 4096

/* Is what could not be loaded no signature, whenever it is tried? */
static int
is_none(int error)
{
	return error == ENOENT || error == ELOOP || error == EBADMSG || error == EFBIG;
}

/* Is ${name} a signature of the request, and an approver's?  1 ends the search. */
static int
judge(void *cookie, const char *name)
{
	struct approval *a = cookie;
	const struct keyring_entry *signer = NULL;
	struct sign_sig sig;
	int good = 0;

	if (!names_is_approval(name, a->name))
		return 0;
	buf_clear(&a->signature);
	if (fsio_load(a->dirfd, name, SIG_BYTES, &a->signature) == -1) {
		if (!is_none(errno))
			a->error = errno;
		return 0;
	}
	if (a->signature.len > 0 && sign_parse(a->signature.data, a->signature.len, &sig) == 0)
		good = keyring_judge(a->keyring, KEYRING_APPROVER, &sig, a->text->data, a->text->len, a->now,
			   &signer) == KEYRING_GOOD;
	if (!good || signer->revoked != STAMP_NONE)
		return 0;
	a->signer = signer;
	(void)snprintf(a->signature_name, sizeof(a->signature_name), "%s", name); /* a name of a file */
	return 1;
}

int
approval_find(struct approval *a)
{
	int found;

	a->signer = NULL;
	a->signature = (struct buf)BUF_INIT;
	a->error = 0;
	found = fsio_list(a->dirfd, judge, a);
	if (found == 0 && a->error != 0) {
		errno = a->error;
		found = -1;
	}
	return found;
}
