-- What a daemon keeps of a site in memory, as rows that read like the bodies of events. Read whole by one
-- statement it is one snapshot: the first row says at which rev.

CREATE VIEW cowork.calendar_rows AS
SELECT t.site_id, 1 AS place, 'site' AS what, NULL::timestamptz AS ends,
	jsonb_build_object('rev', t.rev, 'hash', encode(t.last_hash, 'hex'), 'zone', t.zone, 'open', t.open_min,
		'close', t.close_min, 'closed_days', to_jsonb(t.closed_days), 'rules', cowork.site_rules(t.site_id)) AS body
FROM cowork.site t
UNION ALL
SELECT f.site_id, 2, 'floor', NULL,
	jsonb_build_object('floor', f.floor_id, 'code', f.code, 'position', f.position)
FROM cowork.floor f
UNION ALL
SELECT a.site_id, 3, 'area', NULL,
	jsonb_build_object('area', a.area_id, 'floor', a.floor_id, 'code', a.code)
FROM cowork.area a
UNION ALL
SELECT s.site_id, 4, 'space', NULL,
	cowork.space_body(s, ARRAY(SELECT u.unit_id FROM cowork.space_unit u
		WHERE u.site_id = s.site_id AND u.space_id = s.space_id ORDER BY u.unit_id))
FROM cowork.space s
UNION ALL
SELECT b.site_id, 5, 'booking', upper(b.during),
	jsonb_build_object('booking', b.booking_id, 'ref', b.ref, 'space', b.space_id,
		'units', ARRAY(SELECT c.unit_id FROM cowork.claim c
			WHERE c.site_id = b.site_id AND c.booking_id = b.booking_id AND c.live ORDER BY c.unit_id),
		'start', cowork.us(lower(b.during)), 'end', cowork.us(upper(b.during)), 'tenant', b.tenant_id,
		'member', b.member_id, 'state', b.state, 'version', b.version)
FROM cowork.booking b
WHERE b.state IN ('held', 'confirmed', 'checked_in')
UNION ALL
SELECT b.site_id, 6, 'block', upper(b.during),
	cowork.block_body(b, ARRAY(SELECT c.unit_id FROM cowork.claim c
		WHERE c.site_id = b.site_id AND c.block_id = b.block_id AND c.live ORDER BY c.unit_id))
FROM cowork.block b;

-- What a daemon keeps of people: all that lets the bearer of a token in without a query. Left out are one-time codes
-- and tokens that were revoked, or ran out a day ago: the clocks may differ. With the digests of secrets in it, it is
-- for the daemon alone; a digest of 256 random bits is no way back to them. A certificate's fingerprint is no secret.
CREATE VIEW cowork.people_rows AS
SELECT 1 AS place, 'tenant' AS what, t.tenant_id, NULL::bigint AS person_id,
	jsonb_build_object('tenant', t.tenant_id, 'code', t.code, 'name', t.name, 'state', t.state) AS body
FROM cowork.tenant t
UNION ALL
SELECT 2, 'person', NULL, p.person_id, jsonb_strip_nulls(jsonb_build_object(
	'person', p.person_id, 'login', p.login, 'name', p.name, 'lang', p.lang,
	'member', (SELECT jsonb_build_object('tenant', m.tenant_id, 'role', m.role, 'state', m.state)
		FROM cowork.member m WHERE m.person_id = p.person_id),
	'staff', (SELECT jsonb_build_object('site', f.site_id, 'role', f.role, 'state', f.state)
		FROM cowork.staff f WHERE f.person_id = p.person_id)))
FROM cowork.person p
UNION ALL
SELECT 3, 'token', NULL, k.person_id, jsonb_strip_nulls(jsonb_build_object('token', k.token_id, 'person', k.person_id,
	'hash', CASE k.kind WHEN 'access' THEN encode(k.hash, 'hex') END,
	'fingerprint', CASE k.kind WHEN 'certificate' THEN encode(k.hash, 'hex') END, 'scope', k.scope,
	'expires', cowork.us(k.expires_at)))
FROM cowork.token k
WHERE k.kind IN ('access', 'certificate') AND k.revoked_at IS NULL AND k.expires_at > clock_timestamp() - interval '1 day';
