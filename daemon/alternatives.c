/*
 * See alternatives.h. A judgement says which rule is in the way, and so how far to go before the
 * next try is worth it: behind the holder, to the next opening, to the end of the notice.
 */

#include "daemon/alternatives.h"

#include <strings.h>

#include "common/macros.h"
#include "daemon/search.h"
#include "daemon/site_clock.h"

#define NEAR_USEC     (3 * 3600 * USEC_PER_SEC)
#define FREE_USEC     (14 * 86400 * USEC_PER_SEC)
#define FREE_STEPS    1000
#define SHORTER_STEPS 64

/* The question as its alternatives are judged: rules that it passed do not bind them either. */
static struct policy_ask begin(const struct calendar *calendar, const struct policy_ask *ask,
			       struct policy_verdict *verdict)
{
	struct policy_ask again = *ask;

	policy_judge(calendar, ask, verdict);
	again.waive |= verdict->waived_rules;
	again.staff = false;
	return again;
}

static bool is_allowed(const struct calendar *calendar, const struct policy_ask *ask,
		       struct policy_verdict *verdict)
{
	policy_judge(calendar, ask, verdict);
	return verdict->kind == ERROR_NONE;
}

static bool is_free(const struct calendar *calendar, const struct policy_ask *ask)
{
	return !calendar_holder(calendar, ask->space, ask->start, ask->end, ask->except);
}

/* When somebody who is bound may begin at the earliest. */
static int64_t earliest(const struct calendar *calendar, const struct policy_ask *ask)
{
	int notice = calendar_rules(calendar, ask->space->kind)->notice;
	int grid = policy_grid(calendar, ask->space);

	if (ask->waive & 1u << POLICY_NOTICE || !notice)
		return site_clock_floor(calendar, ask->now, grid);
	return site_clock_ceil(calendar, ask->now + notice * 60 * USEC_PER_SEC, grid);
}

/* ---- the same space at another time ---- */

static bool find_near(const struct calendar *calendar, const struct policy_ask *asked,
		      struct alternative *out)
{
	int grid = policy_grid(calendar, asked->space);
	int64_t length = asked->end - asked->start, start = asked->start;
	int64_t later = site_clock_ceil(calendar, start + 1, grid);
	int64_t sooner = site_clock_floor(calendar, start - 1, grid);
	struct policy_ask ask = *asked;
	struct policy_verdict verdict;

	while (later - start <= NEAR_USEC || start - sooner <= NEAR_USEC) {
		if (later - start <= start - sooner) {
			ask.start = later;
			later = site_clock_ceil(calendar, later + 1, grid);
		} else {
			ask.start = sooner;
			sooner = site_clock_floor(calendar, sooner - 1, grid);
		}
		ask.end = ask.start + length;
		if (is_free(calendar, &ask) && is_allowed(calendar, &ask, &verdict)) {
			*out = (struct alternative){ ask.space, ask.start, ask.end };
			return true;
		}
	}
	return false;
}

/* ---- other spaces at the same time ---- */

static int64_t seats(const struct policy_ask *asked)
{
	return asked->capacity ? asked->capacity : asked->space->capacity;
}

static bool fits(const struct policy_ask *asked, const struct calendar_space *space)
{
	return space != asked->space && !space->retired && space->kind == asked->space->kind &&
	       space->capacity >= seats(asked) &&
	       (!asked->amenities || search_has_all(space, asked->amenities));
}

/* Whether `a` comes before `b` for somebody who wanted `wanted`. */
static bool is_nearer(const struct calendar_space *wanted, const struct calendar_space *a,
		      const struct calendar_space *b)
{
	bool area_a = wanted->area_id && a->area_id == wanted->area_id;
	bool area_b = wanted->area_id && b->area_id == wanted->area_id;
	bool floor_a = wanted->floor_id && a->floor_id == wanted->floor_id;
	bool floor_b = wanted->floor_id && b->floor_id == wanted->floor_id;
	int64_t distance_a = search_distance(a, wanted), distance_b = search_distance(b, wanted);

	if (area_a != area_b)
		return area_a;
	if (floor_a != floor_b)
		return floor_a;
	if (distance_a != distance_b)
		return distance_a < distance_b;
	if (a->capacity != b->capacity)
		return a->capacity < b->capacity;
	return strcasecmp(a->code, b->code) < 0;
}

/* Puts it where it belongs among the `count` best so far, of which `room` are kept. */
static size_t keep(const struct calendar_space *wanted, const struct calendar_space *space,
		   struct alternative *best, size_t count, size_t room)
{
	size_t at = count;

	while (at > 0 && is_nearer(wanted, space, best[at - 1].space))
		at--;
	if (at == room)
		return count;
	if (count < room)
		count++;
	for (size_t i = count - 1; i > at; i--)
		best[i] = best[i - 1];
	best[at].space = space;
	return count;
}

static size_t find_others(const struct calendar *calendar, const struct policy_ask *asked,
			  struct alternative *out, size_t room)
{
	struct policy_ask ask = *asked;
	struct policy_verdict verdict;
	size_t count = 0;

	for (size_t i = 0; i < calendar_space_count(calendar); i++) {
		ask.space = calendar_space_at(calendar, i);
		if (!fits(asked, ask.space) || !is_free(calendar, &ask))
			continue;
		/* What forbids a free one is a rule, and that holds for all of the kind. */
		if (count == 0 && !is_allowed(calendar, &ask, &verdict))
			return 0;
		count = keep(asked->space, ask.space, out, count, room);
	}
	for (size_t i = 0; i < count; i++) {
		out[i].start = asked->start;
		out[i].end = asked->end;
	}
	return count;
}

