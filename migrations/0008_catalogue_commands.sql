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
	IF EXISTS (SELECT FROM cowork.site t WHERE lower(t.code) = lower(a ->> 'code')) THEN
		RETURN cowork.refused('exists', '{"field": "code"}');
	END IF;
	IF EXISTS (SELECT FROM cowork.site t WHERE t.external_id = a ->> 'external_id') THEN
		RETURN cowork.refused('exists', '{"field": "external_id"}');
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

CREATE FUNCTION cowork.floor_create(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v_id bigint;
BEGIN
	IF EXISTS (SELECT FROM cowork.floor f WHERE f.site_id = p_site AND lower(f.code) = lower(a ->> 'code')) THEN
		RETURN cowork.refused('exists', '{"field": "code"}');
	END IF;
	INSERT INTO cowork.floor (site_id, code, name, position)
	VALUES (p_site, a ->> 'code', coalesce(nullif(a ->> 'name', ''), a ->> 'code'),
		coalesce((a ->> 'position')::int, 0))
	RETURNING floor_id INTO v_id;
	RETURN cowork.done(v_id, 1, 'floor.created',
		jsonb_build_object('floor', v_id, 'code', a ->> 'code', 'version', 1));
END
$$;

CREATE FUNCTION cowork.area_create(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v_floor bigint;
	v_id    bigint;
BEGIN
	SELECT f.floor_id INTO v_floor FROM cowork.floor f
	WHERE f.site_id = p_site AND lower(f.code) = lower(a ->> 'floor');
	IF NOT FOUND AND a ->> 'floor' IS NOT NULL THEN
		RETURN cowork.refused('not_found', '{"field": "floor"}');
	END IF;
	IF EXISTS (SELECT FROM cowork.area x WHERE x.site_id = p_site AND lower(x.code) = lower(a ->> 'code')) THEN
		RETURN cowork.refused('exists', '{"field": "code"}');
	END IF;
	INSERT INTO cowork.area (site_id, floor_id, code, name)
	VALUES (p_site, v_floor, a ->> 'code', coalesce(nullif(a ->> 'name', ''), a ->> 'code'))
	RETURNING area_id INTO v_id;
	RETURN cowork.done(v_id, 1, 'area.created',
		jsonb_build_object('area', v_id, 'floor', v_floor, 'code', a ->> 'code', 'version', 1));
END
$$;

CREATE FUNCTION cowork.space_body(s cowork.space, p_units bigint[]) RETURNS jsonb LANGUAGE sql STABLE
	RETURN jsonb_build_object('space', s.space_id, 'code', s.code, 'kind', s.kind, 'floor', s.floor_id,
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

CREATE FUNCTION cowork.space_create(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v_floor bigint;
	v_area  record;
	v_units bigint[];
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
	IF EXISTS (SELECT FROM cowork.space x WHERE x.site_id = p_site AND lower(x.code) = lower(a ->> 'code')) THEN
		RETURN cowork.refused('exists', '{"field": "code"}');
	END IF;
	IF EXISTS (SELECT FROM cowork.space x
			WHERE x.site_id = p_site AND x.external_id = a ->> 'external_id') THEN
		RETURN cowork.refused('exists', '{"field": "external_id"}');
	END IF;

	INSERT INTO cowork.space (site_id, floor_id, area_id, code, name, name_alt, kind, capacity, amenities,
		x, y, external_id)
	VALUES (p_site, coalesce(v_floor, v_area.floor_id), v_area.area_id, a ->> 'code',
		coalesce(nullif(a ->> 'name', ''), a ->> 'code'), nullif(a ->> 'name_alt', ''), a ->> 'kind',
		coalesce((a ->> 'capacity')::int, 1), coalesce(cowork.texts(a -> 'amenities'), '{}'),
		(a ->> 'x')::int, (a ->> 'y')::int, nullif(a ->> 'external_id', ''))
	RETURNING * INTO s;
	v_units := cowork.units_named(p_site,
		coalesce(nullif(cowork.texts(a -> 'units'), '{}'), ARRAY[a ->> 'code']));
	INSERT INTO cowork.space_unit (site_id, space_id, unit_id)
	SELECT p_site, s.space_id, u FROM unnest(v_units) u;
	RETURN cowork.done(s.space_id, s.version, 'space.created', cowork.space_body(s, v_units));
END
$$;

CREATE FUNCTION cowork.space_update(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	s       cowork.space;
	v_floor bigint;
	v_area  record;
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
		version = x.version + 1
	WHERE x.site_id = p_site AND x.space_id = s.space_id
	RETURNING * INTO s;
	RETURN cowork.done(s.space_id, s.version, 'space.updated',
		cowork.space_body(s, cowork.units(p_site, s.space_id)));
END
$$;

-- A retired space takes no new bookings; those it has stay until somebody moves or cancels them.
CREATE FUNCTION cowork.space_retire(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	s cowork.space;
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
	UPDATE cowork.space x SET state = 'retired', version = x.version + 1
	WHERE x.site_id = p_site AND x.space_id = s.space_id
	RETURNING * INTO s;
	RETURN cowork.done(s.space_id, s.version, 'space.retired',
		cowork.space_body(s, cowork.units(p_site, s.space_id)));
END
$$;
