-- Bookings and blocks: create, move, cancel, undo; create, end.

-- The whole state of a booking, as its events carry it: enough to rebuild the calendar. No names.
CREATE FUNCTION cowork.booking_body(b cowork.booking, p_units bigint[], p_actor bigint) RETURNS jsonb
LANGUAGE sql STABLE
	RETURN jsonb_build_object('booking', b.booking_id, 'ref', b.ref, 'space', b.space_id, 'units', p_units,
		'start', cowork.us(lower(b.during)), 'end', cowork.us(upper(b.during)), 'tenant', b.tenant_id,
		'member', b.member_id, 'by', p_actor, 'state', b.state, 'version', b.version);

-- Whether a booking came by this name before; one without a name of its own is exported by its reference.
-- Of p_tenant's alone where there is one: who may not see others' bookings learns nothing of their names.
CREATE FUNCTION cowork.booking_known(p_site int, p_external text, p_tenant bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
	RETURN p_external IS NOT NULL AND (EXISTS (SELECT FROM cowork.booking x
			WHERE x.site_id = p_site AND x.external_id = p_external
				AND (p_tenant IS NULL OR x.tenant_id = p_tenant))
		OR EXISTS (SELECT FROM cowork.booking x WHERE x.site_id = p_site AND x.ref = p_external
				AND (p_tenant IS NULL OR x.tenant_id = p_tenant)));
END
$$;

CREATE FUNCTION cowork.booking_create(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v_start  bigint := (a ->> 'start')::bigint;
	v_end    bigint := (a ->> 'end')::bigint;
	v_during tstzrange := cowork.span(v_start, v_end);
	v_tenant bigint := (a ->> 'tenant_id')::bigint;
	v_member bigint := (a ->> 'member_id')::bigint;
	v_space  record;
	v_code   text;
	b        cowork.booking;
	e        cowork.effect;
	v_first  cowork.effect;
BEGIN
	IF a ->> 'for' IS NOT NULL THEN
		SELECT m.person_id, m.tenant_id INTO v_member, v_tenant
		FROM cowork.member m JOIN cowork.person p USING (person_id)
		WHERE p.login = lower(a ->> 'for') AND m.state <> 'disabled';
		IF NOT FOUND OR NOT cowork.owns(a -> 'own', v_tenant, v_member) THEN
			RETURN cowork.refused('not_found', '{"field": "for"}');
		END IF;
		-- whose other places it was judged by
		IF v_member <> (a ->> 'for_id')::bigint THEN
			RETURN cowork.refused('behind', '{"field": "for"}');
		END IF;
	END IF;
	IF v_during IS NULL THEN
		RETURN cowork.refused('bad_time', '{"field": "start"}');
	END IF;
	IF cowork.booking_known(p_site, a ->> 'external_id', CASE WHEN a ? 'own' THEN v_tenant END) THEN
		RETURN cowork.refused('exists', '{"field": "external_id"}');
	END IF;
	-- the first of the candidates that is free; if none is, what is wrong with the first
	e := cowork.refused('not_found', '{"field": "space"}');
	FOREACH v_code IN ARRAY ARRAY(SELECT jsonb_array_elements_text(a -> 'spaces')) LOOP
		SELECT s.space_id, s.code, s.state, t.zone, ARRAY(SELECT su.unit_id FROM cowork.space_unit su
			WHERE su.site_id = p_site AND su.space_id = s.space_id ORDER BY su.unit_id) AS units
		INTO v_space
		FROM cowork.space s
		JOIN cowork.site t ON t.site_id = s.site_id
		WHERE s.site_id = p_site AND lower(s.code) = lower(v_code);
		IF NOT FOUND THEN
			e := cowork.refused('not_found', '{"field": "space"}');
		-- the daemon turned wall clocks into instants by this zone; by another they would mean other instants
		ELSIF v_space.zone IS DISTINCT FROM a ->> 'zone' THEN
			e := cowork.refused('behind', '{"field": "zone"}');
		ELSIF v_space.state = 'retired' THEN
			e := cowork.refused('retired', jsonb_build_object('field', 'space', 'space', v_space.code));
		ELSE
			e := cowork.conflict(p_site, v_space.code, v_space.units, v_during, NULL);
		END IF;
		EXIT WHEN e.outcome IS NULL;
		v_first := coalesce(v_first, e);
	END LOOP;
	IF e.outcome IS NOT NULL THEN
		RETURN coalesce(v_first, e);
	END IF;

	FOR i IN 0 .. jsonb_array_length(r -> 'refs') - 1 LOOP
		INSERT INTO cowork.booking (site_id, ref, space_id, tenant_id, member_id, during, local_start,
			local_end, zone, state, created_by, source, created_at, external_id)
		VALUES (p_site, r -> 'refs' ->> i, v_space.space_id, v_tenant, v_member,
			v_during, lower(v_during) AT TIME ZONE v_space.zone, upper(v_during) AT TIME ZONE v_space.zone,
			v_space.zone, 'confirmed', p_actor, a ->> 'source', p_at, a ->> 'external_id')
		ON CONFLICT (site_id, ref) DO NOTHING
		RETURNING * INTO b;
		EXIT WHEN b.booking_id IS NOT NULL;
	END LOOP;
	IF b.booking_id IS NULL THEN
		RETURN cowork.refused('busy', '{"field": "refs"}'); -- every candidate is in use: again, with others
	END IF;

	IF NOT cowork.claim_take(p_site, v_space.units, v_during, b.booking_id, NULL) THEN
		DELETE FROM cowork.claim c WHERE c.site_id = p_site AND c.booking_id = b.booking_id;
		DELETE FROM cowork.booking x WHERE x.site_id = p_site AND x.booking_id = b.booking_id;
		RETURN cowork.alarm(p_site, v_space.code, v_space.units, v_during, NULL);
	END IF;
	IF nullif(a ->> 'title', '') IS NOT NULL OR nullif(a ->> 'note', '') IS NOT NULL
			OR nullif(a ->> 'guest', '') IS NOT NULL OR (a ->> 'private')::boolean THEN
		INSERT INTO cowork.booking_text (site_id, booking_id, title, note, guest, private)
		VALUES (p_site, b.booking_id, nullif(a ->> 'title', ''), nullif(a ->> 'note', ''),
			nullif(a ->> 'guest', ''), coalesce((a ->> 'private')::boolean, false));
	END IF;
	RETURN cowork.done(b.booking_id, b.version, 'booking.created',
		cowork.booking_body(b, v_space.units, p_actor));
END
$$;

CREATE FUNCTION cowork.booking_cancel(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	b cowork.booking;
BEGIN
	SELECT * INTO b FROM cowork.booking x WHERE x.site_id = p_site AND x.ref = upper(a ->> 'ref');
	IF NOT FOUND OR NOT cowork.owns(a -> 'own', b.tenant_id, b.member_id) THEN
		RETURN cowork.refused('not_found', '{"field": "ref"}');
	END IF;
	IF b.state NOT IN ('held', 'confirmed') THEN
		RETURN cowork.refused('wrong_state', jsonb_build_object('state', b.state, 'version', b.version));
	END IF;
	IF b.version <> (a ->> 'if_version')::int THEN
		RETURN cowork.refused('stale_version', jsonb_build_object('version', b.version));
	END IF;

	UPDATE cowork.claim c SET live = false
	WHERE c.site_id = p_site AND c.booking_id = b.booking_id AND c.live;
	UPDATE cowork.booking x SET state = 'cancelled', version = x.version + 1
	WHERE x.site_id = p_site AND x.booking_id = b.booking_id
	RETURNING * INTO b;
	RETURN cowork.done(b.booking_id, b.version, 'booking.cancelled',
		cowork.booking_body(b, cowork.units(p_site, b.space_id), p_actor));
END
$$;

-- Retires the old claims, takes the new ones, counts, and puts the old ones back if it came out short. An
-- UPDATE of the interval in place could meet another's and lose the whole batch. False: see cowork.claim_take.
CREATE FUNCTION cowork.booking_hold(p_site int, p_booking bigint, p_units bigint[], p_during tstzrange)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	v_old bigint[];
BEGIN
	WITH retired AS (
		UPDATE cowork.claim c SET live = false
		WHERE c.site_id = p_site AND c.booking_id = p_booking AND c.live
		RETURNING c.claim_id
	)
	SELECT array_agg(claim_id) INTO v_old FROM retired;
	IF cowork.claim_take(p_site, p_units, p_during, p_booking, NULL) THEN
		RETURN true;
	END IF;
	DELETE FROM cowork.claim c WHERE c.site_id = p_site AND c.booking_id = p_booking AND c.live;
	UPDATE cowork.claim c SET live = true
	WHERE c.site_id = p_site AND c.booking_id = p_booking AND c.claim_id = ANY (v_old);
	RETURN false;
END
$$;

CREATE FUNCTION cowork.booking_move(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	b        cowork.booking;
	e        cowork.effect;
	v_space  record;
	v_during tstzrange;
BEGIN
	SELECT * INTO b FROM cowork.booking x WHERE x.site_id = p_site AND x.ref = upper(a ->> 'ref');
	IF NOT FOUND OR NOT cowork.owns(a -> 'own', b.tenant_id, b.member_id) THEN
		RETURN cowork.refused('not_found', '{"field": "ref"}');
	END IF;
	IF b.state NOT IN ('held', 'confirmed') THEN
		RETURN cowork.refused('wrong_state', jsonb_build_object('state', b.state, 'version', b.version));
	END IF;
	IF b.version <> (a ->> 'if_version')::int THEN
		RETURN cowork.refused('stale_version', jsonb_build_object('version', b.version));
	END IF;
	-- it ended before the calendar that moves are judged by begins: history stays as it is
	IF (a ->> 'unseen')::boolean THEN
		RETURN cowork.refused('in_the_past', '{"field": "ref", "rule": "past"}');
	END IF;
	SELECT s.space_id, s.code, s.state, t.zone, ARRAY(SELECT su.unit_id FROM cowork.space_unit su
		WHERE su.site_id = p_site AND su.space_id = s.space_id ORDER BY su.unit_id) AS units
	INTO v_space
	FROM cowork.space s
	JOIN cowork.site t ON t.site_id = s.site_id
	WHERE s.site_id = p_site AND CASE WHEN a ->> 'space' IS NULL THEN s.space_id = b.space_id
		ELSE lower(s.code) = lower(a ->> 'space') END;
	IF NOT FOUND THEN
		RETURN cowork.refused('not_found', '{"field": "space"}');
	END IF;
	IF v_space.zone IS DISTINCT FROM a ->> 'zone' THEN
		RETURN cowork.refused('behind', '{"field": "zone"}');
	END IF;
	v_during := cowork.span(coalesce((a ->> 'start')::bigint, cowork.us(lower(b.during))),
		coalesce((a ->> 'end')::bigint, cowork.us(upper(b.during))));
	IF v_during IS NULL THEN
		RETURN cowork.refused('bad_time', '{"field": "start"}');
	END IF;
	IF v_space.state = 'retired' THEN
		RETURN cowork.refused('retired', jsonb_build_object('field', 'space', 'space', v_space.code));
	END IF;
	e := cowork.conflict(p_site, v_space.code, v_space.units, v_during, b.booking_id);
	IF e.outcome IS NOT NULL THEN
		RETURN e;
	END IF;

	IF NOT cowork.booking_hold(p_site, b.booking_id, v_space.units, v_during) THEN
		RETURN cowork.alarm(p_site, v_space.code, v_space.units, v_during, b.booking_id);
	END IF;
	UPDATE cowork.booking x SET space_id = v_space.space_id, during = v_during,
		local_start = lower(v_during) AT TIME ZONE v_space.zone,
		local_end = upper(v_during) AT TIME ZONE v_space.zone, zone = v_space.zone, version = x.version + 1
	WHERE x.site_id = p_site AND x.booking_id = b.booking_id
	RETURNING * INTO b;
	RETURN cowork.done(b.booking_id, b.version, 'booking.moved',
		cowork.booking_body(b, v_space.units, p_actor));
END
$$;

-- The actor's own last change of a booking at this site within the last 10 minutes, the log read backwards. At a
-- site so busy that this is more than 5,000 events the booking has to be named.
CREATE FUNCTION cowork.own_change(p_site int, p_actor bigint, p_at timestamptz) RETURNS cowork.event
LANGUAGE plpgsql AS $$
DECLARE
	v cowork.event;
BEGIN
	FOR v IN SELECT * FROM cowork.event e WHERE e.site_id = p_site ORDER BY e.rev DESC LIMIT 5000 LOOP
		EXIT WHEN v.at < p_at - interval '10 minutes';
		IF v.actor = p_actor AND v.kind LIKE 'booking.%' THEN
			RETURN v;
		END IF;
	END LOOP;
	RETURN NULL;
END
$$;

-- Takes back the actor's own last change of a booking: within 10 minutes, if nobody changed it since, and not an
-- undo itself. What was given up meanwhile has to be free still. Without `ref`: of whichever it was.
CREATE FUNCTION cowork.booking_undo(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	b cowork.booking;
	v cowork.event;
BEGIN
	IF a ->> 'ref' IS NULL THEN
		v := cowork.own_change(p_site, p_actor, p_at);
		IF v.rev IS NULL THEN
			RETURN cowork.refused('undo_expired', '{"rule": "none"}');
		END IF;
		SELECT * INTO b FROM cowork.booking x WHERE x.site_id = p_site AND x.booking_id = v.subject;
	ELSE
		SELECT * INTO b FROM cowork.booking x WHERE x.site_id = p_site AND x.ref = upper(a ->> 'ref');
		SELECT * INTO v FROM cowork.event e
		WHERE e.site_id = p_site AND e.subject = b.booking_id AND e.kind LIKE 'booking.%' AND e.actor = p_actor
		ORDER BY e.rev DESC LIMIT 1;
	END IF;
	IF b.booking_id IS NULL OR NOT cowork.owns(a -> 'own', b.tenant_id, b.member_id) THEN
		RETURN cowork.refused('not_found', '{"field": "ref"}');
	END IF;
	IF v.rev IS NULL OR v.kind = 'booking.undone' THEN
		RETURN cowork.refused('wrong_state', jsonb_build_object('field', 'ref', 'version', b.version,
			'rule', CASE WHEN v.rev IS NULL THEN 'not_own' ELSE 'undone' END));
	END IF;
	IF v.at < p_at - interval '10 minutes' THEN
		RETURN cowork.refused('undo_expired', '{"field": "ref", "rule": "late"}');
	END IF;
	IF b.version <> (v.body ->> 'version')::int OR b.version <> (a ->> 'if_version')::int THEN
		RETURN cowork.refused('stale_version', jsonb_build_object('version', b.version));
	END IF;
	IF v.kind <> 'booking.created' THEN
		RETURN cowork.booking_restore(p_site, p_actor, b, v.kind, (a ->> 'judged')::int);
	END IF;
	UPDATE cowork.claim c SET live = false
	WHERE c.site_id = p_site AND c.booking_id = b.booking_id AND c.live;
	UPDATE cowork.booking x SET state = 'cancelled', version = x.version + 1
	WHERE x.site_id = p_site AND x.booking_id = b.booking_id
	RETURNING * INTO b;
	RETURN cowork.undone(b, cowork.units(p_site, b.space_id), p_actor, v.kind);
END
$$;

-- A booking as it was before its last change, a move or a cancellation: the event before that one tells. Whether
-- the person may have that now is for the daemon to judge, who hears only here what it is: `behind` tells, and
-- the command comes again with the version that was judged (NULL: nobody wants to judge).
CREATE FUNCTION cowork.booking_restore(p_site int, p_actor bigint, b cowork.booking, p_kind text, p_judged int)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	e        cowork.effect;
	v_before jsonb;
	v_space  record;
	v_during tstzrange;
BEGIN
	SELECT v.body INTO v_before FROM cowork.event v
	WHERE v.site_id = p_site AND v.subject = b.booking_id AND v.kind LIKE 'booking.%'
	ORDER BY v.rev DESC OFFSET 1 LIMIT 1;
	SELECT s.space_id, s.code, s.state, t.zone, cowork.units(p_site, s.space_id) AS units INTO v_space
	FROM cowork.space s
	JOIN cowork.site t ON t.site_id = s.site_id
	WHERE s.site_id = p_site AND s.space_id = (v_before ->> 'space')::bigint;
	v_during := cowork.span((v_before ->> 'start')::bigint, (v_before ->> 'end')::bigint);
	IF v_space.state = 'retired' THEN
		RETURN cowork.refused('retired', jsonb_build_object('field', 'space', 'space', v_space.code));
	END IF;
	IF p_judged <> b.version THEN
		RETURN cowork.refused('behind', jsonb_build_object('field', 'ref', 'ref', b.ref, 'version', b.version,
			'space', v_space.code, 'start', cowork.us(lower(v_during)), 'end', cowork.us(upper(v_during)),
			'member', b.member_id));
	END IF;
	e := cowork.conflict(p_site, v_space.code, v_space.units, v_during, b.booking_id);
	IF e.outcome IS NOT NULL THEN
		RETURN e;
	END IF;

	IF NOT cowork.booking_hold(p_site, b.booking_id, v_space.units, v_during) THEN
		RETURN cowork.alarm(p_site, v_space.code, v_space.units, v_during, b.booking_id);
	END IF;
	UPDATE cowork.booking x SET space_id = v_space.space_id, during = v_during, state = v_before ->> 'state',
		local_start = lower(v_during) AT TIME ZONE v_space.zone,
		local_end = upper(v_during) AT TIME ZONE v_space.zone, zone = v_space.zone, version = x.version + 1
	WHERE x.site_id = p_site AND x.booking_id = b.booking_id
	RETURNING * INTO b;
	RETURN cowork.undone(b, v_space.units, p_actor, p_kind);
END
$$;

-- `undone` says of which change it was: created, moved or cancelled.
CREATE FUNCTION cowork.undone(b cowork.booking, p_units bigint[], p_actor bigint, p_kind text)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v_what text := split_part(p_kind, '.', 2);
	e      cowork.effect := cowork.done(b.booking_id, b.version, 'booking.undone',
		cowork.booking_body(b, p_units, p_actor) || jsonb_build_object('undo', v_what));
BEGIN
	e.detail := jsonb_build_object('undone', v_what);
	RETURN e;
END
$$;

-- Units are those it claims: none for a block that ended before it began.
CREATE FUNCTION cowork.block_body(b cowork.block, p_units bigint[]) RETURNS jsonb LANGUAGE sql STABLE
	RETURN jsonb_build_object('block', b.block_id, 'ref', b.ref, 'space', b.space_id, 'units', p_units,
		'start', cowork.us(lower(b.during)), 'end', cowork.us(upper(b.during)), 'reason', b.reason,
		'state', b.state, 'version', b.version);

-- Who would have to go for a block: the first ten bookings there, and how many there are.
CREATE FUNCTION cowork.bookings_within(p_site int, p_units bigint[], p_during tstzrange) RETURNS jsonb
LANGUAGE sql AS $$
	SELECT jsonb_build_object('count', count(*), 'bookings', coalesce(jsonb_agg(jsonb_build_object('ref', x.ref,
		'start', cowork.us(lower(x.during)), 'end', cowork.us(upper(x.during))) ORDER BY lower(x.during), x.ref)
		FILTER (WHERE x.n <= 10), '[]'))
	FROM (SELECT b.ref, b.during, row_number() OVER (ORDER BY lower(b.during), b.ref) AS n
		FROM cowork.booking b
		WHERE b.site_id = p_site AND b.booking_id IN (SELECT c.booking_id FROM cowork.claim c
			WHERE c.site_id = p_site AND c.unit_id = ANY (p_units) AND c.occupied && p_during AND c.live)) x
$$;

CREATE FUNCTION cowork.block_create(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v_start  bigint := (a ->> 'start')::bigint;
	v_end    bigint := (a ->> 'end')::bigint;
	v_during tstzrange := cowork.span(v_start, v_end);
	v_space  record;
	b        cowork.block;
	e        cowork.effect;
BEGIN
	SELECT s.space_id, s.code, s.state, t.zone, ARRAY(SELECT su.unit_id FROM cowork.space_unit su
		WHERE su.site_id = p_site AND su.space_id = s.space_id ORDER BY su.unit_id) AS units
	INTO v_space
	FROM cowork.space s
	JOIN cowork.site t ON t.site_id = s.site_id
	WHERE s.site_id = p_site AND lower(s.code) = lower(a ->> 'space');
	IF NOT FOUND THEN
		RETURN cowork.refused('not_found', '{"field": "space"}');
	END IF;
	IF v_space.zone <> a ->> 'zone' THEN
		RETURN cowork.refused('behind', '{"field": "zone"}');
	END IF;
	IF v_during IS NULL THEN
		RETURN cowork.refused('bad_time', '{"field": "start"}');
	END IF;
	IF EXISTS (SELECT FROM cowork.block x WHERE x.site_id = p_site AND x.external_id = a ->> 'external_id')
		OR EXISTS (SELECT FROM cowork.block x WHERE x.site_id = p_site AND x.ref = a ->> 'external_id') THEN
		RETURN cowork.refused('exists', '{"field": "external_id"}');
	END IF;
	IF v_space.state = 'retired' THEN
		RETURN cowork.refused('retired', jsonb_build_object('field', 'space', 'space', v_space.code));
	END IF;
	e := cowork.conflict(p_site, v_space.code, v_space.units, v_during, NULL);
	IF e.outcome IS NOT NULL THEN
		e.detail := e.detail || cowork.bookings_within(p_site, v_space.units, v_during);
		RETURN e;
	END IF;

	FOR i IN 0 .. jsonb_array_length(r -> 'refs') - 1 LOOP
		INSERT INTO cowork.block (site_id, ref, space_id, during, reason, note, created_by, created_at,
			external_id)
		VALUES (p_site, r -> 'refs' ->> i, v_space.space_id, v_during, a ->> 'reason', nullif(a ->> 'note', ''),
			p_actor, p_at, a ->> 'external_id')
		ON CONFLICT (site_id, ref) DO NOTHING
		RETURNING * INTO b;
		EXIT WHEN b.block_id IS NOT NULL;
	END LOOP;
	IF b.block_id IS NULL THEN
		RETURN cowork.refused('busy', '{"field": "refs"}');
	END IF;
	IF NOT cowork.claim_take(p_site, v_space.units, v_during, NULL, b.block_id) THEN
		DELETE FROM cowork.claim c WHERE c.site_id = p_site AND c.block_id = b.block_id;
		DELETE FROM cowork.block x WHERE x.site_id = p_site AND x.block_id = b.block_id;
		RETURN cowork.alarm(p_site, v_space.code, v_space.units, v_during, NULL);
	END IF;
	RETURN cowork.done(b.block_id, b.version, 'block.created', cowork.block_body(b, v_space.units));
END
$$;

-- Gives back what is left of a block: its claims end at `at`, or go altogether if it had not begun.
CREATE FUNCTION cowork.block_end(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	b       cowork.block;
	v_end   timestamptz := coalesce(cowork.from_us((a ->> 'at')::bigint), date_trunc('second', p_at));
	v_units bigint[];
BEGIN
	SELECT * INTO b FROM cowork.block x WHERE x.site_id = p_site AND x.ref = upper(a ->> 'ref');
	IF NOT FOUND THEN
		RETURN cowork.refused('not_found', '{"field": "ref"}');
	END IF;
	IF b.state <> 'active' THEN
		RETURN cowork.refused('wrong_state', jsonb_build_object('state', b.state, 'version', b.version));
	END IF;
	IF b.version <> (a ->> 'if_version')::int THEN
		RETURN cowork.refused('stale_version', jsonb_build_object('version', b.version));
	END IF;
	IF v_end >= upper(b.during) OR date_trunc('second', v_end) <> v_end THEN
		RETURN cowork.refused('bad_time', jsonb_build_object('field', 'at',
			'start', cowork.us(lower(b.during)), 'end', cowork.us(upper(b.during))));
	END IF;

	WITH retired AS (
		UPDATE cowork.claim c SET live = false
		WHERE c.site_id = p_site AND c.block_id = b.block_id AND c.live
		RETURNING c.unit_id
	)
	SELECT array_agg(unit_id ORDER BY unit_id) INTO v_units FROM retired;
	IF v_end > lower(b.during) THEN
		b.during := tstzrange(lower(b.during), v_end);
		IF NOT cowork.claim_take(p_site, v_units, b.during, NULL, b.block_id) THEN
			RAISE EXCEPTION 'a part of a block''s own interval was taken' USING ERRCODE = 'exclusion_violation';
		END IF;
	ELSE
		v_units := '{}';
	END IF;
	UPDATE cowork.block x SET during = b.during, state = 'ended', version = x.version + 1
	WHERE x.site_id = p_site AND x.block_id = b.block_id
	RETURNING * INTO b;
	RETURN cowork.done(b.block_id, b.version, 'block.ended', cowork.block_body(b, v_units));
END
$$;
