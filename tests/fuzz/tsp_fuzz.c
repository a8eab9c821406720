#include <string.h>

#include "tsp.h"

#include "require.h"

/* Replies over the empty file, judged by the authority of the corpus: whatever is taken has a time and an authority. */
#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const char pem[] = "-----BEGIN CERTIFICATE-----\n"
			  "MIIBnjCCAUWgAwIBAgIUMH4a22DnMw6vtpegJ+f7ADBqI1gwCgYIKoZIzj0EAwIw\n"
			  "JDEQMA4GA1UECgwHRXhhbXBsZTEQMA4GA1UEAwwHZnV6eiBDQTAgFw0yNjExMjYy\n"
			  "MzM5MzZaGA8yMTI2MTEwMjIzMzkzNlowJDEQMA4GA1UECgwHRXhhbXBsZTEQMA4G\n"
			  "A1UEAwwHZnV6eiBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABDK74jVBNwSU\n"
			  "UK+j7bWM+moPjG1K3YO82hoXCSFF+hiTWRxeFa/MVndv+HQWgsaGzQcLctBD+0Et\n"
			  "L8lIoSiYIQmjUzBRMB0GA1UdDgQWBBQWigvLrc4HAl37ZuJVchbBY+gIsjAfBgNV\n"
			  "HSMEGDAWgBQWigvLrc4HAl37ZuJVchbBY+gIsjAPBgNVHRMBAf8EBTADAQH/MAoG\n"
			  "CCqGSM49BAMCA0cAMEQCIC9+EBwzmed7afFr247xoejkFPEEaqiFtPi0/lpuv+mz\n"
			  "AiBlkPL2H2bRbrpsimDmb1LRE5ehaebQ8EeQQXsZiiTgxg==\n"
			  "-----END CERTIFICATE-----\n";

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	static struct tsp_ca *ca;
	struct tsp_token token;
	char why[256] = "";
	int rc;

	if (ca == NULL)
		ca = tsp_ca_parse(pem, sizeof(pem) - 1);
	require(ca != NULL);
	rc = tsp_check(ca, input, n, HASH, NULL, &token, why, sizeof(why));
	require(rc == 0 ? token.authority[0] != '\0' : why[0] != '\0');
	/* A text of certificates is as foreign as a reply. */
	tsp_ca_free(tsp_ca_parse((const char *)input, n));
	return 0;
}
