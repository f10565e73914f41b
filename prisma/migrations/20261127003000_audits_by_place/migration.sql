-- What an audit found of the log itself and of each place that keeps checkpoints stands in a row of its own. Rows from
-- before have no part; once there are rows with one, these are not looked at any more: what is still so is found again.
ALTER TABLE "log_audit" ADD COLUMN "part" TEXT;
ALTER TABLE "log_audit" ADD CONSTRAINT "log_audit_part_known" CHECK ("part" IN ('log', 'place'));
CREATE INDEX "log_audit_part_place_id_idx" ON "log_audit" ("part", "place", "id" DESC);
