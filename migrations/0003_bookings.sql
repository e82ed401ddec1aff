-- Who holds what, when. The exclusion constraint on claim is what makes a double booking impossible,
-- whatever any program believes.

-- An interval that can be held: half-open, so that neighbours touch and do not overlap, and finite.
CREATE DOMAIN cowork.span AS tstzrange
	CHECK (NOT isempty(VALUE) AND NOT lower_inf(VALUE) AND NOT upper_inf(VALUE)
		AND lower_inc(VALUE) AND NOT upper_inc(VALUE)
		AND isfinite(lower(VALUE)) AND isfinite(upper(VALUE))
		AND upper(VALUE) - lower(VALUE) <= interval '366 days');

-- R-7F3KA2 is a booking, B-7F3KA2 a block.
CREATE DOMAIN cowork.ref AS text COLLATE "C"
	CHECK (VALUE ~ '^[RB]-[0-9A-Z]{6}$');

CREATE DOMAIN cowork.booking_state AS text COLLATE "C"
	CHECK (VALUE IN ('held', 'confirmed', 'checked_in', 'completed', 'cancelled', 'declined', 'lapsed',
		'no_show'));

CREATE DOMAIN cowork.booking_source AS text COLLATE "C"
	CHECK (VALUE IN ('client', 'import', 'desk', 'api'));

CREATE TABLE cowork.booking (
	site_id     int    NOT NULL,
	booking_id  bigint GENERATED ALWAYS AS IDENTITY,
	ref         cowork.ref NOT NULL,
	space_id    bigint NOT NULL,
	tenant_id   bigint, -- rows of site 0, by id; NULL: the operator's own
	member_id   bigint,
	during      cowork.span NOT NULL,
	-- the wall clock as it was when booked, so that a change of the zone's rules can be seen and mended
	local_start timestamp NOT NULL,
	local_end   timestamp NOT NULL,
	zone        text   NOT NULL,
	state       cowork.booking_state NOT NULL,
	version     cowork.version NOT NULL DEFAULT 1,
	created_by  bigint NOT NULL,
	source      cowork.booking_source NOT NULL,
	created_at  timestamptz NOT NULL,
	external_id cowork.external_id,
	PRIMARY KEY (site_id, booking_id),
	FOREIGN KEY (site_id, space_id) REFERENCES cowork.space
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX booking_ref ON cowork.booking (site_id, ref);
-- a tenant's own: whether another tenant uses a name is none of its business
CREATE UNIQUE INDEX booking_external ON cowork.booking (site_id, external_id, coalesce(tenant_id, 0))
	WHERE external_id IS NOT NULL;
-- with the end, so that what is over is passed by without a look at its row
CREATE INDEX booking_start ON cowork.booking (site_id, lower(during), upper(during));
CREATE INDEX booking_space ON cowork.booking (site_id, space_id, lower(during));
CREATE INDEX booking_tenant ON cowork.booking (site_id, tenant_id, lower(during));
CREATE INDEX booking_member ON cowork.booking (site_id, member_id, lower(during));

-- What people wrote, apart from what happened; a row only where there is something to say.
CREATE TABLE cowork.booking_text (
	site_id    int    NOT NULL,
	booking_id bigint NOT NULL,
	title      cowork.name,
	note       cowork.note,
	guest      cowork.name,
	private    boolean NOT NULL DEFAULT false, -- kept from colleagues
	PRIMARY KEY (site_id, booking_id),
	FOREIGN KEY (site_id, booking_id) REFERENCES cowork.booking
);

-- A space out of service: a claim without a holder, with a reason.
CREATE TABLE cowork.block (
	site_id    int    NOT NULL,
	block_id   bigint GENERATED ALWAYS AS IDENTITY,
	ref        cowork.ref NOT NULL,
	space_id   bigint NOT NULL,
	during     cowork.span NOT NULL,
	reason     text   NOT NULL CHECK (reason ~ '^[A-Za-z][A-Za-z0-9_-]{0,31}$'), -- a word: it goes into the log
	note       cowork.note,
	state      text   NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'ended')),
	version    cowork.version NOT NULL DEFAULT 1,
	created_by bigint NOT NULL,
	created_at timestamptz NOT NULL,
	external_id cowork.external_id,
	PRIMARY KEY (site_id, block_id),
	FOREIGN KEY (site_id, space_id) REFERENCES cowork.space
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX block_ref ON cowork.block (site_id, ref);
CREATE UNIQUE INDEX block_external ON cowork.block (site_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX block_start ON cowork.block (site_id, lower(during));
CREATE INDEX block_space ON cowork.block (site_id, space_id, lower(during));

-- One unit, one interval, one holder. A change retires a row (live = false) and adds another.
CREATE TABLE cowork.claim (
	site_id    int    NOT NULL,
	claim_id   bigint GENERATED ALWAYS AS IDENTITY,
	unit_id    bigint NOT NULL,
	occupied   cowork.span NOT NULL,
	booking_id bigint,
	block_id   bigint,
	live       boolean NOT NULL DEFAULT true,
	PRIMARY KEY (site_id, claim_id),
	FOREIGN KEY (site_id, unit_id) REFERENCES cowork.unit,
	FOREIGN KEY (site_id, booking_id) REFERENCES cowork.booking,
	FOREIGN KEY (site_id, block_id) REFERENCES cowork.block,
	CONSTRAINT claim_holder CHECK (num_nonnulls(booking_id, block_id) = 1),
	-- the unit first: it tells rows apart best, which keeps the tree narrow
	CONSTRAINT claim_alone EXCLUDE USING gist (unit_id WITH =, site_id WITH =, occupied WITH &&) WHERE (live)
);
CREATE INDEX claim_booking ON cowork.claim (site_id, booking_id) WHERE booking_id IS NOT NULL;
CREATE INDEX claim_block ON cowork.claim (site_id, block_id) WHERE block_id IS NOT NULL;
