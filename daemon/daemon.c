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
#include <systemd/sd-daemon.h>

#include "common/civil.h"
#include "common/crypto.h"
#include "common/json.h"
#include "common/macros.h"
#include "common/tls.h"
#include "daemon/admin.h"
#include "daemon/conn.h"
#include "daemon/directory.h"
#include "daemon/feed.h"
#include "daemon/listener.h"
#include "daemon/log.h"
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
	struct event *signals[SIGNALS];
	struct timer drain;
	struct timer lanes; /* while the last changes are under way at the end */
	bool ready;	    /* READY=1 was said */
	int status;
};

struct lane *services_lane(struct services *services, struct site *site)
{
	if (!site->lane)
		site->lane = lane_new(services->loop, services->db, services->config,
				      services->feed, site, &services->lane_events);
	return site->lane;
}

/* ---- events of the rooms below ---- */

static void say_status(struct daemon *daemon)
{
	const struct db *db = daemon->services.db;
	long long clients = daemon->services.connections;

	if (db_up(db))
		sd_notifyf(0, "STATUS=database up; %lld clients", clients);
	else
		sd_notifyf(
			0,
			"STATUS=waiting for the database (%s); changes are refused; %lld clients",
			db_state(db), clients);
}

static void on_db_changed(struct db_events *events, bool up)
{
	struct daemon *daemon = container_of(events, struct daemon, db_events);
	struct sites *sites = daemon->services.sites;

	if (up) {
		log_notice("database up");
		sites_refresh(sites, NULL);
		feed_up(daemon->services.feed);
		if (!daemon->ready)
			sd_notify(0, "READY=1");
		daemon->ready = true;
	} else {
		log_warning("database away; changes and reads are refused until it is back");
		lane_database_away(sites_operator(sites)->lane);
		for (struct site *site = sites_next(sites, NULL); site;
		     site = sites_next(sites, site))
			lane_database_away(site->lane);
	}
	say_status(daemon);
}

static void on_db_trouble(struct db_events *events)
{
	struct daemon *daemon = container_of(events, struct daemon, db_events);

	if (daemon->services.db) /* not while it is being made */
		say_status(daemon);
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

	if (daemon->ready)
		return; /* it was right when we started: keep trying, a migration may be under way
			 */
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

static int64_t lanes_load(struct sites *sites)
{
	int64_t load = lane_load(sites_operator(sites)->lane);

	for (struct site *site = sites_next(sites, NULL); site; site = sites_next(sites, site))
		load += lane_load(site->lane);
	return load;
}

static void stop_if_drained(struct daemon *daemon)
{
	if (!daemon->services.draining || daemon->conns.count > 0)
		return;
	/* Changes whose clients have left tell nobody when they are done. */
	if (lanes_load(daemon->services.sites) > 0)
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
		    log_int("changes", lanes_load(daemon->services.sites)));
	loop_stop(daemon->loop);
}

static void begin_drain(struct daemon *daemon)
{
	log_notice("stopping; requests under way are finished",
		   log_int("connections", daemon->conns.count));
	sd_notify(0, "STOPPING=1\nSTATUS=finishing requests under way");
	daemon->services.draining = true;
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

/* The new certificate, or the old state of things and a line in the log. */
static int load_tls(const struct config *config, struct ssl_ctx_st **ret, int64_t *ret_expiry)
{
	struct tls_problem problem;

	if (tls_server_new(config->certificate, config->key, ret, &problem) < 0) {
		log_error("certificate unusable", log_str("why", problem.text));
		return -EINVAL;
	}
	*ret_expiry = 0;
	tls_certificate_expiry(*ret, ret_expiry);
	return 0;
}

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
	if (!file || load_tls(config_values(file), &tls, &expiry) < 0) {
		config_free(file);
		return -EINVAL;
	}
	if (config_keep_fixed(file, *daemon->file, fixed) > 0)
		log_warning("changed options that need a restart are left as they were",
			    log_str("options", fixed));
	daemon->config = *config_values(file);
	config_free(*daemon->file);
	*daemon->file = file;
	tls_ctx_free(daemon->tls);
	daemon->tls = daemon->conns.tls = tls;
	daemon->services.certificate_expiry_usec = expiry;
	log_set_level((enum log_level)daemon->config.level);
	return 0;
}

