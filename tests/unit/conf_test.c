#include <sysexits.h>

#include "scratch.h"

#include "buf.h"
#include "conf.h"

static const char good[] = "[station]\n"
			   "name = Example Wireless LLC\n"
			   "state_dir = /var/lib/casetap\n"
			   "orders_dir = /etc/casetap/orders\n"
			   "keyring = /etc/casetap/keyring.txt\n"
			   "root = /etc/casetap/root.pub\n"
			   "max_order_days = 60\n"
			   "\n"
			   "[iap tower-7]\n"
			   "interface = eth1 eth2\n"
			   "ring_bytes = 64M\n"
			   "pool_bytes = 512M\n"
			   "slice_seconds = 300\n"
			   "slice_bytes = 1G\n"
			   "timestamps = nano\n"
			   "\n"
			   "[seal]\n"
			   "key = /etc/casetap/keys/station.key\n"
			   "tsa_url =\n"
			   "\n"
			   "[destination county-sheriff]\n"
			   "url = sftp://casetap@lea.example/in/\n"
			   "identity = /etc/casetap/keys/county-sheriff.ed25519\n"
			   "known_hosts = /etc/casetap/keys/county-sheriff.known_hosts\n"
			   "deliver = packages\n"
			   "encrypt_to =\n";

#define STATION "[station]\nname = x\n"
#define S3 STATION "[destination a]\nurl = s3://h:7443/bucket/in/\n"
#define S3_WHOLE S3 "access_key_file = /a\nsecret_key_file = /s\nca = /c\n"
#define PIN "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

/* Load the text; the lines said are in scratch_said. */
static struct conf *
load_bytes(const void *data, size_t n, mode_t mode, int *status)
{
	struct conf *c;

	scratch_put("casetap.conf", data, n, mode);
	*status = -1;
	scratch_listen();
	c = conf_load(scratch_path("casetap.conf"), status);
	scratch_heard();
	return c;
}

static void
refuses_bytes(const void *data, size_t n, int status, const char *what)
{
	struct conf *c;
	int got;

	c = load_bytes(data, n, 0640, &got);
	if (c != NULL)
		fail_msg("was taken: %.*s", (int)n, (const char *)data);
	scratch_expect(what);
	scratch_expect("/casetap.conf");
	assert_int_equal(got, status);
}

static void
refuses(const char *text, const char *what)
{
	refuses_bytes(text, strlen(text), EX_CONFIG, what);
}

static struct conf *
takes(const char *text)
{
	struct conf *c;
	int status;

	c = load_bytes(text, strlen(text), 0640, &status);
	if (c == NULL)
		fail_msg("refused: %s", scratch_said);
	assert_string_equal(scratch_said, "");
	return c;
}

static void
conf_takes_every_key_of_the_manual(void **state)
{
	struct conf *c = takes(good);
	const struct conf_iap *iap = conf_find_iap(c, NULL);
	const struct conf_destination *d = conf_find_destination(c, "county-sheriff");

	(void)state;
	assert_string_equal(c->station, "Example Wireless LLC");
	assert_string_equal(c->path, scratch_path("casetap.conf"));
	assert_true(digest_is_hex(c->sha256));
	assert_int_equal(c->max_order_days, 60);
	assert_int_equal(c->quiet_after, 86400);
	assert_int_equal(c->remind_before, 3 * 86400);
	assert_false(c->allow_volatile_state);
	assert_non_null(iap);
	assert_string_equal(iap->name, "tower-7");
	assert_int_equal(iap->interface_count, 2);
	assert_string_equal(iap->interfaces[1], "eth2");
	assert_true(iap->ring_bytes == 64 << 20);
	assert_int_equal(iap->slice_seconds, 300);
	assert_int_equal(iap->snaplen, 262144);
	assert_int_equal(iap->timestamps, CONF_NANO);
	assert_string_equal(c->seal_key, "/etc/casetap/keys/station.key");
	assert_int_equal(c->tsa_count, 0);
	assert_null(c->tsa_ca);
	assert_non_null(d);
	assert_int_equal(d->scheme, CONF_SFTP);
	assert_string_equal(d->url, "sftp://casetap@lea.example/in/");
	assert_int_equal(d->deliver, CONF_PACKAGES);
	assert_int_equal(d->parallel, 1);
	assert_int_equal(d->alarm_after_seconds, 3600);
	assert_null(d->encrypt_to);
	assert_ptr_equal(conf_find_iap(c, "tower-7"), iap);
	assert_null(conf_find_iap(c, "tower-8"));
	assert_null(conf_find_destination(c, "other"));
	conf_free(c);
	conf_free(NULL);
}

static void
conf_fills_in_the_defaults_of_the_manual(void **state)
{
	struct conf *c = takes(STATION "[iap a]\n[iap b]\n"
				       "[destination f]\nurl = file:///srv/lea/\nrate_limit = 2M\nparallel = 4\n"
				       "alarm_after = 15m\ndrop = /srv/drop\nmounted = yes\n"
				       "[destination h]\nurl = https://lea.example/in\npin = " PIN ";" PIN "\n");

	(void)state;
	assert_string_equal(c->state_dir, "/var/lib/casetap");
	assert_string_equal(c->orders_dir, "/etc/casetap/orders");
	assert_string_equal(c->keyring, "/etc/casetap/keyring.txt");
	assert_string_equal(c->root, "/etc/casetap/root.pub");
	assert_int_equal(c->max_order_days, 60);
	assert_null(c->seal_key);
	assert_int_equal(c->iap_count, 2);
	assert_null(conf_find_iap(c, NULL));
	assert_int_equal(c->iaps[0].interface_count, 0);
	assert_true(c->iaps[0].pool_bytes == 512 << 20);
	assert_true(c->iaps[0].slice_bytes == 1 << 30);
	assert_int_equal(c->destinations[0].scheme, CONF_FILE);
	assert_true(c->destinations[0].rate_limit == 2 << 20);
	assert_int_equal(c->destinations[0].parallel, 4);
	assert_int_equal(c->destinations[0].alarm_after_seconds, 900);
	assert_string_equal(c->destinations[0].drop, "/srv/drop");
	assert_int_equal(c->destinations[1].scheme, CONF_HTTPS);
	assert_true(c->destinations[0].mounted);
	assert_null(c->destinations[1].drop);
	assert_false(c->destinations[1].mounted);
	conf_free(c);
}

