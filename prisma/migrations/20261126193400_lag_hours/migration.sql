-- A chart of a year reads 8,760 hours of a subject, which lie as far apart as they were written: it is answered from
-- the index alone. Partitions' arrays, which are most of a row, are not read for it.
CREATE INDEX "lag_rollup_hours" ON "lag_rollup" ("subject_id", "at")
  INCLUDE ("min_records", "max_records", "min_ms", "max_ms") WHERE "seconds" = 3600;
-- An index answers alone where pages are known to be visible to all, which a vacuum finds out.
ALTER TABLE "lag_rollup" SET (autovacuum_vacuum_insert_scale_factor = 0.05);
