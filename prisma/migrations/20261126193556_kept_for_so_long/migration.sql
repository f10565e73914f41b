-- CreateIndex
CREATE INDEX "delivery_count_minute_idx" ON "delivery_count"("minute");

-- CreateIndex
CREATE INDEX "delivery_finding_found_at_idx" ON "delivery_finding"("found_at");

-- What has ended, by when: what is kept long enough is looked for every minute.
CREATE INDEX "saga_run_ended" ON "saga_run" ("ended_at") WHERE "lifecycle" IN ('completed', 'cancelled');