static void
fault_001_missing_file_is_no_input(void **state)
{
	int status = -1;

	(void)state;
	scratch_listen();
	assert_null(conf_load(scratch_path("none.conf"), &status));
	scratch_heard();
	scratch_expect("/none.conf: No such file or directory");
	assert_int_equal(status, EX_NOINPUT);
}

static void
fault_002_empty_file_is_refused(void **state)
{
	(void)state;
	refuses("", "has no section [station]");
	refuses("# nothing\n", "has no section [station]");
	refuses("[iap a]\n", "has no section [station]");
	refuses("[station]\n", ".conf:1: [station] has no name");
}

static void
fault_003_unknown_key_is_refused_with_line(void **state)
{
	(void)state;
	refuses(STATION "allow_volatile_sate = yes\n", ".conf:3: allow_volatile_sate: unknown key");
	refuses(STATION "[iap a]\nslice_second = 300\n", ".conf:4: slice_second: unknown key");
	refuses(STATION "[seal]\nkey = /k\nkeys = /k\n", ".conf:5: keys: unknown key");
	refuses(STATION "[destination a]\nurl = file:///x\nverify = no\n", ".conf:5: verify: unknown key");
	refuses(STATION "[sealing]\nkey = /k\n", ".conf:3: [sealing]: unknown section");
	refuses(STATION "[iap]\n", ".conf:3: [iap]: unknown section");
	refuses(STATION "[Station]\n", ".conf:3: [Station]: unknown section");
}

static void
servers_that_give_addresses_stand_with_the_addresses_that_they_give(void **state)
{
	struct conf *c = takes(STATION "[iap a]\ndhcp_servers = 198.51.100.1 198.51.100.2\n"
				       "dhcp_pool = 198.51.100.0/24 10.0.0.0/8\n");

	(void)state;
	assert_int_equal(c->iaps[0].dhcp_server_count, 2);
	assert_memory_equal(c->iaps[0].dhcp_servers[1], "\306\063\144\002", 4);
	assert_int_equal(c->iaps[0].dhcp_pool_count, 2);
	assert_int_equal(c->iaps[0].dhcp_pools[0].bits, 24);
	assert_memory_equal(c->iaps[0].dhcp_pools[1].addr, "\012\0\0\0", 4);
	conf_free(c);
	c = takes(STATION "[iap a]\ndhcp_servers = 198.51.100.1\ndhcp_pool = 198.51.100.0/24\n"
			  "dhcp_server_macs = 02:00:00:00:00:01 02:00:00:00:00:02\n");
	assert_int_equal(c->iaps[0].dhcp_server_mac_count, 2);
	assert_int_equal(c->iaps[0].dhcp_server_macs[1][5], 2);
	conf_free(c);
	refuses(STATION "[iap a]\ndhcp_server_macs = 02:00:00:00:00:01\n", "those of dhcp_servers or dhcp6_servers");
	refuses(STATION "[iap a]\ndhcp_servers = 198.51.100.1\n", "stand together or not at all");
	refuses(STATION "[iap a]\ndhcp_pool = 198.51.100.0/24\n", "stand together or not at all");
	refuses(STATION "[iap a]\ndhcp_servers = dhcp.example\n", "dhcp_servers: not a numeric IPv4 address");
	refuses(STATION "[iap a]\ndhcp_servers = 0.0.0.0\n", "dhcp_servers: not a numeric IPv4 address");
	refuses(STATION "[iap a]\ndhcp_servers = 255.255.255.255\n", "dhcp_servers: not a numeric IPv4 address");
	refuses(STATION "[iap a]\ndhcp_pool = 198.51.100.0\n", "dhcp_pool: not an IPv4 address/length");
	refuses(STATION "[iap a]\ndhcp_pool = 198.51.100.1/24\n", "dhcp_pool: not an IPv4 address/length");
	refuses(STATION "[iap a]\ndhcp_pool = 0.0.0.0/0\n", "dhcp_pool: not an IPv4 address/length");
	refuses(STATION "[iap a]\ndhcp_pool = 64.0.0.0/7\n", "dhcp_pool: not an IPv4 address/length");
	refuses(STATION "[iap a]\ndhcp_pool = 198.51.100.0/33\n", "dhcp_pool: not an IPv4 address/length");
}

