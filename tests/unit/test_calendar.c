/*
 * The calendar of a site: events in, who holds what out. At the end random histories are held
 * against a list that knows nothing of units' arrays and binary searches.
 */

#include "daemon/calendar_internal.h"
#include "tests/unit/calendar_site.h"

static void test_an_event_makes_moves_and_frees(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS_OPEN);
	const struct calendar_space *a = calendar_space(calendar, "ra");
	const struct calendar_space *b = calendar_space(calendar, "RB");
	const struct calendar_entry *holder;

	assert_int_equal(apply(calendar, "booking.created",
			       entry_text("booking", 7, 1, "[1]", HOUR, 2 * HOUR, "confirmed")),
			 0);
	assert_int_equal(calendar_rev(calendar), 11);
	holder = calendar_holder(calendar, a, 0, 3 * HOUR, NULL);
	assert_non_null(holder);
	assert_int_equal(holder->id, 7);
	assert_string_equal(holder->ref, "R-000007");
	assert_ptr_equal(holder, calendar_entry(calendar, CALENDAR_BOOKING, 7));
	/* half-open on both sides; and who moves does not stand in the own way */
	assert_null(calendar_holder(calendar, a, 0, HOUR, NULL));
	assert_null(calendar_holder(calendar, a, 2 * HOUR, 3 * HOUR, NULL));
	assert_null(calendar_holder(calendar, a, 0, 3 * HOUR, holder));

	assert_int_equal(apply(calendar, "booking.moved",
			       entry_text("booking", 7, 2, "[2]", HOUR, 2 * HOUR, "confirmed")),
			 0);
	assert_null(calendar_holder(calendar, a, 0, 3 * HOUR, NULL));
	assert_non_null(calendar_holder(calendar, b, 0, 3 * HOUR, NULL));
	assert_int_equal(apply(calendar, "booking.cancelled",
			       entry_text("booking", 7, 2, "[2]", HOUR, 2 * HOUR, "cancelled")),
			 0);
	assert_null(calendar_holder(calendar, b, 0, 3 * HOUR, NULL));
	assert_int_equal(calendar_count(calendar), 0);
	calendar_free(calendar);
}

static void test_a_divisible_room_and_its_halves_share_units(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS_OPEN);
	const struct calendar_space *both = calendar_space(calendar, "AB");

	apply(calendar, "booking.created",
	      entry_text("booking", 1, 1, "[1]", 5 * HOUR, 6 * HOUR, "held"));
	apply(calendar, "booking.created",
	      entry_text("booking", 2, 2, "[2]", 3 * HOUR, 6 * HOUR, "checked_in"));
	assert_int_equal(calendar_holder(calendar, both, 0, 9 * HOUR, NULL)->id, 2);
	apply(calendar, "booking.created",
	      entry_text("booking", 3, 3, "[1,2]", 7 * HOUR, 8 * HOUR, "confirmed"));
	for (const char *const *code = (const char *const[]){ "RA", "RB", "AB", NULL }; *code;
	     code++)
		assert_int_equal(calendar_holder(calendar, calendar_space(calendar, *code),
						 7 * HOUR, 8 * HOUR, NULL)
					 ->id,
				 3);
	assert_null(calendar_holder(calendar, calendar_space(calendar, "D-1"), 0, 9 * HOUR, NULL));
	calendar_free(calendar);
}

