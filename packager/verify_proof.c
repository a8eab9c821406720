#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daytar.h"

#include "verify_proof.h"

#define SUMS "SHA256SUMS"
#define SUMS_SIG "SHA256SUMS.minisig"

static int
compare(const void *a, const void *b)
{
	const struct purgecert_receipt *x = a, *y = b;
	int order = strcmp(x->destination, y->destination);

	return order != 0 ? order : strcmp(x->file, y->file);
}

static int
has_arrived(const struct purgecert *c, const char *destination, const char *file)
{
	struct purgecert_receipt key;

	if (c->proof_count == 0 || strlen(file) >= sizeof(key.file))
		return 0;
	(void)snprintf(key.destination, sizeof(key.destination), "%s", destination); /* a destination's name fits */
	(void)snprintf(key.file, sizeof(key.file), "%s", file);                      /* as seen */
	return bsearch(&key, c->proof, c->proof_count, sizeof(key), compare) != NULL;
}

static int
has_day_file(const struct purgecert *c, const char *destination)
{
	static const char *const suffixes[] = {DAYTAR, DAYTAR_SUM, DAYTAR_SIG};
	char name[NAMES_FILE_ROOM];
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		(void)names_day_file(name, c->case_id, c->iap, c->day, suffixes[i]);
		if (!has_arrived(c, destination, name))
			return 0;
	}
	return 1;
}

static int
has_files(const struct purgecert *c, const struct manifest *sums, const char *destination)
{
	const size_t count = sums == NULL ? c->file_count : manifest_count(sums);
	size_t i;

	for (i = 0; i < count; i++) {
		if (!has_arrived(c, destination, sums == NULL ? c->files[i].name : manifest_entry(sums, i)->name))
			return 0;
	}
	return has_arrived(c, destination, SUMS) && has_arrived(c, destination, SUMS_SIG);
}

const char *
verify_proof_judge_time(const struct purgecert *c)
{
	const stamp_t kept = c->days * STAMP_DAY;

	/* Times of four digits of years and 2^32 days: no sum is out of range (a stamp ends in 2262). */
	if (c->delivered > INT64_MAX - kept || c->at < c->delivered + kept || c->issued < c->delivered + kept)
		return "tells of a purge before the retention that it names was over";
	return NULL;
}

const char *
verify_proof_judge(struct purgecert *c, const struct manifest *sums, struct verify_proof *proof)
{
	const char *last = "", *why = verify_proof_judge_time(c);
	stamp_t delivered = STAMP_NONE;
	size_t i;

	proof->count = 0;
	if (c->proof_count > 1)
		qsort(c->proof, c->proof_count, sizeof(*c->proof), compare);
	for (i = 0; why == NULL && i < c->proof_count; i++) {
		const struct purgecert_receipt *r = &c->proof[i];

		if (delivered == STAMP_NONE || r->published > delivered)
			delivered = r->published;
		if (strcmp(r->destination, last) == 0)
			continue;
		last = r->destination;
		if (!has_day_file(c, last) && !has_files(c, sums, last))
			return "lacks receipts of files of the day: not all of it had arrived";
		if (proof->count == ORDER_DESTINATIONS_MAX)
			return "has receipts from more destinations than an order can have";
		memcpy(proof->destinations[proof->count++], r->destination, sizeof(r->destination));
	}
	if (why == NULL && proof->count == 0)
		return "has no receipt: nothing of the day had arrived anywhere";
	return why == NULL && delivered != c->delivered ? "names another time of delivery than its receipts" : why;
}
