#ifndef VERIFY_COVER_H
#define VERIFY_COVER_H

#include "ledger.h"
#include "package.h"
#include "stamp.h"

#include "verify_result.h"
#include "verify_spans.h"

/*
 * What a case's packages account for, over all its IAPs: captured, or declared as a gap; captured beats a gap that
 * another IAP declared.  What the orders' windows ask for and neither accounts for is missing.
 */
struct verify_cover;

struct verify_cover *verify_cover_new(void); /* NULL with errno ENOMEM */
void verify_cover_free(struct verify_cover *);

/*
 * Add the window of a proven package / of one that stays closed, as its row in a signed ledger has it.  Return 0, or -1
 * with errno ENOMEM.
 */
int verify_cover_package(struct verify_cover *, const struct package_facts *);
int verify_cover_row(struct verify_cover *, const struct ledger_row *);

/**
 * verify_cover_judge(c, window, until, where, sums, result):
 * Hold what there is against the orders' ${window} (sorted; NULL: it is not known, so only declared gaps are shown), of
 * which is due what lies before ${until}, and say what is missing about ${where}.  A gap of under a second with which a
 * window opens is shown but changes nothing.
 * Return 0, or -1 with errno ENOMEM.
 */
int verify_cover_judge(struct verify_cover *, const struct spans *, stamp_t, const char *, struct verify_case_sums *,
    struct verify_result *);

#endif
