-- When a cause that was over came back while its incident was still open. What ended it before that proves nothing of now.
ALTER TABLE "incident" ADD COLUMN "returned_at" TIMESTAMPTZ(3);
UPDATE "incident" i SET "returned_at" = e."at" FROM (
  SELECT "incident_id", max("occurred_at") AS "at" FROM "incident_entry" WHERE "kind" = 'returned' GROUP BY "incident_id") e
WHERE e."incident_id" = i."id" AND i."status" IN ('detected', 'acknowledged', 'mitigating');

-- A record proves what it measures: that states agree a comparison of the whole history alone, since a replay of one
-- healthy key finds that equal too. Beside whyNoProof in the code; a test compares what both refuse.
CREATE OR REPLACE FUNCTION "reprise_recovery_proven"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM "evidence_record" e WHERE e."id" = NEW."recovery_evidence_id"
    AND e."contract_id" = NEW."contract_id" AND e."confidence" = 'trusted'
    -- Not of when it is now said to have begun, or come back, alone.
    AND e."recorded_at" > greatest(NEW."began_at", OLD."began_at", NEW."returned_at", OLD."returned_at")
    AND (NEW."reopened" = 0 OR e."recorded_at" > NEW."clock_from")
    AND CASE WHEN NEW."kind" IN ('reconciliation', 'duplicate')
      THEN e."agreement" = 'equal' AND e."coverage_kind" = 'whole'
      ELSE coalesce(e."agreement", '') <> 'different' END
    AND (NEW."kind" IN ('duplicate', 'by-hand') OR NEW."cleared_at" IS NOT NULL)) THEN
    RAISE EXCEPTION 'this record does not prove that the incident is over' USING ERRCODE = 'RP004';
  END IF;
  RETURN NEW;
END
$$;