static void
radius_is_believed_between_clients_and_servers_for_pools(void **state)
{
#define RADIUS "[iap a]\nradius_servers = 192.0.2.9\nradius_clients = 192.0.2.1 2001:db8:9::1\n"
	struct conf *c = takes(STATION RADIUS "radius_pool = 198.51.100.0/24 2001:db8::/32\n");
	const struct conf_radius *r = &c->iaps[0].radius;

	(void)state;
	assert_int_equal(r->server_count, 1);
	assert_int_equal(r->client_count, 2);
	assert_int_equal(r->clients[1].family, 6);
	assert_int_equal(r->pool_count, 2);
	assert_int_equal(r->pools[1].bits, 32);
	assert_int_equal(r->silence, 3600);
	assert_int_equal(r->port_count, 4);
	assert_int_equal(r->ports[3], 1813);
	assert_int_equal(r->coa_port_count, 2);
	assert_int_equal(r->coa_ports[1], 3799);
	assert_int_equal(c->iaps[0].resume_within, 30);
	conf_free(c);
	c = takes(STATION RADIUS "radius_pool = 10.0.0.0/8\nradius_ports = 1645 20000\nradius_silence = 11m\n"
				 "radius_coa_ports = 3800\nresume_within = 0s\n");
	assert_int_equal(c->iaps[0].radius.coa_port_count, 1);
	assert_int_equal(c->iaps[0].radius.coa_ports[0], 3800);
	assert_int_equal(c->iaps[0].resume_within, 0);
	assert_int_equal(c->iaps[0].radius.silence, 660);
	assert_int_equal(c->iaps[0].radius.port_count, 2);
	assert_int_equal(c->iaps[0].radius.ports[1], 20000);
	conf_free(c);
	refuses(STATION RADIUS, "radius_servers, radius_clients and radius_pool stand together");
	refuses(STATION "[iap a]\nradius_servers = radius.example\n", "radius_servers: not a numeric address");
	refuses(STATION "[iap a]\nradius_clients = ff02::1\n", "radius_clients: not a numeric address");
	refuses(STATION "[iap a]\nradius_clients = ::\n", "radius_clients: not a numeric address");
	refuses(STATION "[iap a]\nradius_pool = 10.0.0.1/8\n", "radius_pool: not an address/length");
	refuses(STATION "[iap a]\nradius_pool = 2000::/3\n", "radius_pool: not an address/length");
	refuses(STATION "[iap a]\nradius_pool = 64.0.0.0/7\n", "radius_pool: not an address/length");
	refuses(STATION "[iap a]\nradius_ports = 0\n", "radius_ports: not a port");
	refuses(STATION "[iap a]\nradius_ports = 1 2 3 4 5 6 7 8 9\n", "radius_ports: more than 8");
	refuses(STATION "[iap a]\nradius_silence = 59\n", "radius_silence");
	refuses(STATION "[iap a]\nradius_coa_ports = 65536\n", "radius_coa_ports: not a port");
	refuses(STATION "[iap a]\nradius_coa_ports =\n", "radius_coa_ports");
	refuses(STATION "[iap a]\nresume_within = 601\n", "resume_within");
#undef RADIUS
}

static void
sessions_of_pppoe_are_believed_of_concentrators(void **state)
{
	struct conf *c =
	    takes(STATION "[iap a]\npppoe_concentrators = 02:00:00:00:00:01 02:00:00:00:00:02\npppoe_silence = 5m\n");

	(void)state;
	assert_int_equal(c->iaps[0].pppoe.concentrator_count, 2);
	assert_int_equal(c->iaps[0].pppoe.concentrators[1][5], 2);
	assert_int_equal(c->iaps[0].pppoe.silence, 300);
	conf_free(c);
	refuses(STATION "[iap a]\npppoe_concentrators = 01:00:5e:00:00:01\n", "pppoe_concentrators: a group address");
	refuses(STATION "[iap a]\npppoe_silence = 8d\n", "pppoe_silence");
}

static void
word_on_ipv6_addresses_is_believed_of_servers_and_routers_for_pools(void **state)
{
	struct conf *c = takes(STATION "[iap a]\ndhcp6_servers = 2001:db8::1 fe80::1\ndhcp6_pool = 2001:db8::/32\n"
				       "slaac_pool = 2001:db8:5::/48 2001:db8:7::/64\nslaac_silence = 10m\n"
				       "ipv6_routers = 02:00:00:00:00:01\n");
	const struct conf_ipv6 *v6 = &c->iaps[0].ipv6;

	(void)state;
	assert_int_equal(v6->server_count, 2);
	assert_int_equal(v6->servers[1].addr[0], 0xfe);
	assert_int_equal(v6->pool_count, 1);
	assert_int_equal(v6->pools[0].bits, 32);
	assert_int_equal(v6->slaac_pool_count, 2);
	assert_int_equal(v6->slaac_pools[1].bits, 64);
	assert_int_equal(v6->router_count, 1);
	assert_int_equal(v6->silence, 600);
	conf_free(c);
	c = takes(STATION "[iap a]\nslaac_pool = 2001:db8::/32\n");
	assert_int_equal(c->iaps[0].ipv6.silence, 3600);
	conf_free(c);
	/* By ARP a router may speak for what RADIUS gives, too. */
	c = takes(STATION "[iap a]\nradius_servers = 192.0.2.1\nradius_clients = 192.0.2.2\n"
			  "radius_pool = 198.51.100.0/24\nipv6_routers = 02:00:00:00:00:01\n");
	assert_int_equal(c->iaps[0].ipv6.router_count, 1);
	conf_free(c);
	refuses(STATION "[iap a]\ndhcp6_servers = 2001:db8::1\n", "dhcp6_servers and dhcp6_pool stand together");
	refuses(STATION "[iap a]\nipv6_routers = 02:00:00:00:00:01\n", "ipv6_routers stands with");
	refuses(STATION "[iap a]\ndhcp6_servers = 198.51.100.1\n", "dhcp6_servers: not a numeric IPv6 address");
	refuses(STATION "[iap a]\ndhcp6_servers = ff02::1\n", "dhcp6_servers: not a numeric IPv6 address");
	refuses(STATION "[iap a]\ndhcp6_pool = 198.51.100.0/24\n", "dhcp6_pool: not an IPv6 address/length");
	refuses(STATION "[iap a]\nslaac_pool = fe80::/64\n", "slaac_pool: not an IPv6 address/length");
	refuses(STATION "[iap a]\nslaac_pool = 2001:db8::1/64\n", "slaac_pool: not an IPv6 address/length");
	refuses(STATION "[iap a]\nipv6_routers = 01:00:00:00:00:01\n", "ipv6_routers: a group address");
	refuses(STATION "[iap a]\nslaac_silence = 1\n", "slaac_silence");
}

static void
fault_004_duplicate_key_is_refused(void **state)
{
	(void)state;
	refuses(STATION "name = y\n", ".conf:3: name stands twice");
	refuses(STATION "[station]\n", ".conf:3: section [station] stands twice");
	refuses(STATION "[iap a]\n[iap  a]\n", ".conf:4: section [iap a] stands twice");
}

static void
fault_005_crlf_is_taken_and_a_byte_order_mark_refused_with_a_hint(void **state)
{
	struct conf *c = takes("[station]\r\nname = x\r\n");

	(void)state;
	assert_string_equal(c->station, "x");
	conf_free(c);
	refuses("\xef\xbb\xbf" STATION, ".conf:1: starts with a byte-order mark; save");
}

