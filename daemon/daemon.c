/*
 * See daemon.h. Everything of a running daemon hangs on one struct; signals are events of its loop.
 *
 *	SIGTERM, SIGINT   drain: no new clients, those here get their answers; a second one:
 *	                  stop now
 *	SIGHUP            configuration and certificate are read again, all or nothing
 */

#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "common/civil.h"
#include "common/crypto.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/tls.h"
#include "daemon/admin.h"
#include "daemon/certificate.h"
#include "daemon/config_exposed.h"
#include "daemon/conn.h"
#include "daemon/day_texts.h"
#include "daemon/directory.h"
#include "daemon/feed.h"
#include "daemon/health.h"
#include "daemon/inherited.h"
#include "daemon/listener.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/resources.h"
#include "daemon/services.h"
#include "daemon/upkeep.h"
#include "daemon/watch.h"
#include "daemon/worker.h"

#define LANES_LOOK_MS 20

enum { SIGNAL_TERM, SIGNAL_INT, SIGNAL_HUP, SIGNALS };

struct daemon {
	struct config_file **file; /* the caller's; replaced at reload */
	const char *path;	   /* borrows */
	struct config config;	   /* in force; everybody points here, so a reload writes into it */
	struct loop *loop;
	struct ssl_ctx_st *tls;
	struct services services;
	struct db_events db_events;
	struct directory_events directory_events;
	struct conns conns;
	struct listener *listener;
	struct inherited inherited;
	struct event *signals[SIGNALS];
	struct timer drain;
	struct timer lanes; /* while the last changes are under way at the end */
	struct notify notify;
	struct health health;
	struct certificate_watch certificate;
	int status;
};

/* ---- events of the rooms below ---- */

static void on_db_changed(struct db_events *events, bool up)
{
	struct daemon *daemon = container_of(events, struct daemon, db_events);
	struct sites *sites = daemon->services.sites;

	if (up) {
		log_notice("database up");
		sites_refresh(sites, NULL);
		feed_up(daemon->services.feed);
		notify_ready(&daemon->notify);
	} else {
		log_warning("database away; changes and reads are refused until it is back");
		for (struct site *site = services_next_site(&daemon->services, NULL); site;
		     site = services_next_site(&daemon->services, site))
			lane_database_away(site->lane);
	}
	notify_changed(&daemon->notify);
}

static void on_db_trouble(struct db_events *events)
{
	struct daemon *daemon = container_of(events, struct daemon, db_events);

	if (!daemon->services.db) /* it is being made */
		return;
	if (!db_up(daemon->services.db))
		log_warning("waiting for the database",
			    log_str("why", db_state(daemon->services.db)));
	notify_changed(&daemon->notify);
}

static void on_db_hint(struct db_events *events, int site_id, int64_t rev)
{
	struct daemon *daemon = container_of(events, struct daemon, db_events);
	struct sites *sites = daemon->services.sites;

	feed_hint(daemon->services.feed, site_id, rev);
	/* A log we do not know yet is a new site's; the operator's may tell of another zone. What
	 * else changed in a site we know is read when it matters. */
	if (site_id == SITE_OPERATOR || !sites_by_id(sites, site_id))
		sites_refresh(sites, NULL);
}

static void on_wrong_schema(struct db_events *events, int version)
{
	struct daemon *daemon = container_of(events, struct daemon, db_events);
	int wanted = admin_schema_version();

	/* It was right when we started: keep trying, a migration may be under way. Why is told as trouble. */
	if (daemon->notify.ready)
		return;
	log_error(
		"the database's schema is of another version", log_int("database", version),
		log_int("wanted", wanted),
		log_str("do", version < wanted ? "coworkd migrate" : "install the newer coworkd"));
	daemon->status = EX_CONFIG;
	loop_stop(daemon->loop);
}

static bool is_catalogue(const struct cJSON *list)
{
	for (const struct cJSON *event = json_first(list); event; event = json_next(event)) {
		const char *kind = json_str(event, "kind");

		if (kind && strncmp(kind, "site.", 5) == 0)
			return true;
	}
	return false;
}

static void on_committed(struct lane_events *events, int site_id, int64_t rev,
			 const struct cJSON *list)
{
	struct services *services = container_of(events, struct services, lane_events);

	upkeep_grew(services->upkeep, (int64_t)json_count(list));
	if (!is_catalogue(list))
		return;
	sites_refresh(services->sites, NULL);
	/* The others do not look at a site they know; at the operator's log they do. */
	if (site_id != SITE_OPERATOR)
		db_hint(services->db, SITE_OPERATOR, 0);
}

static void on_people_changed(struct directory_events *events, int64_t person_id, int64_t tenant_id)
{
	conns_judge_again(&container_of(events, struct daemon, directory_events)->conns, person_id,
			  tenant_id);
}

/* ---- the end ---- */

static void stop_if_drained(struct daemon *daemon)
{
	if (!daemon->services.draining || daemon->conns.count > 0)
		return;
	/* Changes whose clients have left tell nobody when they are done. */
	if (services_lanes_load(&daemon->services) > 0)
		timer_start(daemon->loop, &daemon->lanes, LANES_LOOK_MS);
	else
		loop_stop(daemon->loop);
}

