-- Tenants, members, staff, tokens and one-time codes. All run in the operator's lane, site 0.

CREATE FUNCTION cowork.tenant_create(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v_id bigint;
BEGIN
	IF EXISTS (SELECT FROM cowork.tenant t WHERE t.external_id = a ->> 'external_id') THEN
		RETURN cowork.refused('exists', '{"field": "external_id"}');
	END IF;
	IF EXISTS (SELECT FROM cowork.tenant t WHERE lower(t.code) = lower(a ->> 'code')) THEN
		RETURN cowork.refused('exists', '{"field": "code"}');
	END IF;
	INSERT INTO cowork.tenant (code, name, name_alt, email, external_id)
	VALUES (a ->> 'code', coalesce(nullif(a ->> 'name', ''), a ->> 'code'), nullif(a ->> 'name_alt', ''),
		nullif(a ->> 'email', ''), nullif(a ->> 'external_id', ''))
	RETURNING tenant_id INTO v_id;
	RETURN cowork.done(v_id, 1, 'tenant.created',
		jsonb_build_object('tenant', v_id, 'code', a ->> 'code', 'state', 'active', 'version', 1));
END
$$;

CREATE FUNCTION cowork.tenant_update(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	t cowork.tenant;
BEGIN
	SELECT * INTO t FROM cowork.tenant x WHERE lower(x.code) = lower(a ->> 'tenant');
	IF NOT FOUND THEN
		RETURN cowork.refused('not_found', '{"field": "tenant"}');
	END IF;
	IF t.version <> (a ->> 'if_version')::int THEN
		RETURN cowork.refused('stale_version', jsonb_build_object('version', t.version));
	END IF;
	IF EXISTS (SELECT FROM cowork.tenant x
			WHERE x.external_id = a ->> 'external_id' AND x.tenant_id <> t.tenant_id) THEN
		RETURN cowork.refused('exists', '{"field": "external_id"}');
	END IF;
	UPDATE cowork.tenant x SET
		name = coalesce(a ->> 'name', x.name),
		name_alt = nullif(coalesce(a ->> 'name_alt', x.name_alt), ''),
		external_id = nullif(coalesce(a ->> 'external_id', x.external_id), ''),
		email = nullif(coalesce(a ->> 'email', x.email), ''),
		state = coalesce(a ->> 'state', x.state),
		version = x.version + 1
	WHERE x.tenant_id = t.tenant_id
	RETURNING * INTO t;
	RETURN cowork.done(t.tenant_id, t.version, 'tenant.updated',
		jsonb_build_object('tenant', t.tenant_id, 'code', t.code, 'state', t.state, 'version', t.version));
END
$$;

-- The person of a login, made if there is none yet. Who exists keeps the name and language they have.
CREATE FUNCTION cowork.person_named(a jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	v_id bigint;
BEGIN
	SELECT p.person_id INTO v_id FROM cowork.person p WHERE p.login = lower(a ->> 'login');
	IF NOT FOUND THEN
		INSERT INTO cowork.person (login, name, lang)
		VALUES (lower(a ->> 'login'), coalesce(nullif(a ->> 'name', ''), a ->> 'login'),
			nullif(a ->> 'lang', ''))
		RETURNING person_id INTO v_id;
	END IF;
	RETURN v_id;
END
$$;

-- Whoever gets another place gets it by the code that comes with it: what was given out before, perhaps to somebody
-- else's hands, would grow with the person. Tokens end, codes that nobody used, and the password.
CREATE FUNCTION cowork.credentials_end(p_person bigint, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	UPDATE cowork.token k SET revoked_at = p_at
	WHERE k.person_id = p_person AND k.revoked_at IS NULL AND k.used_at IS NULL;
	DELETE FROM cowork.password w WHERE w.person_id = p_person;
END
$$;

-- Room for one more token: somebody has at most 100 that are good, so that what daemons keep of them in memory is
-- bounded. The one that was not used for the longest time ends; its id, or NULL.
CREATE FUNCTION cowork.token_room(p_person bigint, p_at timestamptz) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	v_good text[] := ARRAY(SELECT k.token_id FROM cowork.token k
		WHERE k.person_id = p_person AND k.kind <> 'code' AND k.revoked_at IS NULL AND k.expires_at > p_at
		ORDER BY coalesce(k.last_used_at, k.created_at), k.token_id);
BEGIN
	IF cardinality(v_good) < 100 THEN
		RETURN NULL;
	END IF;
	UPDATE cowork.token k SET revoked_at = p_at WHERE k.token_id = v_good[1];
	RETURN v_good[1];
END
$$;

-- A one-time code, where the request came with one.
CREATE FUNCTION cowork.code_add(p_person bigint, p_at timestamptz, p_code jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	IF p_code ->> 'id' IS NOT NULL THEN
		INSERT INTO cowork.token (token_id, person_id, kind, hash, created_at, expires_at)
		VALUES (p_code ->> 'id', p_person, 'code', decode(p_code ->> 'hash', 'hex'), p_at,
			cowork.from_us((p_code ->> 'expires')::bigint));
	END IF;
END
$$;

CREATE FUNCTION cowork.member_body(m cowork.member) RETURNS jsonb LANGUAGE sql STABLE
	RETURN jsonb_build_object('person', m.person_id, 'tenant', m.tenant_id, 'role', m.role, 'state', m.state,
		'version', m.version);

CREATE FUNCTION cowork.member_invite(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v_tenant record;
	m        cowork.member;
BEGIN
	SELECT t.tenant_id, t.state INTO v_tenant FROM cowork.tenant t WHERE lower(t.code) = lower(a ->> 'tenant');
	IF NOT FOUND THEN
		RETURN cowork.refused('not_found', '{"field": "tenant"}');
	END IF;
	IF v_tenant.state <> 'active' THEN
		RETURN cowork.refused('wrong_state', jsonb_build_object('field', 'tenant', 'state', v_tenant.state));
	END IF;
	SELECT x.* INTO m FROM cowork.member x JOIN cowork.person p USING (person_id)
	WHERE p.login = lower(a ->> 'login');
	IF FOUND AND (m.tenant_id <> v_tenant.tenant_id OR m.state = 'disabled'
			OR NOT coalesce((a ->> 'again')::boolean, false)) THEN
		RETURN cowork.refused('exists', CASE WHEN m.tenant_id = v_tenant.tenant_id
			AND m.external_id = a ->> 'external_id' THEN '{"field": "external_id"}'
			ELSE '{"field": "login"}' END::jsonb);
	END IF;
	-- the code for a first login would be one for whatever the person is already
	IF EXISTS (SELECT FROM cowork.staff x JOIN cowork.person p USING (person_id)
			WHERE p.login = lower(a ->> 'login') AND x.state <> 'revoked') THEN
		RETURN cowork.refused('exists', '{"field": "login"}');
	END IF;
	IF EXISTS (SELECT FROM cowork.member x WHERE x.external_id = a ->> 'external_id'
			AND x.person_id IS DISTINCT FROM m.person_id) THEN
		RETURN cowork.refused('exists', '{"field": "external_id"}');
	END IF;

	IF m.person_id IS NOT NULL THEN -- there already, and invited again: another code, nothing else
		UPDATE cowork.member x SET version = x.version + 1 WHERE x.person_id = m.person_id
		RETURNING * INTO m;
		PERFORM cowork.credentials_end(m.person_id, p_at);
		PERFORM cowork.code_add(m.person_id, p_at, r -> 'code');
		RETURN cowork.done(m.person_id, m.version, 'member.invited', cowork.member_body(m));
	END IF;
	INSERT INTO cowork.member (person_id, tenant_id, role, external_id)
	VALUES (cowork.person_named(a), v_tenant.tenant_id, coalesce(a ->> 'role', 'member'),
		nullif(a ->> 'external_id', ''))
	RETURNING * INTO m;
	PERFORM cowork.credentials_end(m.person_id, p_at);
	PERFORM cowork.code_add(m.person_id, p_at, r -> 'code');
	RETURN cowork.done(m.person_id, m.version, 'member.invited', cowork.member_body(m));
END
$$;

-- Whether nobody would be left who may do all: without an operator nobody can make another.
CREATE FUNCTION cowork.last_operator(p_person bigint) RETURNS boolean LANGUAGE sql STABLE
	RETURN EXISTS (SELECT FROM cowork.staff f WHERE f.person_id = p_person AND f.role = 'operator'
			AND f.site_id IS NULL AND f.state = 'active')
		AND NOT EXISTS (SELECT FROM cowork.staff f WHERE f.person_id <> p_person AND f.role = 'operator'
			AND f.site_id IS NULL AND f.state = 'active');

-- What disabling a member is, whichever command asks for it: all that lets them in ends with it, so that nothing of it
-- is good again when they are. Who is of the staff too keeps it for what they are there, until staff.revoke.
-- Gives whether it ended.
CREATE FUNCTION cowork.member_out(p_person bigint, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	UPDATE cowork.member x SET state = 'disabled' WHERE x.person_id = p_person;
	IF EXISTS (SELECT FROM cowork.staff f WHERE f.person_id = p_person AND f.state <> 'revoked') THEN
		RETURN false;
	END IF;
	PERFORM cowork.credentials_end(p_person, p_at);
	RETURN true;
END
$$;

-- To disable somebody is as in member.disable. To let them in again is for those whose reach is everybody (no "own"):
-- a tenant's admin must not undo what the operator decided.
CREATE FUNCTION cowork.member_update(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	m       cowork.member;
	v_out   boolean;
	v_ended boolean;
BEGIN
	SELECT x.* INTO m FROM cowork.member x JOIN cowork.person p USING (person_id)
	WHERE p.login = lower(a ->> 'login');
	IF NOT FOUND OR NOT cowork.owns(a -> 'own', m.tenant_id, m.person_id) THEN
		RETURN cowork.refused('not_found', '{"field": "login"}');
	END IF;
	IF m.version <> (a ->> 'if_version')::int THEN
		RETURN cowork.refused('stale_version', jsonb_build_object('version', m.version));
	END IF;
	IF EXISTS (SELECT FROM cowork.member x
			WHERE x.external_id = a ->> 'external_id' AND x.person_id <> m.person_id) THEN
		RETURN cowork.refused('exists', '{"field": "external_id"}');
	END IF;
	v_out := m.state <> 'disabled' AND coalesce(a ->> 'state', m.state) = 'disabled';
	IF m.state = 'disabled' AND a ->> 'state' <> 'disabled' AND a ->> 'own' IS NOT NULL THEN
		RETURN cowork.refused('forbidden', '{"field": "state", "rule": "enable"}');
	END IF;
	IF v_out AND cowork.last_operator(m.person_id) THEN
		RETURN cowork.refused('wrong_state', '{"field": "login", "rule": "last_operator"}');
	END IF;
	UPDATE cowork.person p SET
		name = coalesce(nullif(a ->> 'name', ''), p.name),
		lang = nullif(coalesce(a ->> 'lang', p.lang), '')
	WHERE p.person_id = m.person_id;
	UPDATE cowork.member x SET
		role = coalesce(a ->> 'role', x.role),
		state = coalesce(a ->> 'state', x.state),
		external_id = nullif(coalesce(a ->> 'external_id', x.external_id), ''),
		version = x.version + 1
	WHERE x.person_id = m.person_id
	RETURNING * INTO m;
	IF NOT v_out THEN
		RETURN cowork.done(m.person_id, m.version, 'member.updated', cowork.member_body(m));
	END IF;
	v_ended := cowork.member_out(m.person_id, p_at);
	RETURN cowork.done(m.person_id, m.version, 'member.disabled',
		cowork.member_body(m) || jsonb_build_object('ended', v_ended));
END
$$;

-- A member is out, see cowork.member_out(); what they have booked stays, and is counted.
CREATE FUNCTION cowork.member_disable(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	m       cowork.member;
	v_ended boolean;
	e       cowork.effect;
BEGIN
	SELECT x.* INTO m FROM cowork.member x JOIN cowork.person p USING (person_id)
	WHERE p.login = lower(a ->> 'login');
	IF NOT FOUND OR NOT cowork.owns(a -> 'own', m.tenant_id, m.person_id) THEN
		RETURN cowork.refused('not_found', '{"field": "login"}');
	END IF;
	IF m.version <> (a ->> 'if_version')::int THEN
		RETURN cowork.refused('stale_version', jsonb_build_object('version', m.version));
	END IF;
	IF m.state = 'disabled' THEN
		RETURN cowork.refused('wrong_state', jsonb_build_object('state', m.state, 'version', m.version));
	END IF;
	IF cowork.last_operator(m.person_id) THEN
		RETURN cowork.refused('wrong_state', '{"field": "login", "rule": "last_operator"}');
	END IF;
	v_ended := cowork.member_out(m.person_id, p_at);
	UPDATE cowork.member x SET version = x.version + 1
	WHERE x.person_id = m.person_id
	RETURNING * INTO m;
	e := cowork.done(m.person_id, m.version, 'member.disabled',
		cowork.member_body(m) || jsonb_build_object('ended', v_ended));
	e.detail := jsonb_build_object('bookings', (SELECT coalesce(sum(n.bookings), 0) FROM cowork.site t, LATERAL (
		SELECT count(*) AS bookings FROM cowork.booking b WHERE b.site_id = t.site_id AND b.member_id = m.person_id
			AND lower(b.during) > p_at - interval '366 days' AND upper(b.during) > p_at
			AND b.state IN ('held', 'confirmed', 'checked_in')) n));
	RETURN e;
END
$$;

CREATE FUNCTION cowork.staff_body(f cowork.staff) RETURNS jsonb LANGUAGE sql STABLE
	RETURN jsonb_build_object('person', f.person_id, 'site', f.site_id, 'role', f.role, 'state', f.state,
		'version', f.version);

-- A second grant replaces the first: one role a person, and a new login for it.
CREATE FUNCTION cowork.staff_grant(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v_site int;
	f      cowork.staff;
BEGIN
	SELECT t.site_id INTO v_site FROM cowork.site t
	WHERE lower(t.code) = lower(a ->> 'site') AND t.site_id <> 0;
	IF NOT FOUND AND a ->> 'site' IS NOT NULL THEN
		RETURN cowork.refused('not_found', '{"field": "site"}');
	END IF;
	IF (a ->> 'role' <> 'operator' OR v_site IS NOT NULL) AND cowork.last_operator(
			(SELECT p.person_id FROM cowork.person p WHERE p.login = lower(a ->> 'login'))) THEN
		RETURN cowork.refused('wrong_state', '{"field": "login", "rule": "last_operator"}');
	END IF;
	INSERT INTO cowork.staff AS x (person_id, site_id, role)
	VALUES (cowork.person_named(a), v_site, a ->> 'role')
	ON CONFLICT (person_id) DO UPDATE SET site_id = excluded.site_id, role = excluded.role,
		state = CASE x.state WHEN 'revoked' THEN 'invited' ELSE x.state END, version = x.version + 1
	RETURNING * INTO f;
	PERFORM cowork.credentials_end(f.person_id, p_at);
	PERFORM cowork.code_add(f.person_id, p_at, r -> 'code');
	RETURN cowork.done(f.person_id, f.version, 'staff.granted', cowork.staff_body(f));
END
$$;

-- What let them in as staff lets nobody in any more, as whatever they are besides or will be: who is a member still is
-- invited again.
CREATE FUNCTION cowork.staff_revoke(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	f cowork.staff;
BEGIN
	SELECT x.* INTO f FROM cowork.staff x JOIN cowork.person p USING (person_id)
	WHERE p.login = lower(a ->> 'login');
	IF NOT FOUND THEN
		RETURN cowork.refused('not_found', '{"field": "login"}');
	END IF;
	IF f.state = 'revoked' THEN
		RETURN cowork.refused('wrong_state', jsonb_build_object('state', f.state, 'version', f.version));
	END IF;
	IF cowork.last_operator(f.person_id) THEN
		RETURN cowork.refused('wrong_state', '{"field": "login", "rule": "last_operator"}');
	END IF;
	UPDATE cowork.staff x SET state = 'revoked', version = x.version + 1
	WHERE x.person_id = f.person_id
	RETURNING * INTO f;
	PERFORM cowork.credentials_end(f.person_id, p_at);
	RETURN cowork.done(f.person_id, f.version, 'staff.revoked',
		cowork.staff_body(f) || jsonb_build_object('ended', true));
END
$$;

-- When a token ends is no part of what a request means: a retry a moment later is the same request.
-- The subject of a token's event is its person; the token itself is named in the body and the outcome.
-- For somebody else, and for a certificate, that is a program of the operator's: nobody is given another's token.
CREATE FUNCTION cowork.token_issue(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v_person bigint := coalesce((a ->> 'person')::bigint,
		(SELECT p.person_id FROM cowork.person p WHERE p.login = a ->> 'for'));
	v_kind   text := CASE WHEN a ->> 'certificate' IS NULL THEN 'access' ELSE 'certificate' END;
	v_hash   bytea := decode(coalesce(a ->> 'certificate', r ->> 'hash'), 'hex');
	v_ended  text;
	e        cowork.effect;
BEGIN
	IF NOT EXISTS (SELECT FROM cowork.person p WHERE p.person_id = v_person) THEN
		RETURN cowork.refused('not_found', jsonb_build_object('field',
			CASE WHEN a ->> 'for' IS NULL THEN 'person' ELSE 'for' END));
	END IF;
	IF (a ->> 'for' IS NOT NULL OR v_kind = 'certificate') AND NOT EXISTS (SELECT FROM cowork.staff f
			WHERE f.person_id = v_person AND f.role = 'service' AND f.state <> 'revoked') THEN
		RETURN cowork.refused('not_found', '{"field": "for"}');
	END IF;
	IF v_kind = 'certificate' AND EXISTS (SELECT FROM cowork.token k WHERE k.kind = v_kind AND k.hash = v_hash
			AND k.revoked_at IS NULL AND k.expires_at > p_at) THEN
		RETURN cowork.refused('exists', '{"field": "certificate"}');
	END IF;
	v_ended := cowork.token_room(v_person, p_at);
	INSERT INTO cowork.token (token_id, person_id, kind, hash, label, scope, created_at, expires_at)
	VALUES (r ->> 'id', v_person, v_kind, v_hash, nullif(a ->> 'label', ''),
		coalesce(a ->> 'scope', 'full'), p_at, cowork.from_us((r ->> 'expires')::bigint));
	e := cowork.done(v_person, 1, 'token.issued', jsonb_strip_nulls(jsonb_build_object('token', r ->> 'id',
		'person', v_person, 'expires', (r ->> 'expires')::bigint, 'scope', coalesce(a ->> 'scope', 'full'),
		'instead_of', v_ended)));
	e.detail := jsonb_build_object('token', r ->> 'id');
	RETURN e;
END
$$;

CREATE FUNCTION cowork.token_revoke(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	k cowork.token;
	e cowork.effect;
BEGIN
	SELECT * INTO k FROM cowork.token x WHERE x.token_id = a ->> 'token' AND x.kind <> 'code';
	IF NOT FOUND OR k.person_id <> (a ->> 'own_person')::bigint THEN
		RETURN cowork.refused('not_found', '{"field": "token"}');
	END IF;
	IF k.revoked_at IS NOT NULL THEN
		RETURN cowork.refused('wrong_state', '{"state": "revoked"}');
	END IF;
	UPDATE cowork.token x SET revoked_at = p_at WHERE x.token_id = k.token_id;
	e := cowork.done(k.person_id, 1, 'token.revoked',
		jsonb_build_object('token', k.token_id, 'person', k.person_id));
	e.detail := jsonb_build_object('token', k.token_id);
	RETURN e;
END
$$;

-- Gives somebody another password; only its hash comes here. The new version.
CREATE FUNCTION cowork.password_put(p_person bigint, p_at timestamptz, p_hash text) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
	v_version int;
BEGIN
	INSERT INTO cowork.password AS w (person_id, hash, set_at) VALUES (p_person, p_hash, p_at)
	ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at, version = w.version + 1
	RETURNING version INTO v_version;
	RETURN v_version;
END
$$;

-- The old one was compared outside, at the version that r tells (0: there was none). The hash is no part of what
-- the request means: it stands in r, and neither in the log nor in the receipt.
CREATE FUNCTION cowork.password_set(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v_person  bigint := (a ->> 'person')::bigint;
	v_version int;
BEGIN
	SELECT w.version INTO v_version FROM cowork.password w WHERE w.person_id = v_person;
	IF coalesce(v_version, 0) <> (r ->> 'version')::int THEN
		RETURN cowork.refused('stale_version', '{"field": "old"}');
	END IF;
	v_version := cowork.password_put(v_person, p_at, r ->> 'hash');
	RETURN cowork.done(v_person, v_version, 'password.set',
		jsonb_build_object('person', v_person, 'version', v_version));
END
$$;

-- A token for whoever showed the password of that version, which was compared outside; r may bring the same
-- password's hash at another cost.
CREATE FUNCTION cowork.password_login(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	v_person bigint := (a ->> 'person')::bigint;
	v_ended  text;
	e        cowork.effect;
BEGIN
	IF NOT EXISTS (SELECT FROM cowork.password w WHERE w.person_id = v_person
			AND w.version = (r ->> 'version')::int)
		OR NOT (EXISTS (SELECT FROM cowork.member m WHERE m.person_id = v_person AND m.state <> 'disabled')
			OR EXISTS (SELECT FROM cowork.staff f WHERE f.person_id = v_person AND f.state <> 'revoked')) THEN
		RETURN cowork.refused('unauthenticated', NULL);
	END IF;
	UPDATE cowork.password w SET hash = r ->> 'rehash' WHERE w.person_id = v_person AND r ->> 'rehash' IS NOT NULL;
	v_ended := cowork.token_room(v_person, p_at);
	INSERT INTO cowork.token (token_id, person_id, kind, hash, label, created_at, expires_at)
	VALUES (a ->> 'id', v_person, 'access', decode(a ->> 'hash', 'hex'), nullif(a ->> 'label', ''), p_at,
		cowork.from_us((r ->> 'expires')::bigint));
	e := cowork.done(v_person, 1, 'token.issued', jsonb_strip_nulls(jsonb_build_object('token', a ->> 'id',
		'person', v_person, 'expires', (r ->> 'expires')::bigint, 'scope', 'full', 'instead_of', v_ended)));
	e.detail := jsonb_build_object('token', a ->> 'id');
	e.actor := v_person;
	RETURN e;
END
$$;

-- Swaps a one-time code for a token, and sets the password that may have come with it. Every way in which it may not be good looks the same from outside.
CREATE FUNCTION cowork.code_redeem(p_site int, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	k       cowork.token;
	v_ended text;
	e       cowork.effect;
BEGIN
	SELECT * INTO k FROM cowork.token x WHERE x.token_id = a ->> 'code' AND x.kind = 'code'
		AND x.hash = decode(a ->> 'hash', 'hex') AND x.used_at IS NULL AND x.revoked_at IS NULL
		AND x.expires_at > p_at
		AND (EXISTS (SELECT FROM cowork.member m WHERE m.person_id = x.person_id AND m.state <> 'disabled')
			OR EXISTS (SELECT FROM cowork.staff f WHERE f.person_id = x.person_id AND f.state <> 'revoked'));
	IF NOT FOUND THEN
		RETURN cowork.refused('unauthenticated', NULL);
	END IF;
	UPDATE cowork.token x SET used_at = p_at WHERE x.token_id = k.token_id;
	UPDATE cowork.member m SET state = 'active', version = m.version + 1
	WHERE m.person_id = k.person_id AND m.state = 'invited';
	UPDATE cowork.staff f SET state = 'active', version = f.version + 1
	WHERE f.person_id = k.person_id AND f.state = 'invited';
	v_ended := cowork.token_room(k.person_id, p_at);
	INSERT INTO cowork.token (token_id, person_id, kind, hash, label, created_at, expires_at)
	VALUES (r ->> 'id', k.person_id, 'access', decode(r ->> 'hash', 'hex'), nullif(a ->> 'label', ''), p_at,
		cowork.from_us((r ->> 'expires')::bigint));
	IF r ->> 'password' IS NOT NULL THEN
		PERFORM cowork.password_put(k.person_id, p_at, r ->> 'password');
	END IF;
	e := cowork.done(k.person_id, 1, 'code.redeemed', jsonb_strip_nulls(jsonb_build_object('code', k.token_id,
		'token', r ->> 'id', 'person', k.person_id, 'expires', (r ->> 'expires')::bigint,
		'password', nullif(r ->> 'password' IS NOT NULL, false), 'instead_of', v_ended)));
	e.detail := jsonb_build_object('token', r ->> 'id');
	e.actor := k.person_id;
	RETURN e;
END
$$;
