#pragma once

/*
 * One connection that asks: it logs in, then holds up to `pipeline` requests in flight. What the
 * source's requests are is none of its business. With every_us it asks at fixed times, and what comes
 * late is measured from the time it should have been asked at.
 */

#include <stdbool.h>

#include "load.h"
#include "source.h"

struct client_owner {
	void (*ready)(struct client_owner *owner); /* all are logged in */
	void (*idle)(struct client_owner
			     *owner); /* one more has all its answers, after it was stopped */
	/* Of each line that is no answer to a request of ours, and before each that is; or NULL. */
	void (*told)(struct client_owner *owner, const char *line, size_t len);
	struct load *load;
	struct source *source;
	bool stopping;
	uint64_t done;		/* requests that were done, measured or not */
	struct client *clients; /* owns */
	unsigned count, opened, logged_in;
};

struct client {
	struct wire wire;
	struct client_owner *owner;
	unsigned number;
	unsigned greetings; /* answers that the login still waits for */
	unsigned flying;
	/* of memcached, which answers in order */
	unsigned oldest, value_lines;
	size_t value_len;
	int64_t asked_ns[PIPELINE_MAX]; /* 0: this place is free */
	int64_t due_ns;			/* the next fixed time */
};

/* Writes hello and the login by token; the length. */
size_t client_greet(const struct load *load, unsigned number, char *out, size_t size);

/* Opens so many, OPENING_MAX of them at one time. */
void clients_open(struct client_owner *owner, unsigned count);
void clients_deinit(struct client_owner *owner);
/* Asks for one thing; it counts as asked at since_ns. */
void client_ask(struct client *client, int64_t since_ns);
/* Asks whatever is to be asked now. */
void client_go(struct client *client);
/* Fixed times begin now. */
void client_pace(struct client *client);
