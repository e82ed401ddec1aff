-- The log of each site, and what makes a retry safe: receipts (what became of a key) and fences (lanes
-- whose link broke and that must not write any more).

-- What happened to which noun, in the past tense.
CREATE DOMAIN cowork.event_kind AS text COLLATE "C"
	CHECK (VALUE ~ '^[a-z]+\.[a-z_]+$');

CREATE TABLE cowork.event (
	site_id int    NOT NULL REFERENCES cowork.site,
	rev     bigint NOT NULL,
	at      timestamptz NOT NULL,
	actor   bigint NOT NULL,
	kind    cowork.event_kind NOT NULL,
	subject bigint NOT NULL,
	body    jsonb  NOT NULL,
	hash    cowork.sha256 NOT NULL,
	PRIMARY KEY (site_id, rev),
	CONSTRAINT event_rev CHECK (rev > 0)
);
CREATE INDEX event_booking ON cowork.event (site_id, subject, rev) WHERE kind LIKE 'booking.%';
CREATE INDEX event_block ON cowork.event (site_id, subject, rev) WHERE kind LIKE 'block.%';

CREATE FUNCTION cowork.event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'the log is append-only: % refused', tg_op USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cowork.event
	FOR EACH STATEMENT EXECUTE FUNCTION cowork.event_refuse();
ALTER TABLE cowork.event ENABLE ALWAYS TRIGGER event_append_only;

CREATE TABLE cowork.receipt (
	site_id      int    NOT NULL,
	lane_id      bigint NOT NULL, -- which lane wrote it: no lane writes behind its fence
	principal    bigint NOT NULL,
	key          uuid   NOT NULL,
	request_hash bytea  NOT NULL,
	outcome      jsonb  NOT NULL,
	at           timestamptz NOT NULL,
	PRIMARY KEY (site_id, principal, key)
);
CREATE INDEX receipt_at ON cowork.receipt (at);

CREATE TABLE cowork.fence (
	site_id int    NOT NULL REFERENCES cowork.site,
	lane_id bigint NOT NULL,
	rev     bigint NOT NULL, -- the site's when the fence went up: later events are not of this lane
	at      timestamptz NOT NULL,
	PRIMARY KEY (site_id, lane_id)
);
CREATE INDEX fence_at ON cowork.fence (at);

CREATE SEQUENCE cowork.lane_seq;
