#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "listing.h"

static struct listing listing;

static int
tear_down(void **state)
{
	(void)state;
	listing_clear(&listing);
	return 0;
}

static void
has(const char *name, uint64_t bytes, const char *version)
{
	const struct listing_entry *e = listing_find(&listing, name);

	if (e == NULL)
		fail_msg("%s is not in the list", name);
	assert_true(e->bytes == bytes);
	if (version == NULL)
		assert_null(e->version);
	else
		assert_string_equal(e->version, version);
}

static void
apaches_answer_is_understood(void **state)
{
	static const char text[] =
	    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:multistatus xmlns:D=\"DAV:\" xmlns:ns0=\"DAV:\">\n"
	    "<D:response xmlns:lp1=\"DAV:\">\n<D:href>/in/LI-1/t/2026-11-20/</D:href>\n<D:propstat>\n<D:prop>\n"
	    "<lp1:resourcetype><D:collection/></lp1:resourcetype>\n</D:prop>\n</D:propstat>\n</D:response>\n"
	    "<D:response xmlns:lp1=\"DAV:\">\n<D:href>/in/LI-1/t/2026-11-20/a%20b&amp;c.tar</D:href>\n<D:propstat>\n"
	    "<D:prop>\n<lp1:resourcetype/>\n<lp1:getcontentlength>12345</lp1:getcontentlength>\n</D:prop>\n"
	    "</D:propstat>\n</D:response>\n<D:response><D:href>https://h/in/LI-1/t/2026-11-20/sub/</D:href><D:prop>"
	    "<D:resourcetype><D:collection/></D:resourcetype></D:prop></D:response>\n</D:multistatus>\n";

	(void)state;
	assert_int_equal(listing_take_dav(&listing, text, strlen(text), "2026-11-20"), 0);
	assert_int_equal(listing.count, 2);
	has("a b&c.tar", 12345, NULL);
	has("sub", LISTING_UNKNOWN, NULL);
	assert_null(listing_find(&listing, "a b"));
}

static void
an_index_page_is_understood(void **state)
{
	static const char text[] =
	    "<h1>Index of /</h1><a href=\"../\">../</a>\n<a href=\"?C=N;O=D\">Name</a> <a href=\"/in/\">Parent</a>\n"
	    "<a href=\"x.tar\">x.tar</a> 20-Nov 300\n<a href=\"SHA256SUMS\">S</a><a href=\"odd%20one/\">odd</a>"
	    "<a href=\"https://elsewhere/\">e</a><a href=\"unfinished";

	(void)state;
	assert_int_equal(listing_take_index(&listing, text, strlen(text)), 0);
	assert_int_equal(listing.count, 3);
	has("x.tar", LISTING_UNKNOWN, NULL);
	has("SHA256SUMS", LISTING_UNKNOWN, NULL);
	has("odd one", LISTING_UNKNOWN, NULL);
}

static void
pages_of_versions_are_understood(void **state)
{
	static const char text[] =
	    "<?xml version=\"1.0\"?><ListVersionsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>"
	    "<Prefix>in/LI-1/</Prefix><KeyMarker></KeyMarker><IsTruncated>true</IsTruncated>"
	    "<NextKeyMarker>in/LI-1/y</NextKeyMarker><NextVersionIdMarker>v2</NextVersionIdMarker>"
	    "<DeleteMarker><Key>in/LI-1/gone</Key><VersionId>m</VersionId></DeleteMarker>"
	    "<Version><Key>in%2FLI-1%2Fx%20y</Key><VersionId>v1</VersionId><IsLatest>true</IsLatest><Size>7</Size>"
	    "</Version>"
	    "<Version><Key>in/LI-1/x%20y</Key><VersionId>v0</VersionId><Size>8</Size></Version>"
	    "<Version><Key>in/LI-1/y</Key><VersionId>null</VersionId><Size>9</Size></Version>"
	    "<Version><Key>elsewhere</Key><VersionId>v</VersionId><Size>9</Size></Version></ListVersionsResult>";
	struct listing_page page = {"", ""};
	const struct listing_entry *e;

	(void)state;
	assert_int_equal(listing_take_objects(&listing, text, strlen(text), "in/LI-1/", &page), 0);
	assert_int_equal(listing.count, 3);
	e = listing_find(&listing, "x y");
	assert_non_null(e);
	assert_string_equal(e[1].name, "x y");
	assert_int_equal(strcmp(e[0].version, "v1") == 0 ? e[0].bytes : e[1].bytes, 7);
	has("y", 9, "");
	assert_string_equal(page.key, "in/LI-1/y");
	assert_string_equal(page.version, "v2");
	assert_int_equal(listing_take_objects(&listing, "<a/>", 4, "", &page), 0);
	assert_string_equal(page.key, "");
}

