-- CreateIndex
CREATE INDEX "discrepancy_replay_id_cause_magnitude_key_derived_state_idx" ON "discrepancy"("replay_id", "cause", "magnitude" DESC, "key", "derived_state");
