/* See conn_warm.h. */

#include "daemon/conn_warm.h"

#include <assert.h>

#include <openssl/ssl.h>

#include "common/macros.h"

/* What holds bytes still, such as half a record, OpenSSL gives back by its mode when they are gone. */
static void cool(struct warm_list *list, struct warm *warm)
{
	SSL_set_mode(warm->ssl, SSL_MODE_RELEASE_BUFFERS);
	SSL_free_buffers(warm->ssl);
	warm_leave(list, warm);
}

static void on_look(struct timer *timer)
{
	struct warm_list *list = container_of(timer, struct warm_list, look);
	struct warm *warm, *next;

	for (warm = TAILQ_FIRST(&list->list); warm; warm = next) {
		next = TAILQ_NEXT(warm, entry);
		if (!warm->used)
			cool(list, warm);
		warm->used = false;
	}
	if (list->count > 0)
		timer_start(list->loop, &list->look, WARM_REST_MS);
}

void warm_init(struct warm_list *list, struct loop *loop)
{
	*list = (struct warm_list){ .loop = loop, .look.fire = on_look };
	TAILQ_INIT(&list->list);
}

void warm_deinit(struct warm_list *list)
{
	assert(list->count == 0);
	timer_stop(&list->look);
}

void warm_use(struct warm_list *list, struct warm *warm)
{
	warm->used = true;
	if (warm->listed || list->count >= WARM_MAX)
		return;
	SSL_clear_mode(warm->ssl, SSL_MODE_RELEASE_BUFFERS);
	warm->listed = true;
	list->count++;
	TAILQ_INSERT_TAIL(&list->list, warm, entry);
	if (!timer_running(&list->look))
		timer_start(list->loop, &list->look, WARM_REST_MS);
}

void warm_leave(struct warm_list *list, struct warm *warm)
{
	if (!warm->listed)
		return;
	warm->listed = false;
	list->count--;
	TAILQ_REMOVE(&list->list, warm, entry);
}