static void
fault_006_nul_and_invalid_utf8_are_refused(void **state)
{
	static const char nul[] = "[station]\nname = a\0b\n";

	(void)state;
	refuses_bytes(nul, sizeof(nul) - 1, EX_CONFIG, ".conf:2: NUL");
	refuses("[station]\nname = a\xff\n", ".conf:2: not valid UTF-8");
}

static void
fault_007_line_over_4_kib_is_refused(void **state)
{
	struct buf b = BUF_INIT;
	int i;

	(void)state;
	assert_int_equal(buf_puts(&b, STATION "root = /"), 0);
	for (i = 0; i < 5000; i++)
		assert_int_equal(buf_putc(&b, 'a'), 0);
	refuses(b.data, ".conf:3: line is over 4 KiB");
	buf_free(&b);
}

static void
fault_008_numbers_that_are_none_or_out_of_range_are_refused(void **state)
{
	static const char *const seconds[] = {"99999999999999999999", "-300", "+300", "1e3", "0", "0300", "300 ",
	    "3 0", "0x12c", "7", "86401", "172800", "300s", ""};
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		if (strcmp(seconds[i], "300 ") == 0)
			continue; /* blanks at the end are not part of a value */
		assert_true(snprintf(text, sizeof(text), STATION "[iap a]\nslice_seconds = %s\n", seconds[i]) > 0);
		refuses(text, ".conf:4: slice_seconds: ");
	}
	refuses(STATION "quiet_after = soon\n", "quiet_after: ");
	refuses(STATION "remind_before = later\n", "remind_before: ");
	refuses(STATION "quiet_after = 3661d\n", "quiet_after: ");
	refuses(STATION "max_order_days = 0\n", "max_order_days: must be from 1 to 3660");
	refuses(STATION "[iap a]\nring_bytes = 64MB\n", "ring_bytes: not a number");
	refuses(STATION "[iap a]\nring_bytes = 99999999999999999999G\n", "ring_bytes: must be from");
	refuses(STATION "[iap a]\nring_bytes = 2G\n", "ring_bytes: must be from");
	refuses(STATION "[iap a]\nsnaplen = 127\n", "snaplen: must be from 128 to 262144");
	refuses(STATION "[iap a]\ntimestamps = milli\n", "timestamps: not one of the words");
	refuses(STATION "allow_volatile_state = true\n", "must be yes or no");
	refuses(STATION "[destination a]\nurl = file:///x\nparallel = 0\n", "parallel: must be from");
	refuses(STATION "[destination a]\nurl = https://x/y\npin = " PIN "\ncrl = /x\n", "crl needs the ca");
	refuses(STATION "[destination a]\nurl = file:///x\ncrl = /x\n", "crl");
}

static void
fault_009_relative_paths_and_dots_are_refused(void **state)
{
	(void)state;
	refuses(STATION "state_dir = state\n", ".conf:3: state_dir: not an absolute path");
	refuses(STATION "state_dir = /var/../etc\n", ".conf:3: state_dir: a path must not hold \"..\"");
	refuses(STATION "orders_encrypt_to = age1nonsense\n", "orders_encrypt_to: not an age recipient");
	refuses(STATION "orders_key = orders.key\n", "orders_key: ");
	refuses(STATION "orders_dir = /..\n", "orders_dir: a path must not hold");
	refuses(STATION "keyring = ./k\n", "keyring: not an absolute path");
	refuses(STATION "root = ~/root.pub\n", "root: not an absolute path");
	refuses(STATION "[seal]\nkey = ../k\n", "key: not an absolute path");
	refuses(STATION "[destination a]\nurl = file:///srv/../etc/\n", "\"..\"");
	refuses(STATION "[destination a]\nurl = file:///srv/..\n", "\"..\"");
	conf_free(takes(STATION "state_dir = /var/..casetap/...\n"));
}

/* Make the state folder and a configuration of it; ${option} is one more line. */
static struct conf *
with_state(const char *folder, const char *option)
{
	char text[512];

	assert_true(snprintf(text, sizeof(text), STATION "state_dir = %s\n%s", scratch_path(folder), option) > 0);
	return takes(text);
}

static int
open_state(const struct conf *c, int *status)
{
	int fd;

	*status = -1;
	scratch_listen();
	fd = conf_open_state(c, status);
	scratch_heard();
	return fd;
}

static void
refuses_state(const char *folder, const char *option, int status, const char *what)
{
	struct conf *c = with_state(folder, option);
	int got;

	assert_int_equal(open_state(c, &got), -1);
	scratch_expect(what);
	scratch_expect(folder);
	assert_int_equal(got, status);
	conf_free(c);
}

#define VOLATILE "allow_volatile_state = yes\n"

static void
fault_009_a_link_in_the_state_path_is_refused(void **state)
{
	struct conf *c;
	int fd, status;

	(void)state;
	assert_int_equal(mkdir(scratch_path("s"), 0755), 0);
	assert_int_equal(mkdir(scratch_path("s/state"), 0755), 0);
	scratch_puts("s/state/.casetap", "");
	assert_int_equal(symlink("s", scratch_path("link")), 0);
	assert_int_equal(symlink("state", scratch_path("s/last")), 0);
	c = with_state("s/state", VOLATILE);
	fd = open_state(c, &status);
	assert_int_not_equal(fd, -1);
	assert_int_equal(close(fd), 0);
	conf_free(c);
	refuses_state("link/state", VOLATILE, EX_CONFIG, "a symbolic link in the path");
	refuses_state("s/last", VOLATILE, EX_CONFIG, "a symbolic link in the path");
	refuses_state("s/state/.casetap", VOLATILE, EX_CONFIG, "no folder");
	refuses_state("s/none", VOLATILE, EX_NOINPUT, "No such file");
	scratch_remove("link");
	scratch_remove("s");
}

