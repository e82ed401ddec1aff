-- Facts: each noun as one object, joined and named, as the daemon decodes it. Instants are integer
-- microseconds, times of day integer minutes, what is absent is left out.

CREATE FUNCTION cowork.us(p_at timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
	RETURN (extract(epoch FROM p_at) * 1000000)::bigint;

CREATE FUNCTION cowork.from_us(p_us bigint) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
	RETURN timestamptz 'epoch' + p_us * interval '1 microsecond';

-- Seconds are told only where there are any.
CREATE FUNCTION cowork.wall(p_local timestamp) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
	RETURN to_char(p_local, CASE WHEN date_trunc('minute', p_local) = p_local
		THEN 'YYYY-MM-DD"T"HH24:MI' ELSE 'YYYY-MM-DD"T"HH24:MI:SS' END);

-- The rules of a site by kind of space, as events and facts tell them; {} where there are none.
CREATE FUNCTION cowork.site_rules(p_site int) RETURNS jsonb LANGUAGE sql STABLE
	RETURN coalesce((SELECT jsonb_object_agg(u.kind, jsonb_strip_nulls(jsonb_build_object(
		'longest', u.longest, 'shortest', u.shortest, 'granularity', u.granularity, 'notice', u.notice,
		'horizon', u.horizon, 'one_at_a_time', u.one_at_a_time)))
		FROM cowork.booking_rule u WHERE u.site_id = p_site), '{}');

CREATE VIEW cowork.site_facts AS
SELECT t.site_id, t.code, jsonb_strip_nulls(jsonb_build_object(
	'id', t.site_id, 'code', t.code, 'name', t.name, 'name_alt', t.name_alt, 'zone', t.zone,
	'open', t.open_min, 'close', t.close_min, 'closed_days', t.closed_days,
	'rules', nullif(cowork.site_rules(t.site_id), '{}'), 'currency', t.currency, 'locale', t.locale,
	'external_id', t.external_id, 'version', t.version, 'rev', t.rev)) AS facts
FROM cowork.site t
WHERE t.site_id <> 0;

CREATE VIEW cowork.floor_facts AS
SELECT f.site_id, f.floor_id, f.code, f.position, jsonb_strip_nulls(jsonb_build_object(
	'site', t.code, 'code', f.code, 'name', f.name, 'name_alt', f.name_alt, 'position', f.position,
	'external_id', f.external_id, 'version', f.version)) AS facts
FROM cowork.floor f
LEFT JOIN cowork.site t USING (site_id);

CREATE VIEW cowork.area_facts AS
SELECT r.site_id, r.area_id, r.code, r.floor_id, jsonb_strip_nulls(jsonb_build_object(
	'site', t.code, 'floor', f.code, 'code', r.code, 'name', r.name, 'name_alt', r.name_alt,
	'external_id', r.external_id, 'version', r.version)) AS facts
FROM cowork.area r
LEFT JOIN cowork.site t USING (site_id)
LEFT JOIN cowork.floor f USING (site_id, floor_id);

CREATE VIEW cowork.space_facts AS
SELECT s.site_id, s.space_id, s.code, s.kind, s.state, s.floor_id, s.area_id,
	jsonb_strip_nulls(jsonb_build_object(
	'id', s.space_id, 'site', t.code, 'floor', f.code, 'area', r.code, 'code', s.code, 'name', s.name,
	'name_alt', s.name_alt, 'kind', s.kind, 'capacity', s.capacity, 'amenities', s.amenities,
	'x', s.x, 'y', s.y,
	'units', ARRAY(SELECT u.code FROM cowork.space_unit su JOIN cowork.unit u USING (site_id, unit_id)
		WHERE su.site_id = s.site_id AND su.space_id = s.space_id ORDER BY u.unit_id),
	'state', s.state, 'external_id', s.external_id, 'version', s.version)) AS facts
FROM cowork.space s
LEFT JOIN cowork.site t USING (site_id)
LEFT JOIN cowork.floor f USING (site_id, floor_id)
LEFT JOIN cowork.area r USING (site_id, area_id);

CREATE VIEW cowork.block_facts AS
SELECT b.site_id, b.block_id, b.ref, b.space_id, b.during, b.state,
	lower(b.during) AS starts, upper(b.during) AS ends,
	jsonb_strip_nulls(jsonb_build_object(
	'id', b.block_id, 'ref', b.ref, 'site', t.code, 'space', s.code,
	'start', cowork.us(lower(b.during)), 'end', cowork.us(upper(b.during)),
	'local', jsonb_build_object('start', cowork.wall(lower(b.during) AT TIME ZONE t.zone),
		'end', cowork.wall(upper(b.during) AT TIME ZONE t.zone), 'zone', t.zone), 'reason', b.reason,
	'note', b.note, 'state', b.state, 'created', cowork.us(b.created_at), 'external_id', b.external_id,
	'version', b.version)) AS facts
FROM cowork.block b
LEFT JOIN cowork.site t USING (site_id)
LEFT JOIN cowork.space s USING (site_id, space_id);

CREATE VIEW cowork.tenant_facts AS
SELECT t.tenant_id, t.code, t.state, jsonb_strip_nulls(jsonb_build_object(
	'id', t.tenant_id, 'code', t.code, 'name', t.name, 'name_alt', t.name_alt, 'email', t.email, 'state', t.state,
	'external_id', t.external_id, 'version', t.version)) AS facts
FROM cowork.tenant t;

CREATE VIEW cowork.member_facts AS
SELECT m.person_id, m.tenant_id, p.login, m.role, m.state, jsonb_strip_nulls(jsonb_build_object(
	'id', m.person_id, 'tenant', t.code, 'login', p.login, 'name', p.name, 'lang', p.lang, 'role', m.role,
	'state', m.state, 'external_id', m.external_id, 'version', m.version)) AS facts
FROM cowork.member m
LEFT JOIN cowork.person p USING (person_id)
LEFT JOIN cowork.tenant t USING (tenant_id);

CREATE VIEW cowork.staff_facts AS
SELECT f.person_id, f.site_id, p.login, f.role, f.state, jsonb_strip_nulls(jsonb_build_object(
	'id', f.person_id, 'login', p.login, 'name', p.name, 'lang', p.lang, 'role', f.role, 'site', t.code,
	'state', f.state, 'version', f.version)) AS facts
FROM cowork.staff f
LEFT JOIN cowork.person p USING (person_id)
LEFT JOIN cowork.site t USING (site_id);

CREATE VIEW cowork.token_facts AS
SELECT k.token_id, k.person_id, k.created_at, jsonb_strip_nulls(jsonb_build_object(
	'token', k.token_id, 'kind', k.kind, 'login', p.login, 'label', k.label, 'scope', k.scope,
	'created', cowork.us(k.created_at), 'expires', cowork.us(k.expires_at),
	'last_used', cowork.us(k.last_used_at),
	'state', CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked'
		WHEN k.expires_at <= clock_timestamp() THEN 'expired' ELSE 'active' END)) AS facts
FROM cowork.token k
LEFT JOIN cowork.person p USING (person_id)
WHERE k.kind <> 'code';

-- Looked up with sub-selects, not joins: a list is filtered, sorted and cut to its page by one index of
-- booking, and only what is left is looked up.
CREATE VIEW cowork.booking_facts AS
SELECT b.site_id, b.booking_id, b.ref, b.space_id, b.tenant_id, b.member_id, b.during, b.state,
	lower(b.during) AS starts, upper(b.during) AS ends,
	jsonb_strip_nulls(jsonb_build_object(
	'id', b.booking_id, 'ref', b.ref,
	'site', (SELECT t.code FROM cowork.site t WHERE t.site_id = b.site_id),
	'space', (SELECT s.code FROM cowork.space s WHERE s.site_id = b.site_id AND s.space_id = b.space_id),
	'start', cowork.us(lower(b.during)), 'end', cowork.us(upper(b.during)),
	'local', jsonb_build_object('start', cowork.wall(b.local_start), 'end', cowork.wall(b.local_end),
		'zone', b.zone),
	'state', b.state, 'version', b.version,
	'tenant', (SELECT n.code FROM cowork.tenant n WHERE n.tenant_id = b.tenant_id), 'tenant_id', b.tenant_id,
	'member', (SELECT p.login FROM cowork.person p WHERE p.person_id = b.member_id), 'member_id', b.member_id,
	'member_name', (SELECT p.name FROM cowork.person p WHERE p.person_id = b.member_id),
	'created_by', (SELECT p.login FROM cowork.person p WHERE p.person_id = b.created_by),
	'created_by_id', b.created_by,
	'on_behalf', CASE WHEN b.created_by <> b.member_id
		THEN (SELECT p.login FROM cowork.person p WHERE p.person_id = b.member_id) END,
	'source', b.source, 'created', cowork.us(b.created_at), 'external_id', b.external_id)
	|| coalesce((SELECT jsonb_build_object('title', x.title, 'note', x.note, 'guest', x.guest,
			'private', nullif(x.private, false))
		FROM cowork.booking_text x WHERE x.site_id = b.site_id AND x.booking_id = b.booking_id), '{}')) AS facts
FROM cowork.booking b;

-- What became of a booking, from the log itself.
CREATE VIEW cowork.booking_history AS
SELECT e.site_id, e.subject AS booking_id, e.rev, e.at, e.kind, e.actor, p.login AS actor_login, e.body
FROM cowork.event e
LEFT JOIN cowork.person p ON p.person_id = e.actor
WHERE e.kind LIKE 'booking.%';

-- Who somebody is and what they may: what a login makes of a person.
CREATE FUNCTION cowork.person_rights(p_person bigint) RETURNS jsonb LANGUAGE sql STABLE
	RETURN (SELECT jsonb_build_object(
		'person', p.person_id, 'login', p.login, 'name', p.name, 'lang', p.lang,
		'member', m.person_id IS NOT NULL, 'tenant_id', m.tenant_id, 'tenant', n.code,
		'tenant_state', n.state, 'role', coalesce(f.role, m.role), 'site_id', f.site_id, 'site', t.code,
		'disabled', f.person_id IS NULL AND m.person_id IS NULL,
		'rev', (SELECT s.rev FROM cowork.site s WHERE s.site_id = 0))
	FROM cowork.person p
	LEFT JOIN cowork.member m ON m.person_id = p.person_id AND m.state <> 'disabled'
	LEFT JOIN cowork.tenant n ON n.tenant_id = m.tenant_id
	LEFT JOIN cowork.staff f ON f.person_id = p.person_id AND f.state <> 'revoked'
	LEFT JOIN cowork.site t ON t.site_id = f.site_id
	WHERE p.person_id = p_person);

-- All that is needed to let the bearer of a token in, or to turn it away.
CREATE FUNCTION cowork.token_find(p_id text) RETURNS TABLE (facts jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT cowork.person_rights(k.person_id) || jsonb_build_object(
		'token', k.token_id, 'kind', k.kind, 'hash', encode(k.hash, 'hex'), 'scope', k.scope,
		'expires', cowork.us(k.expires_at), 'revoked', k.revoked_at IS NOT NULL, 'used', k.used_at IS NOT NULL)
	FROM cowork.token k
	WHERE k.token_id = p_id
$$;

-- The same of a client's certificate, by its fingerprint in hex.
CREATE FUNCTION cowork.certificate_find(p_fingerprint text) RETURNS TABLE (facts jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT f.facts FROM cowork.token k, cowork.token_find(k.token_id) f
	WHERE k.kind = 'certificate' AND k.hash = decode(p_fingerprint, 'hex')
	ORDER BY k.revoked_at IS NULL DESC, k.expires_at DESC LIMIT 1
$$;

-- The same of a password; the daemon compares the hash. No row: there is no such login, or it has none.
CREATE FUNCTION cowork.password_find(p_login text) RETURNS TABLE (facts jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT cowork.person_rights(p.person_id) || jsonb_build_object('hash', w.hash, 'version', w.version)
	FROM cowork.person p JOIN cowork.password w USING (person_id)
	WHERE p.login = p_login
$$;
