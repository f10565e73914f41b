-- That something has started is said by its start alone, which asks for its approvals: else it could be said beside it, and
-- what was not approved any more would go on as if it had been.
CREATE TRIGGER "replay_starts_once" BEFORE UPDATE OF "started_at" ON "replay"
  FOR EACH ROW
  WHEN (NEW."started_at" IS DISTINCT FROM OLD."started_at"
    AND NOT (OLD."started_at" IS NULL AND NEW."status" IN ('folding', 'merging')))
  EXECUTE FUNCTION "reprise_refuse_change"();