/* What space.day tells of a space is kept for as long as its stamp is the same. */
static void test_whatever_changes_what_is_told_of_a_space_changes_its_stamp(void **state)
{
	static const char *const codes[] = { "RA", "RB", "AB", "D-1" };
	const struct {
		const char *kind, *body;
		bool changes[4];
	} rows[] = {
		{ "booking.created",
		  "{\"booking\":1,\"ref\":\"R-000001\",\"space\":1,\"units\":[1],"
		  "\"start\":0,\"end\":9,\"state\":\"confirmed\"}",
		  { true, false, true, false } },
		{ "booking.moved",
		  "{\"booking\":1,\"ref\":\"R-000001\",\"space\":2,\"units\":[2],"
		  "\"start\":0,\"end\":9,\"state\":\"confirmed\"}",
		  { true, true, true, false } },
		{ "booking.updated",
		  "{\"booking\":1,\"ref\":\"R-000001\",\"space\":2,\"units\":[2],"
		  "\"start\":0,\"end\":9,\"state\":\"checked_in\"}",
		  { false, true, true, false } },
		{ "booking.cancelled",
		  "{\"booking\":1,\"ref\":\"R-000001\",\"space\":2,\"units\":[2],"
		  "\"start\":0,\"end\":9,\"state\":\"cancelled\"}",
		  { false, true, true, false } },
		{ "block.created",
		  "{\"block\":1,\"ref\":\"B-000001\",\"space\":3,\"units\":[1,2],"
		  "\"start\":0,\"end\":9,\"state\":\"active\"}",
		  { true, true, true, false } },
		{ "space.updated", "{\"space\":1,\"name\":\"A\"}", { true, true, true, true } },
		{ "floor.created", "{\"floor\":7,\"code\":\"F7\"}", { true, true, true, true } },
		{ "area.created", "{\"area\":7,\"code\":\"A7\"}", { true, true, true, true } },
		{ "site.updated",
		  "{\"open\":1,\"close\":2,\"closed_days\":[]}",
		  { true, true, true, true } },
		{ "tenant.updated", "{}", { false, false, false, false } },
	};
	struct calendar *calendar = make_site(0, ALWAYS_OPEN), *other = make_site(0, ALWAYS_OPEN);
	uint64_t before[4];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (size_t k = 0; k < 4; k++)
			before[k] =
				calendar_space_stamp(calendar, calendar_space(calendar, codes[k]));
		assert_int_equal(apply(calendar, rows[i].kind, rows[i].body), 0);
		for (size_t k = 0; k < 4; k++) {
			print_message("# %s %s\n", rows[i].kind, codes[k]);
			assert_int_equal(rows[i].changes[k],
					 calendar_space_stamp(calendar,
							      calendar_space(calendar, codes[k])) !=
						 before[k]);
		}
	}
	/* Nor does another site, or the same one read again, ever have one of these. */
	for (size_t k = 0; k < 4; k++)
		for (size_t m = 0; m < 4; m++)
			assert_true(calendar_space_stamp(calendar,
							 calendar_space(calendar, codes[k])) !=
				    calendar_space_stamp(other, calendar_space(other, codes[m])));
	calendar_free(calendar);
	calendar_free(other);
}

static void test_a_gap_is_told_and_what_is_known_is_passed_over(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS_OPEN);
	const char *text = entry_text("booking", 1, 1, "[1]", 0, HOUR, "confirmed");

	assert_int_equal(apply_at(calendar, 12, "booking.created", text), -ESTALE);
	assert_int_equal(apply_at(calendar, 10, "booking.created", text), 0);
	assert_int_equal(apply_at(calendar, 1, "booking.created", text), 0);
	assert_int_equal(calendar_count(calendar), 0);
	assert_int_equal(calendar_rev(calendar), 10);
	assert_int_equal(apply_at(calendar, 11, "booking.created", text), 0);
	assert_int_equal(apply_at(calendar, 12, "tenant.updated", "{}"), 0); /* not ours to keep */
	assert_int_equal(calendar_rev(calendar), 12);
	calendar_free(calendar);
}

static void test_a_body_that_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *kind, *body;
	} wrong[] = {
		{ "booking.created", "{}" },
		{ "booking.created", "[]" },
		{ "booking.created", "{\"booking\":1,\"start\":0,\"end\":1}" },
		{ "booking.created", "{\"booking\":1,\"start\":0,\"end\":1,\"state\":\"tired\"}" },
		{ "booking.created",
		  "{\"booking\":1,\"start\":\"0\",\"end\":1,\"state\":\"held\"}" },
		{ "booking.created",
		  "{\"booking\":\"1\",\"start\":0,\"end\":1,\"state\":\"held\"}" },
		{ "block.created", "{\"booking\":1,\"start\":0,\"end\":1,\"state\":\"active\"}" },
		{ "space.created", "{}" },
		{ "space.created", "{\"space\":9}" },
		{ "space.created", "{\"space\":9,\"code\":\"X\",\"kind\":\"ship\"}" },
		{ "space.updated", "{\"space\":1,\"state\":\"sunk\"}" },
		{ "site.updated", "{\"open\":0}" },
		{ "floor.created", "{\"code\":\"X\"}" },
		{ "area.created", "{\"code\":\"X\"}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct calendar *calendar = make_site(0, ALWAYS_OPEN);

		print_message("# %s %s\n", wrong[i].kind, wrong[i].body);
		assert_int_equal(apply(calendar, wrong[i].kind, wrong[i].body), -EBADMSG);
		assert_int_equal(calendar_rev(calendar), 10);
		calendar_free(calendar);
	}
}

