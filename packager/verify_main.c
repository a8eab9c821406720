#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "shortage.h"

#include "verify_case.h"
#include "verify_html.h"
#include "verify_inputs.h"
#include "verify_json.h"
#include "verify_receipt.h"
#include "verify_report.h"

/* Standard error names what kept us from verifying; all that was verified stands in the report. */
static int
report(const struct verify_result *result, int json)
{
	struct buf out = BUF_INIT;
	int status = EX_IOERR;
	size_t i;

	for (i = 0; i < result->count; i++) {
		if (result->findings[i].code == VERIFY_MISSING || result->findings[i].code == VERIFY_UNREADABLE)
			diag_errx("%s: %s", result->findings[i].where, result->findings[i].what);
	}
	if (result->failed || shortage_seen())
		diag_errx("out of memory: not all was verified");
	if ((json ? verify_json(result, &out) : verify_report(result, &out)) == -1)
		diag_errx("out of memory");
	else if (fsio_write(STDOUT_FILENO, out.data, out.len) == -1)
		diag_err("standard output");
	else
		status = verify_result_status(result);
	buf_free(&out);
	return status;
}

/* The page, where it was asked for.  Return 0, or -1 after one diag line. */
static int
write_page(const struct verify_result *result, const struct verify_inputs *inputs)
{
	struct buf out = BUF_INIT;
	int rc = -1;

	if (inputs->htmlfd == -1)
		return 0;
	if (verify_html(result, &out) == -1)
		diag_errx("out of memory");
	else if (fsio_write(inputs->htmlfd, out.data, out.len) == -1)
		diag_err("%s", inputs->options->html);
	else
		rc = 0;
	buf_free(&out);
	return rc;
}

/* Verify all, and print the report.  ${receipt} is NULL, or where to tell what was verified. */
static int
verify(const struct verify_options *options, const struct verify_receipt *receipt)
{
	struct verify_inputs inputs = {.options = NULL, .htmlfd = -1};
	struct verify_walk walk = VERIFY_WALK_INIT;
	struct verify_result *result = NULL;
	struct verify_keys *keys = NULL;
	struct verify_progress progress;
	int status = EX_IOERR, is_terminal = isatty(STDERR_FILENO);

	if (verify_inputs_open(&inputs, options, &status) == -1)
		goto out;
	keys = verify_keys_new(&inputs.root);
	result = verify_result_new(stamp_now());
	if (keys == NULL || result == NULL) {
		diag_errx("out of memory");
		goto out;
	}
	if (verify_inputs_confine(&inputs) == -1)
		goto out;
	verify_keys_set_identities(keys, inputs.identities);
	sign_id_format(&inputs.root, result->root);
	if (verify_inputs_walk(&inputs, &walk, keys, result) == -1) {
		diag_errx("out of memory: not all was looked at");
		goto out;
	}
	verify_progress_start(&progress, is_terminal, walk.packages);
	result->failed |= verify_cases(&walk, keys, inputs.tsa_ca, &progress, result) == -1;
	verify_progress_end(&progress);
	status = report(result, options->json);
	if (write_page(result, &inputs) == -1 && (status == 0 || status == VERIFY_GAPS))
		status = EX_IOERR;
	if (receipt != NULL && verify_receipt_tell(receipt, result) == -1)
		status = EX_IOERR;
out:
	verify_walk_free(&walk);
	verify_result_free(result);
	verify_keys_free(keys);
	verify_inputs_free(&inputs);
	return status;
}

/*
 * What is verified may have been made by an enemy.  So only names given by a person are resolved, then everything but
 * reading beneath them is given up for good, and only then the first byte of a delivery is read.  Nothing is extracted,
 * nothing is written but the report; a receipt is signed by another process, which reads nothing of the delivery.
 */
int
main(int argc, char **argv)
{
	struct verify_options options;
	struct verify_receipt receipt;
	enum options_result asked;
	int status = EX_IOERR;

	diag_init("casetap-verify", 0);
	asked = verify_options_parse(&options, argc, argv);
	if (asked != OPTIONS_RUN)
		return asked == OPTIONS_DONE ? EX_OK : EX_USAGE;
	if (sign_init() == -1)
		return EX_IOERR;
	if (options.receipt == NULL)
		return verify(&options, NULL);
	if (verify_receipt_split(&receipt, &options, &status) == 0)
		status = receipt.child == 0 ? verify(&options, &receipt) : verify_receipt_sign(&receipt, &options);
	verify_receipt_close(&receipt);
	return status;
}