static void
fault_010_config_that_others_can_write_is_refused(void **state)
{
	struct conf *c;
	int status;

	(void)state;
	c = load_bytes(good, strlen(good), 0664, &status);
	assert_null(c);
	scratch_expect("writable by others");
	assert_int_equal(status, EX_NOPERM);
	c = load_bytes(good, strlen(good), 0646, &status);
	assert_null(c);
	assert_int_equal(status, EX_NOPERM);
	if (geteuid() != 0)
		return;
	scratch_puts("casetap.conf", good);
	assert_int_equal(chown(scratch_path("casetap.conf"), 65534, 65534), 0);
	scratch_listen();
	assert_null(conf_load(scratch_path("casetap.conf"), &status));
	scratch_heard();
	scratch_expect("not by root or the user");
	assert_int_equal(status, EX_NOPERM);
	scratch_remove("casetap.conf");
}

static void
fault_010_config_that_is_no_plain_file_is_refused(void **state)
{
	int status;

	(void)state;
	assert_int_equal(mkfifo(scratch_path("fifo"), 0600), 0);
	assert_int_equal(mkdir(scratch_path("dir"), 0700), 0);
	scratch_listen();
	assert_null(conf_load(scratch_path("fifo"), &status));
	scratch_heard();
	scratch_expect("not a regular file");
	assert_int_equal(status, EX_CONFIG);
	scratch_listen();
	assert_null(conf_load(scratch_path("dir"), &status));
	scratch_heard();
	scratch_expect("not a regular file");
	assert_int_equal(status, EX_CONFIG);
	scratch_remove("fifo");
	scratch_remove("dir");
}

static void
fault_011_a_volatile_state_is_refused_unless_allowed(void **state)
{
	char dir[] = "/dev/shm/casetap-conf_test-XXXXXX", text[256], marker[64];
	struct conf *c;
	int fd, status;

	(void)state;
	if (mkdtemp(dir) == NULL)
		skip();
	assert_true(snprintf(marker, sizeof(marker), "%s/.casetap", dir) > 0);
	fd = open(marker, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_not_equal(fd, -1);
	assert_int_equal(close(fd), 0);
	assert_true(snprintf(text, sizeof(text), STATION "state_dir = %s\n", dir) > 0);
	c = takes(text);
	assert_int_equal(open_state(c, &status), -1);
	scratch_expect("allow_volatile_state");
	assert_int_equal(status, EX_CONFIG);
	conf_free(c);
	assert_true(snprintf(text, sizeof(text), STATION "state_dir = %s\n" VOLATILE, dir) > 0);
	c = takes(text);
	fd = open_state(c, &status);
	assert_int_not_equal(fd, -1);
	assert_int_equal(close(fd), 0);
	conf_free(c);
	assert_int_equal(unlink(marker), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void
fault_012_folders_that_two_would_share_are_refused(void **state)
{
	(void)state;
	refuses(STATION "[iap Tower]\n[iap tower]\n", ".conf:4: [iap tower]: differs from another IAP");
	refuses(STATION "[destination A]\nurl = file:///x\n[destination a]\nurl = file:///y\n",
	    ".conf:5: [destination a]: differs from another destination");
	refuses(STATION "state_dir = /s\norders_dir = /s\n", "orders_dir is one of");
	refuses(STATION "state_dir = /s/\norders_dir = /s/spool/x\n", "orders_dir is one of");
	conf_free(takes(STATION "state_dir = /s\norders_dir = /s/orders\n"));
	conf_free(takes(STATION "state_dir = /s\norders_dir = /sorders\n"));
}

static void
fault_014_a_secret_that_others_can_read_is_refused(void **state)
{
	static const mode_t bad[] = {0644, 0604, 0666, 0620};
	char text[1024];
	size_t i;

	(void)state;
	scratch_put("secret", "x", 1, 0600);
	assert_true(
	    snprintf(text, sizeof(text), STATION "[destination a]\nurl = https://h/\nca = /ca.pem\ntoken_file = %s\n",
		scratch_path("secret")) > 0);
	conf_free(takes(text));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct conf *c;
		int status;

		assert_int_equal(chmod(scratch_path("secret"), bad[i]), 0);
		c = load_bytes(text, strlen(text), 0644, &status);
		assert_null(c);
		scratch_expect("/secret: a secret that others can read");
		assert_int_equal(status, EX_NOPERM);
	}
	assert_true(snprintf(text, sizeof(text), STATION "[seal]\nkey = %s\n", scratch_path("secret")) > 0);
	scratch_put("casetap.conf", text, strlen(text), 0644);
	{
		int status;

		scratch_listen();
		assert_null(conf_load(scratch_path("casetap.conf"), &status));
		scratch_heard();
		assert_int_equal(status, EX_NOPERM);
	}
	scratch_remove("secret");
}

static void
fault_034_a_huge_config_is_refused_unread(void **state)
{
	int status;

	(void)state;
	scratch_puts("casetap.conf", good);
	assert_int_equal(truncate(scratch_path("casetap.conf"), (off_t)100 << 20), 0);
	scratch_listen();
	assert_null(conf_load(scratch_path("casetap.conf"), &status));
	scratch_heard();
	scratch_expect("too large");
	assert_int_equal(status, EX_CONFIG);
}

static void
fault_117_a_state_folder_without_its_marker_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir(scratch_path("s"), 0755), 0);
	refuses_state("s", VOLATILE, EX_CONFIG, "has no .casetap file");
	assert_int_equal(symlink("/dev/null", scratch_path("s/.casetap")), 0);
	refuses_state("s", VOLATILE, EX_CONFIG, "has no .casetap file");
	scratch_remove("s/.casetap");
	scratch_puts("s/.casetap", "");
	assert_int_equal(chmod(scratch_path("s"), 0777), 0);
	refuses_state("s", VOLATILE, EX_NOPERM, "writable by others");
	scratch_remove("s");
}

#define TUNNEL STATION "[tunnel core]\nkind = erspan tzsp\nfrom = 203.0.113.1\nto = 203.0.113.2\n"

