#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "spool_internal.h"

/*
 * Slices that are open: their number, their part, and their drafts, which say what there is to be known of them after a
 * crash.
 */

int
spool_is_gap_draft(const struct slice_record *draft)
{
	return draft->snaplen == 0;
}

int
spool_take(struct spool *s, struct slice_record *draft, int *fd)
{
	struct spool_state next = s->st;
	char name[NAMES_FILE_ROOM];

	if (draft->head.seq == 0 || spool_state_find(&s->st, draft->head.seq) == NULL) {
		if (s->st.next > NAMES_SEQ_MAX) {
			errno = EOVERFLOW;
			return -1;
		}
		draft->head.seq = next.next++;
		memset(&next.end, 0, sizeof(next.end));
		if (spool_replace_state(s, &next, 0, draft) == -1) {
			draft->head.seq = 0;
			return -1;
		}
	}
	names_seq_file(name, draft->head.seq, ".part");
	*fd = openat(s->dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, SPOOL_FILE_MODE);
	/* Its name is durable with the first sync of its data; until then there is nothing to lose. */
	return *fd == -1 ? -1 : 0;
}

static struct slice_record *
find_open(struct spool *s, uint64_t seq)
{
	size_t i;

	for (i = 0; i < s->st.open_count; i++)
		if (s->st.open[i].head.seq == seq)
			return &s->st.open[i];
	errno = ENOENT;
	return NULL;
}

int
spool_doubt(struct spool *s, uint64_t seq)
{
	struct spool_state next = s->st;
	struct slice_record *draft = find_open(s, seq);

	if (draft == NULL)
		return -1;
	draft->state = SLICE_SUSPECT;
	return spool_replace_state(s, &next, 0, NULL);
}

int
spool_note(struct spool *s, uint64_t seq, const struct access_list *list)
{
	struct spool_state next = s->st;
	struct slice_record *draft = find_open(s, seq);
	size_t i, count;
	int is_told;

	if (draft == NULL)
		return -1;
	count = draft->access.count;
	is_told = draft->access.is_told;
	draft->access.is_told = 1;
	for (i = 0; i < list->count; i++)
		access_add(&draft->access, &list->at[i]);
	if (spool_replace_state(s, &next, 0, NULL) == 0)
		return 0;
	draft->access.count = count;
	draft->access.is_told = is_told;
	return -1;
}