static void test_a_row_of_no_known_kind_is_refused(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS_OPEN);

	assert_int_equal(load_row(calendar, "tenant", "{}"), -EBADMSG);
	assert_int_equal(load_row(calendar, "site", "{\"rev\":1,\"hash\":\"zz\"}"), -EBADMSG);
	calendar_free(calendar);
}

static void test_what_ended_before_the_calendar_is_not_kept(void **state)
{
	struct calendar *calendar = make_site(10 * HOUR, ALWAYS_OPEN);

	load_row(calendar, "booking",
		 entry_text("booking", 1, 1, "[1]", 8 * HOUR, 10 * HOUR, "confirmed"));
	assert_int_equal(calendar_count(calendar), 0);
	load_row(calendar, "booking",
		 entry_text("booking", 2, 1, "[1]", 8 * HOUR, 10 * HOUR + 1, "confirmed"));
	assert_int_equal(calendar_count(calendar), 1);
	calendar_free(calendar);
}

static void test_a_space_changes_and_keeps_what_is_not_told(void **state)
{
	struct calendar *calendar = make_site(0, ALWAYS_OPEN);
	const struct calendar_space *space;

	assert_int_equal(apply(calendar, "space.updated",
			       "{\"space\":1,\"capacity\":9,\"area\":null,\"state\":\"retired\"}"),
			 0);
	space = calendar_space(calendar, "RA");
	assert_int_equal(space->capacity, 9);
	assert_int_equal(space->area_id, 0);
	assert_int_equal(space->floor_id, 1);
	assert_true(space->retired);
	assert_int_equal(space->unit_count, 1);
	assert_int_equal(space->amenity_count, 1);
	assert_int_equal(calendar_floor_id(calendar, "2f"), 2);
	assert_int_equal(calendar_area_id(calendar, "south"), 0);
	calendar_free(calendar);
}

/* ---- a list that is asked the same ---- */

#define THINGS	 400
#define LAST	 120 /* hours */
#define COMMANDS 1500

static const struct {
	const char *code, *units;
	int id;
	unsigned mask;
} rooms[] = { { "RA", "[1]", 1, 1 },
	      { "RB", "[2]", 2, 2 },
	      { "AB", "[1,2]", 3, 3 },
	      { "D-1", "[3]", 4, 4 } };

struct thing {
	bool block, live;
	int room, start, end; /* hours */
	int member;
};

struct model {
	struct calendar *calendar;
	struct thing things[THINGS]; /* index is the id */
	int count;
	unsigned random;
};

static int draw(struct model *model, int below)
{
	model->random = model->random * 1103515245u + 12345u;
	return (int)((model->random >> 16) % (unsigned)below);
}

static bool meets(const struct thing *thing, int room, int start, int end)
{
	return thing->live && (rooms[thing->room].mask & rooms[room].mask) && thing->start < end &&
	       start < thing->end;
}

/* The first in order of start, bookings before blocks, number; after the given one. */
static int next_of(const struct model *model, int room, int start, int end, int after)
{
	int best = -1;

	for (int i = 0; i < model->count; i++) {
		const struct thing *t = &model->things[i];
		int64_t key = ((int64_t)t->start * 2 + t->block) * THINGS + i, other;

		if (!meets(t, room, start, end))
			continue;
		other = after < 0 ? -1
				  : ((int64_t)model->things[after].start * 2 +
				     model->things[after].block) *
						    THINGS +
					    after;
		if (key <= other)
			continue;
		t = best < 0 ? NULL : &model->things[best];
		if (!t || key < ((int64_t)t->start * 2 + t->block) * THINGS + best)
			best = i;
	}
	return best;
}

