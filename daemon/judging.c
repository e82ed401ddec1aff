/* See judging.h. */

#include "daemon/judging.h"

#include "common/civil.h"
#include "common/jsonw.h"
#include "daemon/alternatives.h"

/* ---- times ---- */

static bool refuse_time(struct command *command, const struct wall_clock_problem *problem)
{
	struct jsonw *w = command_verdict_begin(command, problem->kind);

	jsonw_kstr(w, "field", problem->field);
	if (problem->rule)
		jsonw_kstr(w, "rule", problem->rule);
	if (*problem->from)
		jsonw_kstr(w, "from", problem->from);
	if (*problem->to)
		jsonw_kstr(w, "to", problem->to);
	command_verdict_end(command);
	return false;
}

bool judging_when(struct command *command, const struct calendar *calendar,
		  const struct field_when *when, const struct field_int *fold, const char *field,
		  int64_t *ret_usec)
{
	struct wall_clock_problem problem;

	return wall_clock_read(calendar_zone(calendar), when, fold, field, ret_usec, &problem) ||
	       refuse_time(command, &problem);
}

bool judging_measure(struct command *command, int64_t start, int64_t end)
{
	struct wall_clock_problem problem;

	return wall_clock_measure(start, end, &problem) || refuse_time(command, &problem);
}

/* ---- what a verdict may depend on ---- */

static bool overlap(int64_t start, int64_t end, int64_t other_start, int64_t other_end)
{
	return start < other_end && other_start < end;
}

static bool share_unit(const struct calendar_space *space, const int64_t *units, size_t count)
{
	for (size_t i = 0; i < space->unit_count; i++)
		for (size_t j = 0; j < count; j++)
			if (space->unit_ids[i] == units[j])
				return true;
	return false;
}

/*
 * The same place at the same time, the same person's where a rule asks for it, or the very booking that is
 * asked about.
 */
static bool concerns(const struct lane_touch *touch, const struct calendar *calendar,
		     const struct policy_ask *ask)
{
	const struct calendar_entry *frees = touch->frees;
	bool same_person = touch->member_id != 0 && touch->member_id == ask->member_id &&
			   calendar_rules(calendar, ask->space->kind)->one_at_a_time;

	if (touch->all || (frees && frees == ask->except))
		return true;
	if (touch->takes && overlap(touch->start, touch->end, ask->start, ask->end) &&
	    (same_person ||
	     share_unit(ask->space, touch->takes->unit_ids, touch->takes->unit_count)))
		return true;
	return frees && overlap(frees->start, frees->end, ask->start, ask->end) &&
	       (same_person || share_unit(ask->space, frees->unit_ids, frees->unit_count));
}

static bool must_wait(const struct lane_batch *batch, const struct calendar *calendar,
		      const struct policy_ask *ask)
{
	for (int i = 0; i < batch->count; i++)
		if (concerns(&batch->commands[i]->touch, calendar, ask))
			return true;
	return false;
}

/* Whether somebody before us in the batch may get the space, or a part of it, at that time. */
struct rivals {
	const struct lane_batch *batch;
	int64_t start, end;
};

static bool is_spoken_for(const struct calendar_space *space, void *data)
{
	const struct rivals *rivals = data;

	for (int i = 0; i < rivals->batch->count; i++) {
		const struct lane_touch *touch = &rivals->batch->commands[i]->touch;

		if (touch->takes && overlap(touch->start, touch->end, rivals->start, rivals->end) &&
		    share_unit(space, touch->takes->unit_ids, touch->takes->unit_count))
			return true;
	}
	return false;
}

static bool may_become_free(const struct lane_batch *batch, int64_t start, int64_t end)
{
	for (int i = 0; i < batch->count; i++) {
		const struct calendar_entry *frees = batch->commands[i]->touch.frees;

		if (frees && overlap(frees->start, frees->end, start, end))
			return true;
	}
	return false;
}

bool judging_entry_touched(const struct lane_batch *batch, const struct calendar_entry *entry)
{
	for (int i = 0; i < batch->count; i++)
		if (batch->commands[i]->touch.all || batch->commands[i]->touch.frees == entry)
			return true;
	return false;
}

/* ---- places ---- */

struct policy_ask judging_ask(const struct command *command)
{
	const struct actor *actor = command->request->actor;

	return (struct policy_ask){
		.now = instant_now(),
		.member_id = actor->person_id,
		.staff = actor->role == ROLE_FRONT_DESK || actor->role == ROLE_SITE_ADMIN ||
			 actor->role == ROLE_OPERATOR,
	};
}

