-- The lane: one call works through a batch of one site's commands under the site's lock.

CREATE FUNCTION cowork.lane_open() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT nextval('cowork.lane_seq')
$$;

-- An event's link in the chain: each field with its length before it, numbers as big-endian integers, so that
-- no two different events read alike and nothing depends on how a time is written.
CREATE FUNCTION cowork.event_hash(p_prev bytea, p_site int, p_rev bigint, p_at timestamptz, p_actor bigint,
	p_kind text, p_subject bigint, p_body jsonb)
RETURNS bytea LANGUAGE sql STABLE
	RETURN sha256(p_prev
		|| int4send(8) || int8send(p_site::bigint)
		|| int4send(8) || int8send(p_rev)
		|| int4send(8) || int8send(cowork.us(p_at))
		|| int4send(8) || int8send(p_actor)
		|| int4send(octet_length(p_kind)) || convert_to(p_kind, 'UTF8')
		|| int4send(8) || int8send(p_subject)
		|| int4send(octet_length(p_body::text)) || convert_to(p_body::text, 'UTF8'));

CREATE FUNCTION cowork.event_text(p_rev bigint, p_at timestamptz, p_actor bigint, p_kind text, p_subject bigint,
	p_body jsonb)
RETURNS text LANGUAGE sql STABLE
	RETURN '{"rev":' || p_rev || ',"at":' || cowork.us(p_at) || ',"actor":' || p_actor || ',"kind":"' || p_kind
		|| '","subject":' || p_subject || ',"body":' || p_body || '}';

