-- Who may do what. The daemon reads, and writes through the entry functions alone; so what they refuse
-- cannot be done. Secrets and names apart from their nouns stay with the owner; receipts and fences are for
-- the owner and for `coworkd verify`.

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA cowork FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA cowork FROM PUBLIC;

GRANT USAGE ON SCHEMA cowork TO coworkd, cowork_report;

GRANT SELECT ON cowork.migration, cowork.site, cowork.booking_rule, cowork.floor, cowork.area, cowork.space,
	cowork.unit, cowork.space_unit, cowork.tenant, cowork.member, cowork.staff, cowork.booking, cowork.block, cowork.claim,
	cowork.event TO coworkd, cowork_report;

GRANT SELECT ON cowork.site_facts, cowork.floor_facts, cowork.area_facts, cowork.space_facts, cowork.block_facts,
	cowork.tenant_facts, cowork.member_facts, cowork.staff_facts, cowork.token_facts, cowork.booking_facts,
	cowork.booking_history, cowork.calendar_rows TO coworkd, cowork_report;

GRANT SELECT ON cowork.people_rows TO coworkd;
GRANT SELECT ON cowork.receipt, cowork.fence TO cowork_report;
GRANT SELECT (person_id) ON cowork.person TO cowork_report;
GRANT SELECT (token_id, person_id) ON cowork.token TO cowork_report;

-- what the views are made with
GRANT EXECUTE ON FUNCTION cowork.us(timestamptz), cowork.from_us(bigint), cowork.wall(timestamp),
	cowork.site_rules(int), cowork.space_body(cowork.space, bigint[]), cowork.block_body(cowork.block, bigint[])
	TO coworkd, cowork_report;

GRANT EXECUTE ON FUNCTION cowork.lane_open(),
	cowork.lane_run(int, bigint, bigint[], bigint, bigint[], jsonb, boolean),
	cowork.token_find(text), cowork.certificate_find(text), cowork.password_find(text),
	cowork.token_seen(text[]), cowork.purge(int), cowork.analyze_grown(), cowork.evict(int, int) TO coworkd;
