/* A link that came up asks what its role may do, and is of no use where that is too little. */

#include "daemon/db_link_internal.h"
#include "daemon/db_rights.h"
#include "daemon/log.h"

void db_link_check_rights(struct db_link *link)
{
	db_link_set_state(link, LINK_RIGHTS);
	if (!PQsendQueryParams(link->conn, DB_RIGHTS_MISSING("current_user"), 2, NULL,
			       DB_RIGHTS_PARAMS, NULL, NULL, 0))
		db_link_lost(link, db_link_why(link));
	else
		db_link_flush(link);
}

bool db_link_has_rights(struct db_link *link)
{
	if (PQresultStatus(link->result) != PGRES_TUPLES_OK || PQntuples(link->result) != 1) {
		db_link_lost(link, db_link_why(link));
		return false;
	}
	if (!PQgetisnull(link->result, 0, 0)) {
		if (!link->complained)
			log_error("the database role lacks rights",
				  log_str("role", PQuser(link->conn)),
				  log_str("missing", PQgetvalue(link->result, 0, 0)),
				  log_str("do", "run coworkd setup, which gives them back"));
		db_link_lost(link, DB_LINK_LACKS_RIGHTS);
		return false;
	}
	return true;
}

void db_link_tell_denied(const struct db_link *link, const char *statement)
{
	log_error("the database role lacks a right", log_str("role", PQuser(link->conn)),
		  log_str("statement", statement),
		  log_str("why", PQresultErrorField(link->result, PG_DIAG_MESSAGE_PRIMARY)),
		  log_str("do", "run coworkd setup, which gives it back"));
}