-- A batch's events go to the table together at its end; the first p_logged of them are there already. In
-- plpgsql, whose plans stay for the session.
CREATE FUNCTION cowork.event_append(p_site int, p_logged int, p_rev bigint[], p_at timestamptz[], p_actor bigint[],
	p_kind text[], p_subject bigint[], p_body jsonb[], p_hash bytea[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO cowork.event (site_id, rev, at, actor, kind, subject, body, hash)
	SELECT p_site, v.rev, v.at, v.actor, v.kind, v.subject, v.body, v.hash
	FROM unnest(p_rev, p_at, p_actor, p_kind, p_subject, p_body, p_hash)
		WITH ORDINALITY v (rev, at, actor, kind, subject, body, hash, n)
	WHERE v.n > p_logged;
END
$$;

-- The facts of what a command made or changed. lane_run looks bookings, of which there are many, up together.
CREATE FUNCTION cowork.noun_facts(p_site int, p_kind text, p_id bigint, p_token text) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
	CASE split_part(p_kind, '.', 1)
	WHEN 'booking' THEN
		RETURN (SELECT facts FROM cowork.booking_facts WHERE site_id = p_site AND booking_id = p_id);
	WHEN 'block' THEN
		RETURN (SELECT facts FROM cowork.block_facts WHERE site_id = p_site AND block_id = p_id);
	WHEN 'space' THEN
		RETURN (SELECT facts FROM cowork.space_facts WHERE site_id = p_site AND space_id = p_id);
	WHEN 'area' THEN
		RETURN (SELECT facts FROM cowork.area_facts WHERE site_id = p_site AND area_id = p_id);
	WHEN 'floor' THEN
		RETURN (SELECT facts FROM cowork.floor_facts WHERE site_id = p_site AND floor_id = p_id);
	WHEN 'site' THEN
		RETURN (SELECT facts FROM cowork.site_facts WHERE site_id = p_id);
	WHEN 'tenant' THEN
		RETURN (SELECT facts FROM cowork.tenant_facts WHERE tenant_id = p_id);
	WHEN 'member' THEN
		RETURN (SELECT facts FROM cowork.member_facts WHERE person_id = p_id);
	WHEN 'staff' THEN
		RETURN (SELECT facts FROM cowork.staff_facts WHERE person_id = p_id);
	WHEN 'token' THEN
		RETURN (SELECT facts FROM cowork.token_facts WHERE token_id = p_token);
	WHEN 'code' THEN
		RETURN (SELECT facts FROM cowork.token_find(p_token));
	ELSE
		RETURN NULL;
	END CASE;
END
$$;

CREATE FUNCTION cowork.command_run(p_site int, p_kind text, p_actor bigint, p_at timestamptz, a jsonb, r jsonb)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
BEGIN
	IF p_site <> 0 THEN
		CASE p_kind
		WHEN 'booking.create' THEN RETURN cowork.booking_create(p_site, p_actor, p_at, a, r);
		WHEN 'booking.cancel' THEN RETURN cowork.booking_cancel(p_site, p_actor, p_at, a, r);
		WHEN 'booking.move' THEN RETURN cowork.booking_move(p_site, p_actor, p_at, a, r);
		WHEN 'booking.undo' THEN RETURN cowork.booking_undo(p_site, p_actor, p_at, a, r);
		WHEN 'block.create' THEN RETURN cowork.block_create(p_site, p_actor, p_at, a, r);
		WHEN 'block.end' THEN RETURN cowork.block_end(p_site, p_actor, p_at, a, r);
		WHEN 'site.update' THEN RETURN cowork.site_update(p_site, p_actor, p_at, a, r);
		WHEN 'floor.create' THEN RETURN cowork.floor_create(p_site, p_actor, p_at, a, r);
		WHEN 'floor.update' THEN RETURN cowork.floor_update(p_site, p_actor, p_at, a, r);
		WHEN 'area.create' THEN RETURN cowork.area_create(p_site, p_actor, p_at, a, r);
		WHEN 'area.update' THEN RETURN cowork.area_update(p_site, p_actor, p_at, a, r);
		WHEN 'space.create' THEN RETURN cowork.space_create(p_site, p_actor, p_at, a, r);
		WHEN 'space.update' THEN RETURN cowork.space_update(p_site, p_actor, p_at, a, r);
		WHEN 'space.retire' THEN RETURN cowork.space_retire(p_site, p_actor, p_at, a, r);
		ELSE RAISE EXCEPTION 'no command % in the lane of a site', p_kind;
		END CASE;
	END IF;
	CASE p_kind
	WHEN 'site.create' THEN RETURN cowork.site_create(p_site, p_actor, p_at, a, r);
	WHEN 'tenant.create' THEN RETURN cowork.tenant_create(p_site, p_actor, p_at, a, r);
	WHEN 'tenant.update' THEN RETURN cowork.tenant_update(p_site, p_actor, p_at, a, r);
	WHEN 'member.invite' THEN RETURN cowork.member_invite(p_site, p_actor, p_at, a, r);
	WHEN 'member.update' THEN RETURN cowork.member_update(p_site, p_actor, p_at, a, r);
	WHEN 'member.disable' THEN RETURN cowork.member_disable(p_site, p_actor, p_at, a, r);
	WHEN 'staff.grant' THEN RETURN cowork.staff_grant(p_site, p_actor, p_at, a, r);
	WHEN 'staff.revoke' THEN RETURN cowork.staff_revoke(p_site, p_actor, p_at, a, r);
	WHEN 'token.issue' THEN RETURN cowork.token_issue(p_site, p_actor, p_at, a, r);
	WHEN 'token.revoke' THEN RETURN cowork.token_revoke(p_site, p_actor, p_at, a, r);
	WHEN 'code.redeem' THEN RETURN cowork.code_redeem(p_site, p_actor, p_at, a, r);
	WHEN 'password.set' THEN RETURN cowork.password_set(p_site, p_actor, p_at, a, r);
	WHEN 'password.login' THEN RETURN cowork.password_login(p_site, p_actor, p_at, a, r);
	ELSE RAISE EXCEPTION 'no command % in the lane of the operator', p_kind;
	END CASE;
END
$$;

-- A command in a subtransaction of its own: a dry run, which is undone, or one of a guarded batch, whose
-- unexpected error is its own. Errors that concern the whole call are never swallowed: 40 (rolled back),
-- 53 (out of resources), 55 (lock not available), 57 (cancelled, shut down).
CREATE FUNCTION cowork.command_apart(p_site int, p_kind text, p_actor bigint, p_at timestamptz, a jsonb, r jsonb,
	p_dry boolean, p_guarded boolean)
RETURNS cowork.effect LANGUAGE plpgsql AS $$
DECLARE
	e            cowork.effect;
	v_constraint text;
BEGIN
	BEGIN
		e := cowork.command_run(p_site, p_kind, p_actor, p_at, a, r);
		IF p_dry THEN
			IF e.outcome = 'done' THEN
				e.facts := cowork.noun_facts(p_site, p_kind, e.id, e.detail ->> 'token');
			END IF;
			RAISE EXCEPTION 'dry run' USING ERRCODE = 'CWDRY';
		END IF;
	EXCEPTION
		WHEN SQLSTATE 'CWDRY' THEN
			NULL; -- undone; what it would have answered is in e
		WHEN OTHERS THEN
			IF NOT p_guarded OR left(sqlstate, 2) IN ('40', '53', '55', '57') THEN
				RAISE;
			END IF;
			-- the message may quote what people wrote, so it goes no further
			GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME;
			e := cowork.refused('internal', jsonb_strip_nulls(jsonb_build_object('sqlstate', sqlstate,
				'constraint', nullif(v_constraint, ''))));
	END;
	RETURN e;
END
$$;

-- Works through p_commands and answers with one outcome each and the events, as JSON text under 64 KiB: a
-- reply that does not fit the socket's buffers would hold the site's lock while it waits to be read. Facts
-- that do not fit are left out and can be read from the noun's view after the commit; so are those of a
-- command with "f": false that was done now, whose outcome has the instant instead.
--
-- The order of the statements is the promise: each sees what was committed before it began, so the fences are
-- judged, and the receipts looked up, by statements that began when the lock was held.
--
-- A function keeps its plans for the session, also those made while the tables were empty; the settings
-- leave it only plans that stay good when they are not.
CREATE FUNCTION cowork.lane_run(p_site int, p_lane bigint, p_fences bigint[], p_expected bigint,
	p_accounts bigint[], p_commands jsonb, p_guarded boolean)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_bitmapscan = off
SET jit = off
AS $$
DECLARE
	v_rev       bigint;
	v_hash      bytea;
	v_at        timestamptz;
	v_count     int;
	v_size      int;
	v_room      int;
	v_outcomes  text;
	v_events    text;
	c           record;
	e           cowork.effect;
	o           jsonb;
	-- one element a command
	out_outcome jsonb[] := '{}';
	out_facts   jsonb[] := '{}'; -- of dry runs, which nobody can look at later
	out_kind    text[] := '{}';  -- the command's, where there are facts to be looked up
	-- one element an event
	ev_rev      bigint[] := '{}';
	ev_at       timestamptz[] := '{}';
	ev_actor    bigint[] := '{}';
	ev_kind     text[] := '{}';
	ev_subject  bigint[] := '{}';
	ev_body     jsonb[] := '{}';
	ev_hash     bytea[] := '{}';
	v_logged    int := 0; -- how many of them are in the table
	-- one element a receipt
	re_principal bigint[] := '{}';
	re_key       uuid[] := '{}';
	re_request   bytea[] := '{}';
	re_outcome   jsonb[] := '{}';
	re_at        timestamptz[] := '{}';
BEGIN
	IF current_setting('transaction_isolation') <> 'read committed' THEN
		RAISE EXCEPTION 'a lane needs READ COMMITTED: its statements must see what came before the lock';
	END IF;

	SELECT t.rev, t.last_hash, t.last_at INTO v_rev, v_hash, v_at
	FROM cowork.site t WHERE t.site_id = p_site FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RETURN '{"status": "no_site"}';
	END IF;
	IF cardinality(p_fences) > 0 THEN
		INSERT INTO cowork.fence (site_id, lane_id, rev, at)
		SELECT p_site, f.lane_id, v_rev, clock_timestamp() FROM unnest(p_fences) f (lane_id)
		ON CONFLICT DO NOTHING;
	END IF;
	IF EXISTS (SELECT FROM cowork.fence f WHERE f.site_id = p_site AND f.lane_id = p_lane) THEN
		RETURN '{"status": "fenced"}';
	END IF;
	-- a log that is shorter than expected is no log to judge by either; it has no events to catch up with
	IF v_rev <> p_expected THEN
		SELECT string_agg(cowork.event_text(v.rev, v.at, v.actor, v.kind, v.subject, v.body), ',' ORDER BY v.rev),
			count(*)
		INTO v_events, v_count
		FROM (SELECT * FROM cowork.event x WHERE x.site_id = p_site AND x.rev > p_expected
			ORDER BY x.rev LIMIT 257) v;
		RETURN '{"status": "behind", "rev": ' || v_rev || ', "hash": "' || encode(v_hash, 'hex') || '", "events": ' || CASE
			WHEN v_count BETWEEN 1 AND 256 AND octet_length(v_events) < 65000
			THEN '[' || v_events || ']' ELSE 'null' END || '}';
	END IF;
	-- p_accounts: the rows to lock next, in id order; there are none before memberships

	-- twin: the same key stood further up in this very batch, so that its receipt is not in the table yet
	FOR c IN
		SELECT x.k, x.p, x.key, x.a, x.r, coalesce(x.d, false) AS dry, coalesce(x.l, false) AS look, x.f AS facts,
			x.x AS verdict, x.w AS waived, decode(x.h, 'hex') AS request,
			q.request_hash AS receipt_request, q.outcome AS receipt_outcome,
			row_number() OVER (PARTITION BY x.p, x.key ORDER BY x.n) > 1 AS twin
		FROM ROWS FROM (jsonb_to_recordset(p_commands)
			AS (k text, p bigint, key uuid, h text, d boolean, l boolean, f boolean, x jsonb, w jsonb, a jsonb, r jsonb))
			WITH ORDINALITY x (k, p, key, h, d, l, f, x, w, a, r, n)
		-- OFFSET keeps it a look-up by key for each command, whatever the planner thinks of the table's size
		LEFT JOIN LATERAL (SELECT y.request_hash, y.outcome FROM cowork.receipt y
			WHERE y.site_id = p_site AND y.principal = x.p AND y.key = x.key AND x.d IS NOT TRUE
			OFFSET 0) q ON true
		ORDER BY x.n
	LOOP
		IF c.twin AND c.receipt_request IS NULL AND NOT c.dry THEN
			SELECT s.request, s.outcome INTO c.receipt_request, c.receipt_outcome
			FROM unnest(re_principal, re_key, re_request, re_outcome) s (principal, key, request, outcome)
			WHERE s.principal = c.p AND s.key = c.key;
		END IF;

		o := NULL;
		e := NULL;
		IF c.receipt_request <> c.request THEN
			o := '{"o": "key_reused"}';
		ELSIF c.receipt_request IS NOT NULL THEN
			o := c.receipt_outcome || '{"replayed": true}';
		ELSIF c.look THEN -- only asked whether it was answered before
			o := '{"o": "absent"}';
		ELSE
			v_at := greatest(clock_timestamp(), v_at);
			IF c.k = 'booking.undo' THEN -- it reads the log
				PERFORM cowork.event_append(p_site, v_logged, ev_rev, ev_at, ev_actor, ev_kind, ev_subject,
					ev_body, ev_hash);
				v_logged := cardinality(ev_rev);
			END IF;
			IF c.verdict IS NOT NULL THEN -- the daemon refuses it, by the site as it is at this rev
				e := CASE WHEN cowork.booking_known(p_site, c.verdict ->> 'external_id',
						(c.verdict ->> 'of_tenant')::bigint)
					THEN cowork.refused('exists', '{"field": "external_id"}')
					ELSE cowork.refused(c.verdict ->> 'o', c.verdict - '{o,external_id,of_tenant}'::text[]) END;
			ELSIF p_guarded OR c.dry THEN
				e := cowork.command_apart(p_site, c.k, c.p, v_at, c.a, c.r, c.dry, p_guarded);
			ELSE
				e := cowork.command_run(p_site, c.k, c.p, v_at, c.a, c.r);
			END IF;

			IF e.outcome = 'done' AND NOT c.dry THEN
				v_rev := v_rev + 1;
				e.actor := coalesce(e.actor, c.p);
				v_hash := cowork.event_hash(v_hash, p_site, v_rev, v_at, e.actor, e.kind, e.id, e.body);
				ev_rev := array_append(ev_rev, v_rev);
				ev_at := array_append(ev_at, v_at);
				ev_actor := array_append(ev_actor, e.actor);
				ev_kind := array_append(ev_kind, e.kind);
				ev_subject := array_append(ev_subject, e.id);
				ev_body := array_append(ev_body, e.body);
				ev_hash := array_append(ev_hash, v_hash);
			END IF;
			o := CASE WHEN e.outcome = 'done'
				THEN jsonb_build_object('o', 'done', 'id', e.id, 'v', e.version, 'rev', v_rev)
				ELSE jsonb_build_object('o', e.outcome) END;
			IF e.detail IS NOT NULL THEN
				o := o || e.detail;
			END IF;
			IF e.outcome = 'done' AND c.waived IS NOT NULL THEN
				o := o || jsonb_build_object('waived', c.waived);
			END IF;

			IF c.dry THEN
				o := o || '{"dry": true}';
			-- who is let in nowhere is nobody's, and leaves nothing behind
			ELSIF e.outcome NOT IN ('internal', 'busy', 'behind', 'unauthenticated') THEN
				re_principal := array_append(re_principal, c.p);
				re_key := array_append(re_key, c.key);
				re_request := array_append(re_request, c.request);
				re_outcome := array_append(re_outcome, o - 'alarm');
				re_at := array_append(re_at, v_at);
			END IF;
			IF c.facts IS FALSE AND e.outcome = 'done' AND NOT c.dry THEN
				-- the daemon has them in memory, all but the instant
				o := o || jsonb_build_object('at', cowork.us(v_at));
				c.k := NULL;
			END IF;
		END IF;

		out_outcome := array_append(out_outcome, o);
		out_facts := array_append(out_facts, e.facts);
		out_kind := array_append(out_kind, CASE WHEN o ->> 'o' = 'done' AND NOT c.dry THEN c.k END);
	END LOOP;

	IF cardinality(ev_rev) > 0 THEN
		PERFORM cowork.event_append(p_site, v_logged, ev_rev, ev_at, ev_actor, ev_kind, ev_subject, ev_body,
			ev_hash);
	END IF;
	IF cardinality(re_key) > 0 THEN
		INSERT INTO cowork.receipt (site_id, lane_id, principal, key, request_hash, outcome, at)
		SELECT p_site, p_lane, v.* FROM unnest(re_principal, re_key, re_request, re_outcome, re_at) v;
	END IF;
	IF cardinality(ev_rev) > 0 THEN
		UPDATE cowork.site t SET rev = v_rev, last_hash = v_hash, last_at = v_at WHERE t.site_id = p_site;
	END IF;

	SELECT string_agg(cowork.event_text(v.rev, v.at, v.actor, v.kind, v.subject, v.body), ',' ORDER BY v.rev)
	INTO v_events
	FROM unnest(ev_rev, ev_at, ev_actor, ev_kind, ev_subject, ev_body) v (rev, at, actor, kind, subject, body);
	IF num_nonnulls(VARIADIC out_kind) + num_nonnulls(VARIADIC out_facts) = 0 THEN
		SELECT string_agg(x.outcome::text, ',' ORDER BY x.n) INTO v_outcomes
		FROM unnest(out_outcome) WITH ORDINALITY x (outcome, n);
	ELSE
		v_size := 65000 - coalesce(octet_length(v_events), 0);
		v_room := v_size / 400; -- no look-up of facts that have no room anyway
		SELECT string_agg(CASE WHEN w.upto + w.outcomes > v_size OR w.facts IS NULL THEN w.outcome
			ELSE left(w.outcome, -1) || ', "facts": ' || w.facts || '}' END, ',' ORDER BY w.n)
		INTO v_outcomes
		FROM (
			SELECT z.n, z.outcome, z.facts, sum(octet_length(z.outcome) + 1) OVER () AS outcomes,
				sum(octet_length(z.facts) + 12) OVER (ORDER BY z.n) AS upto
			FROM (
				SELECT x.n, x.outcome::text AS outcome, CASE WHEN x.kind IS NULL THEN x.facts
					WHEN x.kind LIKE 'booking.%' THEN f.facts
					WHEN x.n <= v_room THEN cowork.noun_facts(p_site, x.kind, (x.outcome ->> 'id')::bigint,
						x.outcome ->> 'token') END::text AS facts
				FROM unnest(out_outcome, out_facts, out_kind) WITH ORDINALITY x (outcome, facts, kind, n)
				-- OFFSET as above
				LEFT JOIN LATERAL (SELECT b.facts FROM cowork.booking_facts b
					WHERE x.kind LIKE 'booking.%' AND x.n <= v_room
					AND b.site_id = p_site AND b.booking_id = (x.outcome ->> 'id')::bigint
					OFFSET 0) f ON true
			) z
		) w;
	END IF;
	RETURN '{"status": "ok", "rev": ' || v_rev || ', "hash": "' || encode(v_hash, 'hex') || '", "outcomes": [' || coalesce(v_outcomes, '')
		|| '], "events": [' || coalesce(v_events, '') || ']}';
END
$$;
