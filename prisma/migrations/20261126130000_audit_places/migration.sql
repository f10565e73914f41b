-- What an audit found stands until one that held the log against the same places finds nothing: another worker, whose
-- folder of checkpoints is another or empty, says nothing about it.
ALTER TABLE "log_audit" ADD COLUMN "place" TEXT NOT NULL DEFAULT '';
