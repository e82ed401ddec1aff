/* See candidates.h. */

#include "daemon/candidates.h"

/* The best so far, in order. */
struct ranking {
	size_t count;
	struct search_found best[CANDIDATES_MAX];
};

static void keep(struct ranking *ranking, const struct search_found *found)
{
	size_t at = ranking->count;

	while (at > 0 && search_better(found, &ranking->best[at - 1]) < 0)
		at--;
	if (at == CANDIDATES_MAX)
		return;
	if (ranking->count < CANDIDATES_MAX)
		ranking->count++;
	for (size_t i = ranking->count - 1; i > at; i--)
		ranking->best[i] = ranking->best[i - 1];
	ranking->best[at] = *found;
}

/*
 * A rule that forbids one free space forbids all of its kind, so one judgement a kind is enough:
 * what else there is to a space is that it is free and fits.
 */
static bool kind_allowed(const struct calendar *calendar, const struct policy_ask *ask,
			 const struct calendar_space *space, signed char known[CALENDAR_KINDS])
{
	struct policy_ask one = *ask;
	struct policy_verdict verdict;

	if (!known[space->kind]) {
		one.space = space;
		policy_judge(calendar, &one, &verdict);
		known[space->kind] = verdict.kind == ERROR_NONE ? 1 : -1;
	}
	return known[space->kind] > 0;
}

void candidates_rank(const struct calendar *calendar, const struct search_wish *wish,
		     const struct policy_ask *ask,
		     bool (*spoken)(const struct calendar_space *space, void *data), void *data,
		     struct candidates *ret)
{
	signed char known[CALENDAR_KINDS] = { 0 };
	struct ranking ranking = { 0 };
	struct search_found found, first = { 0 }, forbidden = { 0 };
	struct policy_ask one = *ask;

	*ret = (struct candidates){ 0 };
	for (size_t i = 0; i < calendar_space_count(calendar); i++) {
		const struct calendar_space *space = calendar_space_at(calendar, i);

		if (!search_fits(space, wish, &found))
			continue;
		if (ret->fitting++ == 0 || search_better(&found, &first) < 0)
			first = found;
		if (calendar_holder(calendar, space, ask->start, ask->end, ask->except))
			continue;
		if (!kind_allowed(calendar, ask, space, known)) {
			if (!forbidden.space || search_better(&found, &forbidden) < 0)
				forbidden = found;
		} else if (spoken && spoken(space, data)) {
			ret->spoken++;
		} else {
			keep(&ranking, &found);
		}
	}
	for (; ret->count < ranking.count; ret->count++)
		ret->spaces[ret->count] = ranking.best[ret->count].space;
	if (ret->count == 0 && ret->spoken == 0 && first.space) {
		/* Where some are free, a rule is what stands in the way, not who has the best one. */
		ret->refused = one.space = forbidden.space ? forbidden.space : first.space;
		policy_judge(calendar, &one, &ret->verdict);
	}
}

size_t candidates_allowed(const struct calendar *calendar, const struct policy_ask *ask,
			  struct search_found *found, size_t count)
{
	signed char known[CALENDAR_KINDS] = { 0 };
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (kind_allowed(calendar, ask, found[i].space, known))
			found[kept++] = found[i];
	return kept;
}
