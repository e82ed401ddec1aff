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
ALTER ROLE coworkd SET lock_timeout = '5s';
ALTER ROLE coworkd SET statement_timeout = '10s';
ALTER ROLE coworkd SET idle_in_transaction_session_timeout = '2s';
ALTER ROLE coworkd SET timezone = 'UTC';
ALTER ROLE coworkd SET search_path = '';

ALTER ROLE cowork_report SET lock_timeout = '5s';
ALTER ROLE cowork_report SET statement_timeout = '10s';
ALTER ROLE cowork_report SET idle_in_transaction_session_timeout = '2s';
ALTER ROLE cowork_report SET timezone = 'UTC';
ALTER ROLE cowork_report SET search_path = '';
ALTER ROLE cowork_report SET default_transaction_read_only = on;

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
