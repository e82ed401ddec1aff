/*
 * Bookings and blocks against the log and the claims: three streams sorted by site and number,
 * merged. A thing must be what its last event says, must have got there version by version, and
 * must hold just the claims that follow from it.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/json.h"
#include "daemon/db_cursor.h"
#include "daemon/db_verify.h"

#define UNITS_MAX 1024

/* What differs between bookings and blocks. */
struct noun {
	enum verify_check check;
	const char *word;		    /* of its number in event bodies and messages */
	const char *created;		    /* the kind of its first event */
	const char *rows, *events, *claims; /* queries with %s for the condition */
};

/* Columns of the queries. */
enum {
	T_SITE,
	T_ID,
	T_REF,
	T_SPACE,
	T_START,
	T_END,
	T_STATE,
	T_VERSION,
	T_BY,
	T_TENANT,
	T_MEMBER,
	T_REASON
};
enum { E_SITE, E_ID, E_REV, E_KIND, E_BODY, E_ACTOR };
enum { C_SITE, C_ID, C_UNIT, C_START, C_END, C_CLAIM };

#define ROW_COLUMNS                                                                                \
	"ref, space_id, " VERIFY_US("lower(during)") ", " VERIFY_US(                               \
		"upper(during)") ", state, "                                                       \
				 "version, created_by"
#define EVENTS(kind)                                                                               \
	"SELECT site_id, subject, rev, kind, body::text, actor FROM cowork.event"                  \
	" WHERE kind LIKE '" kind ".%' AND %s ORDER BY site_id, subject, rev"
#define CLAIMS(column)                                                                             \
	"SELECT site_id, " column ", unit_id, " VERIFY_US("lower(occupied)") ", " VERIFY_US(       \
		"upper(occupied)") ", claim_id FROM cowork.claim"                                  \
				   " WHERE live AND " column                                       \
				   " IS NOT NULL AND %s ORDER BY site_id, " column                 \
				   ", unit_id, claim_id"

static const struct noun nouns[] = {
	{ VERIFY_BOOKINGS, "booking", "booking.created",
	  "SELECT site_id, booking_id, " ROW_COLUMNS
	  ", tenant_id, member_id, '' FROM cowork.booking"
	  " WHERE %s ORDER BY site_id, booking_id",
	  EVENTS("booking"), CLAIMS("booking_id") },
	{ VERIFY_BLOCKS, "block", "block.created",
	  "SELECT site_id, block_id, " ROW_COLUMNS ", NULL, NULL, reason FROM cowork.block"
	  " WHERE %s ORDER BY site_id, block_id",
	  EVENTS("block"), CLAIMS("block_id") },
};

/* A number that may be null. */
struct optional {
	bool set;
	int64_t value;
};

/* The state of a booking or block, by its row or by an event's body. */
struct state {
	char ref[16], word[16], reason[40]; /* reason: "" for bookings */
	int64_t space, start, end, version;
	struct optional tenant, member;
	int64_t units[UNITS_MAX]; /* of a body; sorted */
	size_t unit_count;
};

struct fold {
	struct verify *verify;
	const struct noun *noun;
	struct db_cursor things, events, claims;
	/* the one under way */
	int64_t site, id;
	char name[48]; /* for messages: "R-7F3KA2", or "booking 17" without a row */
	struct state row, last;
	int64_t row_by, first_by; /* who made it, by its row and by its first event */
	int64_t last_rev;	  /* 0: no event */
};

