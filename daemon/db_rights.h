#pragma once

/*
 * What the daemon's role must be allowed: the rights that migrations/0013_grants.sql gives it. Asked of
 * the server's catalogue, which any role may read, so that what is missing is told by name, and not by
 * the first statement that meets it.
 */

/* Takes DB_RIGHTS_PARAMS. One text: the rights that the role, an expression of SQL, does not have; null where it has all. What is
 * not there at all is not missed: the schema's version tells that. */
#define DB_RIGHTS_MISSING(role)                                                                    \
	"SELECT string_agg(m.what, ', ' ORDER BY m.what) FROM ("                                   \
	"SELECT 'USAGE on schema cowork' AS what FROM pg_namespace n WHERE n.nspname = 'cowork'"   \
	" AND NOT has_schema_privilege(" role ", n.oid, 'USAGE')"                                  \
	" UNION ALL SELECT 'SELECT on cowork.' || c.relname FROM pg_class c"                       \
	" JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'cowork'"                  \
	" WHERE c.relname = ANY ($1::name[])"                                                      \
	" AND NOT has_table_privilege(" role ", c.oid, 'SELECT')"                                  \
	" UNION ALL SELECT 'EXECUTE on cowork.' || p.proname FROM pg_proc p"                       \
	" JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'cowork'"                  \
	" WHERE p.proname = ANY ($2::name[])"                                                      \
	" AND NOT has_function_privilege(" role ", p.oid, 'EXECUTE')) m"

#define DB_RIGHTS_TABLES                                                                           \
	"migration,site,booking_rule,floor,area,space,unit,space_unit,tenant,member,staff,"        \
	"booking,block,claim,event,site_facts,floor_facts,area_facts,space_facts,block_facts,"     \
	"tenant_facts,member_facts,staff_facts,token_facts,booking_facts,booking_history,"         \
	"calendar_rows,people_rows"
#define DB_RIGHTS_FUNCTIONS                                                                        \
	"us,from_us,wall,site_rules,space_body,block_body,lane_open,lane_run,token_find,"          \
	"certificate_find,password_find,token_seen,purge,analyze_grown,evict"
#define DB_RIGHTS_PARAMS                                                                           \
	((const char *const[]){ "{" DB_RIGHTS_TABLES "}", "{" DB_RIGHTS_FUNCTIONS "}" })
