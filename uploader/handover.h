#ifndef HANDOVER_H
#define HANDOVER_H

#include <stddef.h>
#include <stdint.h>

#include "digest.h"

#include "answer.h"
#include "body.h"
#include "destination.h"

#define HANDOVER_WHY_ROOM 512
#define HANDOVER_RESUME_MIN (1024 * 1024) /* less than that is sent again */

/* One file on its way. */
struct handover {
	const char *path;
	const struct body *body;
	uint64_t bytes;
	const char *sha256;
	/*
	 * Of an earlier try that broke: so many bytes at most can lie under the temporary name, and be ours; 0 for none.
	 * Afterwards, if it was not handed over: the same of this try.
	 */
	uint64_t sent;
	char upload[DESTINATION_UPLOAD_ROOM]; /* likewise, where a name can be given whole at once; "" for none */
	const char *method;                   /* afterwards: how it is known to be there, as receipts say it */
	uint64_t resumed;                     /* afterwards: so many bytes lay there, and were not sent again */
	int was_absent;                       /* afterwards: there was no file of that name */
	char why
	    [HANDOVER_WHY_ROOM]; /* the reason for any answer but ANSWER_OK; with that, what else was done, or "" */
};

/**
 * handover(d, h):
 * Hand the file ${h->body} of ${h->bytes} bytes with hash ${h->sha256} over as ${h->path}, so that at every instant the
 * far end has under that name nothing or all of it, and return ANSWER_OK only after its bytes were fetched back and hashed
 * the same; or after it has stated that hash, where the operator wants that to count.  Nothing is ever overwritten but what
 * an earlier try left under the temporary name, ${h->path}.part.
 *   - the name is there already: the same bytes are ANSWER_OK, others ANSWER_CONFLICT;
 *   - else, where a name can be given whole at once: place, fetch that version back, compare;
 *   - else: put as .part, fetch back, compare, publish, look that it is there.
 * What an earlier try has sent of a large file is continued, if no more lies there than that; where it then turns out not
 * to have been ours, the whole is sent once; where nothing came of continuing it, the next try sends the whole.
 */
enum answer handover(struct destination *, struct handover *);

#endif
