#pragma once

/*
 * What the checks of `coworkd verify` share. All run in one read-only snapshot and recompute in C
 * what the database's functions are to have done; they share no code with them.
 *
 * A check adds its faults; when the database cannot be read it stops and leaves that to be seen in
 * db->problem: every check gives 0 or -EIO.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/crypto.h"
#include "daemon/db_admin.h"

#define VERIFY_FAULTS_KEPT 20
#define VERIFY_FAULT_TEXT  256
#define VERIFY_SQL_MAX	   2048

/* Microseconds since the epoch of a timestamptz expression, exactly. */
#define VERIFY_US(expression) "(extract(epoch FROM " expression ") * 1000000)::bigint"

enum verify_check {
	VERIFY_CATALOGUE, /* constraints, triggers and grants are as they must be */
	VERIFY_LOG,	  /* no gap, in order, each hash follows from the one before */
	VERIFY_RECEIPTS,  /* agree with the events */
	VERIFY_FENCES,	  /* no lane wrote behind its fence */
	VERIFY_PEOPLE,	  /* persons and tenants that are referred to exist */
	VERIFY_SPACES,	  /* each is what its last event says */
	VERIFY_BOOKINGS,  /* each is what its events made of it */
	VERIFY_BLOCKS,
	VERIFY_CLAIMS,	 /* are those of live bookings and blocks, and of nothing else */
	VERIFY_OVERLAPS, /* no two claims of a unit at one time */
	VERIFY_COUNT,
};

struct verify_fault {
	int64_t site;
	char text[VERIFY_FAULT_TEXT];
};

struct verify_tally {
	int64_t rows;
	int64_t faults;
	struct verify_fault kept[VERIFY_FAULTS_KEPT]; /* the first ones */
};

struct verify_site {
	int64_t site_id;
	int64_t rev;
	int64_t last_at;
	uint8_t last_hash[SHA256_SIZE];
	char code[40];
};

struct verify_fence {
	int64_t site_id, lane_id, rev;
};

/* Sorted identifiers. */
struct verify_ids {
	int64_t *items; /* owns */
	size_t count;
};

struct verify {
	struct db_admin db;
	int64_t now;		   /* the snapshot's, by the database's clock */
	const char *site_code;	   /* NULL: all sites */
	char where[48];		   /* "true" or "site_id = N", for every query */
	struct verify_site *sites; /* owns; sorted by site_id */
	size_t site_count;
	struct verify_fence *fences; /* owns; sorted by site_id, lane_id */
	size_t fence_count;
	struct verify_ids people, tenants;
	struct verify_tally tally[VERIFY_COUNT];
};

#define VERIFY_NO_SITE INT64_C(-1) /* the fault is the database's, not a site's */

/* One more thing that does not hold. */
void verify_fault(struct verify *verify, enum verify_check check, int64_t site, const char *format,
		  ...) _printf_(4, 5);
/* NULL if there is no such site. */
const struct verify_site *verify_find_site(const struct verify *verify, int64_t site_id);
/* A person other than the system must exist; `what` names who refers to it, e.g. "R-7F3KA2:
 * member". */
void verify_person(struct verify *verify, int64_t site, int64_t person, const char *what);
void verify_tenant(struct verify *verify, int64_t site, int64_t tenant, const char *what);

int verify_catalogue(struct verify *verify);
/* The log, the receipts and the fences in one pass. */
int verify_log(struct verify *verify);
/* Bookings, blocks and their claims, merged with the log. */
int verify_folds(struct verify *verify);
int verify_overlaps(struct verify *verify);
/* Spaces, and what else one query each can judge. */
int verify_facts(struct verify *verify);

/* Sites, people, tenants and fences, which the checks look up. */
int verify_load(struct verify *verify);
void verify_unload(struct verify *verify);

/* The verdict on stdout, for people or as JSON. */
void verify_report(const struct verify *verify, int64_t usec, bool json);
bool verify_holds(const struct verify *verify);
