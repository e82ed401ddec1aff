-- Who holds what, when. The exclusion constraint on claim is what makes a double booking impossible,
-- whatever any program believes.

CREATE TABLE cowork.booking (
	site_id     int    NOT NULL,
	booking_id  bigint GENERATED ALWAYS AS IDENTITY,
	ref         text COLLATE "C" NOT NULL CHECK (ref ~ '^R-[0-9A-Z]{6}$'),
	space_id    bigint NOT NULL,
	tenant_id   bigint, -- rows of site 0, by id; NULL: the operator's own
	member_id   bigint,
	during      tstzrange NOT NULL,
	-- the wall clock as it was when booked, so that a change of the zone's rules can be seen and mended
	local_start timestamp NOT NULL,
	local_end   timestamp NOT NULL,
	zone        text   NOT NULL,
	state       text   NOT NULL CHECK (state IN ('held', 'confirmed', 'checked_in', 'completed',
		'cancelled', 'declined', 'lapsed', 'no_show')),
	version     int    NOT NULL DEFAULT 1 CHECK (version > 0),
	created_by  bigint NOT NULL,
	source      text   NOT NULL CHECK (source IN ('client', 'import', 'desk', 'api')),
	created_at  timestamptz NOT NULL,
	external_id text   CHECK (char_length(external_id) BETWEEN 1 AND 200),
	PRIMARY KEY (site_id, booking_id),
	FOREIGN KEY (site_id, space_id) REFERENCES cowork.space,
	CONSTRAINT booking_during CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)
		AND lower_inc(during) AND NOT upper_inc(during)
		AND isfinite(lower(during)) AND isfinite(upper(during))
		AND upper(during) - lower(during) <= interval '366 days')
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX booking_ref ON cowork.booking (site_id, ref);
CREATE UNIQUE INDEX booking_external ON cowork.booking (site_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX booking_start ON cowork.booking (site_id, lower(during), booking_id);
CREATE INDEX booking_space ON cowork.booking (site_id, space_id, lower(during), booking_id);
CREATE INDEX booking_tenant ON cowork.booking (site_id, tenant_id, lower(during), booking_id);
CREATE INDEX booking_member ON cowork.booking (site_id, member_id, lower(during), booking_id);

-- What people wrote, apart from what happened; a row only where there is something to say.
CREATE TABLE cowork.booking_text (
	site_id    int    NOT NULL,
	booking_id bigint NOT NULL,
	title      text   CHECK (char_length(title) <= 200),
	note       text   CHECK (char_length(note) <= 2000),
	guest      text   CHECK (char_length(guest) <= 200),
	PRIMARY KEY (site_id, booking_id),
	FOREIGN KEY (site_id, booking_id) REFERENCES cowork.booking
);

-- A space out of service: a claim without a holder, with a reason.
CREATE TABLE cowork.block (
	site_id    int    NOT NULL,
	block_id   bigint GENERATED ALWAYS AS IDENTITY,
	ref        text COLLATE "C" NOT NULL CHECK (ref ~ '^B-[0-9A-Z]{6}$'),
	space_id   bigint NOT NULL,
	during     tstzrange NOT NULL,
	reason     text   NOT NULL CHECK (reason ~ '^[A-Za-z][A-Za-z0-9_-]{0,31}$'), -- a word: it goes into the log
	note       text   CHECK (char_length(note) <= 2000),
	state      text   NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'ended')),
	version    int    NOT NULL DEFAULT 1 CHECK (version > 0),
	created_by bigint NOT NULL,
	created_at timestamptz NOT NULL,
	PRIMARY KEY (site_id, block_id),
	FOREIGN KEY (site_id, space_id) REFERENCES cowork.space,
	CONSTRAINT block_during CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)
		AND lower_inc(during) AND NOT upper_inc(during)
		AND isfinite(lower(during)) AND isfinite(upper(during))
		AND upper(during) - lower(during) <= interval '366 days')
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX block_ref ON cowork.block (site_id, ref);
CREATE INDEX block_start ON cowork.block (site_id, lower(during), block_id);
CREATE INDEX block_space ON cowork.block (site_id, space_id, lower(during), block_id);

-- One unit, one interval, one holder. A change retires a row (live = false) and adds another.
CREATE TABLE cowork.claim (
	site_id    int    NOT NULL,
	claim_id   bigint GENERATED ALWAYS AS IDENTITY,
	unit_id    bigint NOT NULL,
	occupied   tstzrange NOT NULL,
	booking_id bigint,
	block_id   bigint,
	live       boolean NOT NULL DEFAULT true,
	PRIMARY KEY (site_id, claim_id),
	FOREIGN KEY (site_id, unit_id) REFERENCES cowork.unit,
	FOREIGN KEY (site_id, booking_id) REFERENCES cowork.booking,
	FOREIGN KEY (site_id, block_id) REFERENCES cowork.block,
	CONSTRAINT claim_holder CHECK (num_nonnulls(booking_id, block_id) = 1),
	CONSTRAINT claim_occupied CHECK (NOT isempty(occupied) AND NOT lower_inf(occupied) AND NOT upper_inf(occupied)
		AND lower_inc(occupied) AND NOT upper_inc(occupied)
		AND isfinite(lower(occupied)) AND isfinite(upper(occupied))
		AND upper(occupied) - lower(occupied) <= interval '366 days'),
	CONSTRAINT claim_alone EXCLUDE USING gist (site_id WITH =, unit_id WITH =, occupied WITH &&) WHERE (live)
);
CREATE INDEX claim_booking ON cowork.claim (site_id, booking_id) WHERE booking_id IS NOT NULL;
CREATE INDEX claim_block ON cowork.claim (site_id, block_id) WHERE block_id IS NOT NULL;
