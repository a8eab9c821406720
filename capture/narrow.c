#include <arpa/inet.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "narrow.h"

#define EXPRESSION_MAX 4096
#define TOKEN_ROOM 64
#define SNAPLEN 262144

struct narrow {
	struct bpf_program program;
};

/*
 * The words that libpcap's own grammar knows and that make sense for an IP packet, in the order of strcmp.  Whatever else
 * starts with a letter would be a name to look up.
 */
static const char *const words[] = {"ah", "and", "broadcast", "carp", "dst", "esp", "greater", "host", "icmp",
    "icmp-echo", "icmp-echoreply", "icmp-ireq", "icmp-ireqreply", "icmp-maskreply", "icmp-maskreq", "icmp-paramprob",
    "icmp-redirect", "icmp-routeradvert", "icmp-routersolicit", "icmp-sourcequench", "icmp-timxceed", "icmp-tstamp",
    "icmp-tstampreply", "icmp-unreach", "icmp6", "icmp6-destinationunreach", "icmp6-echo", "icmp6-echoreply",
    "icmp6-neighboradvert", "icmp6-neighborsolicit", "icmp6-packettoobig", "icmp6-parameterproblem", "icmp6-redirect",
    "icmp6-routeradvert", "icmp6-routersolicit", "icmp6-timeexceeded", "icmp6code", "icmp6type", "icmpcode",
    "icmptype", "igmp", "igrp", "ip", "ip6", "len", "length", "less", "mask", "multicast", "net", "not", "or", "pim",
    "port", "portrange", "proto", "sctp", "src", "tcp", "tcp-ack", "tcp-cwr", "tcp-ece", "tcp-fin", "tcp-push",
    "tcp-rst", "tcp-syn", "tcp-urg", "tcpflags", "udp", "vrrp"};

static int
compare_word(const void *key, const void *word)
{
	return strcmp(key, *(const char *const *)word);
}

static int
is_word(const char *token)
{
	return bsearch(token, words, sizeof(words) / sizeof(words[0]), sizeof(words[0]), compare_word) != NULL;
}

/* Decimal or 0x...: nothing but digits. */
static int
is_number(const char *token)
{
	if (token[0] == '0' && (token[1] == 'x' || token[1] == 'X')) {
		token += 2;
		return token[0] != '\0' && token[strspn(token, "0123456789abcdefABCDEF")] == '\0';
	}
	return token[0] != '\0' && token[strspn(token, "0123456789")] == '\0';
}

/* An IPv4 address or the first parts of one, as `net` takes it. */
static int
is_dotted(const char *token)
{
	int parts;

	for (parts = 0; parts < 4; parts++) {
		size_t digits = strspn(token, "0123456789");

		if (digits == 0 || digits > 3 || strtoul(token, NULL, 10) > 255)
			return 0;
		token += digits;
		if (*token == '\0')
			return 1;
		if (*token++ != '.')
			return 0;
	}
	return 0;
}

static int
is_range(const char *token)
{
	size_t digits = strspn(token, "0123456789"), more;

	if (digits == 0 || digits > 5 || token[digits] != '-')
		return 0;
	token += digits + 1;
	more = strspn(token, "0123456789");
	return more > 0 && more <= 5 && token[more] == '\0';
}

static int
is_v6(const char *token)
{
	struct in6_addr addr;

	return strchr(token, ':') != NULL && inet_pton(AF_INET6, token, &addr) == 1;
}

/*
 * Take one token of the bytes that libpcap's scanner puts into names, numbers and addresses.  A dash belongs to it there
 * too, so `len-2` is one (unknown) name; only portrange may have one between numbers.
 */
static int
token_is_allowed(const char *token, const char *before)
{
	if (isalpha((unsigned char)token[0]) && strchr(token, ':') == NULL)
		return is_word(token);
	if (is_range(token))
		return strcmp(before, "portrange") == 0;
	return is_number(token) || is_dotted(token) || is_v6(token);
}

/* Is ${c} part of a token?  Within brackets a colon stands between two numbers: tcp[0:2]. */
static int
is_token_byte(char c, int brackets)
{
	return isalnum((unsigned char)c) || c == '.' || c == '_' || c == '-' || (c == ':' && brackets == 0);
}

static int
is_sign(char c)
{
	return c != '\0' && strchr(" \t()[]!&|=<>+-*/%^:", c) != NULL;
}

/* Does ${c} start a token?  A dash in front is an operator, and so is a colon within brackets. */
static int
starts_token(const char *s, int brackets)
{
	if (*s == ':')
		return brackets == 0 && s[1] == ':';
	return *s != '-' && is_token_byte(*s, brackets);
}

static int
is_numeric(const char *s, size_t *at)
{
	char token[TOKEN_ROOM], before[TOKEN_ROOM] = "";
	const char *start = s;
	int brackets = 0;
	size_t n;

	while (*s != '\0') {
		*at = (size_t)(s - start);
		if (!starts_token(s, brackets)) {
			if (!is_sign(*s))
				return 0;
			brackets += (*s == '[') - (*s == ']');
			s++;
			continue;
		}
		for (n = 0; is_token_byte(s[n], brackets) && n < sizeof(token) - 1; n++)
			token[n] = s[n];
		token[n] = '\0';
		if (is_token_byte(s[n], brackets) || !token_is_allowed(token, before))
			return 0;
		memcpy(before, token, n + 1);
		s += n;
	}
	return 1;
}

/* libpcap's own words may quote an address of the expression; a reason never does. */
static void
explain(char *why, size_t room, const char *reason)
{
	if (strpbrk(reason, "0123456789\"'") != NULL)
		reason = "libpcap refuses it";
	(void)snprintf(why, room, "not a filter for IP packets: %s", reason);
}

struct narrow *
narrow_new(const char *expression, char *why, size_t room)
{
	struct narrow *n = NULL;
	pcap_t *pcap = NULL;
	size_t at = 0;
	int rc = -1;

	if (expression[strspn(expression, " \t")] == '\0' || strlen(expression) > EXPRESSION_MAX) {
		(void)snprintf(why, room, "a filter has 1 to %d characters", EXPRESSION_MAX);
		errno = EINVAL;
		goto out;
	}
	if (!is_numeric(expression, &at)) {
		(void)snprintf(why, room,
		    "character %zu of the filter: only numbers, numeric addresses and tcpdump's own words for IP are "
		    "allowed",
		    at + 1);
		errno = EINVAL;
		goto out;
	}
	n = calloc(1, sizeof(*n));
	pcap = pcap_open_dead(DLT_RAW, SNAPLEN);
	if (n == NULL || pcap == NULL) {
		(void)snprintf(why, room, "out of memory");
		errno = ENOMEM;
		goto out;
	}
	if (pcap_compile(pcap, &n->program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
		explain(why, room, pcap_geterr(pcap));
		errno = EINVAL;
		goto out;
	}
	rc = 0;
out:
	if (pcap != NULL)
		pcap_close(pcap);
	if (rc == -1) {
		free(n);
		n = NULL;
	}
	return n;
}

void
narrow_free(struct narrow *n)
{
	if (n == NULL)
		return;
	pcap_freecode(&n->program);
	free(n);
}

int
narrow_accepts(const struct narrow *n, const uint8_t *packet, uint32_t caplen, uint32_t len)
{
	return bpf_filter(n->program.bf_insns, packet, len, caplen) != 0;
}
