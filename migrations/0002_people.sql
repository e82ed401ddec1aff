-- Tenants, and the people of tenants and of the operator. These rows belong to site 0: only its lane
-- writes them, other sites refer to them by id, and `coworkd verify` checks that the ids exist.

CREATE TABLE cowork.tenant (
	tenant_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code        cowork.code NOT NULL,
	name        cowork.name NOT NULL,
	name_alt    cowork.name,
	email       text CHECK (char_length(email) BETWEEN 1 AND 254),
	state       text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
	external_id cowork.external_id,
	version     cowork.version NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX tenant_code ON cowork.tenant (lower(code));
CREATE UNIQUE INDEX tenant_external ON cowork.tenant (external_id) WHERE external_id IS NOT NULL;

-- All that is personal about a person. The log and the receipts hold person_id only, so that a person
-- can be erased here while the history stays whole. Id 0 is the system itself and has no row.
CREATE TABLE cowork.person (
	person_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	login     text COLLATE "C" NOT NULL UNIQUE
		CHECK (login = lower(login) AND octet_length(login) BETWEEN 1 AND 254),
	name        cowork.name NOT NULL,
	lang      cowork.tag
);

-- A person belongs to one tenant at most, so a login alone says for whom a booking is.
CREATE TABLE cowork.member (
	person_id   bigint PRIMARY KEY REFERENCES cowork.person,
	tenant_id   bigint NOT NULL REFERENCES cowork.tenant,
	role        text NOT NULL CHECK (role IN ('member', 'tenant_admin')),
	state       text NOT NULL DEFAULT 'invited' CHECK (state IN ('invited', 'active', 'disabled')),
	external_id cowork.external_id,
	version     cowork.version NOT NULL DEFAULT 1
);
CREATE INDEX member_tenant ON cowork.member (tenant_id);
CREATE UNIQUE INDEX member_external ON cowork.member (external_id) WHERE external_id IS NOT NULL;

CREATE TABLE cowork.staff (
	person_id bigint PRIMARY KEY REFERENCES cowork.person,
	site_id   int REFERENCES cowork.site, -- NULL: all sites
	role      text NOT NULL
		CHECK (role IN ('front_desk', 'site_admin', 'operator', 'auditor', 'service')),
	state     text NOT NULL DEFAULT 'invited' CHECK (state IN ('invited', 'active', 'revoked')),
	version   cowork.version NOT NULL DEFAULT 1
);

-- Secrets are long and random, so a plain hash of them is enough; the text is never stored.
CREATE TABLE cowork.token (
	token_id     text COLLATE "C" PRIMARY KEY CHECK (token_id ~ '^[0-9A-Za-z]{8}$'),
	person_id    bigint NOT NULL REFERENCES cowork.person,
	kind         text NOT NULL CHECK (kind IN ('access', 'code', 'certificate')),
	hash         cowork.sha256 NOT NULL, -- of the secret; of a certificate all of it: its fingerprint
	label        cowork.name,
	scope        text NOT NULL DEFAULT 'full' CHECK (scope IN ('full', 'read')),
	created_at   timestamptz NOT NULL,
	expires_at   timestamptz NOT NULL CHECK (isfinite(expires_at)),
	revoked_at   timestamptz,
	used_at      timestamptz, -- a code works once
	last_used_at timestamptz
) WITH (fillfactor = 80);
CREATE INDEX token_person ON cowork.token (person_id);
CREATE INDEX token_certificate ON cowork.token (hash) WHERE kind = 'certificate';

-- What people choose is neither long nor random: argon2id, as a PHC string. Read by cowork.password_find alone.
CREATE TABLE cowork.password (
	person_id bigint PRIMARY KEY REFERENCES cowork.person,
	hash      text COLLATE "C" NOT NULL CHECK (octet_length(hash) < 128
		AND hash ~ '^\$argon2id\$v=19\$m=[0-9]{1,9},t=[0-9]{1,9},p=1\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$'),
	version   cowork.version NOT NULL DEFAULT 1, -- of the password, not of its hash
	set_at    timestamptz NOT NULL
);
