#ifndef LEDGER_INTERNAL_H
#define LEDGER_INTERNAL_H

/* What lib/ledger.c (writes) and lib/ledger_parse.c (reads) both spell. */
#define LEDGER_FORMAT "casetap-ledger/1"
#define LEDGER_LOST "custody-lost: "

#endif
