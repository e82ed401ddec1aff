#pragma once

/* Addresses of clients: what they are called in the log. */

#include <stddef.h>
#include <sys/socket.h>

/* "192.0.2.1:4711", "[2001:db8::1]:4711", or "local". */
void peer_format(const struct sockaddr *address, char *out, size_t size);