static void
pages_of_objects_are_understood(void **state)
{
	static const char text[] =
	    "<ListBucketResult><Prefix>in/</Prefix><IsTruncated>true</IsTruncated><NextContinuationToken>1%2F+a=="
	    "</NextContinuationToken><Contents><Key>in/x%20y</Key><VersionId>none</VersionId><Size>7</Size></Contents>"
	    "<Contents><Key>out/z</Key></Contents></ListBucketResult>";
	struct listing_page page = {"", ""};

	(void)state;
	assert_int_equal(listing_take_objects(&listing, text, strlen(text), "in/", &page), 0);
	assert_int_equal(listing.count, 1);
	has("x y", 7, NULL);
	assert_string_equal(page.key, "1%2F+a==");
	assert_string_equal(page.version, "");
}

static void
lines_are_names(void **state)
{
	(void)state;
	assert_int_equal(listing_take_lines(&listing, ".\n..\nx.tar\n\n...\nlast", 20), 0);
	assert_int_equal(listing.count, 3);
	has("x.tar", LISTING_UNKNOWN, NULL);
	has("...", LISTING_UNKNOWN, NULL);
	has("last", LISTING_UNKNOWN, NULL);
}

static void
absurd_names_and_lengths_are_cut_and_taken_for_unknown(void **state)
{
	static char text[8192];
	char name[5000];
	int n;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	n = snprintf(text, sizeof(text),
	    "<response><href>/%s</href><getcontentlength>99999999999999999999</getcontentlength></response>"
	    "<response><href>/a</href><getcontentlength>-1</getcontentlength></response>"
	    "<response><href>////</href></response><response></response></response><href>/lost</href>"
	    "<response><href>%%00%%zz%%4</href></response><response><href>b",
	    name);
	assert_in_range(n, 1, sizeof(text) - 1);
	assert_int_equal(listing_take_dav(&listing, text, (size_t)n, "day"), 0);
	name[LISTING_NAME_MAX] = '\0';
	has(name, LISTING_UNKNOWN, NULL);
	has("a", LISTING_UNKNOWN, NULL);
	assert_null(listing_find(&listing, ""));
	for (size_t i = 0; i < listing.count; i++)
		assert_in_range(strlen(listing.entries[i].name), 1, LISTING_NAME_MAX);
}

/* Cut anywhere, with any byte changed: no harm, which the sanitizers see to, and never more names than there are. */
static void
no_text_is_too_strange(void **state)
{
	static const char text[] =
	    "<D:response><D:href>/a/b%41&amp;</D:href><x:getcontentlength>1</x:getcontentlength>"
	    "</D:response><a href=\"x\">";
	struct listing_page page;
	char *copy;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++) {
		copy = malloc(i == 0 ? 1 : i); /* not a byte more, so that one read too far is seen */
		assert_non_null(copy);
		memcpy(copy, text, i);
		for (size_t k = 0; k <= i; k++) {
			if (k < i)
				copy[k] = "<>\"%&\0/"[k % 7];
			assert_int_equal(listing_take_dav(&listing, copy, i, "d"), 0);
			assert_int_equal(listing_take_index(&listing, copy, i), 0);
			assert_int_equal(listing_take_objects(&listing, copy, i, "a/", &page), 0);
			assert_int_equal(listing_take_lines(&listing, copy, i), 0);
			listing_clear(&listing);
			if (k < i)
				copy[k] = text[k];
		}
		free(copy);
	}
}

static void
an_endless_listing_has_an_end(void **state)
{
	char name[16];

	(void)state;
	for (unsigned i = 0; i < LISTING_MAX; i++) {
		(void)snprintf(name, sizeof(name), "%u", i);
		assert_int_equal(listing_add(&listing, name, strlen(name), i, NULL), 0);
	}
	assert_int_equal(listing_add(&listing, "more", 4, 0, NULL), -1);
	assert_int_equal(errno, ENOBUFS);
	has("199999", 199999, NULL);
	assert_int_equal(listing_take_lines(&listing, "more", 4), -1);
}

#define TEST(f) cmocka_unit_test_teardown(f, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(apaches_answer_is_understood),
	    TEST(an_index_page_is_understood),
	    TEST(pages_of_versions_are_understood),
	    TEST(pages_of_objects_are_understood),
	    TEST(lines_are_names),
	    TEST(absurd_names_and_lengths_are_cut_and_taken_for_unknown),
	    TEST(no_text_is_too_strange),
	    TEST(an_endless_listing_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
