-- Housekeeping that the daemon does between batches.

-- At most p_limit old receipts and fences go, so that no call is long; the answer is how many went.
CREATE FUNCTION cowork.purge(p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_receipts int;
	v_fences   int;
BEGIN
	DELETE FROM cowork.receipt q USING (
		SELECT x.site_id, x.principal, x.key FROM cowork.receipt x
		WHERE x.at < clock_timestamp() - interval '48 hours'
		ORDER BY x.at LIMIT greatest(p_limit, 0) FOR UPDATE SKIP LOCKED) old
	WHERE q.site_id = old.site_id AND q.principal = old.principal AND q.key = old.key;
	GET DIAGNOSTICS v_receipts = ROW_COUNT;
	DELETE FROM cowork.fence q USING (
		SELECT x.site_id, x.lane_id FROM cowork.fence x
		WHERE x.at < clock_timestamp() - interval '1 day'
		ORDER BY x.at LIMIT greatest(p_limit - v_receipts, 0) FOR UPDATE SKIP LOCKED) old
	WHERE q.site_id = old.site_id AND q.lane_id = old.lane_id;
	GET DIAGNOSTICS v_fences = ROW_COUNT;
	RETURN v_receipts + v_fences;
END
$$;

-- The lane's plans live as long as its session; those made on empty tables read whole tables later. Analysing a
-- table makes every session plan anew, so tables that grew by half are analysed, without waiting for autovacuum's
-- next minute. Gives how many were.
CREATE FUNCTION cowork.analyze_grown() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_table text;
	v_count int := 0;
BEGIN
	FOR v_table IN
		SELECT s.relname FROM pg_catalog.pg_stat_user_tables s JOIN pg_catalog.pg_class c ON c.oid = s.relid
		WHERE s.schemaname = 'cowork' AND c.relkind = 'r'
			AND s.n_mod_since_analyze > 200 + greatest(c.reltuples, 0) / 2
		ORDER BY s.relname
	LOOP
		EXECUTE pg_catalog.format('ANALYZE cowork.%I', v_table);
		v_count := v_count + 1;
	END LOOP;
	RETURN v_count;
END
$$;

-- Notes when tokens were last used; a token noted within the last minute is left alone.
CREATE FUNCTION cowork.token_seen(p_tokens text[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_count int;
BEGIN
	UPDATE cowork.token k SET last_used_at = clock_timestamp()
	WHERE k.token_id IN (SELECT x.token_id FROM cowork.token x WHERE x.token_id = ANY (p_tokens)
			ORDER BY x.token_id FOR NO KEY UPDATE SKIP LOCKED)
		AND (k.last_used_at IS NULL OR k.last_used_at < clock_timestamp() - interval '1 minute');
	GET DIAGNOSTICS v_count = ROW_COUNT;
	RETURN v_count;
END
$$;

-- Looks at who keeps p_pid waiting: the root of the queue, which blocks and is not blocked. No timeout of the
-- server ends a backend that waits inside a half-sent batch or cannot send its reply. One of our own role
-- seen so at two looks (p_seen: the root of the first), in one transaction all the while, is ended.
-- Runs with the caller's rights: a role may see and end its own backends and no others.
CREATE FUNCTION cowork.evict(p_pid int, p_seen int) RETURNS text
LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	v_root  int := p_pid;
	v_path  int[] := ARRAY[p_pid];
	v_next  int;
	b       record;
	v_ended boolean := false;
BEGIN
	LOOP
		SELECT x INTO v_next FROM unnest(pg_blocking_pids(v_root)) x
		WHERE x <> 0 AND x <> ALL (v_path) LIMIT 1;
		EXIT WHEN NOT FOUND OR cardinality(v_path) >= 1000;
		v_root := v_next;
		v_path := v_path || v_root;
	END LOOP;
	IF v_root = p_pid THEN
		RETURN '{"root": null}';
	END IF;

	SELECT s.usename, s.state, s.wait_event, s.xact_start INTO b
	FROM pg_stat_activity s WHERE s.pid = v_root;
	IF v_root = p_seen AND b.usename = current_user AND b.state IN ('active', 'idle in transaction')
			AND b.wait_event IN ('ClientRead', 'ClientWrite')
			AND b.xact_start < clock_timestamp() - interval '0.5 seconds' THEN
		v_ended := pg_terminate_backend(v_root);
	END IF;
	RETURN jsonb_build_object('root', v_root, 'state', b.state, 'wait', b.wait_event, 'terminated', v_ended);
END
$$;
