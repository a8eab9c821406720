#include <string.h>

#include "message.h"

int
message_fits(enum channel_type type, size_t n)
{
	switch (type) {
	case CHANNEL_BEGIN:
		return n == 0;
	case CHANNEL_APPLY:
		return n == sizeof(struct message_apply);
	case CHANNEL_WIDEN:
		return n == sizeof(struct message_widen);
	case CHANNEL_ORDER:
		return n > sizeof(struct message_order);
	case CHANNEL_KEEP:
		return n >= offsetof(struct message_keep, kept.at) && n <= sizeof(struct message_keep);
	case CHANNEL_KEPT:
		return n >= offsetof(struct kept, at) && n <= sizeof(struct kept);
	case CHANNEL_END:
		return n == sizeof(struct message_end);
	case CHANNEL_LINK:
		return n == sizeof(struct message_link);
	case CHANNEL_STOP:
		return n == sizeof(struct message_stop);
	case CHANNEL_EVENT:
		return n == sizeof(struct message_event);
	case CHANNEL_COUNTS:
		return n == sizeof(struct message_counts);
	}
	return 0;
}

static int
is_terminated(const char *s, size_t room)
{
	return memchr(s, '\0', room) != NULL;
}

int
message_event_is_good(const struct message_event *e)
{
	return e->kind < MESSAGE_KINDS && is_terminated(e->case_id, sizeof(e->case_id)) &&
	       is_terminated(e->sha256, sizeof(e->sha256)) && is_terminated(e->text, sizeof(e->text)) &&
	       (e->case_id[0] == '\0' || names_is_case(e->case_id)) &&
	       (e->sha256[0] == '\0' || digest_is_hex(e->sha256));
}
