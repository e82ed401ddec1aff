-- Sites, floors, areas and spaces. An absent or null argument of an update leaves the value as it is; an
-- empty text takes an optional one away.

CREATE FUNCTION cowork.closed_days(p_days jsonb) RETURNS smallint[] LANGUAGE sql IMMUTABLE
	RETURN cowork.texts(p_days)::smallint[];

-- A kind that is told has these rules and no others from now on.
CREATE FUNCTION cowork.rules_put(p_site int, p_rules jsonb) RETURNS void LANGUAGE sql AS $$
	INSERT INTO cowork.booking_rule (site_id, kind, longest, shortest, granularity, notice, horizon, one_at_a_time)
	SELECT p_site, k.key, (k.value ->> 'longest')::int, (k.value ->> 'shortest')::int,
		(k.value ->> 'granularity')::int, (k.value ->> 'notice')::int, (k.value ->> 'horizon')::int,
		coalesce((k.value ->> 'one_at_a_time')::boolean, false)
	FROM jsonb_each(p_rules) k
	ON CONFLICT (site_id, kind) DO UPDATE SET longest = EXCLUDED.longest, shortest = EXCLUDED.shortest,
		granularity = EXCLUDED.granularity, notice = EXCLUDED.notice, horizon = EXCLUDED.horizon,
		one_at_a_time = EXCLUDED.one_at_a_time
$$;