static void on_hup(evutil_socket_t number, short what, void *data)
{
	struct daemon *daemon = data;
	char text[64];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
		 (long long)monotonic_now());
	sd_notify(0, text);
	if (reload(daemon) < 0)
		log_error("reload refused; the configuration and certificate in force stay");
	else
		log_notice("reloaded");
	sd_notify(0, "READY=1");
	say_status(daemon);
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
	int count = sd_listen_fds(1), inherited = -1;

	if (count > 1) {
		log_error("more than one socket was passed; one is wanted",
			  log_int("count", count));
		return -EINVAL;
	}
	if (count == 1)
		inherited = SD_LISTEN_FDS_START;
	if (inherited >= 0 && sd_is_socket(inherited, AF_UNSPEC, SOCK_STREAM, 1) <= 0) {
		log_error("the socket passed is not a listening stream socket");
		return -EINVAL;
	}
	if (listener_new(&daemon->conns, inherited, &daemon->listener, &problem) < 0) {
		log_error("cannot listen", log_str("why", problem.text));
		return -EINVAL;
	}
	log_notice("listening",
		   log_str("address", inherited < 0 ? daemon->config.address : "inherited"),
		   log_int("port", listener_port(daemon->listener)));
	return 0;
}

/* Rooms are opened from the bottom up; daemon_deinit() closes what there is in the other order. */
static int daemon_open(struct daemon *daemon)
{
	struct services *services = &daemon->services;
	uint16_t random = 0;

	daemon->loop = loop_new();
	if (!daemon->loop || catch_signals(daemon) < 0)
		return EX_OSERR;
	if (load_tls(&daemon->config, &daemon->tls, &services->certificate_expiry_usec) < 0)
		return EX_CONFIG;
	crypto_random(&random, sizeof(random));
	snprintf(services->instance, sizeof(services->instance), "%04x", random);
	services->loop = daemon->loop;
	services->config = &daemon->config;
	services->started_usec = instant_now();
	services->lane_events.committed = on_committed;
	daemon->drain.fire = on_drained;
	daemon->lanes.fire = on_lanes_look;
	daemon->db_events = (struct db_events){ .changed = on_db_changed,
						.trouble = on_db_trouble,
						.hint = on_db_hint,
						.wrong_schema = on_wrong_schema };
	services->db = db_new(daemon->loop, &daemon->config, &daemon->db_events);
	services->sites = services->db ? sites_new(daemon->loop, services->db) : NULL;
	services->feed =
		services->sites ? feed_new(daemon->loop, services->db, services->sites) : NULL;
	daemon->directory_events.changed = on_people_changed;
	services->directory =
		services->feed
			? directory_new(daemon->loop, services->db, services->feed,
					sites_operator(services->sites), &daemon->directory_events)
			: NULL;
	services->people = services->directory ? directory_people(services->directory) : NULL;
	services->upkeep = services->directory ? upkeep_new(services) : NULL;
	services->watches = services->upkeep ? watches_new(services) : NULL;
	services->workers =
		services->upkeep ? workers_new(daemon->loop, (int)daemon->config.password_threads)
				 : NULL;
	if (!services->workers || !services->watches)
		return EX_OSERR;
	TAILQ_INIT(&daemon->conns.list);
	daemon->conns.services = services;
	daemon->conns.tls = daemon->tls;
	daemon->conns.changed = on_conns_changed;
	return open_listener(daemon) < 0 ? EX_CONFIG : EX_OK;
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
static void free_lanes(struct sites *sites)
{
	struct site *site;

	if (!sites)
		return;
	site = sites_operator(sites);
	do {
		site->lane = lane_free(site->lane);
		site = sites_next(sites, site->id == SITE_OPERATOR ? NULL : site);
	} while (site);
}

static void daemon_deinit(struct daemon *daemon)
{
	ignore_signals();
	daemon->services.draining = true;
	listener_free(daemon->listener);
	if (daemon->conns.services) {
		conns_close(&daemon->conns);
		/* A connection with a callback still to come is let go after that. */
		loop_pass(daemon->loop);
	}
	/* After those who wait for it: it drops what is left. */
	workers_free(daemon->services.workers);
	upkeep_free(daemon->services.upkeep);
	watches_free(daemon->services.watches);
	directory_free(daemon->services.directory);
	free_lanes(daemon->services.sites);
	feed_free(daemon->services.feed);
	sites_free(daemon->services.sites);
	db_free(daemon->services.db);
	tls_ctx_free(daemon->tls);
	timer_stop(&daemon->drain);
	timer_stop(&daemon->lanes);
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
