/* Turns of watches without feed, database or connection: who is told what around a reset or a new login. */

#include "calendar_site.h"

#include "common/civil.h"
#include "daemon/actor.h"
#include "daemon/watch_internal.h"

static struct loop *loop;
static struct calendar *calendar;
static struct feed_follower *follower;
static struct watches *watches;
static struct actor *desk, *other;
static struct site site = { .id = 7, .code = (char *)"KSQ" };
static struct config config = { .watch_queue = 8, .watch_tick = 3600000 };
static struct services services = { .config = &config };

/* ---- the feed and the database, as far as watches see them ---- */

static struct db_call *page;
static int row_count;

const struct calendar *feed_calendar(struct feed *feed, const struct site *at)
{
	return calendar;
}

int feed_keep(struct feed *feed, const struct site *at, bool keep)
{
	return 0;
}

void feed_follow(struct feed *feed, struct feed_follower *added)
{
	follower = added;
}

void feed_unfollow(struct feed_follower *removed)
{
	follower = NULL;
}

int64_t feed_stale_ms(const struct feed *feed)
{
	return 0;
}

void db_submit(struct db *db, enum db_pool_kind kind, struct db_call *call)
{
	page = call;
}

void db_forget(struct db_call *call)
{
	page = NULL;
}

int db_rows(const struct db_call *call)
{
	return row_count;
}

/* Blocks made one after the other, the first right behind the rev that was asked for. */
static const char *block_row(const struct db_call *call, int row, int column)
{
	static char rev[24];

	snprintf(rev, sizeof(rev), "%lld", strtoll(call->params[1], NULL, 10) + 1 + row);
	switch (column) {
	case 0:
	case 4:
		return rev;
	case 3:
		return "block.created";
	case 5:
		return state_text("block", 90 + row, 1, "[1]", 0, HOUR, 2 * HOUR);
	default:
		return NULL;
	}
}

const char *db_value(const struct db_call *call, int row, int column)
{
	return block_row(call, row, column);
}

int64_t db_value_int(const struct db_call *call, int row, int column)
{
	const char *text = block_row(call, row, column);

	return text ? strtoll(text, NULL, 10) : 0;
}

static void answer_page(int rows)
{
	struct db_call *call = page;

	assert_non_null(call);
	page = NULL;
	row_count = rows;
	call->status = DB_DONE;
	call->done(call);
}

/* ---- connections ---- */

struct client {
	struct session session;
	char told[1024]; /* what it was told, in short */
};

static struct client first, second;

static bool has_room(struct outlet *outlet)
{
	return true;
}

_printf_(2, 3) static void note(struct client *client, const char *format, ...)
{
	size_t used = strlen(client->told);
	va_list args;

	va_start(args, format);
	vsnprintf(client->told + used, sizeof(client->told) - used, format, args);
	va_end(args);
}

static void note_events(struct client *client, const struct cJSON *events)
{
	const struct cJSON *event;
	int64_t rev = 0;

	for (event = json_first(events); event; event = json_next(event)) {
		json_int(event, "rev", &rev);
		note(client, "%d ", (int)rev);
	}
}

static bool take_line(struct outlet *outlet, const char *line, size_t len)
{
	struct client *client = container_of(outlet, struct client, session.outlet);
	const struct cJSON *params;
	struct json_problem problem;
	struct cJSON *message = NULL;
	const char *method;
	int64_t rev = 0;

	assert_int_equal(json_parse(line, len, &json_limits_reply, &message, &problem), 0);
	method = json_str(message, "method");
	params = json_get(message, "params");
	json_int(params, "rev", &rev);
	if (strcmp(method, "watch.event") == 0)
		note_events(client, json_get(params, "events"));
	else if (strcmp(method, "watch.lost") == 0)
		note(client, "lost:%s ", json_str(params, "reason"));
	else
		note(client, "%s@%d ", method + strlen("watch."), (int)rev);
	json_free(message);
	return true;
}

static void connect_client(struct client *client)
{
	*client = (struct client){
		.session.outlet = { .has_room = has_room, .send = take_line },
		.session.actor = desk,
	};
	LIST_INIT(&client->session.outlet.watches);
}

static struct actor *make_desk(void)
{
	struct actor *actor = actor_new();

	assert_non_null(actor);
	actor->role = ROLE_FRONT_DESK;
	actor->site_id = ACTOR_ALL_SITES;
	actor->expires_usec = INT64_MAX;
	return actor;
}

