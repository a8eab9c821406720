#include <string.h>

#include "names.h"
#include "text.h"

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

/* When a signature says that it was made: as casetap writes it, or as minisign does; STAMP_NONE where neither did. */
static stamp_t
made_at(const struct sign_sig *sig)
{
	static const char stock[] = "timestamp:";
	const char *at = strstr(sig->comment, " at "), *next;
	char digits[16];
	uint64_t seconds;
	stamp_t time;
	size_t n;

	if (strncmp(sig->comment, stock, sizeof(stock) - 1) == 0) {
		n = strcspn(sig->comment + sizeof(stock) - 1, "\t");
		if (n >= sizeof(digits))
			return STAMP_NONE;
		memcpy(digits, sig->comment + sizeof(stock) - 1, n);
		digits[n] = '\0';
		return text_u64(digits, 0, INT64_MAX / STAMP_SECOND, &seconds) == 0 ? (stamp_t)seconds * STAMP_SECOND
										    : STAMP_NONE;
	}
	/* An approver's name has no blank: the last one stands before the time. */
	while (at != NULL && (next = strstr(at + 1, " at ")) != NULL)
		at = next;
	return at != NULL && stamp_parse(at + 4, &time) == 0 ? time : STAMP_NONE;
}

/* Does it say that it was made in time, as far as that is asked? */
static int
is_in_time(const struct sign_sig *sig, const struct verify_asked *asked)
{
	stamp_t at = asked->made_until == STAMP_NONE ? STAMP_NONE : made_at(sig);

	return asked->made_until == STAMP_NONE || (at == STAMP_NONE ? !asked->must_say : at <= asked->made_until);
}

/* May whoever made it approve?  ${e} gets the key, and ${outlived} whether it had ended unknown to those who asked. */
static int
counts(const struct keyring *keyring, const struct sign_sig *sig, const struct buf *order,
    const struct verify_asked *asked, const struct keyring_entry **e, int *outlived)
{
	enum keyring_verdict now =
	    keyring_judge(keyring, KEYRING_APPROVER, sig, order->data, order->len, asked->at, e);
	int was_good = asked->then == NULL || keyring_judge(asked->then, KEYRING_APPROVER, sig, order->data,
						  order->len, asked->at, NULL) == KEYRING_GOOD;

	*outlived = now == KEYRING_EXPIRED && asked->then != NULL;
	return was_good && (now == KEYRING_GOOD || *outlived);
}

int
verify_approved(const struct verify_orders *o, const struct keyring *keyring, const char *name,
    const struct verify_asked *asked, struct verify_approved *a)
{
	const struct buf *order = verify_orders_text(o, name), *text;
	const struct keyring_entry *e;
	const char *file;
	struct sign_sig sig;
	int outlived;
	size_t i;

	memset(a, 0, sizeof(*a));
	a->needed = asked->needed;
	for (i = 0; (file = verify_orders_file(o, i, &text)) != NULL && a->count < VERIFY_SIGNERS_MAX; i++) {
		if (!names_is_approval(file, name) || text->len == 0 ||
		    sign_parse(text->data, text->len, &sig) == -1 ||
		    !counts(keyring, &sig, order, asked, &e, &outlived) || !is_another(a, e) ||
		    !is_in_time(&sig, asked))
			continue;
		a->signers[a->count++] = e;
		if (outlived)
			a->outlived = e;
	}
	return a->count >= a->needed;
}
