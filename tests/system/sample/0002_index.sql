-- CONCURRENTLY does not go in a transaction.
-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS thing_a ON cowork.thing (a);