static void
conf_reads_the_end_points_of_tunnels(void **state)
{
	struct conf *c = takes(TUNNEL "unwrap = yes\n[tunnel edge]\nkind = gre vxlan l2tp  geneve\n"
				      "from = 192.0.2.1 2001:db8::1\nto = 192.0.2.2  192.0.2.3 2001:db8::2\n"
				      "[tunnel mta]\nkind = ccc\nport = 5000\nfrom = 192.0.2.1\nto = 192.0.2.2\n"
				      "unwrap = no\n");
	const struct conf_tunnel *t = c->tunnels;

	(void)state;
	assert_int_equal(c->tunnel_count, 3);
	assert_string_equal(t[0].name, "core");
	assert_int_equal(t[0].kinds, 1U << CONF_TUNNEL_ERSPAN | 1U << CONF_TUNNEL_TZSP);
	assert_int_equal(t[0].ports[CONF_TUNNEL_TZSP], 37008);
	assert_int_equal(t[0].ports[CONF_TUNNEL_ERSPAN], 0);
	assert_true(t[0].unwrap);
	assert_int_equal(t[0].from_count, 1);
	assert_int_equal(t[0].to[0].family, 4);
	assert_memory_equal(t[0].to[0].addr, "\xcb\0\x71\2", 4);
	assert_int_equal(t[1].from_count, 2);
	assert_int_equal(t[1].to_count, 3);
	assert_int_equal(t[1].from[1].family, 6);
	assert_int_equal(t[1].from[1].addr[15], 1);
	assert_int_equal(t[1].ports[CONF_TUNNEL_VXLAN], 4789);
	assert_int_equal(t[1].ports[CONF_TUNNEL_L2TP], 1701);
	assert_int_equal(t[1].ports[CONF_TUNNEL_GENEVE], 6081);
	assert_int_equal(t[1].ports[CONF_TUNNEL_TZSP], 0);
	assert_false(t[1].unwrap);
	assert_int_equal(t[2].ports[CONF_TUNNEL_CCC], 5000);
	assert_int_equal(t[0].erspan_vlan, CONF_ERSPAN_AUTO);
	conf_free(c);
	c = takes(
	    TUNNEL "erspan_vlan = frame\n[tunnel b]\nkind = erspan\nerspan_vlan = header\nfrom = 192.0.2.1\n"
		   "to = 192.0.2.2\n[tunnel c]\nkind = gre\nerspan_vlan = auto\nfrom = 192.0.2.1\nto = 192.0.2.2\n");
	assert_int_equal(c->tunnels[0].erspan_vlan, CONF_ERSPAN_FRAME);
	assert_int_equal(c->tunnels[1].erspan_vlan, CONF_ERSPAN_HEADER);
	assert_int_equal(c->tunnels[2].erspan_vlan, CONF_ERSPAN_AUTO);
	conf_free(c);
	c = takes(STATION "[tunnel v]\nkind = vxlan\nport = 8472\nfrom = 192.0.2.1\nto = 239.1.1.1\n");
	assert_int_equal(c->tunnels[0].ports[CONF_TUNNEL_VXLAN], 8472);
	conf_free(c);
}

static void
conf_refuses_tunnels_that_say_too_little_or_too_much(void **state)
{
#define ENDS "from = 192.0.2.1\nto = 192.0.2.2\n"
	char text[4096] = STATION "[tunnel a]\nkind = gre\nto = 192.0.2.1\nfrom =", item[32];
	int i;

	(void)state;
	refuses(STATION "[tunnel core]\nkind = erspan\n", ".conf:3: [tunnel core] has no from");
	refuses(STATION "[tunnel core]\n" ENDS, "has no kind");
	refuses(STATION "[tunnel core]\nkind = gre\nfrom = 192.0.2.1\n", "has no to");
	refuses(STATION "[tunnel core]\nkind =\n" ENDS, ".conf:4: kind: no value");
	refuses(STATION "[tunnel core]\nkind = GRE\n" ENDS, ".conf:4: kind: must be of gre ");
	refuses(STATION "[tunnel core]\nkind = gre,ipip\n" ENDS, "kind: must be of");
	refuses(STATION "[tunnel core]\nkind = gre gre\n" ENDS, "kind: a kind stands twice");
	refuses(STATION "[tunnel core]\nkind = gre\nfrom = router\nto = 192.0.2.1\n", ".conf:5: from: not a numeric");
	refuses(STATION "[tunnel core]\nkind = gre\nfrom = 192.0.2.0/24\nto = 192.0.2.1\n", "not a numeric");
	refuses(STATION "[tunnel core]\nkind = gre\nfrom = 192.0.2.1 192.0.2.1\nto = 192.0.2.2\n", "stands twice");
	refuses(STATION "[tunnel core]\nkind = gre\nfrom = 192.0.2.1\nto = 0.0.0.0\n", "to: an unspecified address");
	refuses(STATION "[tunnel core]\nkind = gre\nfrom = ::\nto = ::1\n", "from: an unspecified address");
	refuses(STATION "[tunnel core]\nkind = gre\nfrom = 192.0.2.1\nto = 2001:db8::1\n",
	    ".conf:3: [tunnel core]: from and to must have addresses of the same families");
	refuses(STATION "[tunnel core]\nkind = ccc\n" ENDS, "ccc needs a port");
	refuses(STATION "[tunnel core]\nkind = ccc tzsp\n" ENDS, "ccc needs a port");
	refuses(STATION "[tunnel core]\nkind = ccc tzsp\nport = 5000\n" ENDS, "port can not be that of several");
	refuses(STATION "[tunnel core]\nkind = gre\nport = 5000\n" ENDS, "port is for the kinds over UDP");
	refuses(STATION "[tunnel core]\nkind = vxlan\nport = 0\n" ENDS, "port: must be from 1 to 65535");
	refuses(STATION "[tunnel core]\nkind = vxlan\nport = 65536\n" ENDS, "port: must be from 1 to 65535");
	refuses(STATION "[tunnel core]\nkind = gre tzsp\nunwrap = yes\n" ENDS, "unwrap is for router streams");
	refuses(STATION "[tunnel core]\nkind = tzsp\nunwrap = maybe\n" ENDS, "unwrap: must be yes or no");
	refuses(STATION "[tunnel core]\nkind = tzsp\nerspan_vlan = frame\n" ENDS, "erspan_vlan is for erspan");
	refuses(TUNNEL "erspan_vlan = both\n", "erspan_vlan: not one of the words");
	refuses(STATION "[tunnel core]\nkind = tzsp\nkey = 5\n" ENDS, "key: unknown key");
	refuses(STATION "[tunnel a b]\nkind = gre\n" ENDS, "a tunnel's name is");
	refuses(TUNNEL "[tunnel CORE]\nkind = gre\n" ENDS, "differs from another tunnel in upper and lower case");
	for (i = 0; i < 33; i++) {
		(void)snprintf(item, sizeof(item), " 192.0.2.%d", i + 1);
		(void)strcat(text, item);
	}
	refuses(text, "from: more than 32 addresses");
}