/* ---- less of the same space ---- */

/* Leaves out [from, to), with all before or all behind it, whichever is less. */
static void cut(struct policy_ask *ask, int64_t from, int64_t to)
{
	if (ask->end - to > from - ask->start)
		ask->start = to;
	else
		ask->end = from;
}

/* Cuts off what the verdict forbids. False: less time does not help. */
static bool shrink(const struct calendar *calendar, struct policy_ask *ask,
		   const struct policy_verdict *verdict)
{
	int grid = policy_grid(calendar, ask->space);
	int64_t at, open;

	switch (verdict->kind) {
	case ERROR_slot_taken:
	case ERROR_blocked:
	case ERROR_own_overlap:
		cut(ask, verdict->holder->start, verdict->holder->end);
		break;
	case ERROR_closed:
		at = site_clock_open_until(calendar, ask->start, ask->end);
		if (!site_clock_next_open(calendar, at, &open))
			open = ask->end;
		cut(ask, at, open);
		break;
	case ERROR_in_the_past:
		ask->start = earliest(calendar, ask);
		break;
	case ERROR_bad_time: /* off the grid */
		break;
	default:
		return false;
	}
	ask->start = site_clock_ceil(calendar, ask->start, grid);
	ask->end = site_clock_floor(calendar, ask->end, grid);
	return true;
}

/* Not more than the longest, unless that rule is passed. */
static void trim(const struct calendar *calendar, const struct policy_ask *asked,
		 struct policy_ask *ask)
{
	int64_t longest = calendar_rules(calendar, ask->space->kind)->longest * 60 * USEC_PER_SEC;

	ask->waive = asked->waive;
	if (longest && !(ask->waive & 1u << POLICY_LONGEST) && ask->end - ask->start > longest)
		ask->end = site_clock_floor(calendar, ask->start + longest,
					    policy_grid(calendar, ask->space));
}

/*
 * First what lies in the way is cut off: no stretch of three quarters is lost by that, for it lies all on the
 * longer side. Only then the length is looked at.
 */
static bool find_shorter(const struct calendar *calendar, const struct policy_ask *asked,
			 struct alternative *out)
{
	int64_t least = (asked->end - asked->start) / 4 * 3;
	struct policy_ask ask = *asked;
	struct policy_verdict verdict;

	ask.waive |= 1u << POLICY_LONGEST;
	for (int i = 0; i < SHORTER_STEPS && ask.end - ask.start >= least; i++) {
		if (is_allowed(calendar, &ask, &verdict))
			break;
		if (!shrink(calendar, &ask, &verdict))
			return false;
	}
	trim(calendar, asked, &ask);
	*out = (struct alternative){ ask.space, ask.start, ask.end };
	return ask.end - ask.start >= least && is_allowed(calendar, &ask, &verdict);
}

size_t alternatives_find(const struct calendar *calendar, const struct policy_ask *asked,
			 struct alternative out[ALTERNATIVES_MAX])
{
	struct policy_verdict verdict;
	struct policy_ask ask = begin(calendar, asked, &verdict);
	size_t count = 0;

	/* The same length is refused at any time, and everywhere. */
	if (verdict.kind != ERROR_too_long && verdict.kind != ERROR_too_short) {
		count += find_near(calendar, &ask, out);
		count += find_others(calendar, &ask, out + count, ALTERNATIVES_MAX - count);
	}
	if (count == 0)
		count += find_shorter(calendar, &ask, out);
	return count;
}

/* ---- when it is free ---- */

/* The next start worth a try; false: waiting does not help. */
static bool advance(const struct calendar *calendar, const struct policy_ask *ask,
		    const struct policy_verdict *verdict, int64_t *ret_start)
{
	int64_t at;

	switch (verdict->kind) {
	case ERROR_slot_taken:
	case ERROR_blocked:
	case ERROR_own_overlap:
		*ret_start = verdict->holder->end;
		return true;
	case ERROR_closed:
		at = site_clock_open_until(calendar, ask->start, ask->end);
		return site_clock_next_open(calendar, at, ret_start);
	case ERROR_in_the_past:
		*ret_start = earliest(calendar, ask);
		return true;
	case ERROR_bad_time: /* an end off the grid is so from any start */
		*ret_start = ask->start;
		return verdict->field && *verdict->field == 's';
	default:
		return false;
	}
}

bool alternatives_free_from(const struct calendar *calendar, const struct policy_ask *asked,
			    int64_t *ret_usec)
{
	struct policy_verdict verdict;
	struct policy_ask ask = begin(calendar, asked, &verdict);
	int64_t length = ask.end - ask.start;
	int64_t until = (ask.start > ask.now ? ask.start : ask.now) + FREE_USEC, next;
	int grid = policy_grid(calendar, ask.space);

	for (int i = 0; i < FREE_STEPS && ask.start <= until; i++) {
		if (is_allowed(calendar, &ask, &verdict)) {
			*ret_usec = ask.start;
			return true;
		}
		if (!advance(calendar, &ask, &verdict, &next))
			return false;
		next = site_clock_ceil(calendar, next, grid);
		if (next <= ask.start) /* a rule that time does not lift */
			return false;
		ask.start = next;
		ask.end = next + length;
	}
	return false;
}
