/*
 * See policy.h. Each rule is a function that says whether it is broken; a table gives the kind and
 * field of its refusal, and the order.
 */

#include "daemon/policy.h"

#include "common/macros.h"
#include "daemon/site_clock.h"

#define USEC_PER_MIN (60 * USEC_PER_SEC)

/* What a rule is asked about, looked up once. */
struct matter {
	const struct calendar *calendar;
	const struct policy_ask *ask;
	const struct calendar_rules *rules;
	const char *field;		     /* of the refusal, where it is not the row's */
	int64_t limit;			     /* of the rule that is broken */
	const struct calendar_entry *holder; /* likewise */
};

int policy_grid(const struct calendar *calendar, const struct calendar_space *space)
{
	int granularity = calendar_rules(calendar, space->kind)->granularity;

	return granularity ? granularity : 1;
}

/* Desk and office are seats, room and booth are meetings; of an event one is a guest. */
bool policy_kinds_exclude(int kind, int other)
{
	static const int groups[CALENDAR_KINDS] = { 1, 2, 2, 1, 0 };

	return groups[kind] && groups[kind] == groups[other];
}

static bool start_stays(const struct policy_ask *ask)
{
	return ask->except && ask->except->start == ask->start;
}

/* Whoever comes in now may have it from the start of the quarter hour, say, that is running. */
static bool breaks_past(struct matter *m)
{
	const struct policy_ask *ask = m->ask;
	int64_t now = site_clock_floor(m->calendar, ask->now, policy_grid(m->calendar, ask->space));

	m->limit = 0;
	if (ask->except && ask->except->end <= ask->now)
		return true; /* what is over stays as it was */
	if (!start_stays(ask))
		return ask->start < now;
	m->field = "end";
	return ask->end < now;
}

static bool breaks_notice(struct matter *m)
{
	m->limit = m->rules->notice;
	return m->limit && !start_stays(m->ask) &&
	       m->ask->start < m->ask->now + m->limit * USEC_PER_MIN;
}

static bool breaks_horizon(struct matter *m)
{
	struct civil day;

	m->limit = m->rules->horizon;
	if (m->limit < 0 || start_stays(m->ask))
		return false;
	day = site_clock_day(m->calendar, m->ask->now);
	day = civil_from_seconds(civil_to_seconds(&day) + (m->limit + 1) * 86400);
	return m->ask->start >= site_clock_day_start(m->calendar, &day);
}

/* Whether it begins, or runs into, a time when the site is closed; and if that is all day long. */
static bool is_outside(const struct matter *m, bool *ret_closed_day)
{
	int64_t at = site_clock_open_until(m->calendar, m->ask->start, m->ask->end);
	struct civil day = site_clock_day(m->calendar, at);

	*ret_closed_day = !site_clock_open_day(m->calendar, &day);
	return at < m->ask->end;
}

static bool breaks_closed_day(struct matter *m)
{
	bool closed_day;

	m->limit = -1;
	return is_outside(m, &closed_day) && closed_day;
}

static bool breaks_hours(struct matter *m)
{
	bool closed_day;

	m->limit = -1;
	return is_outside(m, &closed_day) && !closed_day;
}

static bool breaks_shortest(struct matter *m)
{
	m->limit = m->rules->shortest;
	return m->ask->end - m->ask->start < m->limit * USEC_PER_MIN;
}

static bool breaks_longest(struct matter *m)
{
	m->limit = m->rules->longest;
	return m->limit && m->ask->end - m->ask->start > m->limit * USEC_PER_MIN;
}

static bool breaks_granularity(struct matter *m)
{
	int minutes = m->rules->granularity;

	m->limit = minutes;
	if (!minutes)
		return false;
	if (!start_stays(m->ask) && !site_clock_on_grid(m->calendar, m->ask->start, minutes))
		return true;
	m->field = "end";
	return !(m->ask->except && m->ask->except->end == m->ask->end) &&
	       !site_clock_on_grid(m->calendar, m->ask->end, minutes);
}

