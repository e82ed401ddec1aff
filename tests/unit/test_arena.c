/* A request's memory: capped, aligned, zeroed, released in one step. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdalign.h>
#include <string.h>

#include "common/arena.h"

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(1 << 20);

	for (size_t size = 0; size < 6000; size += 37) {
		unsigned char *piece = arena_alloc(arena, size);

		assert_non_null(piece);
		assert_int_equal((uintptr_t)piece % alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(piece[i], 0);
		memset(piece, 0xAA, size);
	}
}

static void the_cap_holds_for_many_small_pieces(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(1000);
	size_t count = 0;

	while (arena_alloc(arena, 1))
		count++;
	/* each piece counts with what it takes, not what was asked for */
	assert_in_range(count, 1, 1000 / alignof(max_align_t));
	assert_true(arena_used(arena) <= 1000);
	assert_true(arena_failed(arena));
}

static void one_piece_over_the_cap_is_refused_and_remembered(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(64);

	assert_non_null(arena_alloc(arena, 16));
	assert_false(arena_failed(arena));
	assert_null(arena_alloc(arena, 64));
	assert_true(arena_failed(arena));
	assert_null(arena_alloc(arena, 1)); /* though it would fit */
}

static void absurd_sizes_do_not_wrap_around(void **state)
{
	size_t sizes[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 15, SIZE_MAX / 2 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		_cleanup_(arena_freep) struct arena *arena = arena_new(SIZE_MAX);

		assert_null(arena_alloc(arena, sizes[i]));
		assert_null(arena_strndup(arena, "", sizes[i]));
	}
}

static void text_is_copied_with_its_end(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(1 << 16);
	char source[] = "booked";
	char *copy = arena_strdup(arena, source), *part = arena_strndup(arena, source, 4);
	char *made = arena_printf(arena, "%s-%d", "A", 12);

	memset(source, 'x', sizeof(source) - 1);
	assert_string_equal(copy, "booked");
	assert_string_equal(part, "book");
	assert_string_equal(made, "A-12");
}

static char order[8];

static void note(void *data)
{
	strcat(order, data);
}

static void hooks_run_latest_first_when_it_is_freed(void **state)
{
	struct arena *arena = arena_new(1 << 16);

	order[0] = '\0';
	assert_int_equal(arena_on_free(arena, note, "a"), 0);
	assert_int_equal(arena_on_free(arena, note, "b"), 0);
	assert_string_equal(order, "");
	assert_null(arena_free(arena));
	assert_string_equal(order, "ba");
	assert_null(arena_free(NULL));
}

static void a_hook_that_cannot_be_kept_runs_at_once(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(1);

	order[0] = '\0';
	assert_int_equal(arena_on_free(arena, note, "x"), -ENOMEM);
	assert_string_equal(order, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
		cmocka_unit_test(the_cap_holds_for_many_small_pieces),
		cmocka_unit_test(one_piece_over_the_cap_is_refused_and_remembered),
		cmocka_unit_test(absurd_sizes_do_not_wrap_around),
		cmocka_unit_test(text_is_copied_with_its_end),
		cmocka_unit_test(hooks_run_latest_first_when_it_is_freed),
		cmocka_unit_test(a_hook_that_cannot_be_kept_runs_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
