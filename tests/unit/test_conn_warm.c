/* Who keeps OpenSSL's buffers: those in use, so many at most, and until they rest. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/ssl.h>

#include "daemon/conn_warm.h"

struct room {
	struct loop *loop;
	SSL_CTX *ctx;
	struct warm_list list;
	struct warm warm[WARM_MAX + 1];
};

static int setup(void **state)
{
	static struct room room;

	room = (struct room){ .loop = loop_new(), .ctx = SSL_CTX_new(TLS_server_method()) };
	SSL_CTX_set_mode(room.ctx, SSL_MODE_RELEASE_BUFFERS);
	warm_init(&room.list, room.loop);
	for (int i = 0; i <= WARM_MAX; i++)
		room.warm[i].ssl = SSL_new(room.ctx);
	*state = &room;
	return 0;
}

static int teardown(void **state)
{
	struct room *room = *state;

	for (int i = 0; i <= WARM_MAX; i++) {
		warm_leave(&room->list, &room->warm[i]);
		SSL_free(room->warm[i].ssl);
	}
	warm_deinit(&room->list);
	SSL_CTX_free(room->ctx);
	loop_free(room->loop);
	return 0;
}

static bool keeps(const struct warm *warm)
{
	return !(SSL_get_mode(warm->ssl) & SSL_MODE_RELEASE_BUFFERS);
}

/* The time is over. */
static void rest(struct room *room)
{
	timer_stop(&room->list.look);
	room->list.look.fire(&room->list.look);
}

static void who_rests_gives_the_buffers_back(void **state)
{
	struct room *room = *state;
	struct warm *warm = &room->warm[0];

	assert_false(keeps(warm));
	warm_use(&room->list, warm);
	assert_true(keeps(warm));
	assert_true(timer_running(&room->list.look));
	rest(room); /* it was in use until now */
	assert_true(keeps(warm));
	warm_use(&room->list, warm);
	rest(room);
	assert_true(keeps(warm));
	rest(room);
	assert_false(keeps(warm));
	assert_int_equal(room->list.count, 0);
	assert_false(timer_running(&room->list.look));
	warm_use(&room->list, warm);
	assert_true(keeps(warm));
}

static void no_more_than_so_many_keep_them(void **state)
{
	struct room *room = *state;

	for (int i = 0; i <= WARM_MAX; i++)
		warm_use(&room->list, &room->warm[i]);
	assert_int_equal(room->list.count, WARM_MAX);
	assert_true(keeps(&room->warm[WARM_MAX - 1]));
	assert_false(keeps(&room->warm[WARM_MAX]));
	warm_leave(&room->list, &room->warm[0]);
	warm_use(&room->list, &room->warm[WARM_MAX]);
	assert_true(keeps(&room->warm[WARM_MAX]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_rests_gives_the_buffers_back, setup, teardown),
		cmocka_unit_test_setup_teardown(no_more_than_so_many_keep_them, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
