/*
 * The output of a connection: what waits to leave, for how long it may, and what goes on when it has left.
 * Answers of what is worked on leave together when the work is done; others by a task, so that those
 * which come in one pass of the loop leave together too.
 */

#include "common/macros.h"
#include "daemon/conn_internal.h"
#include "daemon/log.h"
#include "daemon/watch.h"

static void on_output_deadline(struct timer *timer)
{
	conn_close(container_of(timer, struct conn, stuck), "the output was not taken");
}

/*
 * The clock runs while output waits. A client has to take all of it in time, or an eighth of the
 * mark; were a byte enough, one that trickles could keep us from freeing what it never reads.
 */
static void watch_output(struct conn *conn)
{
	int64_t share = conn_config(conn)->output_bytes / 8;

	conn->owed = conn->output < share ? conn->output : share;
	timer_start(conn->conns->services->loop, &conn->stuck, conn_config(conn)->output_timeout);
}

/*
 * Twice the budget for all: those with much waiting were not read any more, and it grew all the
 * same. The largest go, one after another.
 */
static void on_trim(struct task *task)
{
	struct conns *conns = container_of(task, struct conns, trim);
	struct conn *conn, *largest;

	while (conns->output > 2 * conns->services->config->output_total) {
		largest = TAILQ_FIRST(&conns->list);
		TAILQ_FOREACH (conn, &conns->list, entry)
			if (conn->output > largest->output)
				largest = conn;
		log_warning("too much output waits for all clients; the one with the most is "
			    "closed: limits.output_total",
			    log_str("peer", largest->session.peer),
			    log_int("bytes", largest->output));
		conn_close(largest, "too much output waited");
	}
}

void conn_write(struct conn *conn, const char *line, size_t len)
{
	struct conns *conns = conn->conns;

	if (conn->state == CONN_DEAD)
		return;
	/* An answer that there was no memory for: who waits for it has to know. */
	if (len == 0 || stream_write(&conn->stream, line, len) < 0) {
		conn_close(conn, "out of memory");
		return;
	}
	conn->output += (int64_t)len;
	conns->output += (int64_t)len;
	if (!conn->working)
		loop_defer(conns->services->loop, &conn->flush);
	/* Not from here: a request of another may be on its way out. */
	if (conns->output > 2 * conn_config(conn)->output_total)
		loop_defer(conns->services->loop, &conns->trim);
}

/* What waits for the output to have left goes on then: what finishes, watches, lines that had no room. */
static bool waits_for_output(const struct conn *conn)
{
	return conn->state == CONN_FINISHING || conn->stream.paused ||
	       !LIST_EMPTY(&conn->session.outlet.watches);
}

void conn_flush(struct conn *conn)
{
	int sent = stream_flush(&conn->stream);

	if (sent < 0) {
		conn_close(conn, "the client left");
		return;
	}
	conn->output -= sent;
	conn->conns->output -= sent;
	conn->owed -= sent;
	if (conn->output == 0)
		timer_stop(&conn->stuck);
	else if (!timer_running(&conn->stuck) || (sent > 0 && conn->owed <= 0))
		watch_output(conn);
	if (sent > 0 && conn->output == 0 && waits_for_output(conn))
		loop_defer(conn->conns->services->loop, &conn->flush);
}

/* All output has left: go on reading, or be done. */
static void on_drained(struct conn *conn)
{
	if (conn->state == CONN_FINISHING) {
		conn_close(conn, "finished");
		return;
	}
	watches_resume(&conn->session);
	conn_work(conn);
}

static void on_flush(struct task *task)
{
	struct conn *conn = container_of(task, struct conn, flush);

	if (conn->output > 0)
		conn_flush(conn);
	else
		on_drained(conn);
}

/* ---- notifications ---- */

/*
 * A quarter of the mark: what a watch has to tell never stops the requests of its connection, and
 * waits where it is shared. Whoever has no room has output, and goes on when it has left.
 */
static bool outlet_has_room(struct outlet *outlet)
{
	const struct conn *conn = container_of(outlet, struct conn, session.outlet);
	int64_t mark = conn_config(conn)->output_bytes;

	return conn->output <= mark / 4 &&
	       (conn->conns->output <= conn_config(conn)->output_total ||
		conn->output <= mark / 16);
}

static bool outlet_send(struct outlet *outlet, const char *line, size_t len)
{
	struct conn *conn = container_of(outlet, struct conn, session.outlet);

	conn_write(conn, line, len);
	return conn->state != CONN_DEAD;
}

void conn_output_init(struct conn *conn)
{
	conn->session.outlet.has_room = outlet_has_room;
	conn->session.outlet.send = outlet_send;
	conn->stuck.fire = on_output_deadline;
	conn->flush.run = on_flush;
	conn->conns->trim.run = on_trim;
}
