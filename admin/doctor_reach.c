#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"

#include "doctor.h"

#define CONNECT_MS 5000
#define HOST_ROOM 256
#define PORT_ROOM 6

/* Host and port out of SCHEME://[USER@]HOST[:PORT]/...; an IPv6 address stands in brackets.  Return 0, or -1. */
static int
split(const char *url, char host[HOST_ROOM], char port[PORT_ROOM])
{
	const char *at = strstr(url, "://"), *end, *p;
	size_t n;

	if (at == NULL)
		return -1;
	at += 3;
	end = at + strcspn(at, "/");
	p = memchr(at, '@', (size_t)(end - at));
	if (p != NULL)
		at = p + 1;
	n = *at == '[' ? strcspn(++at, "]") : strcspn(at, ":/");
	if (n == 0 || n >= HOST_ROOM)
		return -1;
	(void)snprintf(host, HOST_ROOM, "%.*s", (int)n, at);
	at += n + (at[n] == ']');
	if (*at == ':' && (size_t)(end - at) <= PORT_ROOM)
		(void)snprintf(port, PORT_ROOM, "%.*s", (int)(end - at - 1), at + 1);
	return 0;
}

/* Open a connection and close it.  Return 0, or -1 with errno set. */
static int
knock(const struct addrinfo *a)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error = 0;
	struct pollfd p = {fd, POLLOUT, 0};
	socklen_t n = sizeof error;

	if (fd == -1)
		return -1;
	if (connect(fd, a->ai_addr, a->ai_addrlen) == -1) {
		error = errno;
		if (error == EINPROGRESS) {
			error = poll(&p, 1, CONNECT_MS) == 1 ? 0 : ETIMEDOUT;
			if (error == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == -1)
				error = errno;
		}
	}
	(void)close(fd); /* nothing was sent */
	errno = error;
	return error == 0 ? 0 : -1;
}

static void
examine_server(struct doctor *d, const char *url, const char *default_port)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	char host[HOST_ROOM], port[PORT_ROOM];
	struct addrinfo *all = NULL, *a;
	int rc;

	(void)snprintf(port, sizeof port, "%s", default_port);
	if (split(url, host, port) == -1) {
		doctor_ill(d, "casetap.conf(5), url", "its url names no host");
		return;
	}
	rc = getaddrinfo(host, port, &hints, &all);
	if (rc != 0) {
		doctor_ill(d, "look at the resolver (/etc/resolv.conf), or at the name in casetap.conf", "%s: %s",
		    host, gai_strerror(rc));
		return;
	}
	for (a = all; a != NULL && knock(a) == -1; a = a->ai_next)
		;
	if (a == NULL)
		doctor_ill(d, "look at the way there (firewall, route), and ask who runs it", "%s port %s: %s", host,
		    port, strerror(errno));
	else
		doctor_well(d, "%s port %s takes connections; casetap-uploader --check judges keys", host, port);
	freeaddrinfo(all);
}

/* A volume that is mounted on the folder itself, and is not there one day, leaves a folder behind. */
static void
examine_volume(struct doctor *d, const char *path, int fd, int must_be)
{
	if (must_be && !fsio_is_mounted(fd))
		doctor_ill(d, "mount it", "%s: nothing is mounted there", path);
	else if (!must_be && fsio_is_mounted(fd))
		doctor_ill(d, "say so in casetap.conf: mounted = yes",
		    "%s: a volume is mounted there; while it is not, files would go into the folder below", path);
}

/* Is it there, and may the user who delivers write into it?  ${to} is NULL for a folder that is only read. */
static void
examine_folder(struct doctor *d, const char *path, const struct conf_destination *to)
{
	char plain[PATH_MAX];
	struct stat st, user;
	size_t n = strlen(path);
	int fd;

	/* fsio_opendir takes no slash at the end. */
	while (n > 1 && path[n - 1] == '/')
		n--;
	(void)snprintf(plain, sizeof plain, "%.*s", (int)n, path);
	fd = fsio_opendir(plain);
	if (fd == -1) {
		doctor_ill(d, "mount it, or make it: it is never made by casetap", "%s: %s", path, strerror(errno));
		return;
	}
	if (to != NULL)
		examine_volume(d, path, fd, to->mounted);
	if (to != NULL && fstat(fd, &st) == 0 && fstatat(d->site->statefd, "journal/uploader", &user, 0) == 0 &&
	    user.st_uid != 0 && st.st_uid != user.st_uid && (st.st_mode & 0022) == 0)
		doctor_ill(d, "chown casetap-uploader FOLDER, and ReadWritePaths= in a drop-in of the unit",
		    "%s: the user who delivers may not write there", path);
	else
		doctor_well(d, "%s is there", path);
	(void)close(fd); /* a folder */
}

void
doctor_reach(struct doctor *d)
{
	static const char *const ports[] = {
	    [CONF_FILE] = "", [CONF_HTTPS] = "443", [CONF_SFTP] = "22", [CONF_S3] = "443"};
	const struct conf *c = d->site->conf;

	for (size_t i = 0; i < c->destination_count; i++) {
		const struct conf_destination *to = &c->destinations[i];

		doctor_topic(d, "%s", to->name);
		if (to->scheme == CONF_FILE)
			examine_folder(d, to->url + strlen("file://"), to);
		else
			examine_server(d, to->url, ports[to->scheme]);
		if (to->drop != NULL)
			examine_folder(d, to->drop, NULL);
	}
	for (size_t i = 0; i < c->tsa_count; i++) {
		doctor_topic(d, "time stamps");
		examine_server(d, c->tsa_urls[i], strncmp(c->tsa_urls[i], "https:", 6) == 0 ? "443" : "80");
	}
}
