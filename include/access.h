#ifndef ACCESS_H
#define ACCESS_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "json.h"
#include "stamp.h"

/*
 * Access events: what the network said of how the subject of one case came to its addresses and lost them.  They stand in
 * the record of the slice in which they happened (casetap-spool(5)), and are written out of it as events.xml
 * (casetap-events(5)).
 *
 * A list holds at most ACCESS_MAX events; what did not fit, or was not known any more, leaves it incomplete, and says so.
 */
#define ACCESS_MAX 1024
#define ACCESS_HELD_MAX 64
#define ACCESS_METHOD_ROOM 17
#define ACCESS_REASON_ROOM 33
#define ACCESS_SESSION_ROOM 65
#define ACCESS_ADDRESS_ROOM 50 /* an IPv6 address, a slash and 128 */

enum access_kind {
	ACCESS_ATTEMPT,
	ACCESS_ACCEPTED,
	ACCESS_REJECTED,
	ACCESS_FAILED,
	ACCESS_SESSION_START,
	ACCESS_ESTABLISHED, /* it had the address before anything was known of it */
	ACCESS_SESSION_END,
	ACCESS_ASSIGNED,
	ACCESS_RENEWED,
	ACCESS_RELEASED,
	ACCESS_DELEGATED,
	ACCESS_SERVICE_CHANGED,
	ACCESS_KINDS
};

struct access_event {
	enum access_kind kind;
	stamp_t time, until; /* until: the lease's or session's end, STAMP_NONE if none is known */
	uint8_t family;      /* 4 or 6; 0: no address */
	uint8_t bits;
	uint8_t addr[16];                  /* network byte order; IPv4 in the first four */
	char method[ACCESS_METHOD_ROOM];   /* dhcpv4, dhcpv6, slaac, radius, pppoe, given: [a-z0-9-]{1,16} */
	char reason[ACCESS_REASON_ROOM];   /* [a-z-]{1,32}, or "" */
	char session[ACCESS_SESSION_ROOM]; /* its transaction or session: printable ASCII, or "" */
	char sha256[DIGEST_HEX];           /* of the frame, or the proof, that shows it; "" if its time was over */
};

struct access_list {
	int is_told; /* 0: this slice's case asks for no events, and the record has no word of them */
	int is_incomplete;
	struct access_event *at; /* owned */
	size_t count;
	struct access_event *held; /* what gave the subject the addresses that it has as the slice begins; owned */
	size_t held_count;
};

/* What events.xml calls everything: an element map, as in the profile of casetap-events(5). */
enum access_element {
	ACCESS_E_EVENTS = ACCESS_KINDS, /* those before are the kinds */
	ACCESS_E_CASE,
	ACCESS_E_CONTENT,
	ACCESS_E_IAP,
	ACCESS_E_TIME,
	ACCESS_E_SESSION,
	ACCESS_E_IP,
	ACCESS_E_ADDRESS,
	ACCESS_E_METHOD,
	ACCESS_E_PREFIX,
	ACCESS_E_UNTIL,
	ACCESS_E_BEGINNING, /* how it began: a profile that does not name it calls it as a reason */
	ACCESS_E_REASON,
	ACCESS_E_EVIDENCE,
	ACCESS_ELEMENTS
};
#define ACCESS_NAME_ROOM 41

struct access_map {
	char profile[ACCESS_NAME_ROOM];
	char names[ACCESS_ELEMENTS][ACCESS_NAME_ROOM];
};

struct slice_head;

const char *access_kind_text(enum access_kind);

/* Are both of the same address or network, or both of none? */
int access_is_same_address(const struct access_event *, const struct access_event *);

/* ADDRESS/BITS, or "" where there is none, in ${out}, which it returns. */
char *access_address_text(const struct access_event *, char[ACCESS_ADDRESS_ROOM]);

/* Add an event behind the others.  One that is not sound, does not fit, or finds no memory leaves the list incomplete. */
void access_add(struct access_list *, const struct access_event *);
void access_clear(struct access_list *);

/* The subject has what the event gives it, or has it no more: change what is held. */
void access_hold(struct access_list *, const struct access_event *);

/* Copy a list / only what is held, behind nothing.  Return 0, or -1 with errno ENOMEM. */
int access_copy(struct access_list *, const struct access_list *);
int access_copy_held(struct access_list *, const struct access_list *);

/* The list as a value of a record / out of one.  NULL, or -1 with errno EINVAL or ENOMEM. */
struct json *access_write(const struct access_list *);
int access_parse(const struct json *, struct access_list *);

/* Is there anything to say in an events.xml? */
int access_has_xml(const struct access_list *);

/**
 * access_xml(list, head, map, out):
 * Append events.xml of the slice with that head, its elements named by ${map}; NULL: by the profile that casetap comes
 * with.  The same list gives the same bytes.  Return 0, or -1 with errno EINVAL or ENOMEM.
 */
int access_xml(const struct access_list *, const struct slice_head *, const struct access_map *, struct buf *);

#define ACCESS_MAP_MAX_BYTES ((size_t)16 * 1024)

/* Is the text that of the profile that casetap comes with? */
int access_map_is_builtin(const char *, size_t);

/**
 * access_map_parse(data, n, label, map):
 * Read a profile: `[elements]`, each of our words once with the name of its element, and `profile = NAME`.  Return 0, or -1
 * after one diag line with errno EINVAL or ENOMEM.
 */
int access_map_parse(const char *, size_t, const char *, struct access_map *);

#endif
