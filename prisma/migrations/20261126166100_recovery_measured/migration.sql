-- A record proves what it measures. Of lag, sagas, offsets and lost events a replay says nothing: there the cause has to
-- be over too, as it was measured. Beside proofNeeded in the code; a test compares what both refuse.
CREATE OR REPLACE FUNCTION "reprise_recovery_proven"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM "evidence_record" e WHERE e."id" = NEW."recovery_evidence_id"
    AND e."contract_id" = NEW."contract_id" AND e."confidence" = 'trusted'
    -- Not of when it is now said to have begun alone.
    AND e."recorded_at" > greatest(NEW."began_at", OLD."began_at")
    AND (NEW."reopened" = 0 OR e."recorded_at" > NEW."clock_from")
    AND CASE WHEN NEW."kind" IN ('reconciliation', 'duplicate') THEN e."agreement" = 'equal'
      ELSE coalesce(e."agreement", '') <> 'different' END
    AND (NEW."kind" IN ('reconciliation', 'duplicate', 'by-hand') OR NEW."cleared_at" IS NOT NULL)) THEN
    RAISE EXCEPTION 'this record does not prove that the incident is over' USING ERRCODE = 'RP004';
  END IF;
  RETURN NEW;
END
$$;
