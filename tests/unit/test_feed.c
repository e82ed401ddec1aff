/* The feed without PostgreSQL: the test answers its calls, and sees what followers are told. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/json.h"
#include "common/macros.h"
#include "daemon/feed.h"

#define HASH  "00000000000000000000000000000000000000000000000000000000000000"
#define AT(n) HASH #n "0"

static struct loop *loop;
static struct feed *feed;
static struct site site = { .id = 7, .code = (char *)"KSQ" };
static struct site operators = { .id = SITE_OPERATOR, .code = (char *)"" };
static char heard[1024];

/* ---- the database, as far as the feed sees it ---- */

static struct db_call *calls[8];
static size_t call_count;
static const char *rows[8][10];
static int row_count;

bool db_up(const struct db *db)
{
	return true;
}

void db_submit(struct db *db, enum db_pool_kind kind, struct db_call *call)
{
	assert_true(call_count < ARRAY_SIZE(calls));
	calls[call_count++] = call;
}

void db_forget(struct db_call *call)
{
}

int db_rows(const struct db_call *call)
{
	return row_count;
}

const char *db_value(const struct db_call *call, int row, int column)
{
	return rows[row][column];
}

int64_t db_value_int(const struct db_call *call, int row, int column)
{
	return rows[row][column] ? strtoll(rows[row][column], NULL, 10) : 0;
}

/* The oldest call that waits, which has to be this statement. */
static struct db_call *next_call(const char *name)
{
	struct db_call *call = calls[0];

	assert_true(call_count > 0);
	assert_string_equal(call->statement->name, name);
	memmove(calls, calls + 1, --call_count * sizeof(calls[0]));
	return call;
}

static void answer(struct db_call *call)
{
	call->status = DB_DONE;
	call->done(call);
	row_count = 0;
}

/* Answers the load with the site's row alone. */
static void answer_load(const char *rev, const char *hash)
{
	struct db_call *call = next_call("calendar_load");
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"rev\":%s,\"hash\":\"%s\",\"open\":0,\"close\":1440,\"closed_days\":[]}", rev,
		 hash);
	rows[0][0] = "site";
	rows[0][1] = text;
	call->row(call);
	answer(call);
}

/* A row of a poll's answer. */
static void poll_row(const char *site_id, const char *site_rev, const char *rev, const char *kind,
		     const char *body, const char *hash)
{
	const char *row[] = { site_id, site_rev, hash, rev, kind, body, hash, "1000", "5", "9" };

	memcpy(rows[row_count++], row, sizeof(row));
}

/* ---- a follower ---- */

static void note(const char *text)
{
	strncat(heard, text, sizeof(heard) - strlen(heard) - 1);
}

static void on_event(struct feed_follower *follower, const struct site *at,
		     const struct feed_event *event)
{
	char text[128];

	snprintf(text, sizeof(text), "%d:%lld %s at=%lld actor=%lld subject=%lld; ", at->id,
		 (long long)event->rev, event->kind, (long long)event->at_usec,
		 (long long)event->actor, (long long)event->subject);
	note(text);
}

static void on_reset(struct feed_follower *follower, const struct site *at,
		     const struct calendar *calendar)
{
	char text[64];

	snprintf(text, sizeof(text), "%d:reset %lld; ", at->id, (long long)calendar_rev(calendar));
	note(text);
}

static struct feed_follower follower = { .event = on_event, .reset = on_reset };

static int set_up(void **state)
{
	loop = loop_new();
	feed = feed_new(loop, NULL, NULL);
	feed_follow(feed, &follower);
	call_count = 0;
	row_count = 0;
	heard[0] = '\0';
	return 0;
}

static int tear_down(void **state)
{
	feed_unfollow(&follower);
	feed_free(feed);
	loop_free(loop);
	return 0;
}

/* ---- the tests ---- */

static void commit(int64_t rev, const char *events, const char *hash)
{
	struct json_problem problem;
	struct cJSON *list = NULL;

	assert_int_equal(json_parse(events, strlen(events), &json_limits_reply, &list, &problem),
			 0);
	feed_committed(feed, site.id, rev, hash, list);
	json_free(list);
}

static void test_each_rev_is_told_once_whoever_brings_it(void **state)
{
	struct db_call *poll;

	feed_keep(feed, &site, true);
	answer_load("4", AT(4));
	poll = next_call("feed_poll");
	commit(5, "[{\"rev\":5,\"at\":1,\"actor\":2,\"kind\":\"x.y\",\"subject\":3,\"body\":{}}]",
	       AT(5));
	poll_row("7", "6", "4", "x.x", "{}", AT(4));
	poll_row("7", "6", "5", "x.y", "{}", AT(5));
	poll_row("7", "6", "6", "x.z", "{}", AT(6));
	answer(poll);
	assert_string_equal(heard, "7:reset 4; 7:5 x.y at=1 actor=2 subject=3; "
				   "7:6 x.z at=1000 actor=5 subject=9; ");
}

static void test_events_behind_a_gap_wait_for_the_poll(void **state)
{
	struct db_call *poll;

	feed_keep(feed, &site, true);
	answer_load("4", AT(4));
	answer(next_call("feed_poll"));
	commit(6, "[{\"rev\":6,\"at\":1,\"actor\":2,\"kind\":\"x.z\",\"subject\":3,\"body\":{}}]",
	       AT(6));
	assert_string_equal(heard, "7:reset 4; ");
	poll = next_call("feed_poll");
	poll_row("7", "6", "4", "x.x", "{}", AT(4));
	poll_row("7", "6", "5", "x.y", "{}", AT(5));
	poll_row("7", "6", "6", "x.z", "{}", AT(6));
	answer(poll);
	assert_string_equal(heard, "7:reset 4; 7:5 x.y at=1000 actor=5 subject=9; "
				   "7:6 x.z at=1000 actor=5 subject=9; ");
}

static void test_another_history_resets(void **state)
{
	struct db_call *poll;

	feed_keep(feed, &site, true);
	answer_load("4", AT(4));
	poll = next_call("feed_poll");
	poll_row("7", "5", "4", "x.x", "{}", AT(9));
	poll_row("7", "5", "5", "x.y", "{}", AT(5));
	answer(poll);
	answer_load("5", AT(5));
	assert_string_equal(heard, "7:reset 4; 7:reset 5; ");
}

static void test_the_operators_log_is_followed_though_it_tells_of_sites(void **state)
{
	struct db_call *poll;

	feed_keep(feed, &operators, true);
	answer_load("1", AT(1));
	poll = next_call("feed_poll");
	poll_row("0", "2", "1", "tenant.created", "{\"tenant\":1}", AT(1));
	poll_row("0", "2", "2", "site.created", "{\"site\":7}", AT(2));
	answer(poll);
	assert_string_equal(heard, "0:reset 1; 0:2 site.created at=1000 actor=5 subject=9; ");
}

static void test_who_unfollows_hears_no_more(void **state)
{
	feed_keep(feed, &site, true);
	answer_load("4", AT(4));
	feed_unfollow(&follower);
	commit(5, "[{\"rev\":5,\"at\":1,\"actor\":2,\"kind\":\"x.y\",\"subject\":3,\"body\":{}}]",
	       AT(5));
	assert_string_equal(heard, "7:reset 4; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_rev_is_told_once_whoever_brings_it,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_events_behind_a_gap_wait_for_the_poll, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_another_history_resets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_the_operators_log_is_followed_though_it_tells_of_sites, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_who_unfollows_hears_no_more, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
