#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsio.h"
#include "package.h"

#include "memory.h"

/*
 * verify_probe KEYRING NAME FILE: judge a package with one bit of each byte flipped, and cut off at each length, as
 * casetap-verify would, but thousands a second.  Says what went unnoticed or was not explained.
 */
/* Is it found out, with a line that says where? */
static int
is_found(const char *data, size_t n, const char *name, const struct keyring *keyring)
{
	struct memory m = {data, n};
	struct package_facts facts;
	enum package_verdict verdict;
	char why[256];

	verdict = package_check(memory_read, &m, name, keyring, &facts, why, sizeof(why));
	package_facts_clear(&facts);
	return (verdict == PACKAGE_TAMPERED || verdict == PACKAGE_MALFORMED) && why[0] != '\0';
}

int
main(int argc, char **argv)
{
	struct buf text = BUF_INIT, package = BUF_INIT;
	struct keyring *keyring = NULL;
	size_t i, missed = 0;

	if (argc != 4 || sign_init() == -1 || fsio_load_path(argv[1], 1 << 20, &text) == -1 ||
	    fsio_load_path(argv[3], 1 << 24, &package) == -1)
		return 2;
	keyring = keyring_parse(text.data, text.len, argv[1]);
	if (keyring == NULL || is_found(package.data, package.len, argv[2], keyring)) {
		fprintf(stderr, "verify_probe: %s is not intact to begin with\n", argv[3]);
		return 2;
	}
	for (i = 0; i < package.len; i++) {
		package.data[i] ^= (char)(1 << (i % 8));
		if (!is_found(package.data, package.len, argv[2], keyring)) {
			fprintf(stderr, "verify_probe: flipped byte %zu went unnoticed\n", i);
			missed++;
		}
		package.data[i] ^= (char)(1 << (i % 8));
		if (!is_found(package.data, i, argv[2], keyring)) {
			fprintf(stderr, "verify_probe: cut off at %zu went unnoticed\n", i);
			missed++;
		}
	}
	printf("%zu bytes flipped, %zu lengths cut, %zu unnoticed\n", package.len, package.len, missed);
	keyring_free(keyring);
	buf_free(&text);
	buf_free(&package);
	return missed > 0;
}
