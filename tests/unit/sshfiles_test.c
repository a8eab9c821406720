#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sshfiles.h"

/* Made by ssh-keygen for this test and used nowhere. */
static const char ed25519[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
			      "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
			      "QyNTUxOQAAACDLEAhCPEUTeAo+2VOuPvZ8zBINqFWR8K2B9HuYU6N5uwAAAIjmG++a5hvv\n"
			      "mgAAAAtzc2gtZWQyNTUxOQAAACDLEAhCPEUTeAo+2VOuPvZ8zBINqFWR8K2B9HuYU6N5uw\n"
			      "AAAEAglOia8upNhhNElrhnoevLmQzDJziilvjScs0L58ZVB8sQCEI8RRN4Cj7ZU64+9nzM\n"
			      "Eg2oVZHwrYH0e5hTo3m7AAAAAXgBAgME\n"
			      "-----END OPENSSH PRIVATE KEY-----\n";
static const char ecdsa[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
			    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS\n"
			    "1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQQ3L9L8ZSGDNtSuS5ROnjUCwN8YhPdc\n"
			    "TgnoY1ahezzLz0ye7DC1mVf2cH4aaNEy69BYQY4EzByxY70NlGao9Q2gAAAAoD4LKA8+Cy\n"
			    "gPAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDcv0vxlIYM21K5L\n"
			    "lE6eNQLA3xiE91xOCehjVqF7PMvPTJ7sMLWZV/Zwfhpo0TLr0FhBjgTMHLFjvQ2UZqj1Da\n"
			    "AAAAAhAJNAJlcSUiENDNugUQjVzJBY/sFzw+uPW43dw4Dd/PT9AAAAAXgBAgMEBQY=\n"
			    "-----END OPENSSH PRIVATE KEY-----\n";
static const char rsa[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
			  "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAlwAAAAdzc2gtcn\n"
			  "NhAAAAAwEAAQAAAIEAyYaxJ1lPjzaT7Usd7TEPnGyoJ5vOvB4TEgz/QEDaNxuSyL9Zgctm\n"
			  "ZFRdCWYZLybxsAK8ed8w6druDkUoj2OwXKQZKOrexg6TAg71RIvZFMcLiTtjNeC63/xV31\n"
			  "YMQP9UmiXm9p6I4IvSb1cy4+15WrsH0VKa3XAK193FhI5f0fcAAAH4sEZiiLBGYogAAAAH\n"
			  "c3NoLXJzYQAAAIEAyYaxJ1lPjzaT7Usd7TEPnGyoJ5vOvB4TEgz/QEDaNxuSyL9ZgctmZF\n"
			  "RdCWYZLybxsAK8ed8w6druDkUoj2OwXKQZKOrexg6TAg71RIvZFMcLiTtjNeC63/xV31YM\n"
			  "QP9UmiXm9p6I4IvSb1cy4+15WrsH0VKa3XAK193FhI5f0fcAAAADAQABAAAAgQC/mZyyoZ\n"
			  "ofui84a7OfQIbsHO5fAiay+hD9l3fTOhV+UWvkCvFpkt3dw8vU1Mpa5zbgNinF4SqbHHg6\n"
			  "/wvKEGiqa4GDwYruyR6bnevPHOjQGe9wnNkxBrigLUHhhfiOI/PNY3iEYe8HUkPuZGNWSe\n"
			  "Ar5rKqFFSfMjYBnWDEr7HFaQAAAEEA16lmezU/EYtDba05CuR0/NzoqmBFON0itmGDxM8H\n"
			  "+oYUt4yIhgCQhHPg0++FYlZ7kIT2KV6+CQxGMPG+ALbPQQAAAEEA6tXfcbFeSEe8KeG5l6\n"
			  "oAKru7R2L9BfeAUOaDAvVcnrbnT1p7scLXCgtkkjnbx0auvKKT62u6okqx8SeKvrSLuwAA\n"
			  "AEEA27BOc+MG3razVQ6wwPNVdxYD8lNML4c5kUFK1LjlZweaejJwCyilQckkmDDNfZCCEQ\n"
			  "NbyS2zLMjlXnvwtoTI9QAAAAF4\n"
			  "-----END OPENSSH PRIVATE KEY-----\n";
static const char rsa_pem[] = "-----BEGIN RSA PRIVATE KEY-----\n"
			      "MIICXQIBAAKBgQDFdl+7TfFdo4UVWAitxCKJvJEf67g8Z+dWHCmrOt7/6tXrXaIQ\n"
			      "t6YMkOjAPsoCI+K7rgGw6sFwcDkiEvHNZeIjLg1AQWDHI2nlwnCcnpbDmKu6jsFy\n"
			      "F0/6+rnggMe5DJNqc/g+LSFg0CYL5406wfI8K3xA6LCSsULsp35q7ZSAhQIDAQAB\n"
			      "AoGAUAsKB10zCCgu3FYRPo8RCRBdK7lbt3DO/8LuyTBWERtal8we0/P95X4gOz24\n"
			      "mWF+mWGR4etnenKjVkKjrgUswyqK99/m4cwMetof1jR9gjEOhV2P6Bm4leIhoGGK\n"
			      "pEaZuoYmF+fSqL1akZkTHO1CnpKLfxigDOaP7tfsURUY2AECQQD7lhLxtDaBUPBW\n"
			      "Vp/zsjM1sKtpjOaKcVegdvbtYSmxEgyo7XphDgX/O1MY5B7tak3S6rbll9QC+Cr/\n"
			      "6iYsLnOFAkEAyO039e7O7tuzgO3AuePJWfk0dOLGKYzx1/aHkASeG8BDBkLi9kcJ\n"
			      "8o3z9XMlHbbI40Yb59pr3CJFJ2xnH9rpAQJALusX8VeIaqlriM5y2gG7pyGhdfe+\n"
			      "7sagbt6AwlhCbDFPhxlynzL8T1MC9jtkwSX4CYOYRE0CTuN1MXC7WbX3+QJBALHf\n"
			      "Frg3xac8hWcwknm9hkWJUH/dNbIY3QvjadT70YAdrvf/BG8jKlI4imySl5v7cVGJ\n"
			      "gjC5cty41eF1nMFdiQECQQCZQbT9XYEn9rmEdkp+rESozUX2OhMLh0E6iZugzfs9\n"
			      "75b18YgEn6SUXOLAqkVFvW7vkaYpfvlKfBxYXKa46BR3\n"
			      "-----END RSA PRIVATE KEY-----\n";
static const char with_password[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n"
				    "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABAfqWcjG5\n"
				    "IfAmtUHKLw4lYYAAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIKto8OHe06fA999v\n"
				    "HuWM0n8XZSiMSM2u1zwAWcXhD75nAAAAkDbLRP3JRaTUJxUKUMsTVJLZhVcmxXUoHHNO3Z\n"
				    "wZYvHG49CQH1IO5d1TFVVLzc782HjaHIerdhSbJRLTIYVny+2LA7dr5kMlm2vc7oo+rxLi\n"
				    "rn9HmszY3SPNPUxc8RbzTa4Z7sbM8DsBtz/v6ye8yN6m7ipJATDz2ZyQNzl+8gVFZRV0UR\n"
				    "tU1pC8WRgd27hOfQ==\n"
				    "-----END OPENSSH PRIVATE KEY-----\n";

#define KEY "AAAAC3NzaC1lZDI1NTE5AAAAIB1q0uNRDhgxOBoH2QHh4ZcoAVI0lsJKlyRMcYFl2xQw"

static void
refused(const char *(*judge)(const char *, size_t), const char *text, const char *want)
{
	const char *why = judge(text, strlen(text));

	if (why == NULL || strstr(why, want) == NULL)
		fail_msg("'%.40s...': '%s' does not say '%s'", text, why == NULL ? "(fine)" : why, want);
}

static void
keys_of_modern_kinds_without_password_are_taken(void **state)
{
	assert_null(sshfiles_judge_identity(ed25519, strlen(ed25519)));
	assert_null(sshfiles_judge_identity(ecdsa, strlen(ecdsa)));
}

static void
rsa_keys_are_refused_with_the_reason(void **state)
{
	refused(sshfiles_judge_identity, rsa, "RSA");
	refused(sshfiles_judge_identity, rsa_pem, "RSA");
}

static void
a_key_with_a_password_is_refused_with_the_reason(void **state)
{
	refused(sshfiles_judge_identity, with_password, "password");
}

static void
what_is_no_key_is_refused_at_every_length(void **state)
{
	refused(sshfiles_judge_identity, "", "not a private key");
	refused(sshfiles_judge_identity, "ssh-ed25519 " KEY "\n", "not a private key");
	for (size_t n = 0; n + 2 < strlen(ed25519); n++) {
		char *cut = strndup(ed25519, n);

		assert_non_null(cut);
		assert_non_null(sshfiles_judge_identity(cut, n));
		free(cut);
	}
}

static void
known_hosts_of_modern_kinds_are_taken(void **state)
{
	static const char *const good[] = {"lea.example ssh-ed25519 " KEY "\n", "[lea.example]:2222 ssh-ed25519 " KEY,
	    "# the county's\n\n|1|abc=|def= ecdsa-sha2-nistp256 " KEY " comment\r\n"};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_null(sshfiles_judge_known_hosts(good[i], strlen(good[i])));
}

static void
known_hosts_that_prove_nothing_are_refused(void **state)
{
	refused(sshfiles_judge_known_hosts, "", "names no host");
	refused(sshfiles_judge_known_hosts, "\n# nothing\n", "names no host");
	refused(sshfiles_judge_known_hosts, "lea.example ssh-rsa AAAA\n", "RSA");
	refused(sshfiles_judge_known_hosts, "lea.example ssh-ed25519 " KEY "\nlea.example ssh-rsa AAAA\n", "RSA");
	refused(sshfiles_judge_known_hosts, "@cert-authority * ssh-ed25519 " KEY "\n", "@marker");
	refused(sshfiles_judge_known_hosts, "lea.example\n", "not HOST");
	refused(sshfiles_judge_known_hosts, "lea.example ssh-ed25519\n", "without a key");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_of_modern_kinds_without_password_are_taken),
	    cmocka_unit_test(rsa_keys_are_refused_with_the_reason),
	    cmocka_unit_test(a_key_with_a_password_is_refused_with_the_reason),
	    cmocka_unit_test(what_is_no_key_is_refused_at_every_length),
	    cmocka_unit_test(known_hosts_of_modern_kinds_are_taken),
	    cmocka_unit_test(known_hosts_that_prove_nothing_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
