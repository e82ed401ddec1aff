/*
 * The table of options: the one place where an option is named, bounded, defaulted and explained.
 * Limits are those of the protocol's documentation, cowork-protocol(7).
 */

#include "daemon/config.h"

static const char *const requests_names[] = { "none", "changes", "all", NULL };

#define AT(member) offsetof(struct config, member)

const struct config_option config_options[] = {
	{ "listen", "address", CONFIG_TEXT, AT(address), "127.0.0.1", 0, 64, NULL, CONFIG_RESTART,
	  "Address to listen on, numeric; 0.0.0.0 or :: for all. Not used with socket "
	  "activation." },
	{ "listen", "port", CONFIG_INT, AT(port), "7470", 0, 65535, NULL, CONFIG_RESTART,
	  "TCP port; 0 takes a free one and logs it." },
	{ "listen", "backlog", CONFIG_INT, AT(backlog), "512", 1, 65535, NULL, CONFIG_RESTART,
	  "Connections the kernel keeps waiting for us." },

	{ "tls", "certificate", CONFIG_PATH, AT(certificate), "/etc/coworkd/tls/cert.pem", 0, 4096,
	  NULL, 0, "Certificate chain, PEM, server's first. Read again at reload." },
	{ "tls", "key", CONFIG_PATH, AT(key), "/etc/coworkd/tls/key.pem", 0, 4096, NULL, 0,
	  "Private key, PEM, readable by the service only. Read again at reload." },

	{ "database", "conninfo", CONFIG_TEXT, AT(conninfo),
	  "host=/run/postgresql dbname=cowork user=coworkd", 1, 4096, NULL,
	  CONFIG_RESTART | CONFIG_SECRET,
	  "libpq connection string of the daemon. Use a socket folder or hostaddr: looking up a "
	  "name would hold up the daemon." },
	{ "database", "report_conninfo", CONFIG_TEXT, AT(report_conninfo),
	  "host=/run/postgresql dbname=cowork user=cowork_report", 1, 4096, NULL,
	  CONFIG_RESTART | CONFIG_SECRET, "Connection of coworkd verify; a role that only reads." },
	{ "database", "admin_conninfo", CONFIG_TEXT, AT(admin_conninfo),
	  "host=/run/postgresql dbname=cowork user=postgres", 1, 4096, NULL,
	  CONFIG_RESTART | CONFIG_SECRET,
	  "Connection of coworkd migrate; a role that may SET ROLE cowork_owner." },
	{ "database", "lane_connections", CONFIG_INT, AT(lane_connections), "4", 1, 64, NULL,
	  CONFIG_RESTART, "Connections for changes; as many sites can change at one time." },
	{ "database", "read_connections", CONFIG_INT, AT(read_connections), "4", 1, 64, NULL,
	  CONFIG_RESTART, "Connections for reading." },
	{ "database", "connect_timeout", CONFIG_DURATION, AT(connect_timeout), "5s", 100, 60000,
	  NULL, 0, "How long one attempt to connect may take." },
	{ "database", "read_queue", CONFIG_INT, AT(read_queue), "1024", 1, 100000, NULL, 0,
	  "Reads that may wait for a connection; more are refused as busy." },

	{ "password", "memory", CONFIG_SIZE, AT(password_memory), "19MiB", 65536, 1073741824, NULL,
	  0,
	  "Memory of one argon2id hash, in each of the threads. A password kept at another cost is "
	  "hashed anew at its next login." },
	{ "password", "passes", CONFIG_INT, AT(password_passes), "2", 1, 64, NULL, 0,
	  "Passes over that memory. A login by password is two hashes; more passes make each one "
	  "dearer, for who guesses too." },
	{ "password", "threads", CONFIG_INT, AT(password_threads), "1", 1, 16, NULL, CONFIG_RESTART,
	  "Passwords that are hashed at one time, beside the work on requests." },

	{ "limits", "connections", CONFIG_INT, AT(connections), "4096", 1, 1000000, NULL, 0,
	  "Clients at one time; lowered to the descriptor limit less a reserve." },
	{ "limits", "connections_per_source", CONFIG_INT, AT(connections_per_source), "64", 1,
	  1000000, NULL, 0, "Clients at one time from one address (IPv6: one /64)." },
	{ "limits", "connections_before_login", CONFIG_INT, AT(connections_before_login), "256", 1,
	  1000000, NULL, 0, "Clients at one time that have not logged in yet." },
	{ "limits", "handshake_timeout", CONFIG_DURATION, AT(handshake_timeout), "5s", 100, 600000,
	  NULL, 0, "A TLS handshake takes no longer." },
	{ "limits", "login_timeout", CONFIG_DURATION, AT(login_timeout), "10s", 100, 600000, NULL,
	  0, "From connection to login." },
	{ "limits", "line_timeout", CONFIG_DURATION, AT(line_timeout), "10s", 100, 600000, NULL, 0,
	  "From the first byte of a line to its end." },
	{ "limits", "line_bytes", CONFIG_SIZE, AT(line_bytes), "64KiB", 4096, 65536, NULL, 0,
	  "Longest line from a client that has logged in; a longer one is answered too_large, and "
	  "the connection closed." },
	{ "limits", "line_bytes_before_login", CONFIG_SIZE, AT(line_bytes_before_login), "4KiB",
	  1024, 65536, NULL, 0, "The same before login." },
	{ "limits", "request_timeout", CONFIG_DURATION, AT(request_timeout), "15s", 100, 600000,
	  NULL, 0, "A request is answered within this time, if only by timeout." },
	{ "limits", "output_timeout", CONFIG_DURATION, AT(output_timeout), "10s", 100, 600000, NULL,
	  0,
	  "A client that takes less than an eighth of output_bytes of its waiting output in this "
	  "time, and not all of it, is closed." },
	{ "limits", "output_bytes", CONFIG_SIZE, AT(output_bytes), "256KiB", 4096, 16777216, NULL,
	  0, "Output waiting for a client before its requests are no longer read." },
	{ "limits", "output_total", CONFIG_SIZE, AT(output_total), "64MiB", 65536, 17179869184,
	  NULL, 0,
	  "Output waiting for all clients together. Above it, a client with more than a sixteenth "
	  "of output_bytes waiting is no longer read; above twice as much, the client with the "
	  "most is closed." },
	{ "limits", "finish_timeout", CONFIG_DURATION, AT(finish_timeout), "2s", 0, 600000, NULL, 0,
	  "How long a client whose connection is being closed may take for its last answers." },
	{ "limits", "in_flight", CONFIG_INT, AT(in_flight), "32", 1, 1024, NULL, 0,
	  "Requests of one client under way before no more are read; before login one." },
	{ "limits", "reads_in_flight", CONFIG_INT, AT(reads_in_flight), "4", 1, 1024, NULL, 0,
	  "Of these, such as wait for what the database reads." },
	{ "limits", "login_tries", CONFIG_INT, AT(login_tries), "5", 1, 1000000, NULL, 0,
	  "Failed logins of one connection before it is closed." },
	{ "limits", "login_delay", CONFIG_DURATION, AT(login_delay), "2s", 0, 60000, NULL, 0,
	  "How long the answer to a failed login waits; twice, four and seven and a half times as "
	  "long for the next ones from its address (IPv6: /64) within a minute, but at most half "
	  "of login_timeout." },
	{ "limits", "login_failures", CONFIG_INT, AT(login_failures), "10", 1, 1000000, NULL, 0,
	  "Failed logins from one address within a minute before the next ones are told to stay "
	  "away." },
	{ "limits", "lane_queue", CONFIG_INT, AT(lane_queue), "4096", 1, 1000000, NULL, 0,
	  "Changes of one site that may wait; more are refused as busy." },
	{ "limits", "lane_queue_per_person", CONFIG_INT, AT(lane_queue_per_person), "512", 1,
	  1000000, NULL, 0,
	  "Of these, changes of one person, on all their connections; nobody has more waiting than "
	  "there is room left." },
	{ "limits", "hash_queue", CONFIG_INT, AT(hash_queue), "32", 1, 4096, NULL, 0,
	  "Passwords that may wait to be hashed; more are refused as busy." },
	{ "limits", "hash_queue_per_source", CONFIG_INT, AT(hash_queue_per_source), "4", 1, 4096,
	  NULL, 0,
	  "Passwords from one address (IPv6: one /64) that wait or are hashed; more are refused as "
	  "busy." },
	{ "limits", "accepts", CONFIG_INT, AT(accepts), "16", 1, 1024, NULL, 0,
	  "New connections taken in one go; of a socket that instances share, one." },
	{ "limits", "drain_timeout", CONFIG_DURATION, AT(drain_timeout), "10s", 0, 600000, NULL, 0,
	  "How long requests under way may take to finish when the service stops." },
	{ "limits", "watches", CONFIG_INT, AT(watches), "8", 1, 1024, NULL, 0,
	  "Watches of one client at one time." },
	{ "limits", "watch_queue", CONFIG_INT, AT(watch_queue), "1024", 16, 65536, NULL, 0,
	  "Events of a site that wait for those who watch it and are slow. Beyond it, later states "
	  "replace earlier ones; who is still behind is told that the watch is lost." },
	{ "limits", "watch_tick", CONFIG_DURATION, AT(watch_tick), "15s", 100, 600000, NULL, 0,
	  "How often a watch says that it goes on." },

	{ "log", "level", CONFIG_CHOICE, AT(level), "info", 0, 0, log_level_names, 0,
	  "Least important line that is written." },
	{ "log", "requests", CONFIG_CHOICE, AT(requests), "changes", 0, 0, requests_names, 0,
	  "Which answered requests are logged." },
	{ NULL },
};
