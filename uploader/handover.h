#ifndef HANDOVER_H
#define HANDOVER_H

#include <stddef.h>
#include <stdint.h>

#include "digest.h"

#include "answer.h"
#include "body.h"
#include "destination.h"

/**
 * handover(d, path, body, bytes, sha256, why, room):
 * Hand the file ${body} of ${bytes} bytes with hash ${sha256} over as ${path}, so that at every instant the far end has
 * under that name nothing or all of it, and return ANSWER_OK only after its bytes were fetched back and hashed the same.
 * Nothing is ever overwritten but what an earlier try left under the temporary name, ${path}.part.
 *   - the name is there already: the same bytes are ANSWER_OK, others ANSWER_CONFLICT;
 *   - else, where a name can be given whole at once: place, fetch that version back, compare;
 *   - else: put as .part, fetch back, compare, publish, look that it is there.
 * ${why} gets the reason for any other answer.
 */
enum answer handover(struct destination *, const char *, const struct body *, uint64_t, const char *, char *, size_t);

#endif
