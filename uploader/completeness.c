#include <errno.h>
#include <string.h>

#include "names.h"

#include "completeness.h"

/* Numbers that lack a receipt come in runs: one text a run. */
struct missing {
	struct buf *text;
	uint64_t holes;
	uint64_t first, last; /* the run under way; 0 if none */
};

static void
put_separator(struct missing *m)
{
	if (m->text->len > 0)
		(void)buf_puts(m->text, ", "); /* buf_failed() tells at the end */
}

static void
end_run(struct missing *m)
{
	if (m->first == 0)
		return;
	put_separator(m);
	if (m->first == m->last)
		(void)buf_printf(m->text, "%llu", (unsigned long long)m->first);
	else
		(void)buf_printf(m->text, "%llu-%llu", (unsigned long long)m->first, (unsigned long long)m->last);
	m->first = m->last = 0;
}

static void
add_run(struct missing *m, uint64_t first, uint64_t last)
{
	m->holes += last - first + 1;
	if (m->first != 0 && first == m->last + 1) {
		m->last = last;
		return;
	}
	end_run(m);
	m->first = first;
	m->last = last;
}

static void
add_file(struct missing *m, const char *file, const char *what)
{
	end_run(m);
	m->holes++;
	put_separator(m);
	(void)buf_printf(m->text, "%s%s", file, what);
}

/* The package of a number as SHA256SUMS lists it, encrypted or not; NULL if it does not. */
static const struct manifest_entry *
find_package(const struct ledger *ledger, const struct manifest *sums, uint64_t seq)
{
	char name[NAMES_FILE_ROOM];
	const struct manifest_entry *e;

	e = manifest_find(sums, names_package(name, ledger->case_id, ledger->iap, seq, ".tar"));
	if (e == NULL)
		e = manifest_find(sums, names_package(name, ledger->case_id, ledger->iap, seq, ".tar.age"));
	return e;
}

static int
has_row(const struct ledger *ledger, uint64_t seq)
{
	return ledger->row_count > 0 && seq >= ledger->rows[0].seq && seq <= ledger->rows[ledger->row_count - 1].seq;
}

int
completeness_check(const struct ledger *ledger, const struct manifest *sums, uint64_t after,
    completeness_delivered_fn *delivered, void *cookie, struct buf *text, uint64_t *holes)
{
	struct missing m = {.text = text};
	const struct manifest_entry *e;
	struct names names;
	int has;

	if (ledger->row_count > 0 && after != UINT64_MAX && ledger->rows[0].seq > after + 1)
		add_run(&m, after + 1, ledger->rows[0].seq - 1);
	for (size_t i = 0; i < ledger->row_count; i++) {
		e = find_package(ledger, sums, ledger->rows[i].seq);
		has = e == NULL ? 0 : delivered(cookie, e->name, e->sha256);
		if (has == -1)
			return -1;
		if (!has)
			add_run(&m, ledger->rows[i].seq, ledger->rows[i].seq);
	}
	end_run(&m);
	for (size_t i = 0; i < manifest_count(sums); i++) {
		e = manifest_entry(sums, i);
		names_parse(e->name, &names);
		if (names.kind == NAMES_PACKAGE && has_row(ledger, names.seq))
			continue;
		if (names.kind == NAMES_PACKAGE) {
			add_file(&m, e->name, " (not in the ledger)");
			continue;
		}
		has = delivered(cookie, e->name, e->sha256);
		if (has == -1)
			return -1;
		if (!has)
			add_file(&m, e->name, "");
	}
	*holes = m.holes;
	if (buf_failed(text)) {
		errno = ENOMEM;
		return -1;
	}
	return 0;
}
