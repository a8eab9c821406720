#ifndef PROGRAM_H
#define PROGRAM_H

/* Who writes journals and records, and what it was built with. */
#define PROGRAM_NAME "casetap-capture"
#define PROGRAM_VERSION "casetap-capture " CASETAP_VERSION
#define PROGRAM_BUILD "cc " __VERSION__

#endif
