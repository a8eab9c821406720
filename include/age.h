#ifndef AGE_H
#define AGE_H

#include <stddef.h>
#include <stdint.h>

/*
 * age v1 files (age-encryption.org/v1; C2SP age.md) to X25519 recipients, by libsodium alone: what is written here is
 * opened by any age, and the reader opens what any age wrote to an X25519 recipient.  Both are streams with a few hundred
 * kilobytes of memory, whatever the file.  Secrets live in sodium_malloc memory and are wiped.
 *
 *   header     "age-encryption.org/v1", a stanza "-> X25519 SHARE" and a body line a recipient, "--- MAC"
 *   payload    16 bytes of nonce, then ChaCha20-Poly1305 chunks of 64 KiB, the last one marked as such (STREAM)
 *
 * sign_init() must have been called once before anything here.
 */
#define AGE_RECIPIENT_TEXT 63 /* age1..., with the NUL */
#define AGE_RECIPIENTS_MAX 64 /* of one file that is written */
#define AGE_IDENTITIES_MAX 256
#define AGE_HEADER_MAX ((size_t)256 * 1024) /* of a file that is read */

struct age_recipient {
	uint8_t key[32];
};

/**
 * age_recipient_parse(s, n, out) / age_recipient_format(r, out):
 * Read the ${n} characters age1... (Bech32, BIP 173, lower case, one spelling); a key of which nothing secret can come
 * (of low order) is refused as well / write them.  Return 0, or -1 with errno EINVAL.
 */
int age_recipient_parse(const char *, size_t, struct age_recipient *);
void age_recipient_format(const struct age_recipient *, char[AGE_RECIPIENT_TEXT]);

/* The secret keys of one or more recipients. */
struct age_identities;

/**
 * age_identities_parse(text, n) / age_identities_read(fd):
 * An identity file as age-keygen writes it: lines AGE-SECRET-KEY-1..., empty lines, comments (#).  Who calls the first one
 * wipes the text; the second one keeps no other copy.
 * Return them, or NULL with errno set: EINVAL for what is none, EFBIG for a file over 64 KiB or too many keys.
 */
struct age_identities *age_identities_parse(const char *, size_t);
struct age_identities *age_identities_read(int);
void age_identities_free(struct age_identities *);

/* The recipient whose secret key the ${i}th identity is.  Return 0, or -1 where there are not so many. */
int age_identities_recipient(const struct age_identities *, size_t, struct age_recipient *);

/* write(cookie, data, n): take all ${n} bytes, return 0; or -1 with errno set. */
typedef int age_write_fn(void *, const void *, size_t);

/* read(cookie, data, room): return the number of bytes given, 0 at the end, -1 with errno set. */
typedef long age_read_fn(void *, void *, size_t);

struct age_writer;

/**
 * age_writer_new(recipients, count, write, cookie):
 * Start a file that each of 1 to AGE_RECIPIENTS_MAX recipients can open, with a fresh file key: its header is written at
 * once.  Return it, or NULL with errno set.
 */
struct age_writer *age_writer_new(const struct age_recipient *, size_t, age_write_fn *, void *);

/* Encrypt ${n} bytes more / write what is left.  Return 0, or -1 with errno set; then the file is of no use. */
int age_writer_put(struct age_writer *, const void *, size_t);
int age_writer_finish(struct age_writer *);

/* Wipe the file key: from here on only an identity opens the file.  NULL is fine. */
void age_writer_free(struct age_writer *);

enum age_state {
	AGE_GOOD,      /* all that was read is authentic */
	AGE_LOCKED,    /* none of the identities is of one of its recipients */
	AGE_MALFORMED, /* not an age file as the format has it */
	AGE_TAMPERED,  /* what was encrypted is not what is there, or it was cut */
	AGE_ERROR      /* reading failed, errno set; or no memory */
};

struct age_reader;

/**
 * age_reader_new(identities, read, cookie) / age_reader_again(writer, read, cookie):
 * Read a file with the identities (borrowed) / read back what that writer wrote, with the file key that it still holds:
 * its header must be the very one that was written.  Return it, or NULL with errno set.
 */
struct age_reader *age_reader_new(const struct age_identities *, age_read_fn *, void *);
struct age_reader *age_reader_again(const struct age_writer *, age_read_fn *, void *);
void age_reader_free(struct age_reader *);

/* Read the header.  What it returns stays the state until something worse is found. */
enum age_state age_reader_open(struct age_reader *);

/**
 * age_reader_read(reader, data, room):
 * Give up to ${room} bytes of plaintext, each authenticated before it is given; opens the file if need be.  The first
 * argument is the reader (as the cookie of a read function).
 * Return the number, 0 at the proper end only, or -1 with errno set (ENOKEY, EBADMSG, or of reading): age_reader_state().
 */
long age_reader_read(void *, void *, size_t);
enum age_state age_reader_state(const struct age_reader *);

/* What was wrong, in words without any byte of the file. */
const char *age_reader_why(const struct age_reader *);

#endif
