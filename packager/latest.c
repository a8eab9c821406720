#include "latest.h"

#define PROBES 32

static uint64_t
key_of(const char *source)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	for (; *source != '\0'; source++)
		h = (h ^ (uint8_t)*source) * UINT64_C(1099511628211);
	return h == 0 ? 1 : h;
}

stamp_t
latest_note(struct latest *l, const char *source, stamp_t t)
{
	const uint64_t key = key_of(source);
	unsigned i, k;

	for (i = 0; i < PROBES; i++) {
		k = (unsigned)((key + i) % LATEST_ROOM);
		if (l->of[k].key == 0) {
			l->of[k].key = key;
			l->of[k].at = STAMP_NONE;
		}
		if (l->of[k].key != key)
			continue;
		if (t > l->of[k].at)
			l->of[k].at = t;
		return l->of[k].at;
	}
	return t;
}
