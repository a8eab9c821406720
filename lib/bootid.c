#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"

#include "bootid.h"

#define PATH "/proc/sys/kernel/random/boot_id"
#define VARIABLE "CASETAP_BOOT_ID"
#define LENGTH (BOOTID_ROOM - 1)
#define HEX "0123456789abcdef"

static int
is_id(const char *id)
{
	return strspn(id, HEX "-") == LENGTH && id[LENGTH] == '\0';
}

/* systemd spells it without dashes. */
static void
put_dashes(char out[BOOTID_ROOM], const char *plain)
{
	size_t n = 0;

	for (size_t i = 0; plain[i] != '\0' && n < LENGTH; i++) {
		if (n == 8 || n == 13 || n == 18 || n == 23)
			out[n++] = '-';
		out[n++] = plain[i];
	}
	out[n] = '\0';
}

int
bootid_read(char out[BOOTID_ROOM])
{
	const char *given = getenv(VARIABLE);
	int fd = open(PATH, O_RDONLY | O_CLOEXEC);

	memset(out, 0, BOOTID_ROOM);
	if (fd != -1) {
		(void)!fsio_read(fd, out, LENGTH); /* what came is judged below */
		(void)close(fd);                   /* only read from */
	} else if (given != NULL && strlen(given) == 32 && strspn(given, HEX) == 32) {
		put_dashes(out, given);
	}
	if (is_id(out))
		return 0;
	memcpy(out, "-", 2);
	return -1;
}
