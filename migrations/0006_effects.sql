-- What a command function answers with, and the small helpers that all of them use.
--
-- A command function gets the site, the actor, the instant, the arguments `a` and the inputs `r` that are
-- not part of the request. It looks first and writes last: what it refuses it has not touched. It knows
-- no policy; it answers refusals as values and raises only for what nobody expected.

CREATE TYPE cowork.effect AS (
	outcome text,   -- 'done', or the kind of the refusal
	id      bigint, -- done: the subject, and its version after
	version int,
	detail  jsonb,  -- further members of the outcome
	kind    text,   -- done: the event
	body    jsonb,
	actor   bigint, -- the event's actor where it is not the one who asked
	facts   jsonb   -- dry run: the facts as they would be
);

CREATE FUNCTION cowork.done(p_id bigint, p_version int, p_kind text, p_body jsonb) RETURNS cowork.effect
LANGUAGE sql IMMUTABLE
	RETURN ROW('done', p_id, p_version, NULL, p_kind, p_body, NULL, NULL)::cowork.effect;

CREATE FUNCTION cowork.refused(p_outcome text, p_detail jsonb) RETURNS cowork.effect
LANGUAGE sql IMMUTABLE
	RETURN ROW(p_outcome, NULL, NULL, p_detail, NULL, NULL, NULL, NULL)::cowork.effect;

-- The interval of two instants in microseconds; NULL where it is none we take: whole seconds, in order,
-- at most a year, between 1970 and 2200.
CREATE FUNCTION cowork.span(p_start bigint, p_end bigint) RETURNS tstzrange LANGUAGE sql STABLE
	RETURN CASE WHEN p_start % 1000000 = 0 AND p_end % 1000000 = 0 AND p_start < p_end
		AND p_end - p_start <= 366 * 86400000000 AND p_start >= 0 AND p_end <= 7258118400000000
		THEN tstzrange(cowork.from_us(p_start), cowork.from_us(p_end)) END;

-- Does `own` let the actor touch what this tenant and this member hold? No `own`: yes.
CREATE FUNCTION cowork.owns(p_own jsonb, p_tenant bigint, p_member bigint) RETURNS boolean LANGUAGE sql STABLE
	RETURN p_own IS NULL OR jsonb_typeof(p_own) = 'null'
		OR ((p_own ->> 'tenant') IS NOT NULL OR (p_own ->> 'member') IS NOT NULL)
		AND coalesce((p_own ->> 'tenant')::bigint = p_tenant, (p_own ->> 'tenant') IS NULL)
		AND coalesce((p_own ->> 'member')::bigint = p_member, (p_own ->> 'member') IS NULL);

-- A JSON array of texts; NULL where there is none.
CREATE FUNCTION cowork.texts(p_list jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE
	RETURN CASE WHEN jsonb_typeof(p_list) = 'array'
		THEN ARRAY(SELECT * FROM jsonb_array_elements_text(p_list)) END;

-- The units of a space in the order in which they are always claimed.
CREATE FUNCTION cowork.units(p_site int, p_space bigint) RETURNS bigint[] LANGUAGE plpgsql AS $$
BEGIN
	RETURN ARRAY(SELECT su.unit_id FROM cowork.space_unit su
		WHERE su.site_id = p_site AND su.space_id = p_space ORDER BY su.unit_id);
END
$$;

-- Under the site's lock this plain look is exact. NULL: all is free but for what p_booking itself holds.
-- A look a unit, so that each is one short walk down the index whatever the statistics say.
CREATE FUNCTION cowork.conflict(p_site int, p_space text, p_units bigint[], p_during tstzrange, p_booking bigint)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v_unit     bigint;
	v_occupied tstzrange;
	v_block    bigint;
BEGIN
	FOREACH v_unit IN ARRAY p_units LOOP
		SELECT c.occupied, c.block_id INTO v_occupied, v_block
		FROM cowork.claim c
		WHERE c.site_id = p_site AND c.unit_id = v_unit AND c.occupied && p_during AND c.live
			AND (p_booking IS NULL OR c.booking_id IS DISTINCT FROM p_booking)
		LIMIT 1;
		IF FOUND THEN
			RETURN cowork.refused(CASE WHEN v_block IS NULL THEN 'slot_taken' ELSE 'blocked' END,
				jsonb_build_object('space', p_space, 'start', cowork.us(lower(v_occupied)),
					'end', cowork.us(upper(v_occupied))));
		END IF;
	END LOOP;
	RETURN NULL;
END
$$;

-- Claims all units or tells that it could not. The look before it was exact, so a claim that does not go in
-- means that somebody wrote past the site's lock: see cowork.alarm.
CREATE FUNCTION cowork.claim_take(p_site int, p_units bigint[], p_during tstzrange, p_booking bigint, p_block bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	v_unit bigint;
BEGIN
	FOREACH v_unit IN ARRAY p_units LOOP
		INSERT INTO cowork.claim (site_id, unit_id, occupied, booking_id, block_id)
		VALUES (p_site, v_unit, p_during, p_booking, p_block)
		ON CONFLICT DO NOTHING;
		IF NOT FOUND THEN
			RETURN false;
		END IF;
	END LOOP;
	RETURN true;
END
$$;

-- The constraint had to say no: the place is taken, and the operator must hear of it.
CREATE FUNCTION cowork.alarm(p_site int, p_space text, p_units bigint[], p_during tstzrange, p_booking bigint)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v cowork.effect := cowork.conflict(p_site, p_space, p_units, p_during, p_booking);
BEGIN
	RETURN cowork.refused('slot_taken', jsonb_build_object('alarm', 'exclusion')
		|| coalesce(v.detail, jsonb_build_object('space', p_space)));
END
$$;
