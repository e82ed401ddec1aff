-- What needs an administrator: roles (cluster-wide), the extension, the schema, and the settings every
-- session of a role starts with. Run inside the database that was made for coworkd, as often as liked.

DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'cowork_owner') THEN
		CREATE ROLE cowork_owner NOLOGIN;
	END IF;
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'coworkd') THEN
		CREATE ROLE coworkd LOGIN;
	END IF;
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'cowork_report') THEN
		CREATE ROLE cowork_report LOGIN;
	END IF;
END
$$;

-- A statement that hangs holds a site's lock, so every session of the daemon has an end to its patience.
-- Only what is not so yet is set: two who set a role's settings at one time would fail.
DO $$
DECLARE
	v record;
BEGIN
	FOR v IN
		SELECT * FROM unnest(ARRAY['coworkd', 'cowork_report']) r (role), (VALUES
			('lock_timeout', '5s'), ('statement_timeout', '10s'),
			('idle_in_transaction_session_timeout', '2s'), ('TimeZone', 'UTC'), ('search_path', ''),
			('default_transaction_read_only', 'on')) s (name, value)
		WHERE r.role = 'cowork_report' OR s.name <> 'default_transaction_read_only'
	LOOP
		IF NOT EXISTS (SELECT FROM pg_catalog.pg_db_role_setting s
				JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
				WHERE s.setdatabase = 0 AND r.rolname = v.role
				AND v.name || '=' || CASE v.value WHEN '' THEN '""' ELSE v.value END = ANY (s.setconfig)) THEN
			EXECUTE pg_catalog.format('ALTER ROLE %I SET %I = %L', v.role, v.name, v.value);
		END IF;
	END LOOP;
END
$$;

-- Lets one GiST index compare site and unit for equality and the interval for overlap.
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

CREATE SCHEMA IF NOT EXISTS cowork AUTHORIZATION cowork_owner;

CREATE TABLE IF NOT EXISTS cowork.migration (
	version    int         PRIMARY KEY,
	name       text        NOT NULL,
	sha256     text        NOT NULL,
	applied_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	ms         int         NOT NULL,
	by_version text        NOT NULL
);
ALTER TABLE cowork.migration OWNER TO cowork_owner;
