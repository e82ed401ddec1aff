/* See inherited.h. */

#include "daemon/inherited.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "daemon/log.h"

/* What is wrong with it and what to do, or NULL. */
static const char *fault_of(int fd)
{
	int type = 0, listening = 0;
	socklen_t type_len = sizeof(type), listening_len = sizeof(listening);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) < 0)
		return "it is no socket: in the .socket unit use ListenStream=";
	if (type != SOCK_STREAM)
		return "it is no stream socket: in the .socket unit use ListenStream=";
	if (sd_is_socket(fd, AF_INET, 0, -1) <= 0 && sd_is_socket(fd, AF_INET6, 0, -1) <= 0)
		return "it is not a TCP socket: in the .socket unit use a port in ListenStream=";
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &listening_len) < 0 || !listening)
		return "it does not listen: in the .socket unit use Accept=no";
	return NULL;
}

int inherited_socket(struct inherited *ret)
{
	const char *text = getenv("LISTEN_FDS"), *name = getenv("LISTEN_FDNAMES");
	long named = text ? strtol(text, NULL, 10) : 0;
	bool shared = name && strcmp(name, INHERITED_SHARED) == 0;
	int count = sd_listen_fds(1);
	const char *fault;

	*ret = (struct inherited){ .fd = -1 };
	if (count == 0)
		return 0;
	if (named > 1) {
		log_error("more than one socket was passed; one is wanted: in the .socket unit "
			  "use one ListenStream=",
			  log_int("count", named));
		return -EINVAL;
	}
	if (count < 0) {
		log_error("LISTEN_FDS is set, but no socket was passed",
			  log_str("why", strerror(-count)),
			  log_str("do", "start it without, or from a .socket unit"));
		return -EINVAL;
	}
	fault = fault_of(SD_LISTEN_FDS_START);
	if (fault) {
		log_error("the socket passed is not a listening stream socket",
			  log_str("why", fault));
		return -EINVAL;
	}
	*ret = (struct inherited){ .fd = SD_LISTEN_FDS_START, .shared = shared };
	return 0;
}
