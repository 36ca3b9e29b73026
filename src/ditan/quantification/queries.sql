-- name: load
-- why: One of the pack's tables, with its numbers in the narrowest whole-number type that is exact.
CREATE OR REPLACE TEMP TABLE {table} AS SELECT {columns} FROM {view}

-- name: sum_up
-- why: The boundary, and sums that depend on every value of every act but not on the order of rows: an act weighs what
-- why: the first 32 bits of its key say. PostgreSQL and Spark can calculate the same.
SELECT
    (SELECT count(*) FROM recognized),
    count(*),
    coalesce(sum(carbon_mg), 0),
    coalesce(sum(energy), 0),
    coalesce(sum(quantity_milli), 0),
    coalesce(sum(weight * raw_mg), 0),
    coalesce(sum(weight * (rate_id * 4294967296 + energy)), 0)
FROM (
    SELECT ('0x' || substr(event_key::VARCHAR, 1, 8))::BIGINT::HUGEINT AS weight,
        rate_id::BIGINT AS rate_id, quantity_milli, raw_mg, carbon_mg, energy
    FROM quantified
)
