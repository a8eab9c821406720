#include <assert.h>
#include <sysexits.h>

#include "answer.h"

static const struct {
	const char *text;
	int exit;
	int permanent;
	enum answer_scope scope;
} answers[] = {
    [ANSWER_OK] = {"ok", EX_OK, 0, ANSWER_OF_FILE},
    [ANSWER_ABSENT] = {"absent", EX_UNAVAILABLE, 0, ANSWER_OF_FILE},
    [ANSWER_TAKEN] = {"taken", EX_UNAVAILABLE, 0, ANSWER_OF_FILE},
    [ANSWER_LONGER] = {"longer", EX_UNAVAILABLE, 0, ANSWER_OF_FILE},
    [ANSWER_RETRY] = {"retry", EX_UNAVAILABLE, 0, ANSWER_OF_FILE},
    [ANSWER_UNREACHABLE] = {"unreachable", EX_UNAVAILABLE, 0, ANSWER_OF_DESTINATION},
    [ANSWER_FULL] = {"full", EX_CANTCREAT, 0, ANSWER_OF_DESTINATION},
    [ANSWER_DENIED] = {"denied", EX_NOPERM, 1, ANSWER_OF_DESTINATION},
    [ANSWER_FORBIDDEN] = {"forbidden", EX_NOPERM, 1, ANSWER_OF_CASE},
    [ANSWER_UNTRUSTED] = {"untrusted", EX_PROTOCOL, 1, ANSWER_OF_DESTINATION},
    [ANSWER_REFUSED] = {"refused", EX_PROTOCOL, 1, ANSWER_OF_DESTINATION},
    [ANSWER_REJECTED] = {"rejected", EX_PROTOCOL, 1, ANSWER_OF_FILE},
    [ANSWER_CONFLICT] = {"conflict", EX_PROTOCOL, 1, ANSWER_OF_FILE},
    [ANSWER_MISMATCH] = {"mismatch", EX_PROTOCOL, 1, ANSWER_OF_FILE},
    [ANSWER_FORGED] = {"forged", EX_PROTOCOL, 1, ANSWER_OF_FILE},
    [ANSWER_ROT] = {"damaged", EX_DATAERR, 1, ANSWER_OF_FILE},
    [ANSWER_MISSING] = {"missing", EX_NOINPUT, 1, ANSWER_OF_FILE},
    [ANSWER_UNPROVEN] = {"unproven", EX_UNAVAILABLE, 0, ANSWER_OF_FILE},
    [ANSWER_LOCAL] = {"local", EX_IOERR, 0, ANSWER_OF_DESTINATION},
    [ANSWER_CONFIG] = {"configuration", EX_CONFIG, 1, ANSWER_OF_DESTINATION},
    [ANSWER_STOPPED] = {"stopped", EX_OK, 0, ANSWER_OF_DESTINATION},
};

/* From the one that needs a person most to the one that needs nobody. */
static const int gravity[] = {EX_SOFTWARE, EX_DATAERR, EX_PROTOCOL, EX_CONFIG, EX_NOPERM, EX_NOINPUT, EX_IOERR,
    EX_CANTCREAT, EX_OSERR, EX_UNAVAILABLE, EX_TEMPFAIL};

int
answer_exit(enum answer a)
{
	return answers[a].exit;
}

enum answer_scope
answer_scope(enum answer a)
{
	return answers[a].scope;
}

int
answer_is_permanent(enum answer a)
{
	return answers[a].permanent;
}

const char *
answer_text(enum answer a)
{
	return answers[a].text;
}

int
answer_graver(int a, int b)
{
	for (unsigned i = 0; i < sizeof gravity / sizeof gravity[0]; i++) {
		if (a == gravity[i] || b == gravity[i])
			return gravity[i];
	}
	assert(a == EX_OK && b == EX_OK);
	return EX_OK;
}