static void on_lanes_look(struct timer *timer)
{
	stop_if_drained(container_of(timer, struct daemon, lanes));
}

static void on_conns_changed(struct conns *conns)
{
	stop_if_drained(container_of(conns, struct daemon, conns));
}

static void on_drained(struct timer *timer)
{
	struct daemon *daemon = container_of(timer, struct daemon, drain);

	log_warning("stopping with clients still here", log_int("connections", daemon->conns.count),
		    log_int("changes", services_lanes_load(&daemon->services)));
	loop_stop(daemon->loop);
}

static void begin_drain(struct daemon *daemon)
{
	log_notice("stopping; requests under way are finished",
		   log_int("connections", daemon->conns.count));
	daemon->services.draining = true;
	notify_stopping(&daemon->notify);
	daemon->listener = listener_free(daemon->listener);
	timer_start(daemon->loop, &daemon->drain, daemon->config.drain_timeout);
	conns_drain(&daemon->conns);
	stop_if_drained(daemon);
}

static void on_term(evutil_socket_t number, short what, void *data)
{
	struct daemon *daemon = data;

	if (daemon->services.draining)
		loop_stop(daemon->loop);
	else
		begin_drain(daemon);
}

/* ---- reload ---- */

static int reload(struct daemon *daemon)
{
	struct config_problem problem;
	struct config_file *file = NULL;
	struct ssl_ctx_st *tls = NULL;
	char fixed[512];
	int64_t expiry;

	if (daemon->path && config_load(daemon->path, &file, &problem) < 0) {
		log_error("configuration unusable", log_str("why", problem.text));
		return -EINVAL;
	}
	if (!daemon->path)
		file = config_new();
	if (!file || certificate_load(config_values(file), &tls, &expiry) < 0) {
		config_free(file);
		return -EINVAL;
	}
	config_exposed_log(file);
	if (config_keep_fixed(file, *daemon->file, fixed) > 0)
		log_warning("changed options that need a restart are left as they were",
			    log_str("options", fixed));
	daemon->config = *config_values(file);
	config_free(*daemon->file);
	*daemon->file = file;
	tls_ctx_free(daemon->tls);
	daemon->tls = daemon->conns.tls = tls;
	daemon->services.certificate_expiry_usec = expiry;
	certificate_watch(&daemon->certificate, &daemon->services, &daemon->notify);
	daemon->services.clients_max = resources_clients(&daemon->config);
	log_set_level((enum log_level)daemon->config.level);
	return 0;
}

static void on_hup(evutil_socket_t number, short what, void *data)
{
	struct daemon *daemon = data;

	notify_reloading(&daemon->notify);
	daemon->services.reload_refused = reload(daemon) < 0;
	if (daemon->services.reload_refused)
		log_error("reload refused; the configuration and certificate in force stay");
	else
		log_notice("reloaded");
	notify_reloaded(&daemon->notify);
}

/* ---- the beginning ---- */

