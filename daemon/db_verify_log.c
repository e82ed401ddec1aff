/*
 * The log of each site, read once in order, with the receipts beside it in the same order.
 *
 * An event's hash is SHA-256 of the hash before it and the event's fields, each with its length in
 * four bytes before it; numbers are eight bytes, all big-endian. The first follows from the site's
 * number.
 */

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/json.h"
#include "daemon/db_cursor.h"
#include "daemon/db_verify.h"

#define HASHED_MAX ((size_t)1 << 26)

/* Receipts are kept for 48 hours; within the last of them the purge may be at work. */
#define RECEIPT_WINDOW (47 * INT64_C(3600) * USEC_PER_SEC)

/* Columns of the two queries. */
enum { E_SITE, E_REV, E_AT, E_ACTOR, E_KIND, E_SUBJECT, E_BODY, E_HASH };
enum { R_SITE, R_REV, R_LANE, R_PRINCIPAL, R_KEY, R_AT, R_OUTCOME };

struct walk {
	struct verify *verify;
	struct db_cursor events, receipts;
	struct buf hashed;
	/* of the site whose events are being read */
	int64_t site; /* VERIFY_NO_SITE before the first */
	int64_t rev;  /* of the last event */
	int64_t at;
	uint8_t hash[SHA256_SIZE];
	size_t next_site; /* in verify->sites: not closed yet */
};

/* Receipts */

/* What a receipt says became of its command. */
struct outcome {
	const char *word;
	int64_t id, version, rev;
	bool has_rev;
};

static int compare_fences(const void *a, const void *b)
{
	const struct verify_fence *x = a, *y = b;

	if (x->site_id != y->site_id)
		return x->site_id < y->site_id ? -1 : 1;
	return (x->lane_id > y->lane_id) - (x->lane_id < y->lane_id);
}

static void check_fence(struct verify *verify, const struct db_cursor *r, int64_t rev)
{
	struct verify_fence wanted = { db_cursor_int(r, R_SITE), db_cursor_int(r, R_LANE) };
	const struct verify_fence *fence = NULL;

	if (verify->fence_count > 0)
		fence = bsearch(&wanted, verify->fences, verify->fence_count, sizeof(wanted),
				compare_fences);
	if (fence && rev > fence->rev)
		verify_fault(verify, VERIFY_FENCES, fence->site_id,
			     "rev %" PRId64 " was written by lane %" PRId64
			     ", which was fenced off at rev %" PRId64,
			     rev, fence->lane_id, fence->rev);
}

/* The receipt alone: a refusal has no place in the log, what was done has one. */
static bool read_outcome(struct verify *verify, const struct db_cursor *r, struct outcome *ret)
{
	const char *text = db_cursor_text(r, R_OUTCOME), *key = db_cursor_text(r, R_KEY);
	int64_t site = db_cursor_int(r, R_SITE);
	struct json_problem problem;
	struct cJSON *tree = NULL;
	const char *word;
	bool done;

	*ret = (struct outcome){ 0 };
	if (json_parse(text, strlen(text), &json_limits_reply, &tree, &problem) < 0) {
		verify_fault(verify, VERIFY_RECEIPTS, site, "receipt %s: not readable: %s", key,
			     problem.reason);
		return false;
	}
	word = json_str(tree, "o");
	done = word && !strcmp(word, "done");
	ret->has_rev = json_int(tree, "rev", &ret->rev);
	json_int(tree, "id", &ret->id);
	json_int(tree, "v", &ret->version);
	if (!done && (!word || error_from_name(word) == ERROR_NONE))
		verify_fault(verify, VERIFY_RECEIPTS, site, "receipt %s: unknown outcome", key);
	else if (done && !ret->has_rev)
		verify_fault(verify, VERIFY_RECEIPTS, site, "receipt %s: done, but without a rev",
			     key);
	else if (!done && (ret->has_rev || json_get(tree, "id")))
		verify_fault(verify, VERIFY_RECEIPTS, site,
			     "receipt %s: %s, but names what was done", key, word);
	json_free(tree);
	return done && ret->has_rev;
}

/* The version in an event's body; 0 where bodies of that kind have none. */
static int64_t version_in(const char *body)
{
	struct json_problem problem;
	struct cJSON *tree = NULL;
	int64_t version = 0;

	if (json_parse(body, strlen(body), &json_limits_reply, &tree, &problem) < 0)
		return 0;
	json_int(tree, "version", &version);
	json_free(tree);
	return version;
}

/* The receipt and the event of one rev must speak of the same. */
static void match(struct walk *walk, const struct outcome *outcome)
{
	const struct db_cursor *e = &walk->events, *r = &walk->receipts;
	const char *key = db_cursor_text(r, R_KEY), *what = NULL;
	int64_t version = version_in(db_cursor_text(e, E_BODY));

	if (outcome->id != db_cursor_int(e, E_SUBJECT))
		what = "subject";
	else if (version != 0 && outcome->version != version)
		what = "version";
	else if (db_cursor_int(r, R_AT) != db_cursor_int(e, E_AT))
		what = "time";
	else if (db_cursor_int(r, R_PRINCIPAL) != db_cursor_int(e, E_ACTOR) &&
		 strcmp(db_cursor_text(e, E_KIND), "code.redeemed") != 0)
		what = "person"; /* a code is redeemed by somebody not yet known */
	if (what)
		verify_fault(walk->verify, VERIFY_RECEIPTS, walk->site,
			     "receipt %s: another %s than its event, rev %" PRId64, key, what,
			     walk->rev);
}

