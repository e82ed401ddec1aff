/* See resources.h. */

#include "daemon/resources.h"

#include <errno.h>
#include <sys/resource.h>

#include "common/macros.h"
#include "daemon/day_texts.h"
#include "daemon/log.h"

/* Beside clients and database links: files, the loop's own, and room to say that there is none. */
#define DESCRIPTORS_OWN 55
#define MIB		INT64_C(1048576)
/* Program and libraries; a thread's stack, which is reserved as a whole; an idle client. */
#define MEMORY_PROGRAM (64 * MIB)
#define MEMORY_THREAD  (8 * MIB)
#define MEMORY_CLIENT  24576

/* ---- descriptors ---- */

static int64_t as_number(rlim_t limit)
{
	return limit == RLIM_INFINITY || limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
}

static int64_t reserve(const struct config *config)
{
	return DESCRIPTORS_OWN + config->lane_connections + config->read_connections + 1;
}

/* The soft limit stands low for the sake of programs that use select(2); the hard one is meant. */
static int64_t raise_descriptors(int64_t wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return wanted;
	if (as_number(limit.rlim_cur) < wanted) {
		struct rlimit more = limit;

		more.rlim_cur =
			as_number(limit.rlim_max) < wanted ? limit.rlim_max : (rlim_t)wanted;
		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			limit = more;
	}
	return as_number(limit.rlim_cur);
}

int64_t resources_clients(const struct config *config)
{
	int64_t wanted = config->connections + reserve(config), limit = raise_descriptors(wanted);
	int64_t room = limit - reserve(config);

	if (room >= config->connections)
		return config->connections;
	if (room > 0)
		log_warning("the descriptor limit has room for fewer clients than "
			    "limits.connections",
			    log_int("clients", room), log_int("limit", limit),
			    log_int("connections", config->connections), log_int("needed", wanted),
			    log_str("do", "raise LimitNOFILE= of the service"));
	else
		log_error("the descriptor limit has no room for any client",
			  log_int("limit", limit), log_int("needed", wanted),
			  log_str("do", "raise LimitNOFILE= of the service"));
	return room > 0 ? room : 0;
}

/* ---- memory ---- */

int64_t resources_memory_least(const struct config *config)
{
	return MEMORY_PROGRAM +
	       config->password_threads * (MEMORY_THREAD + config->password_memory);
}

int64_t resources_memory_most(const struct config *config)
{
	return resources_memory_least(config) + 2 * config->output_total + DAY_TEXTS_BYTES +
	       config->connections * MEMORY_CLIENT;
}

int resources_memory_under(const struct config *config, int64_t limit, const char *name)
{
	if (limit < resources_memory_least(config)) {
		log_error("the memory limit is too low to start", log_str("limit", name),
			  log_int("bytes", limit),
			  log_int("needed", resources_memory_least(config)),
			  log_str("do", "raise it, or lower password.memory and password.threads"));
		return -ENOMEM;
	}
	if (limit < resources_memory_most(config))
		log_warning("the memory limit is below what the configuration lets clients use",
			    log_str("limit", name), log_int("bytes", limit),
			    log_int("may_use", resources_memory_most(config)),
			    log_str("do", "raise it, or lower limits.connections and "
					  "limits.output_total"));
	return 0;
}

int resources_memory(const struct config *config)
{
	static const struct {
		int resource;
		const char *name;
	} limits[] = { { RLIMIT_AS, "RLIMIT_AS" }, { RLIMIT_DATA, "RLIMIT_DATA" } };
	struct rlimit limit;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(limits) && r == 0; i++)
		if (getrlimit(limits[i].resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
			r = resources_memory_under(config, as_number(limit.rlim_cur),
						   limits[i].name);
	return r;
}
