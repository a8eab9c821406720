#include <string.h>

#include "roots.h"

#include "require.h"

/* A chain that is taken: each root follows the one before, last versions rise, and nobody strange is the signer. */
int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	static const struct sign_sig nobody;
	const struct roots_succession *s;
	static int is_ready;
	uint64_t first, last;
	struct roots *r;
	size_t i;

	if (!is_ready) {
		require(sign_init() == 0);
		be_silent();
		is_ready = 1;
	}
	r = roots_parse((const char *)input, n, "fuzz");
	if (r == NULL)
		return 0;
	require(roots_count(r) > 0);
	for (i = 0; i < roots_count(r); i++) {
		s = roots_at(r, i);
		require(!sign_pub_equal(&s->old, &s->new));
		require(i == 0 || sign_pub_equal(&roots_at(r, i - 1)->new, &s->old));
		require(i == 0 || roots_at(r, i - 1)->last_version < s->last_version);
		require(roots_signer(r, &s->new, &nobody, "x", 1, &first, &last) == -1);
	}
	roots_free(r);
	return 0;
}
