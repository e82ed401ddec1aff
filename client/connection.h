#pragma once

/*
 * One TLS connection to coworkd that carries lines: a non-blocking socket and poll() with
 * deadlines, used as if it blocked. What is queued leaves while answers are read, so that neither
 * side waits for the other for ever.
 *
 * Results of the calls below: 0; -EHOSTUNREACH (no address could be resolved or reached), -EACCES
 * (certificate not trusted), -EPROTO (not TLS 1.3 with cowork/1), -ECONNRESET (lost), -ETIMEDOUT,
 * -EINTR (Ctrl-C), -EMSGSIZE (a line over the cap), -EINVAL (configuration), -ENOMEM.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/tls.h"

#define CONNECTION_PORT	    "7470"
#define CONNECTION_HOST_MAX 256
/* One line from the server (cowork-protocol(7)). */
#define CONNECTION_LINE_MAX (1024 * 1024)

struct connection;

struct connection_target {
	char host[CONNECTION_HOST_MAX];
	char port[16];
	const char *ca;		    /* borrows; PEM file or NULL */
	const uint8_t *fingerprint; /* borrows; 32 bytes or NULL */
	const char *certificate;    /* borrows; PEM file of ours to show, or NULL */
	const char *key;	    /* borrows; its key */
	bool probe;		    /* any certificate will do: only its fingerprint is wanted */
};

enum connection_stage {
	CONNECTION_RESOLVE,
	CONNECTION_CONNECT,
	CONNECTION_TLS,
	CONNECTION_ALPN,
	CONNECTION_OPEN,
};

/* What was found on the way, also when it failed; for doctor and for messages. */
struct connection_report {
	enum connection_stage stage; /* reached; on failure the one that failed */
	char problem[384];	     /* one sentence, on failure */
	bool untimely;		     /* the certificate is of another time than our clock */
	char addresses[256];	     /* all that were found */
	char peer[80];		     /* the address that answered */
	char protocol[64];	     /* TLS version and cipher */
	uint8_t fingerprint[SHA256_SIZE];
	int64_t connect_usec, handshake_usec;
};

/* Splits HOST[:PORT], [V6ADDRESS][:PORT]; 0 or -EINVAL. */
int connection_parse_server(const char *server, struct connection_target *ret);

/*
 * Tries each address in turn until `deadline` (monotonic). *ret_report is always filled. -EAGAIN: the
 * server hung up before TLS stood, as it does at one of its limits.
 */
int connection_open(const struct connection_target *target, int64_t deadline,
		    struct connection **ret, struct connection_report *ret_report);
/* Says goodbye where that is still possible and releases all. Takes NULL, returns NULL. */
struct connection *connection_close(struct connection *connection);

/* Takes bytes to be sent by the next call that waits. 0, -EMSGSIZE when far too much waits,
 * -ENOMEM. */
int connection_queue(struct connection *connection, const void *data, size_t len);
/* The next line, without its LF, borrowed until the next call. */
int connection_next(struct connection *connection, int64_t deadline, char **ret_line,
		    size_t *ret_len);