static bool next_receipt(struct walk *walk)
{
	const struct db_cursor *r = &walk->receipts;
	char what[64];

	if (!db_cursor_next(&walk->receipts))
		return false;
	walk->verify->tally[VERIFY_RECEIPTS].rows++;
	snprintf(what, sizeof(what), "receipt %s", db_cursor_text(r, R_KEY));
	verify_person(walk->verify, db_cursor_int(r, R_SITE), db_cursor_int(r, R_PRINCIPAL), what);
	return true;
}

/* Where the receipt stands against the event (site, rev): before, at, behind it. */
static int stands(const struct db_cursor *r, int64_t site, int64_t rev)
{
	int64_t of_site = db_cursor_int(r, R_SITE), of_rev = db_cursor_int(r, R_REV);

	if (of_site != site)
		return of_site < site ? -1 : 1;
	return (of_rev > rev) - (of_rev < rev);
}

/*
 * Takes the receipts up to the event (site, rev), which is the cursor's if `there`; how many were
 * of it. Refusals read as rev 0, before every event.
 */
static int take_receipts(struct walk *walk, int64_t site, int64_t rev, bool there)
{
	struct db_cursor *r = &walk->receipts;
	struct outcome outcome;
	int found = 0;

	for (; r->at_row && stands(r, site, rev) <= 0; next_receipt(walk)) {
		if (!read_outcome(walk->verify, r, &outcome))
			continue;
		check_fence(walk->verify, r, outcome.rev);
		if (!there || stands(r, site, rev) < 0) {
			verify_fault(walk->verify, VERIFY_RECEIPTS, db_cursor_int(r, R_SITE),
				     "receipt %s: rev %" PRId64 " is not in the log",
				     db_cursor_text(r, R_KEY), outcome.rev);
			continue;
		}
		found++;
		match(walk, &outcome);
	}
	return found;
}

static void check_receipts(struct walk *walk)
{
	const struct db_cursor *e = &walk->events;
	int found = take_receipts(walk, walk->site, walk->rev, true);

	if (found > 1)
		verify_fault(walk->verify, VERIFY_RECEIPTS, walk->site,
			     "rev %" PRId64 " has %d receipts", walk->rev, found);
	if (found == 0 && db_cursor_int(e, E_ACTOR) != 0 &&
	    walk->at > walk->verify->now - RECEIPT_WINDOW)
		verify_fault(walk->verify, VERIFY_RECEIPTS, walk->site,
			     "rev %" PRId64 " (%s) has no receipt", walk->rev,
			     db_cursor_text(e, E_KIND));
}

/* The chain */

static void add_bytes(struct buf *buf, const void *data, size_t len)
{
	uint32_t length = htobe32((uint32_t)len);

	buf_add(buf, &length, sizeof(length));
	buf_add(buf, data, len);
}

static void add_number(struct buf *buf, int64_t value)
{
	uint64_t big = htobe64((uint64_t)value);

	add_bytes(buf, &big, sizeof(big));
}

/* 0 or -ENOMEM. */
static int hash_event(struct walk *walk, const uint8_t before[SHA256_SIZE],
		      uint8_t out[SHA256_SIZE])
{
	const struct db_cursor *e = &walk->events;
	const char *kind = db_cursor_text(e, E_KIND), *body = db_cursor_text(e, E_BODY);

	buf_reset(&walk->hashed);
	buf_add(&walk->hashed, before, SHA256_SIZE);
	add_number(&walk->hashed, db_cursor_int(e, E_SITE));
	add_number(&walk->hashed, db_cursor_int(e, E_REV));
	add_number(&walk->hashed, db_cursor_int(e, E_AT));
	add_number(&walk->hashed, db_cursor_int(e, E_ACTOR));
	add_bytes(&walk->hashed, kind, strlen(kind));
	add_number(&walk->hashed, db_cursor_int(e, E_SUBJECT));
	add_bytes(&walk->hashed, body, strlen(body));
	if (walk->hashed.failed)
		return -ENOMEM;
	return crypto_sha256(walk->hashed.data, walk->hashed.len, out);
}

static void first_hash(int64_t site, uint8_t out[SHA256_SIZE])
{
	char text[48];
	int n = snprintf(text, sizeof(text), "cowork site %" PRId64, site);

	crypto_sha256(text, (size_t)n, out);
}