static int catch_signals(struct daemon *daemon)
{
	static const struct {
		int number;
		event_callback_fn callback;
	} wanted[SIGNALS] = {
		[SIGNAL_TERM] = { SIGTERM, on_term },
		[SIGNAL_INT] = { SIGINT, on_term },
		[SIGNAL_HUP] = { SIGHUP, on_hup },
	};

	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < SIGNALS; i++) {
		daemon->signals[i] = evsignal_new(loop_base(daemon->loop), wanted[i].number,
						  wanted[i].callback, daemon);
		if (!daemon->signals[i] || event_add(daemon->signals[i], NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int open_listener(struct daemon *daemon)
{
	struct listener_problem problem;
	const struct inherited *inherited = &daemon->inherited;

	if (listener_new(&daemon->conns, inherited, &daemon->listener, &problem) < 0) {
		log_error("cannot listen", log_str("why", problem.text));
		return -EINVAL;
	}
	log_notice("listening",
		   log_str("address", inherited->fd < 0 ? daemon->config.address : "inherited"),
		   log_int("port", listener_port(daemon->listener)));
	return 0;
}

/* Each room needs the one before; the first that cannot be had ends it. */
static int open_rooms(struct daemon *daemon)
{
	struct services *services = &daemon->services;
	struct loop *loop = daemon->loop;
	int threads = (int)daemon->config.password_threads;

	services->db = db_new(loop, &daemon->config, &daemon->db_events);
	if (!services->db)
		return -ENOMEM;
	services->sites = sites_new(loop, services->db);
	if (!services->sites)
		return -ENOMEM;
	services->feed = feed_new(loop, services->db, services->sites);
	if (!services->feed)
		return -ENOMEM;
	services->directory =
		directory_new(loop, services->db, services->feed, sites_operator(services->sites),
			      &daemon->directory_events);
	if (!services->directory)
		return -ENOMEM;
	services->people = directory_people(services->directory);
	services->day_texts = day_texts_new(DAY_TEXTS_BYTES);
	services->upkeep = services->day_texts ? upkeep_new(services) : NULL;
	services->watches = services->upkeep ? watches_new(services) : NULL;
	services->workers = services->watches ? workers_new(loop, threads) : NULL;
	return services->workers ? 0 : -ENOMEM;
}

static void set_events(struct daemon *daemon)
{
	daemon->services.lane_events.committed = on_committed;
	daemon->drain.fire = on_drained;
	daemon->lanes.fire = on_lanes_look;
	daemon->directory_events.changed = on_people_changed;
	daemon->db_events = (struct db_events){ .changed = on_db_changed,
						.trouble = on_db_trouble,
						.hint = on_db_hint,
						.wrong_schema = on_wrong_schema };
}

static void describe_services(struct daemon *daemon)
{
	struct services *services = &daemon->services;
	uint16_t random = 0;

	crypto_random(&random, sizeof(random));
	snprintf(services->instance, sizeof(services->instance), "%04x", random);
	services->loop = daemon->loop;
	services->config = &daemon->config;
	services->started_usec = instant_now();
}

static int out_of_memory(void)
{
	log_error("cannot start: out of memory",
		  log_str("do", "raise the service's limit on memory"));
	return EX_OSERR;
}

/* Rooms are opened from the bottom up; daemon_deinit() closes what there is in the other order. */
static int daemon_open(struct daemon *daemon)
{
	struct services *services = &daemon->services;

	/* Before anything is opened: what was not passed would then be something of ours. */
	if (inherited_socket(&daemon->inherited) < 0)
		return EX_CONFIG;
	if (resources_memory(&daemon->config) < 0)
		return EX_OSERR;
	services->clients_max = resources_clients(&daemon->config);
	if (services->clients_max == 0)
		return EX_OSERR;
	daemon->loop = loop_new();
	if (!daemon->loop || catch_signals(daemon) < 0)
		return out_of_memory();
	if (certificate_load(&daemon->config, &daemon->tls, &services->certificate_expiry_usec) < 0)
		return EX_CONFIG;
	config_exposed_log(*daemon->file);
	describe_services(daemon);
	set_events(daemon);
	if (open_rooms(daemon) < 0)
		return out_of_memory();
	TAILQ_INIT(&daemon->conns.list);
	TAILQ_INIT(&daemon->conns.shaking);
	warm_init(&daemon->conns.warmth, daemon->loop);
	daemon->conns.services = services;
	daemon->conns.tls = daemon->tls;
	daemon->conns.changed = on_conns_changed;
	if (open_listener(daemon) < 0)
		return EX_CONFIG;
	notify_start(&daemon->notify, services);
	health_start(&daemon->health, services, &daemon->notify);
	certificate_watch(&daemon->certificate, services, &daemon->notify);
	return EX_OK;
}

/* We end anyway: a signal that comes now would find no event, only its default. */
static void ignore_signals(void)
{
	sigset_t ours;

	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGHUP);
	sigprocmask(SIG_BLOCK, &ours, NULL);
}

/* They wait for calendars, and their calls for links. */
static void free_lanes(const struct services *services)
{
	struct site *site = services->sites ? services_next_site(services, NULL) : NULL;

	for (; site; site = services_next_site(services, site))
		site->lane = lane_free(site->lane);
}

static void daemon_deinit(struct daemon *daemon)
{
	ignore_signals();
	daemon->services.draining = true;
	listener_free(daemon->listener);
	if (daemon->conns.services)
		conns_close(&daemon->conns);
	/* After those who wait for it: it drops what is left. */
	workers_free(daemon->services.workers);
	day_texts_free(daemon->services.day_texts);
	upkeep_free(daemon->services.upkeep);
	watches_free(daemon->services.watches);
	directory_free(daemon->services.directory);
	free_lanes(&daemon->services);
	feed_free(daemon->services.feed);
	sites_free(daemon->services.sites);
	db_free(daemon->services.db);
	tls_ctx_free(daemon->tls);
	timer_stop(&daemon->drain);
	timer_stop(&daemon->lanes);
	notify_stop(&daemon->notify);
	health_stop(&daemon->health);
	certificate_watch_stop(&daemon->certificate);
	for (int i = 0; i < SIGNALS; i++)
		if (daemon->signals[i])
			event_free(daemon->signals[i]);
	loop_free(daemon->loop);
}

int daemon_run(struct config_file **file, const char *path)
{
	struct daemon daemon = { .file = file, .path = path, .config = *config_values(*file) };

	/*
	 * Tokens and keys are in memory, and must be found neither in a core file nor by another
	 * program of our user. The limit alone does not do: a core that goes to a program (systemd's
	 * collector) is written whatever it is.
	 */
	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
	log_set_level((enum log_level)daemon.config.level);
	daemon.status = daemon_open(&daemon);
	if (daemon.status == EX_OK && loop_run(daemon.loop) < 0)
		daemon.status = EX_SOFTWARE;
	if (daemon.status == EX_OK)
		log_notice("stopped");
	daemon_deinit(&daemon);
	return daemon.status;
}