static void
conf_refuses_what_a_later_version_will_follow(void **state)
{
	(void)state;
	refuses(STATION "[seal]\nkey = /k\ntsa_url = https://tsa/\n", "tsa_url needs tsa_ca");
	refuses(STATION "[destination a]\nurl = file:///x\nencrypt_to = age1x\n", "encrypt_to: not an age recipient");
	refuses(STATION "[destination a]\nurl = file:///x\ndeliver = days\n", "deliver: ");
}

static void
conf_takes_the_thresholds_of_notices(void **state)
{
	struct conf *c = takes(STATION "[seal]\nkey = /k\n");

	(void)state;
	assert_int_equal(c->notice_gap, 60);
	assert_int_equal(c->notice_loss, 1);
	assert_int_equal(c->notice_orders, 1);
	conf_free(c);
	c = takes(STATION "[seal]\nkey = /k\nnotice_gap = 15m\nnotice_loss = 0\nnotice_orders = no\n");
	assert_int_equal(c->notice_gap, 900);
	assert_int_equal(c->notice_loss, 0);
	assert_int_equal(c->notice_orders, 0);
	conf_free(c);
	refuses(STATION "[seal]\nkey = /k\nnotice_gap = 2d\n", "notice_gap: ");
	refuses(STATION "[seal]\nkey = /k\nnotice_loss = some\n", "notice_loss: ");
	refuses(STATION "[seal]\nkey = /k\nnotice_orders = maybe\n", "notice_orders: ");
}

static void
conf_takes_an_element_map(void **state)
{
	struct conf *c = takes(STATION "[seal]\nkey = /k\n");

	(void)state;
	assert_null(c->events_profile);
	conf_free(c);
	c = takes(STATION "[seal]\nkey = /k\nevents_profile = /p\n");
	assert_string_equal(c->events_profile, "/p");
	conf_free(c);
	refuses(STATION "[seal]\nkey = /k\nevents_profile = p\n", "events_profile: ");
}

static void
conf_takes_the_hours_in_which_files_may_go(void **state)
{
	struct conf *c = takes(STATION "alarm_program = /usr/local/sbin/page\n[destination a]\nurl = file:///x\n"
				       "window = 22:30-05:00  12:00-24:00\n[destination b]\nurl = file:///y\n");
	static const char *const bad[] = {"1:00-05:00", "01:00", "01:00-25:00", "01:60-02:00", "24:00-01:00",
	    "01:00-01:00", "01:00-02:00,03:00-04:00", "01:00-02:00x", "night", "-01:00-02:00"};
	const struct conf_destination *d = &c->destinations[0];
	char text[256];

	(void)state;
	assert_int_equal(d->window_count, 2);
	assert_int_equal(d->windows[0].from, 22 * 3600 + 1800);
	assert_int_equal(d->windows[0].to, 5 * 3600);
	assert_int_equal(d->windows[1].to, 86400);
	assert_int_equal(c->destinations[1].window_count, 0);
	assert_string_equal(c->alarm_program, "/usr/local/sbin/page");
	conf_free(c);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), STATION "[destination a]\nurl = file:///x\nwindow = %s\n", bad[i]);
		refuses(text, "window: ");
	}
	refuses(STATION "[destination a]\nurl = file:///x\nwindow = 00:00-01:00 02:00-03:00 04:00-05:00 06:00-07:00 "
			"08:00-09:00 10:00-11:00 12:00-13:00 14:00-15:00 16:00-17:00\n",
	    "window: more than 8 windows");
}

static void
conf_refuses_urls_that_are_not_exactly_a_destination(void **state)
{
	static const char *const bad[] = {"http://h/", "ftp://h/", "HTTPS://h/", "https:///x", "https://h",
	    "https://u@h/", "https://u:p@h/", "sftp://u:p@h/", "sftp://@h/", "sftp://u@/", "file://host/x",
	    "file:///a b", "/srv/x", "https://h/?q", "https://h/#f", "https://h/\xc3\xa9", "https://h/a|b"};
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(snprintf(text, sizeof(text), STATION "[destination a]\nurl = %s\nca = /c\n", bad[i]) > 0);
		refuses(text, ".conf:4: url: ");
	}
}

static void
conf_takes_an_object_store(void **state)
{
	struct conf *c = takes(S3_WHOLE "region = eu-west-1\nobject_lock_days = order\nlegal_hold = yes\n");
	const struct conf_destination *d = conf_find_destination(c, "a");

	assert_int_equal(d->scheme, CONF_S3);
	assert_int_equal(d->proof, CONF_READ_BACK);
	assert_string_equal(d->region, "eu-west-1");
	assert_int_equal(d->object_lock_days, CONF_LOCK_BY_ORDER);
	assert_true(d->legal_hold && d->path_style);
	conf_free(c);
	c = takes(S3_WHOLE "object_lock_days = 30\npath_style = no\n");
	d = conf_find_destination(c, "a");
	assert_int_equal(d->object_lock_days, 30);
	assert_true(!d->legal_hold && !d->path_style && d->region == NULL);
	conf_free(c);
}

