#include <stdio.h>
#include <string.h>

#include "fsio.h"
#include "sign.h"

#include "approval.h"

#define SIG_BYTES 4096
#define SIG_SUFFIX ".minisig"

/* Is ${name} a signature of the request, and an approver's?  1 ends the search. */
static int
judge(void *cookie, const char *name)
{
	struct approval *a = cookie;
	size_t prefix = strlen(a->name), suffix = strlen(SIG_SUFFIX), n = strlen(name);
	const struct keyring_entry *signer = NULL;
	struct sign_sig sig;
	int good = 0;

	if (n < prefix + suffix || strncmp(name, a->name, prefix) != 0 || name[prefix] != '.' ||
	    strcmp(name + n - suffix, SIG_SUFFIX) != 0)
		return 0;
	buf_clear(&a->signature);
	if (fsio_load(a->dirfd, name, SIG_BYTES, &a->signature) == 0 &&
	    sign_parse(a->signature.data, a->signature.len, &sig) == 0)
		good = keyring_judge(a->keyring, KEYRING_APPROVER, &sig, a->text->data, a->text->len, a->now,
			   &signer) == KEYRING_GOOD;
	if (!good || signer->revoked != STAMP_NONE)
		return 0;
	a->signer = signer;
	return 1;
}

int
approval_find(struct approval *a)
{
	a->signer = NULL;
	a->signature = (struct buf)BUF_INIT;
	return fsio_list(a->dirfd, judge, a) == 1;
}
