#pragma once

/* The listening socket that a service manager passed; see sd_listen_fds(3). */

#include <stdbool.h>

/* FileDescriptorName= of a socket that several instances hold. */
#define INHERITED_SHARED "shared"

struct inherited {
	int fd;	     /* -1: none was passed */
	bool shared; /* by its name */
};

/* 0, or -EINVAL, which the log has told: what was passed is not one listening TCP socket. */
int inherited_socket(struct inherited *ret);
