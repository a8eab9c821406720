#include <string.h>

#include "order.h"

#include "require.h"

/* An order that is taken names a case, a subject and a window that ends, and is its own equal. */
static void
check(const struct order *o)
{
	char hash[DIGEST_HEX], why[256];
	struct names parsed;
	char name[NAMES_FILE_ROOM];

	require(o->case_id[0] != '\0' && o->lea[0] != '\0' && o->not_before < o->not_after && o->revision > 0);
	require(o->prefix_count + o->mac_count > 0 && o->prefix_count <= ORDER_PREFIXES_MAX &&
		o->mac_count <= ORDER_MACS_MAX && o->destination_count <= ORDER_DESTINATIONS_MAX);
	require(o->vlan_count + o->stack_count <= ORDER_QUALIFIERS_MAX);
	require((o->revision == 1) == (o->previous[0] == '\0'));
	order_subject_hash(o, hash);
	require(digest_is_hex(hash) && digest_is_hex(o->sha256));
	names_parse(names_package(name, o->case_id, "tower-7", 1, ".tar"), &parsed);
	require(parsed.kind == NAMES_PACKAGE && strcmp(parsed.case_id, o->case_id) == 0);
	(void)order_judge(o, o->revision == 1 ? NULL : o, 60, why, sizeof(why));
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	struct order *o;

	be_silent();
	o = order_parse((const char *)input, n, "order");
	if (o != NULL)
		check(o);
	order_free(o);
	return 0;
}
