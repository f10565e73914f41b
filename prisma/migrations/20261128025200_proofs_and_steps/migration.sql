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

-- Of a run more than one step may wait: a notice says of which it is, and nobody is asked for an approval who wrote the
-- contract that the step is about, and so may not give it. What is changing already is past its approvals.
CREATE OR REPLACE FUNCTION "reprise_right_lost_attempt"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  lost record;
  why text := 'who gave it does not approve any more';
BEGIN
  IF "reprise_may_approve"(NEW."id") THEN
    RETURN NEW;
  END IF;
  PERFORM FROM "runbook_attempt" a WHERE a."status" IN ('awaiting-approval', 'queued') AND a."changing_since" IS NULL
    AND EXISTS (SELECT FROM "runbook_decision" d WHERE d."attempt_id" = a."id" AND d."person_id" = NEW."id" AND d."voided_at" IS NULL)
    ORDER BY a."id" FOR UPDATE;
  FOR lost IN
    UPDATE "runbook_decision" d SET "voided_at" = now(), "void_reason" = why
    FROM "runbook_attempt" a
    WHERE d."person_id" = NEW."id" AND d."voided_at" IS NULL AND a."id" = d."attempt_id"
      AND a."status" IN ('awaiting-approval', 'queued') AND a."changing_since" IS NULL
    RETURNING d."id" AS decision, a."id" AS attempt, a."run_id", a."requested_by", a."status",
      coalesce(a."plan"::json -> 'params' ->> 'contract', '') AS contract
  LOOP
    INSERT INTO "audit_entry" ("actor", "action", "subject", "outcome", "detail", "origin")
    VALUES ('reprise', 'runbook-step.approval-lost', 'runbook-attempt:' || lost.attempt, 'done',
      jsonb_build_object('why', why, 'person', NEW."id", 'decision', lost.decision, 'run', lost.run_id), 'database');
    -- What is queued is told of when it is taken back.
    IF lost.status <> 'queued' THEN
      PERFORM "reprise_tell"('voided', 'runbook-run', lost.run_id, lost.contract,
        coalesce((SELECT max(v."version") FROM "contract_version" v WHERE v."contract_id" = lost.contract), 0),
        lost.requested_by, ARRAY['approvers', 'requester'],
        jsonb_build_object('why', why, 'person', NEW."id", 'attempt', lost.attempt));
    END IF;
    PERFORM pg_notify('reprise', json_build_object('id', nextval('live_event_number')::text, 'topic', topic)::text)
    FROM unnest(ARRAY['run:' || lost.run_id, 'runs', 'approvals']) AS topic;
  END LOOP;
  RETURN NEW;
END
$$;
