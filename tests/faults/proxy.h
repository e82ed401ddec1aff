#pragma once

/*
 * The proxy's state, shared by forwarding (link.c), the control socket (control.c) and main
 * (proxy.c). One thread, one epoll; every watched descriptor carries a struct watch that says whose
 * it is.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules.h"
#include "wire.h"

#define RANDOM_PLACES_MAX 16

struct proxy;

struct watch {
	int fd;
	void (*on_event)(struct watch *watch, uint32_t events);
	struct proxy *proxy; /* weak */
};

struct counts {
	unsigned long accepted, refused, open, stalled, batches, fired;
	unsigned long cut, reset, stall, late;
	unsigned long random[RANDOM_PLACES_MAX];
};

struct proxy {
	int epoll;
	const char *upstream; /* a socket's path, or a port on loopback */
	bool opaque;
	bool refuse; /* connections are accepted and closed at once */
	bool stopping;
	unsigned delay_ms; /* what is late arrives within it; 0: when told to resume */
	struct watch listener;
	struct watch control;
	struct rules rules;
	struct counts counts;
	struct link *links;   /* owns */
	struct asker *askers; /* owns; the control connections */
	struct link *dying;   /* owns; freed when the events at hand are done */
};

/* Sets what is watched for; events 0 takes it out. */
void watch_set(struct watch *watch, uint32_t events);
/* Exits: the rig is out of order. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);
void *must_alloc(size_t size);

/* Forwarding: takes the accepted descriptor over. */
void link_open(struct proxy *proxy, int fd);
/* Goes on with stalled links. */
void links_resume(struct proxy *proxy);
/* Goes on with late links whose time has come; milliseconds to the next, or -1. */
int links_due(struct proxy *proxy);
/* Ends all links. */
void links_end(struct proxy *proxy, enum action action);
void links_reap(struct proxy *proxy);

/* Control: takes the accepted descriptor over. */
void asker_open(struct proxy *proxy, int fd);
/* Answers those who wait for a count that has been reached; frees those who left. */
void askers_serve(struct proxy *proxy);
void askers_end(struct proxy *proxy);
/* The counts as one line of JSON, LF included. */
void counts_print(const struct proxy *proxy, char *out, size_t size);