/* What can be had instead: each as policy_judge() would allow it to this actor. */
static void write_instead(struct jsonw *w, const struct calendar *calendar,
			  const struct policy_ask *ask)
{
	struct alternative found[ALTERNATIVES_MAX];
	size_t count = alternatives_find(calendar, ask, found);
	int64_t free_from;

	if (alternatives_free_from(calendar, ask, &free_from))
		jsonw_kint(w, "free_from", free_from);
	jsonw_key(w, "alternatives");
	jsonw_array(w);
	for (size_t i = 0; i < count; i++) {
		jsonw_object(w);
		jsonw_kstr(w, "space", found[i].space->code);
		jsonw_kint(w, "start", found[i].start);
		jsonw_kint(w, "end", found[i].end);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* Codes, numbers and instants, and one sentence of the site's own rules: it stays in the receipt,
 * and a retry is told the same. */
static enum lane_verdict refuse_place(struct command *command, const struct calendar *calendar,
				      const struct policy_ask *ask,
				      const struct policy_verdict *verdict)
{
	struct jsonw *w = command_verdict_begin(command, verdict->kind);
	const struct calendar_entry *holder = verdict->holder;
	const struct calendar_space *held =
		holder ? calendar_space_by_id(calendar, holder->space_id) : NULL;
	char hint[POLICY_HINT_MAX];

	if (verdict->field)
		jsonw_kstr(w, "field", verdict->field);
	if (verdict->rule)
		jsonw_kstr(w, "rule", verdict->rule);
	if (verdict->limit >= 0)
		jsonw_kint(w, "limit", verdict->limit);
	if (*policy_hint(calendar, ask, verdict, hint))
		jsonw_kstr(w, "hint", hint);
	/* Where the person is instead; of a place that is taken, the place that was asked for. */
	jsonw_kstr(w, "space",
		   verdict->kind == ERROR_own_overlap && held ? held->code : ask->space->code);
	if (holder) {
		jsonw_kint(w, "start", holder->start);
		jsonw_kint(w, "end", holder->end);
	}
	write_instead(w, calendar, ask);
	return command_verdict_end(command);
}

static void note_waived(struct command *command, const struct policy_verdict *verdict)
{
	struct buf text = BUF_INIT(1024);
	struct jsonw w = JSONW_INIT(&text);

	if (verdict->waived_count == 0)
		return;
	jsonw_array(&w);
	for (size_t i = 0; i < verdict->waived_count; i++)
		jsonw_str(&w, verdict->waived[i]);
	jsonw_array_end(&w);
	command->lane.waived = command_keep(command, &text);
}

enum lane_verdict judging_place(struct command *command, const struct calendar *calendar,
				const struct lane_batch *batch, const struct policy_ask *ask)
{
	struct policy_verdict verdict;

	if (must_wait(batch, calendar, ask))
		return LANE_WAIT;
	policy_judge(calendar, ask, &verdict);
	if (verdict.kind != ERROR_NONE)
		return refuse_place(command, calendar, ask, &verdict);
	note_waived(command, &verdict);
	command->lane.touch = (struct lane_touch){ .takes = ask->space,
						   .start = ask->start,
						   .end = ask->end,
						   .frees = ask->except,
						   .member_id = ask->member_id };
	return LANE_ALLOW;
}

enum lane_verdict judging_missing(struct command *command, const char *field)
{
	jsonw_kstr(command_verdict_begin(command, ERROR_not_found), "field", field);
	return command_verdict_end(command);
}

enum lane_verdict judging_wish(struct command *command, const struct calendar *calendar,
			       const struct lane_batch *batch, const struct policy_ask *ask,
			       const struct search_wish *wish, struct candidates *ret)
{
	struct rivals rivals = { batch, ask->start, ask->end };
	struct policy_ask one = *ask;

	candidates_rank(calendar, wish, ask, is_spoken_for, &rivals, ret);
	if (ret->count > 0) {
		one.space = ret->spaces[0];
		return judging_place(command, calendar, batch, &one);
	}
	/* Whoever spoke for one may not get it, and another may give one up. */
	if (ret->spoken > 0 || may_become_free(batch, ask->start, ask->end))
		return LANE_WAIT;
	if (!ret->refused)
		return judging_missing(command, "like");
	one.space = ret->refused;
	return refuse_place(command, calendar, &one, &ret->verdict);
}

/* ---- bookings that are there ---- */

const struct calendar_entry *judging_own_entry(const struct command *command,
					       const struct calendar *calendar, const char *ref)
{
	const struct calendar_entry *entry = calendar_entry_by_ref(calendar, ref);
	const struct actor *actor = command->request->actor;

	if (!entry)
		return NULL;
	if (command->request->scope == SCOPE_OWN)
		return entry->member_id == actor->person_id ? entry : NULL;
	if (command->request->scope == SCOPE_TENANT)
		return entry->tenant_id && entry->tenant_id == actor->tenant_id ? entry : NULL;
	return entry;
}