static void tell(struct model *model, int id, const char *verb)
{
	const struct thing *t = &model->things[id];
	const char *noun = t->block ? "block" : "booking";
	char kind[40], state[20], body[300];

	snprintf(kind, sizeof(kind), "%s.%s", noun, verb);
	snprintf(state, sizeof(state), "%s",
		 t->block ? (t->live ? "active" : "ended") : (t->live ? "confirmed" : "cancelled"));
	snprintf(body, sizeof(body),
		 "{\"%s\":%d,\"ref\":\"R-%06d\",\"space\":%d,\"units\":%s,\"start\":%" PRId64
		 ",\"end\":%" PRId64 ",\"member\":%d,\"state\":\"%s\",\"version\":1}",
		 noun, id, id, rooms[t->room].id,
		 t->block && !t->live ? "[]" : rooms[t->room].units, t->start * HOUR, t->end * HOUR,
		 t->block ? 0 : t->member, state);
	assert_int_equal(apply(model->calendar, kind, body), 0);
}

/* Some command; where the place is taken it does nothing, as the database would. */
static void command(struct model *model)
{
	struct thing wish = { .room = draw(model, 4),
			      .start = draw(model, LAST),
			      .live = true,
			      .member = 1 + draw(model, 3) };
	int what = draw(model, 10), id = model->count ? draw(model, model->count) : -1;
	struct thing before;

	wish.end = wish.start + 1 + draw(model, 5);
	if (what < 5 && model->count < THINGS) {
		wish.block = draw(model, 4) == 0;
		if (next_of(model, wish.room, wish.start, wish.end, -1) >= 0)
			return;
		model->things[model->count++] = wish;
		tell(model, model->count - 1, "created");
	} else if (what < 7 && id >= 0 && model->things[id].live && !model->things[id].block) {
		before = model->things[id];
		model->things[id].live = false;
		if (next_of(model, wish.room, wish.start, wish.end, -1) >= 0) {
			model->things[id] = before;
			return;
		}
		model->things[id] = wish;
		tell(model, id, "moved");
	} else if (id >= 0 && model->things[id].live) {
		model->things[id].live = false;
		tell(model, id, model->things[id].block ? "ended" : "cancelled");
	}
}

/* A person's bookings, in order of start and number, however they overlap. */
static void compare_member(struct model *model, int member, int start, int end)
{
	const struct calendar_entry *entry = NULL;
	bool told[THINGS] = { false };

	for (;;) {
		int best = -1;

		for (int i = 0; i < model->count; i++) {
			const struct thing *t = &model->things[i];

			if (!told[i] && t->live && !t->block && t->member == member &&
			    t->start < end && start < t->end &&
			    (best < 0 || t->start < model->things[best].start))
				best = i;
		}
		entry = calendar_next_of_member(model->calendar, member, start * HOUR, end * HOUR,
						entry);
		assert_int_equal(entry != NULL, best >= 0);
		if (!entry)
			return;
		assert_int_equal(entry->id, best);
		told[best] = true;
	}
}

static void compare(struct model *model)
{
	int room = draw(model, 4), from = draw(model, LAST), length = 1 + draw(model, 8), id = -1;
	const struct calendar_space *space = calendar_space(model->calendar, rooms[room].code);
	int64_t start = from * HOUR, end = (from + length) * HOUR, found;
	const struct calendar_entry *entry = NULL, *holder;
	int free = from;

	do {
		id = next_of(model, room, from, from + length, id);
		entry = calendar_next_entry(model->calendar, space, start, end, entry);
		assert_int_equal(entry != NULL, id >= 0);
		if (entry) {
			assert_int_equal(entry->id, id);
			assert_int_equal(entry->type == CALENDAR_BLOCK, model->things[id].block);
			assert_int_equal(entry->end, model->things[id].end * HOUR);
		}
	} while (entry);
	id = next_of(model, room, from, from + length, -1);
	holder = calendar_holder(model->calendar, space, start, end, NULL);
	assert_int_equal(holder != NULL, id >= 0);
	if (holder)
		assert_int_equal(holder->start, model->things[id].start * HOUR);

	compare_member(model, draw(model, 5), from, from + length);

	while (free < LAST && next_of(model, room, free, free + length, -1) >= 0)
		free++;
	assert_int_equal(calendar_next_free(model->calendar, space, start, length * HOUR,
					    LAST * HOUR, &found),
			 free < LAST);
	if (free < LAST)
		assert_int_equal(found, free * HOUR);
}

