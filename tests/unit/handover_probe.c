#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf.h"
#include "diag.h"
#include "sign.h"
#include "stop.h"

#include "curlio.h"
#include "destination.h"
#include "handover.h"

/*
 * handover_probe CONFIG DESTINATION FILE PATH [SILENT-SECONDS [SENT [UPLOAD]]]: one handover() and nothing else, for
 * scenarios that need a peer's misbehaviour and no packages.  SENT: what an earlier try that broke has given, or begun.
 * Prints the answer and the reason; ends with the answer's exit code.
 */
int
main(int argc, char **argv)
{
	struct destination_limits limits;
	struct destination *d = NULL;
	struct conf *conf = NULL;
	char sha256[DIGEST_HEX];
	struct body body;
	struct handover h = {.body = &body, .sha256 = sha256};
	int fd, status = EX_USAGE;
	enum answer a;

	diag_init("handover_probe", 1);
	if (argc < 5 || curlio_init() == -1 || sign_init() == -1 || stop_init() == -1)
		return EX_USAGE;
	destination_default_limits(&limits);
	if (argc > 5)
		limits.silent_seconds = limits.connect_seconds = (uint32_t)atoi(argv[5]);
	conf = conf_load(argv[1], &status);
	if (conf == NULL || conf_find_destination(conf, argv[2]) == NULL)
		goto out;
	fd = open(argv[3], O_RDONLY | O_CLOEXEC);
	if (fd == -1 || digest_fd(fd, sha256, &h.bytes) == -1 ||
	    (d = destination_open(conf_find_destination(conf, argv[2]), &limits, &status)) == NULL)
		goto out;
	body_of_fd(&body, &fd);
	h.path = argv[4];
	h.sent = argc > 6 ? (uint64_t)atoll(argv[6]) : 0;
	(void)snprintf(h.upload, sizeof h.upload, "%s", argc > 7 ? argv[7] : "");
	a = handover(d, &h);
	printf("%s: %s [wait %u] [peer %s] [version %s] [sent %llu, resumed %llu] [%s] [upload %s]\n", answer_text(a),
	    h.why, destination_wait_seconds(d), destination_peer(d), destination_version(d),
	    (unsigned long long)h.sent, (unsigned long long)h.resumed, h.method == NULL ? "" : h.method, h.upload);
	status = answer_exit(a);
out:
	destination_close(d);
	conf_free(conf);
	return status;
}