-- Runs in the operator's lane: the new site starts a log of its own at rev 0.
CREATE FUNCTION cowork.site_create(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v_id int;
BEGIN
	IF EXISTS (SELECT FROM cowork.site t WHERE t.external_id = a ->> 'external_id') THEN
		RETURN cowork.refused('exists', '{"field": "external_id"}');
	END IF;
	IF EXISTS (SELECT FROM cowork.site t WHERE lower(t.code) = lower(a ->> 'code')) THEN
		RETURN cowork.refused('exists', '{"field": "code"}');
	END IF;
	IF coalesce((a ->> 'open')::int, 0) >= coalesce((a ->> 'close')::int, 1440) THEN
		RETURN cowork.refused('params', '{"field": "close", "rule": "order"}');
	END IF;
	PERFORM p_at AT TIME ZONE (a ->> 'zone'); -- raises for a zone this server does not know

	v_id := nextval(pg_get_serial_sequence('cowork.site', 'site_id'));
	INSERT INTO cowork.site (site_id, last_hash, last_at, code, name, name_alt, zone, open_min, close_min,
		closed_days, currency, locale, external_id)
	VALUES (v_id, sha256(convert_to('cowork site ' || v_id, 'UTF8')), p_at, a ->> 'code', a ->> 'name',
		nullif(a ->> 'name_alt', ''), a ->> 'zone', coalesce((a ->> 'open')::int, 0),
		coalesce((a ->> 'close')::int, 1440), coalesce(cowork.closed_days(a -> 'closed_days'), '{}'),
		nullif(a ->> 'currency', ''), nullif(a ->> 'locale', ''), nullif(a ->> 'external_id', ''));
	PERFORM cowork.rules_put(v_id, a -> 'rules');
	RETURN cowork.done(v_id, 1, 'site.created',
		jsonb_build_object('site', v_id, 'code', a ->> 'code', 'zone', a ->> 'zone', 'version', 1));
END
$$;

CREATE FUNCTION cowork.site_update(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	t cowork.site;
BEGIN
	SELECT * INTO t FROM cowork.site x WHERE x.site_id = p_site;
	IF t.version <> (a ->> 'if_version')::int THEN
		RETURN cowork.refused('stale_version', jsonb_build_object('version', t.version));
	END IF;
	IF EXISTS (SELECT FROM cowork.site x WHERE x.external_id = a ->> 'external_id' AND x.site_id <> p_site) THEN
		RETURN cowork.refused('exists', '{"field": "external_id"}');
	END IF;
	IF coalesce((a ->> 'open')::int, t.open_min) >= coalesce((a ->> 'close')::int, t.close_min) THEN
		RETURN cowork.refused('params', '{"field": "close", "rule": "order"}');
	END IF;
	PERFORM p_at AT TIME ZONE coalesce(a ->> 'zone', t.zone);

	UPDATE cowork.site x SET
		name = coalesce(a ->> 'name', x.name),
		name_alt = nullif(coalesce(a ->> 'name_alt', x.name_alt), ''),
		zone = coalesce(a ->> 'zone', x.zone),
		open_min = coalesce((a ->> 'open')::int, x.open_min),
		close_min = coalesce((a ->> 'close')::int, x.close_min),
		closed_days = coalesce(cowork.closed_days(a -> 'closed_days'), x.closed_days),
		currency = nullif(coalesce(a ->> 'currency', x.currency), ''),
		locale = nullif(coalesce(a ->> 'locale', x.locale), ''),
		external_id = nullif(coalesce(a ->> 'external_id', x.external_id), ''),
		version = x.version + 1
	WHERE x.site_id = p_site
	RETURNING * INTO t;
	PERFORM cowork.rules_put(p_site, a -> 'rules');
	RETURN cowork.done(p_site, t.version, 'site.updated',
		jsonb_build_object('site', p_site, 'code', t.code, 'zone', t.zone, 'open', t.open_min,
			'close', t.close_min, 'closed_days', to_jsonb(t.closed_days), 'rules', cowork.site_rules(p_site),
			'version', t.version));
END
$$;

CREATE FUNCTION cowork.floor_body(f cowork.floor) RETURNS jsonb LANGUAGE sql STABLE
	RETURN jsonb_build_object('floor', f.floor_id, 'code', f.code, 'position', f.position, 'version', f.version);

CREATE FUNCTION cowork.floor_create(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	f cowork.floor;
BEGIN
	IF EXISTS (SELECT FROM cowork.floor x WHERE x.site_id = p_site AND x.external_id = a ->> 'external_id') THEN
		RETURN cowork.refused('exists', '{"field": "external_id"}');
	END IF;
	IF EXISTS (SELECT FROM cowork.floor x WHERE x.site_id = p_site AND lower(x.code) = lower(a ->> 'code')) THEN
		RETURN cowork.refused('exists', '{"field": "code"}');
	END IF;
	INSERT INTO cowork.floor (site_id, code, name, name_alt, position, external_id)
	VALUES (p_site, a ->> 'code', coalesce(nullif(a ->> 'name', ''), a ->> 'code'), nullif(a ->> 'name_alt', ''),
		coalesce((a ->> 'position')::int, 0), nullif(a ->> 'external_id', ''))
	RETURNING * INTO f;
	RETURN cowork.done(f.floor_id, f.version, 'floor.created', cowork.floor_body(f));
END
$$;

CREATE FUNCTION cowork.floor_update(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	f cowork.floor;
BEGIN
	SELECT * INTO f FROM cowork.floor x WHERE x.site_id = p_site AND lower(x.code) = lower(a ->> 'floor');
	IF NOT FOUND THEN
		RETURN cowork.refused('not_found', '{"field": "floor"}');
	END IF;
	IF f.version <> (a ->> 'if_version')::int THEN
		RETURN cowork.refused('stale_version', jsonb_build_object('version', f.version));
	END IF;
	IF EXISTS (SELECT FROM cowork.floor x WHERE x.site_id = p_site AND x.external_id = a ->> 'external_id'
			AND x.floor_id <> f.floor_id) THEN
		RETURN cowork.refused('exists', '{"field": "external_id"}');
	END IF;
	UPDATE cowork.floor x SET
		name = coalesce(a ->> 'name', x.name),
		name_alt = nullif(coalesce(a ->> 'name_alt', x.name_alt), ''),
		position = coalesce((a ->> 'position')::int, x.position),
		external_id = nullif(coalesce(a ->> 'external_id', x.external_id), ''),
		version = x.version + 1
	WHERE x.site_id = p_site AND x.floor_id = f.floor_id
	RETURNING * INTO f;
	RETURN cowork.done(f.floor_id, f.version, 'floor.updated', cowork.floor_body(f));
END
$$;

CREATE FUNCTION cowork.area_body(r cowork.area) RETURNS jsonb LANGUAGE sql STABLE
	RETURN jsonb_build_object('area', r.area_id, 'floor', r.floor_id, 'code', r.code, 'version', r.version);

CREATE FUNCTION cowork.area_create(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v_floor bigint;
	v_area  cowork.area;
BEGIN
	SELECT f.floor_id INTO v_floor FROM cowork.floor f
	WHERE f.site_id = p_site AND lower(f.code) = lower(a ->> 'floor');
	IF NOT FOUND AND a ->> 'floor' IS NOT NULL THEN
		RETURN cowork.refused('not_found', '{"field": "floor"}');
	END IF;
	IF EXISTS (SELECT FROM cowork.area x WHERE x.site_id = p_site AND x.external_id = a ->> 'external_id') THEN
		RETURN cowork.refused('exists', '{"field": "external_id"}');
	END IF;
	IF EXISTS (SELECT FROM cowork.area x WHERE x.site_id = p_site AND lower(x.code) = lower(a ->> 'code')) THEN
		RETURN cowork.refused('exists', '{"field": "code"}');
	END IF;
	INSERT INTO cowork.area (site_id, floor_id, code, name, name_alt, external_id)
	VALUES (p_site, v_floor, a ->> 'code', coalesce(nullif(a ->> 'name', ''), a ->> 'code'),
		nullif(a ->> 'name_alt', ''), nullif(a ->> 'external_id', ''))
	RETURNING * INTO v_area;
	RETURN cowork.done(v_area.area_id, v_area.version, 'area.created', cowork.area_body(v_area));
END
$$;

CREATE FUNCTION cowork.area_update(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v_floor bigint;
	v_area  cowork.area;
BEGIN
	SELECT * INTO v_area FROM cowork.area x WHERE x.site_id = p_site AND lower(x.code) = lower(a ->> 'area');
	IF NOT FOUND THEN
		RETURN cowork.refused('not_found', '{"field": "area"}');
	END IF;
	IF v_area.version <> (a ->> 'if_version')::int THEN
		RETURN cowork.refused('stale_version', jsonb_build_object('version', v_area.version));
	END IF;
	SELECT f.floor_id INTO v_floor FROM cowork.floor f
	WHERE f.site_id = p_site AND lower(f.code) = lower(a ->> 'floor');
	IF NOT FOUND AND nullif(a ->> 'floor', '') IS NOT NULL THEN
		RETURN cowork.refused('not_found', '{"field": "floor"}');
	END IF;
	IF EXISTS (SELECT FROM cowork.area x WHERE x.site_id = p_site AND x.external_id = a ->> 'external_id'
			AND x.area_id <> v_area.area_id) THEN
		RETURN cowork.refused('exists', '{"field": "external_id"}');
	END IF;
	UPDATE cowork.area x SET
		name = coalesce(a ->> 'name', x.name),
		name_alt = nullif(coalesce(a ->> 'name_alt', x.name_alt), ''),
		floor_id = CASE WHEN a ->> 'floor' = '' THEN NULL ELSE coalesce(v_floor, x.floor_id) END,
		external_id = nullif(coalesce(a ->> 'external_id', x.external_id), ''),
		version = x.version + 1
	WHERE x.site_id = p_site AND x.area_id = v_area.area_id
	RETURNING * INTO v_area;
	RETURN cowork.done(v_area.area_id, v_area.version, 'area.updated', cowork.area_body(v_area));
END
$$;

-- The names of places are no one's personal data, and the calendar tells them.
CREATE FUNCTION cowork.space_body(s cowork.space, p_units bigint[]) RETURNS jsonb LANGUAGE sql STABLE
	RETURN jsonb_build_object('space', s.space_id, 'code', s.code, 'name', s.name, 'name_alt', s.name_alt, 'kind', s.kind, 'floor', s.floor_id,
		'area', s.area_id, 'capacity', s.capacity, 'amenities', to_jsonb(s.amenities), 'x', s.x, 'y', s.y,
		'units', p_units, 'state', s.state, 'version', s.version);

-- The units of these codes, made where the site has not heard of them yet.
CREATE FUNCTION cowork.units_named(p_site int, p_codes text[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO cowork.unit (site_id, code)
	SELECT p_site, c.code FROM unnest(p_codes) WITH ORDINALITY c (code, n)
	ORDER BY c.n
	ON CONFLICT (site_id, lower(code)) DO NOTHING;
	RETURN ARRAY(SELECT DISTINCT u.unit_id FROM unnest(p_codes) c (code)
		JOIN cowork.unit u ON u.site_id = p_site AND lower(u.code) = lower(c.code) ORDER BY u.unit_id);
END
$$;

-- Makes the space of these units; of one that is called like itself, where none are named.
CREATE FUNCTION cowork.units_put(p_site int, s cowork.space, p_codes text[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
	v_units bigint[] := cowork.units_named(p_site, coalesce(nullif(p_codes, '{}'), ARRAY[s.code]));
BEGIN
	DELETE FROM cowork.space_unit x
	WHERE x.site_id = p_site AND x.space_id = s.space_id AND x.unit_id <> ALL (v_units);
	INSERT INTO cowork.space_unit (site_id, space_id, unit_id)
	SELECT p_site, s.space_id, u FROM unnest(v_units) u
	ON CONFLICT DO NOTHING;
	RETURN v_units;
END
$$;

-- Bookings and blocks of a space that are not over: what would hold other units than the space has.
CREATE FUNCTION cowork.space_held(p_site int, p_space bigint, p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT count(*) FROM cowork.booking b
			WHERE b.site_id = p_site AND b.space_id = p_space AND upper(b.during) > p_at
				AND b.state IN ('held', 'confirmed', 'checked_in'))
		+ (SELECT count(*) FROM cowork.block b
			WHERE b.site_id = p_site AND b.space_id = p_space AND upper(b.during) > p_at
				AND b.state = 'active');
END
$$;

CREATE FUNCTION cowork.space_create(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v_floor bigint;
	v_area  record;
	s       cowork.space;
BEGIN
	SELECT f.floor_id INTO v_floor FROM cowork.floor f
	WHERE f.site_id = p_site AND lower(f.code) = lower(a ->> 'floor');
	IF NOT FOUND AND a ->> 'floor' IS NOT NULL THEN
		RETURN cowork.refused('not_found', '{"field": "floor"}');
	END IF;
	SELECT x.area_id, x.floor_id INTO v_area FROM cowork.area x
	WHERE x.site_id = p_site AND lower(x.code) = lower(a ->> 'area');
	IF NOT FOUND AND a ->> 'area' IS NOT NULL THEN
		RETURN cowork.refused('not_found', '{"field": "area"}');
	END IF;
	IF EXISTS (SELECT FROM cowork.space x
			WHERE x.site_id = p_site AND x.external_id = a ->> 'external_id') THEN
		RETURN cowork.refused('exists', '{"field": "external_id"}');
	END IF;
	IF EXISTS (SELECT FROM cowork.space x WHERE x.site_id = p_site AND lower(x.code) = lower(a ->> 'code')) THEN
		RETURN cowork.refused('exists', '{"field": "code"}');
	END IF;

	INSERT INTO cowork.space (site_id, floor_id, area_id, code, name, name_alt, kind, capacity, amenities,
		x, y, external_id)
	VALUES (p_site, coalesce(v_floor, v_area.floor_id), v_area.area_id, a ->> 'code',
		coalesce(nullif(a ->> 'name', ''), a ->> 'code'), nullif(a ->> 'name_alt', ''), a ->> 'kind',
		coalesce((a ->> 'capacity')::int, 1), coalesce(cowork.texts(a -> 'amenities'), '{}'),
		(a ->> 'x')::int, (a ->> 'y')::int, nullif(a ->> 'external_id', ''))
	RETURNING * INTO s;
	RETURN cowork.done(s.space_id, s.version, 'space.created',
		cowork.space_body(s, cowork.units_put(p_site, s, cowork.texts(a -> 'units'))));
END
$$;

CREATE FUNCTION cowork.space_update(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	s       cowork.space;
	v_floor bigint;
	v_area  record;
	v_held  bigint;
BEGIN
	SELECT * INTO s FROM cowork.space x WHERE x.site_id = p_site AND lower(x.code) = lower(a ->> 'space');
	IF NOT FOUND THEN
		RETURN cowork.refused('not_found', '{"field": "space"}');
	END IF;
	IF s.version <> (a ->> 'if_version')::int THEN
		RETURN cowork.refused('stale_version', jsonb_build_object('version', s.version));
	END IF;
	SELECT f.floor_id INTO v_floor FROM cowork.floor f
	WHERE f.site_id = p_site AND lower(f.code) = lower(a ->> 'floor');
	IF NOT FOUND AND nullif(a ->> 'floor', '') IS NOT NULL THEN
		RETURN cowork.refused('not_found', '{"field": "floor"}');
	END IF;
	SELECT x.area_id, x.floor_id INTO v_area FROM cowork.area x
	WHERE x.site_id = p_site AND lower(x.code) = lower(a ->> 'area');
	IF NOT FOUND AND nullif(a ->> 'area', '') IS NOT NULL THEN
		RETURN cowork.refused('not_found', '{"field": "area"}');
	END IF;
	IF EXISTS (SELECT FROM cowork.space x WHERE x.site_id = p_site AND x.external_id = a ->> 'external_id'
			AND x.space_id <> s.space_id) THEN
		RETURN cowork.refused('exists', '{"field": "external_id"}');
	END IF;
	IF a ? 'units' THEN
		v_held := cowork.space_held(p_site, s.space_id, p_at);
		IF v_held > 0 THEN
			RETURN cowork.refused('wrong_state', jsonb_build_object('field', 'units', 'rule', 'held',
				'space', s.code, 'count', v_held, 'version', s.version));
		END IF;
		PERFORM cowork.units_put(p_site, s, cowork.texts(a -> 'units'));
	END IF;

	UPDATE cowork.space x SET
		name = coalesce(a ->> 'name', x.name),
		name_alt = nullif(coalesce(a ->> 'name_alt', x.name_alt), ''),
		kind = coalesce(a ->> 'kind', x.kind),
		capacity = coalesce((a ->> 'capacity')::int, x.capacity),
		amenities = coalesce(cowork.texts(a -> 'amenities'), x.amenities),
		x = coalesce((a ->> 'x')::int, x.x),
		y = coalesce((a ->> 'y')::int, x.y),
		floor_id = CASE WHEN a ->> 'floor' = '' THEN NULL
			ELSE coalesce(v_floor, v_area.floor_id, x.floor_id) END,
		area_id = CASE WHEN a ->> 'area' = '' THEN NULL ELSE coalesce(v_area.area_id, x.area_id) END,
		external_id = nullif(coalesce(a ->> 'external_id', x.external_id), ''),
		version = x.version + 1
	WHERE x.site_id = p_site AND x.space_id = s.space_id
	RETURNING * INTO s;
	RETURN cowork.done(s.space_id, s.version, 'space.updated',
		cowork.space_body(s, cowork.units(p_site, s.space_id)));
END
$$;

-- A retired space takes no new bookings. While it has bookings that are not over it is retired only if that is
-- said to be meant; they stay until somebody moves or cancels them.
CREATE FUNCTION cowork.space_retire(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	s       cowork.space;
	e       cowork.effect;
	v_count bigint;
BEGIN
	SELECT * INTO s FROM cowork.space x WHERE x.site_id = p_site AND lower(x.code) = lower(a ->> 'space');
	IF NOT FOUND THEN
		RETURN cowork.refused('not_found', '{"field": "space"}');
	END IF;
	IF s.state = 'retired' THEN
		RETURN cowork.refused('wrong_state', jsonb_build_object('state', s.state, 'version', s.version));
	END IF;
	IF s.version <> (a ->> 'if_version')::int THEN
		RETURN cowork.refused('stale_version', jsonb_build_object('version', s.version));
	END IF;
	SELECT count(*) INTO v_count FROM cowork.booking b
	WHERE b.site_id = p_site AND b.space_id = s.space_id AND upper(b.during) > p_at
		AND b.state IN ('held', 'confirmed', 'checked_in');
	IF v_count > 0 AND NOT coalesce((a ->> 'with_bookings')::boolean, false) THEN
		RETURN cowork.refused('wrong_state', jsonb_build_object('field', 'with_bookings', 'rule', 'booked',
			'space', s.code, 'count', v_count, 'version', s.version));
	END IF;
	UPDATE cowork.space x SET state = 'retired', version = x.version + 1
	WHERE x.site_id = p_site AND x.space_id = s.space_id
	RETURNING * INTO s;
	e := cowork.done(s.space_id, s.version, 'space.retired',
		cowork.space_body(s, cowork.units(p_site, s.space_id)));
	e.detail := jsonb_build_object('count', v_count);
	RETURN e;
END
$$;
