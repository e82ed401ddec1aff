#pragma once

/*
 * Who acts: the person behind a connection, as of login. Shared by the connection and the requests
 * that outlive it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "common/token.h"

enum role {
	ROLE_MEMBER,	   /* a person of a tenant */
	ROLE_TENANT_ADMIN, /* who manages a tenant's people and bookings */
	ROLE_FRONT_DESK,   /* staff of a site */
	ROLE_SITE_ADMIN,
	ROLE_OPERATOR, /* staff of the operator, all sites */
	ROLE_AUDITOR,  /* reads everything, changes nothing */
	ROLE_SERVICE,  /* a program of the operator's */
	ROLE_COUNT,
};

extern const char *const role_names[]; /* NULL-terminated, in order of enum role */

#define ACTOR_ALL_SITES (-1)

struct actor {
	int refs;
	int64_t person_id;
	char *login; /* owns */
	char *name;  /* owns */
	enum role role;
	int64_t tenant_id;	  /* 0: staff */
	char *tenant;		  /* owns; code, NULL for staff */
	int site_id;		  /* staff: theirs, or ACTOR_ALL_SITES */
	char *site;		  /* owns; code, NULL for all */
	char token[TOKEN_ID_MAX]; /* the one that let them in; "": none did */
	int64_t rev;		  /* of the operator's log, as of which they were let in */
	int64_t expires_usec;	  /* of the token */
	bool reads_only;	  /* the token's scope is read */
};

/* One reference; NULL when out of memory. */
struct actor *actor_new(void);
struct actor *actor_ref(struct actor *actor);
/* Takes NULL, returns NULL. */
struct actor *actor_unref(struct actor *actor);
bool actor_is_staff(const struct actor *actor);
/* Of this site or of all: who may know whose its bookings are. */
bool actor_is_staff_of(const struct actor *actor, int site_id);