static int set_up(void **state)
{
	loop = loop_new();
	services.loop = loop;
	calendar = make_site(0, ALWAYS_OPEN); /* at rev 10 */
	watches = watches_new(&services);
	desk = make_desk();
	other = make_desk();
	connect_client(&first);
	connect_client(&second);
	return loop && watches ? 0 : -1;
}

static int tear_down(void **state)
{
	watches_leave(&first.session);
	watches_leave(&second.session);
	watches_free(watches);
	calendar_free(calendar);
	actor_unref(desk);
	actor_unref(other);
	loop_free(loop);
	return 0;
}

/* ---- what happens ---- */

static void start(struct client *client, bool resumes, int64_t since_rev)
{
	struct watch_wish wish = { .site = &site,
				   .actor = client->session.actor,
				   .topics = { true, true, true },
				   .resumes = resumes,
				   .since_rev = since_rev };

	assert_true(watches_start(watches, &client->session, &wish) > 0);
}

/* Everybody who has something to say says it. */
static void settle(void)
{
	while (!TAILQ_EMPTY(&watches->ready))
		loop_pass(loop);
}

/* The calendar took the site's next event; `told` is its body as watches see it. */
static void happen(int block, const char *told)
{
	char body[512];
	struct json_problem problem;
	struct cJSON *parsed = NULL;
	struct feed_event event = { .kind = "block.created", .subject = block };

	snprintf(body, sizeof(body), "%s",
		 state_text("block", block, 1, "[1]", 0, block * HOUR, (block + 1) * HOUR));
	assert_int_equal(apply(calendar, event.kind, body), 0);
	told = told ? told : body;
	assert_int_equal(json_parse(told, strlen(told), &json_limits_reply, &parsed, &problem), 0);
	event.body = parsed;
	event.rev = calendar_rev(calendar);
	follower->event(follower, &site, &event);
	json_free(parsed);
}

/* The log was another one: the calendar is at rev 10 again. */
static void reset(void)
{
	calendar_free(calendar);
	calendar = make_site(0, ALWAYS_OPEN);
	follower->reset(follower, &site, calendar);
}

/* ---- the tests ---- */

static void test_who_begins_while_others_are_reset_hears_nothing_of_the_old_history(void **state)
{
	start(&first, false, 0);
	settle();
	happen(1, NULL);
	happen(2, NULL);
	settle();
	reset();
	start(&second, false, 0); /* the first had no turn yet */
	settle();
	happen(3, NULL);
	settle();
	assert_string_equal(first.told, "snapshot@10 11 12 lost:reset ");
	assert_string_equal(second.told, "snapshot@10 11 ");
}

static void test_who_resumes_while_others_are_reset_is_told_by_the_database(void **state)
{
	start(&first, false, 0);
	settle();
	reset();
	start(&second, true, 8);
	settle();
	answer_page(2);
	settle();
	happen(1, NULL);
	settle();
	assert_string_equal(second.told, "9 10 11 ");
}

static void test_an_event_that_cannot_be_told_is_not_left_out_for_who_begins_then(void **state)
{
	start(&first, false, 0);
	settle();
	happen(1, NULL);
	happen(2, "{}");
	start(&second, true, 10);
	settle();
	assert_string_equal(first.told, "snapshot@10 lost:reset ");
	answer_page(2);
	settle();
	happen(3, NULL);
	settle();
	assert_string_equal(second.told, "11 12 13 ");
}

static void test_a_page_that_comes_after_a_new_login_is_not_told(void **state)
{
	start(&first, true, 5);
	settle();
	first.session.actor = other;
	answer_page(5);
	settle();
	assert_string_equal(first.told, "lost:revoked ");
}

static void test_a_page_that_comes_after_a_reset_is_not_told(void **state)
{
	start(&first, true, 5);
	settle();
	reset();
	answer_page(5);
	settle();
	assert_string_equal(first.told, "lost:reset ");
}

static void test_a_page_is_told_where_nothing_has_changed(void **state)
{
	start(&first, true, 5);
	settle();
	answer_page(5);
	settle();
	assert_string_equal(first.told, "6 7 8 9 10 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_who_begins_while_others_are_reset_hears_nothing_of_the_old_history,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_who_resumes_while_others_are_reset_is_told_by_the_database, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_an_event_that_cannot_be_told_is_not_left_out_for_who_begins_then,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_page_that_comes_after_a_new_login_is_not_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_page_that_comes_after_a_reset_is_not_told,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_page_is_told_where_nothing_has_changed,
						set_up, tear_down),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