/* A site's end: the site row must say the same as its last event. */
static void close_site(struct walk *walk, const struct verify_site *site, int64_t rev, int64_t at,
		       const uint8_t hash[SHA256_SIZE])
{
	if (rev != site->rev)
		verify_fault(walk->verify, VERIFY_LOG, site->site_id,
			     "the log ends at rev %" PRId64 ", the site is at rev %" PRId64, rev,
			     site->rev);
	else if (memcmp(hash, site->last_hash, SHA256_SIZE) != 0)
		verify_fault(walk->verify, VERIFY_LOG, site->site_id,
			     "the site's hash is not that of rev %" PRId64, rev);
	if (at > site->last_at)
		verify_fault(walk->verify, VERIFY_LOG, site->site_id,
			     "the site's time is before that of rev %" PRId64, rev);
}

/* Closes the sites up to and with `last`; those without an event are at rev 0. */
static void close_sites(struct walk *walk, int64_t last)
{
	const struct verify *verify = walk->verify;
	uint8_t hash[SHA256_SIZE];

	while (walk->next_site < verify->site_count &&
	       verify->sites[walk->next_site].site_id <= last) {
		const struct verify_site *site = &verify->sites[walk->next_site++];

		if (site->site_id == walk->site) {
			close_site(walk, site, walk->rev, walk->at, walk->hash);
		} else {
			first_hash(site->site_id, hash);
			close_site(walk, site, 0, INT64_MIN, hash);
		}
	}
}

static void open_site(struct walk *walk, int64_t site)
{
	if (walk->site != VERIFY_NO_SITE)
		close_sites(walk, walk->site);
	close_sites(walk, site - 1);
	if (!verify_find_site(walk->verify, site))
		verify_fault(walk->verify, VERIFY_LOG, site,
			     "events of site %" PRId64 ", which does not exist", site);
	walk->site = site;
	walk->rev = 0;
	walk->at = INT64_MIN;
	first_hash(site, walk->hash);
}

static int check_event(struct walk *walk)
{
	const struct db_cursor *e = &walk->events;
	struct verify *verify = walk->verify;
	int64_t rev = db_cursor_int(e, E_REV), at = db_cursor_int(e, E_AT);
	bool gap = rev != walk->rev + 1;
	uint8_t wanted[SHA256_SIZE];
	char what[64];

	if (hash_event(walk, walk->hash, wanted) < 0)
		return -ENOMEM;
	/* The stored hash is what the next event was chained to, so one edit is one fault. */
	memset(walk->hash, 0, SHA256_SIZE);
	hex_decode(db_cursor_text(e, E_HASH), walk->hash, SHA256_SIZE);
	if (gap)
		verify_fault(verify, VERIFY_LOG, walk->site, "rev %" PRId64 " follows rev %" PRId64,
			     rev, walk->rev);
	else if (memcmp(wanted, walk->hash, SHA256_SIZE) != 0)
		verify_fault(verify, VERIFY_LOG, walk->site,
			     "rev %" PRId64 " (%s): the hash does not follow from the one before",
			     rev, db_cursor_text(e, E_KIND));
	if (at < walk->at)
		verify_fault(verify, VERIFY_LOG, walk->site,
			     "rev %" PRId64 " is earlier than rev %" PRId64, rev, walk->rev);
	walk->rev = rev;
	walk->at = at;
	snprintf(what, sizeof(what), "rev %" PRId64, rev);
	verify_person(verify, walk->site, db_cursor_int(e, E_ACTOR), what);
	check_receipts(walk);
	return 0;
}

static void open_cursors(struct walk *walk)
{
	char sql[VERIFY_SQL_MAX];

	snprintf(sql, sizeof(sql),
		 "SELECT site_id, rev, " VERIFY_US("at") ", actor, kind, subject, body::text,"
							 " encode(hash, 'hex') FROM cowork.event "
							 "WHERE %s ORDER BY site_id, rev",
		 walk->verify->where);
	db_cursor_open(&walk->events, &walk->verify->db, "events", sql);
	snprintf(
		sql, sizeof(sql),
		"SELECT * FROM (SELECT site_id, CASE jsonb_typeof(outcome -> 'rev') WHEN 'number'"
		"  THEN (outcome ->> 'rev')::numeric::bigint ELSE 0 END AS rev, lane_id, principal,"
		"  key, " VERIFY_US("at") ", outcome::text FROM cowork.receipt WHERE %s) r"
					  " ORDER BY site_id, rev, principal, key",
		walk->verify->where);
	db_cursor_open(&walk->receipts, &walk->verify->db, "receipts", sql);
}

int verify_log(struct verify *verify)
{
	struct walk walk = {
		.verify = verify,
		.hashed = BUF_INIT(HASHED_MAX),
		.site = VERIFY_NO_SITE,
	};
	int r = 0;

	open_cursors(&walk);
	next_receipt(&walk);
	while (r == 0 && db_cursor_next(&walk.events)) {
		verify->tally[VERIFY_LOG].rows++;
		if (db_cursor_int(&walk.events, E_SITE) != walk.site)
			open_site(&walk, db_cursor_int(&walk.events, E_SITE));
		r = check_event(&walk);
	}
	close_sites(&walk, INT64_MAX);
	take_receipts(&walk, INT64_MAX, INT64_MAX, false);
	db_cursor_close(&walk.events);
	db_cursor_close(&walk.receipts);
	buf_deinit(&walk.hashed);
	return r < 0 ? r : walk.events.failed || walk.receipts.failed ? -EIO : 0;
}
