-- What proves that an incident is over is from after it was opened last: the record that ended it once says nothing of
-- its coming back. And that states agree is proven by a comparison that found them equal, and not by none.
CREATE OR REPLACE FUNCTION "reprise_recovery_proven"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM "evidence_record" e WHERE e."id" = NEW."recovery_evidence_id"
    AND e."contract_id" = NEW."contract_id" AND e."confidence" = 'trusted'
    AND e."recorded_at" > CASE WHEN NEW."reopened" > 0 THEN greatest(NEW."began_at", NEW."clock_from") ELSE NEW."began_at" END
    AND CASE WHEN NEW."kind" = 'reconciliation' THEN e."agreement" = 'equal'
      ELSE coalesce(e."agreement", '') <> 'different' END) THEN
    RAISE EXCEPTION 'this record does not prove that the incident is over' USING ERRCODE = 'RP004';
  END IF;
  RETURN NEW;
END
$$;

-- Each act and each record of a contract is told to the incidents of it that are open.
CREATE INDEX "incident_open_of_contract" ON "incident" ("contract_id", "id")
  WHERE "status" IN ('detected', 'acknowledged', 'mitigating');