static bool breaks_one_at_a_time(struct matter *m)
{
	const struct policy_ask *ask = m->ask;
	const struct calendar_entry *entry = NULL;

	m->limit = -1;
	if (!m->rules->one_at_a_time)
		return false;
	while ((entry = calendar_next_of_member(m->calendar, ask->member_id, ask->start, ask->end,
						entry))) {
		const struct calendar_space *other =
			calendar_space_by_id(m->calendar, entry->space_id);

		if (entry != ask->except && other &&
		    policy_kinds_exclude(ask->space->kind, other->kind)) {
			m->holder = entry;
			return true;
		}
	}
	return false;
}

static const struct row {
	const char *name;
	enum error_kind kind;
	const char *field;
	bool (*breaks)(struct matter *m);
} rows[POLICY_WAIVED_MAX] = {
	[POLICY_PAST] = { "past", ERROR_in_the_past, "start", breaks_past },
	[POLICY_NOTICE] = { "notice", ERROR_in_the_past, "start", breaks_notice },
	[POLICY_HORIZON] = { "horizon", ERROR_too_far_ahead, "start", breaks_horizon },
	[POLICY_CLOSED_DAY] = { "closed_day", ERROR_closed, "start", breaks_closed_day },
	[POLICY_HOURS] = { "hours", ERROR_closed, "start", breaks_hours },
	[POLICY_SHORTEST] = { "shortest", ERROR_too_short, "end", breaks_shortest },
	[POLICY_LONGEST] = { "longest", ERROR_too_long, "end", breaks_longest },
	[POLICY_GRANULARITY] = { "granularity", ERROR_bad_time, "start", breaks_granularity },
	[POLICY_ONE_AT_A_TIME] = { "one_at_a_time", ERROR_own_overlap, "for",
				   breaks_one_at_a_time },
};

const char *policy_rule_name(enum policy_rule rule)
{
	return rows[rule].name;
}

static void refuse(struct policy_verdict *ret, enum error_kind kind, const char *rule,
		   const char *field, int64_t limit)
{
	ret->kind = kind;
	ret->rule = rule;
	ret->field = field;
	ret->limit = limit;
}

/* False: the rule is broken and binds; it is in *ret then. */
static bool pass(struct matter *m, enum policy_rule rule, struct policy_verdict *ret)
{
	const struct row *row = &rows[rule];

	m->field = NULL;
	m->holder = NULL;
	if (!row->breaks(m))
		return true;
	if (m->ask->staff || m->ask->waive & 1u << rule) {
		ret->waived[ret->waived_count++] = row->name;
		ret->waived_rules |= 1u << rule;
		return true;
	}
	refuse(ret, row->kind, row->name, m->field ? m->field : row->field, m->limit);
	ret->holder = m->holder;
	return false;
}

/* What binds everybody and needs no look at the time. False: refused. */
static bool pass_space(const struct policy_ask *ask, struct policy_verdict *ret)
{
	if (ask->space->retired)
		refuse(ret, ERROR_retired, NULL, "space", -1);
	else if (ask->space->capacity < ask->capacity)
		refuse(ret, ERROR_capacity, "capacity", "capacity", ask->space->capacity);
	return ret->kind == ERROR_NONE;
}

/* That the place itself is taken says more than that the person has another one, or the same. */
void policy_judge(const struct calendar *calendar, const struct policy_ask *ask,
		  struct policy_verdict *ret)
{
	struct matter m = {
		.calendar = calendar,
		.ask = ask,
		.rules = calendar_rules(calendar, ask->space->kind),
	};
	const struct calendar_entry *holder;

	*ret = (struct policy_verdict){ .kind = ERROR_NONE, .limit = -1 };
	if (!pass_space(ask, ret))
		return;
	for (enum policy_rule rule = 0; rule < POLICY_ONE_AT_A_TIME; rule++)
		if (!pass(&m, rule, ret))
			return;
	pass(&m, POLICY_ONE_AT_A_TIME, ret);
	holder = calendar_holder(calendar, ask->space, ask->start, ask->end, ask->except);
	if (holder) {
		refuse(ret, holder->type == CALENDAR_BLOCK ? ERROR_blocked : ERROR_slot_taken, NULL,
		       "start", -1);
		ret->holder = holder;
	}
}