static void
conf_refuses_a_destination_without_what_makes_it_safe(void **state)
{
	(void)state;
	refuses(STATION "[destination a]\n", ".conf:3: [destination a] has no url");
	refuses(STATION "[destination a]\nurl = sftp://u@h/\nidentity = /i\n", "sftp needs identity and known_hosts");
	refuses(STATION "[destination a]\nurl = sftp://u@h/\nknown_hosts = /i\n", "sftp needs identity");
	refuses(STATION "[destination a]\nurl = https://h/\n", "https and s3 need ca or pin");
	refuses(STATION "[destination a]\nurl = https://h/\nca = /c\nclient_cert = /c\n", "stand together");
	refuses(STATION "[destination a]\nurl = https://h/\nca = /c\nuser = u\n", "stand together");
	refuses(STATION "[destination a]\nurl = https://h/\nca = /c\nuser = u\npassword_file = /p\ntoken_file = /t\n",
	    "exclude each other");
	refuses(STATION "[destination a]\nurl = https://h/\npin = sha256//short\n", "pin: must be sha256//BASE64");
	refuses(STATION "[destination a]\nurl = https://h/\npin = " PIN ";\n", "pin: must be sha256//BASE64");
	refuses(STATION "[destination a]\nurl = file:///x\nca = /c\n", ".conf:5: ca: does not belong");
	refuses(STATION "[destination a]\nurl = file:///x\ndrop = y\n", ".conf:5: drop: ");
	refuses(S3_WHOLE "drop = /y\n", "drop: does not belong");
	refuses(S3_WHOLE "mounted = yes\n", "mounted: does not belong");
	refuses(S3_WHOLE "proof = digest\n", "proof: does not belong");
	refuses(STATION "[destination a]\nurl = https://h/\nca = /c\nproof = no\n", ".conf:6: proof: not one of");
	refuses(
	    STATION "[destination a]\nurl = https://h/\nca = /c\nregion = us\n", ".conf:6: region: does not belong");
	refuses(S3 "access_key_file = /a\n", "s3 needs access_key_file and secret_key_file");
	refuses(S3 "access_key_file = /a\nsecret_key_file = /s\n", "https and s3 need ca or pin");
	refuses(S3_WHOLE "region = EU\n", "region: must be of small letters");
	refuses(S3_WHOLE "object_lock_days = 0\n", "object_lock_days: must be from");
	refuses(S3_WHOLE "user = u\n", "user: does not belong");
	refuses(
	    STATION "[destination a]\nurl = https://h/\nca = /c\nknown_hosts = /k\n", "known_hosts: does not belong");
}

static void
conf_refuses_names_that_are_none(void **state)
{
	(void)state;
	refuses(STATION "[iap a_b]\n", ".conf:3: [iap a_b]: an IAP's name");
	refuses(STATION "[iap abcdefghijklmnop]\n", "an IAP's name");
	refuses(STATION "[destination a.b]\nurl = file:///x\n", "a destination's name");
	refuses(STATION "[iap a]\ninterface = eth0 eth0\n", "an interface stands twice");
	refuses(STATION "[iap a]\ninterface = ../eth0\n", "not the name of an interface");
	refuses(STATION "[iap a]\ninterface = abcdefghijklmnop\n", "not the name of an interface");
	refuses(STATION "[iap a]\ninterface = a b c d e f g h i\n", "more than 8 interfaces");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(conf_takes_every_key_of_the_manual),
	    cmocka_unit_test(conf_fills_in_the_defaults_of_the_manual),
	    cmocka_unit_test(fault_001_missing_file_is_no_input),
	    cmocka_unit_test(fault_002_empty_file_is_refused),
	    cmocka_unit_test(fault_003_unknown_key_is_refused_with_line),
	    cmocka_unit_test(servers_that_give_addresses_stand_with_the_addresses_that_they_give),
	    cmocka_unit_test(radius_is_believed_between_clients_and_servers_for_pools),
	    cmocka_unit_test(sessions_of_pppoe_are_believed_of_concentrators),
	    cmocka_unit_test(word_on_ipv6_addresses_is_believed_of_servers_and_routers_for_pools),
	    cmocka_unit_test(fault_004_duplicate_key_is_refused),
	    cmocka_unit_test(fault_005_crlf_is_taken_and_a_byte_order_mark_refused_with_a_hint),
	    cmocka_unit_test(fault_006_nul_and_invalid_utf8_are_refused),
	    cmocka_unit_test(fault_007_line_over_4_kib_is_refused),
	    cmocka_unit_test(fault_008_numbers_that_are_none_or_out_of_range_are_refused),
	    cmocka_unit_test(fault_009_relative_paths_and_dots_are_refused),
	    cmocka_unit_test(fault_009_a_link_in_the_state_path_is_refused),
	    cmocka_unit_test(fault_010_config_that_others_can_write_is_refused),
	    cmocka_unit_test(fault_010_config_that_is_no_plain_file_is_refused),
	    cmocka_unit_test(fault_011_a_volatile_state_is_refused_unless_allowed),
	    cmocka_unit_test(fault_012_folders_that_two_would_share_are_refused),
	    cmocka_unit_test(fault_014_a_secret_that_others_can_read_is_refused),
	    cmocka_unit_test(fault_034_a_huge_config_is_refused_unread),
	    cmocka_unit_test(fault_117_a_state_folder_without_its_marker_is_refused),
	    cmocka_unit_test(conf_reads_the_end_points_of_tunnels),
	    cmocka_unit_test(conf_refuses_tunnels_that_say_too_little_or_too_much),
	    cmocka_unit_test(conf_refuses_what_a_later_version_will_follow),
	    cmocka_unit_test(conf_takes_the_thresholds_of_notices),
	    cmocka_unit_test(conf_takes_an_element_map),
	    cmocka_unit_test(conf_takes_the_hours_in_which_files_may_go),
	    cmocka_unit_test(conf_refuses_urls_that_are_not_exactly_a_destination),
	    cmocka_unit_test(conf_takes_an_object_store),
	    cmocka_unit_test(conf_refuses_a_destination_without_what_makes_it_safe),
	    cmocka_unit_test(conf_refuses_names_that_are_none),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