static void test_random_histories_agree_with_a_list(void **state)
{
	for (unsigned seed = 1; seed <= 20; seed++) {
		struct model *model = calloc(1, sizeof(*model));
		size_t live = 0;

		model->calendar = make_site(0, ALWAYS_OPEN);
		model->random = seed;
		for (int i = 0; i < COMMANDS; i++) {
			command(model);
			compare(model);
		}
		for (int i = 0; i < model->count; i++)
			live += model->things[i].live;
		assert_true(model->count > 50);
		assert_int_equal(calendar_count(model->calendar), live);
		calendar_free(model->calendar);
		free(model);
	}
}

/* So many bookings of an hour, one after another. */
static struct calendar *make_full_site(int count)
{
	struct calendar *calendar = make_site(0, ALWAYS_OPEN);

	for (int id = 1; id <= count; id++)
		assert_int_equal(load_row(calendar, "booking",
					  entry_text("booking", id, 1, "[1]", id * HOUR,
						     (id + 1) * HOUR, "confirmed")),
				 0);
	return calendar;
}

static void test_no_hash_of_a_large_site_is_large(void **state)
{
	enum { COUNT = 6400 };
	struct calendar *calendar = make_full_site(COUNT);
	const struct calendar_index *index = &calendar->index;
	unsigned fair = COUNT / INDEX_PARTS;

	for (int part = 0; part < INDEX_PARTS; part++) {
		assert_in_range(HASH_COUNT(index->by_id[CALENDAR_BOOKING][part]), 1, 2 * fair);
		assert_in_range(HASH_CNT(by_ref, index->by_ref[part]), 1, 2 * fair);
	}
	for (int id = 1; id <= COUNT; id++) {
		const struct calendar_entry *entry = calendar_entry(calendar, CALENDAR_BOOKING, id);
		char ref[16];

		snprintf(ref, sizeof(ref), "R-%06d", id);
		assert_non_null(entry);
		assert_string_equal(entry->ref, ref);
		assert_ptr_equal(calendar_entry_by_ref(calendar, ref), entry);
	}
	assert_null(calendar_entry(calendar, CALENDAR_BLOCK, 1));
	assert_null(calendar_entry(calendar, CALENDAR_BOOKING, COUNT + 1));
	calendar_free(calendar);
}

static void test_a_calendar_is_freed_piece_by_piece(void **state)
{
	struct calendar *calendar = make_full_site(250);

	assert_ptr_equal(calendar_free_some(calendar, 100), calendar);
	assert_int_equal(calendar_count(calendar), 150);
	assert_ptr_equal(calendar_free_some(calendar, 100), calendar);
	assert_int_equal(calendar_count(calendar), 50);
	assert_null(calendar_free_some(calendar, 50));
	assert_null(calendar_free_some(NULL, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_event_makes_moves_and_frees),
		cmocka_unit_test(test_a_divisible_room_and_its_halves_share_units),
		cmocka_unit_test(test_whatever_changes_what_is_told_of_a_space_changes_its_stamp),
		cmocka_unit_test(test_a_gap_is_told_and_what_is_known_is_passed_over),
		cmocka_unit_test(test_a_body_that_makes_no_sense_is_refused),
		cmocka_unit_test(test_a_row_of_no_known_kind_is_refused),
		cmocka_unit_test(test_what_ended_before_the_calendar_is_not_kept),
		cmocka_unit_test(test_a_space_changes_and_keeps_what_is_not_told),
		cmocka_unit_test(test_no_hash_of_a_large_site_is_large),
		cmocka_unit_test(test_a_calendar_is_freed_piece_by_piece),
		cmocka_unit_test(test_random_histories_agree_with_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