static _printf_(3, 4) void fault(struct fold *fold, enum verify_check check, const char *format,
				 ...)
{
	char text[VERIFY_FAULT_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	verify_fault(fold->verify, check, fold->site, "%s: %s", fold->name, text);
}

/* Events */

static int compare_numbers(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static struct optional read_optional(const struct cJSON *body, const char *name)
{
	struct optional it = { 0 };

	it.set = json_int(body, name, &it.value);
	return it;
}

static bool read_units(const struct cJSON *list, struct state *ret)
{
	ret->unit_count = 0;
	if (!list || !json_is_array(list) || json_count(list) > UNITS_MAX)
		return false;
	for (const struct cJSON *u = json_first(list); u; u = json_next(u)) {
		if (!json_is_int(u))
			return false;
		ret->units[ret->unit_count++] = json_value_int(u);
	}
	qsort(ret->units, ret->unit_count, sizeof(*ret->units), compare_numbers);
	return true;
}

static bool read_body(const struct fold *fold, const struct cJSON *body, struct state *ret)
{
	const char *ref = json_str(body, "ref"), *word = json_str(body, "state");
	const char *reason = json_str(body, "reason");
	int64_t id;

	if (!ref || !word || !json_int(body, fold->noun->word, &id) || id != fold->id ||
	    !json_int(body, "space", &ret->space) || !json_int(body, "start", &ret->start) ||
	    !json_int(body, "end", &ret->end) || !json_int(body, "version", &ret->version) ||
	    !read_units(json_get(body, "units"), ret))
		return false;
	snprintf(ret->ref, sizeof(ret->ref), "%s", ref);
	snprintf(ret->word, sizeof(ret->word), "%s", word);
	snprintf(ret->reason, sizeof(ret->reason), "%s", reason ? reason : "");
	ret->tenant = read_optional(body, "tenant");
	ret->member = read_optional(body, "member");
	return true;
}

static void take_event(struct fold *fold)
{
	const struct db_cursor *e = &fold->events;
	const char *text = db_cursor_text(e, E_BODY);
	int64_t rev = db_cursor_int(e, E_REV), before = fold->last.version;
	bool first = fold->last_rev == 0;
	bool creates = !strcmp(db_cursor_text(e, E_KIND), fold->noun->created);
	struct json_problem problem;
	struct cJSON *body = NULL;

	fold->last_rev = rev;
	if (json_parse(text, strlen(text), &json_limits_reply, &body, &problem) < 0 ||
	    !read_body(fold, body, &fold->last)) {
		fault(fold, fold->noun->check, "rev %" PRId64 " does not tell its state", rev);
	} else if (creates != first) {
		fault(fold, fold->noun->check, "rev %" PRId64 ": %s is %s event", rev,
		      db_cursor_text(e, E_KIND), first ? "its first" : "not its first");
	} else if (fold->last.version != (first ? 1 : before + 1)) {
		fault(fold, fold->noun->check,
		      "rev %" PRId64 ": version %" PRId64 " after version %" PRId64, rev,
		      fold->last.version, first ? 0 : before);
	}
	/* A block's body does not name who made it: whoever acted. */
	if (first && !json_int(body, "by", &fold->first_by))
		fold->first_by = db_cursor_int(e, E_ACTOR);
	json_free(body);
}

/* The row */

static struct optional column_optional(const struct db_cursor *c, int column)
{
	struct optional it = { .set = !db_cursor_null(c, column) };

	it.value = it.set ? db_cursor_int(c, column) : 0;
	return it;
}

static void take_row(struct fold *fold)
{
	const struct db_cursor *t = &fold->things;
	struct state *row = &fold->row;

	snprintf(row->ref, sizeof(row->ref), "%s", db_cursor_text(t, T_REF));
	snprintf(row->word, sizeof(row->word), "%s", db_cursor_text(t, T_STATE));
	snprintf(row->reason, sizeof(row->reason), "%s", db_cursor_text(t, T_REASON));
	fold->row_by = db_cursor_int(t, T_BY);
	row->space = db_cursor_int(t, T_SPACE);
	row->start = db_cursor_int(t, T_START);
	row->end = db_cursor_int(t, T_END);
	row->version = db_cursor_int(t, T_VERSION);
	row->tenant = column_optional(t, T_TENANT);
	row->member = column_optional(t, T_MEMBER);
	snprintf(fold->name, sizeof(fold->name), "%s", row->ref);

	fold->verify->tally[fold->noun->check].rows++;
	verify_person(fold->verify, fold->site, db_cursor_int(t, T_BY), fold->name);
	if (row->tenant.set)
		verify_tenant(fold->verify, fold->site, row->tenant.value, fold->name);
	if (row->member.set)
		verify_person(fold->verify, fold->site, row->member.value, fold->name);
}

static bool same(struct optional a, struct optional b)
{
	return a.set == b.set && (!a.set || a.value == b.value);
}

/* The first thing in which the row is not what the last event says; NULL if it is all that. */
static const char *difference(const struct state *row, const struct state *last)
{
	if (strcmp(row->word, last->word) != 0)
		return "state";
	if (row->version != last->version)
		return "version";
	if (row->space != last->space)
		return "space";
	if (row->start != last->start || row->end != last->end)
		return "interval";
	if (!same(row->tenant, last->tenant))
		return "tenant";
	if (!same(row->member, last->member))
		return "member";
	if (strcmp(row->reason, last->reason) != 0)
		return "reason";
	return strcmp(row->ref, last->ref) != 0 ? "reference" : NULL;
}

static void check_row(struct fold *fold, bool there)
{
	const char *what;

	if (!there) {
		fault(fold, fold->noun->check,
		      "rev %" PRId64 " speaks of it, but it does not exist", fold->last_rev);
		return;
	}
	if (fold->last_rev == 0) {
		fault(fold, fold->noun->check, "no event tells of it");
		return;
	}
	what = difference(&fold->row, &fold->last);
	if (what)
		fault(fold, fold->noun->check, "its %s is not that of its last event, rev %" PRId64,
		      what, fold->last_rev);
	if (fold->row_by != fold->first_by)
		fault(fold, fold->noun->check, "who made it is not who its first event names");
}

/* Claims */

/* An ended block keeps the claims of the time it was in force; its last event says which. */
static bool claims_units(const struct fold *fold, const struct state *state)
{
	return fold->noun->check == VERIFY_BLOCKS || !strcmp(state->word, "held") ||
	       !strcmp(state->word, "confirmed") || !strcmp(state->word, "checked_in");
}

static void check_claim(struct fold *fold, const struct state *state, bool wanted)
{
	const struct db_cursor *c = &fold->claims;
	int64_t claim = db_cursor_int(c, C_CLAIM);

	if (!wanted)
		fault(fold, VERIFY_CLAIMS, "claim %" PRId64 " of unit %" PRId64 " is not its",
		      claim, db_cursor_int(c, C_UNIT));
	else if (db_cursor_int(c, C_START) != state->start || db_cursor_int(c, C_END) != state->end)
		fault(fold, VERIFY_CLAIMS, "claim %" PRId64 " is of another interval", claim);
}

/*
 * Both lists are sorted by unit. The claims are judged by the row where there is one, so that a
 * change of the row alone is seen here too; the units are in the log only.
 */
static void take_claims(struct fold *fold, bool there)
{
	const struct state *state = there ? &fold->row : &fold->last;
	const int64_t *unit = fold->last.units;
	const int64_t *end = unit + fold->last.unit_count;
	struct db_cursor *c = &fold->claims;

	if (!claims_units(fold, state))
		end = unit;
	for (; c->at_row && db_cursor_int(c, C_SITE) == fold->site &&
	       db_cursor_int(c, C_ID) == fold->id;
	     db_cursor_next(c)) {
		int64_t claimed = db_cursor_int(c, C_UNIT);

		fold->verify->tally[VERIFY_CLAIMS].rows++;
		for (; unit < end && *unit < claimed; unit++)
			fault(fold, VERIFY_CLAIMS, "unit %" PRId64 " is not claimed", *unit);
		check_claim(fold, state, unit < end && *unit == claimed);
		unit += unit < end && *unit == claimed;
	}
	for (; unit < end; unit++)
		fault(fold, VERIFY_CLAIMS, "unit %" PRId64 " is not claimed", *unit);
}

/* The merge */

/* Whether the cursor's row is before (site, id) found so far; then that becomes the one found. */
static void find_least(const struct db_cursor *c, int64_t *site, int64_t *id)
{
	int64_t of_site, of_id;

	if (!c->at_row)
		return;
	of_site = db_cursor_int(c, 0);
	of_id = db_cursor_int(c, 1);
	if (of_site < *site || (of_site == *site && of_id < *id)) {
		*site = of_site;
		*id = of_id;
	}
}

static bool is_at(const struct fold *fold, const struct db_cursor *c)
{
	return c->at_row && db_cursor_int(c, 0) == fold->site && db_cursor_int(c, 1) == fold->id;
}

/* One booking or block with all that is told of it; false at the end. */
static bool fold_next(struct fold *fold)
{
	bool there;

	fold->site = fold->id = INT64_MAX;
	find_least(&fold->things, &fold->site, &fold->id);
	find_least(&fold->events, &fold->site, &fold->id);
	find_least(&fold->claims, &fold->site, &fold->id);
	if (fold->site == INT64_MAX)
		return false;
	fold->last_rev = 0;
	fold->last.unit_count = 0;
	fold->last.version = 0;
	*fold->last.word = '\0';
	snprintf(fold->name, sizeof(fold->name), "%s %" PRId64, fold->noun->word, fold->id);
	there = is_at(fold, &fold->things);
	if (there)
		take_row(fold);
	for (; is_at(fold, &fold->events); db_cursor_next(&fold->events))
		take_event(fold);
	check_row(fold, there);
	take_claims(fold, there);
	if (there)
		db_cursor_next(&fold->things);
	return true;
}

static void open_cursor(struct fold *fold, struct db_cursor *cursor, const char *name,
			const char *format)
{
	const char *hole = strstr(format, "%s");
	struct buf sql = BUF_INIT(VERIFY_SQL_MAX);

	/* not a printf format: the condition goes where the hole is */
	buf_add(&sql, format, (size_t)(hole - format));
	buf_add_str(&sql, fold->verify->where);
	buf_add_str(&sql, hole + 2);
	db_cursor_open(cursor, &fold->verify->db, name, sql.data ? sql.data : "");
	buf_deinit(&sql);
	db_cursor_next(cursor);
}

static int fold_noun(struct verify *verify, const struct noun *noun)
{
	struct fold *fold = calloc(1, sizeof(*fold));
	bool failed;

	if (!fold)
		return -ENOMEM;
	fold->verify = verify;
	fold->noun = noun;
	open_cursor(fold, &fold->things, "things", noun->rows);
	open_cursor(fold, &fold->events, "events", noun->events);
	open_cursor(fold, &fold->claims, "claims", noun->claims);
	while (fold_next(fold)) {
		/* each does its own */
	}
	db_cursor_close(&fold->things);
	db_cursor_close(&fold->events);
	db_cursor_close(&fold->claims);
	failed = fold->things.failed || fold->events.failed || fold->claims.failed;
	free(fold);
	return failed ? -EIO : 0;
}

int verify_folds(struct verify *verify)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(nouns); i++)
		r = fold_noun(verify, &nouns[i]);
	return r;
}
