-- Since when an attempt may have changed something: committed before it does. What stands here as running began under
-- workers that did not say so.
ALTER TABLE "runbook_attempt" ADD COLUMN "changing_since" TIMESTAMPTZ(3);
UPDATE "runbook_attempt" SET "changing_since" = "started_at" WHERE "status" = 'running' AND "touches" <> 'nothing';

-- What is done is what was approved, or nothing is done: from the queue on, and once more when a worker takes it.
CREATE OR REPLACE FUNCTION "reprise_attempt_moves"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT ((OLD."status", NEW."status") IN (
      ('awaiting-approval', 'queued'), ('awaiting-approval', 'refused'), ('awaiting-approval', 'cancelled'),
      ('queued', 'running'), ('queued', 'awaiting-approval'), ('queued', 'refused'), ('queued', 'cancelled'), ('queued', 'failed'),
      ('running', 'queued'), ('running', 'succeeded'), ('running', 'failed'), ('running', 'refused'), ('running', 'cancelled'), ('running', 'unknown'))) THEN
    RAISE EXCEPTION 'an attempt that is % does not become %', OLD."status", NEW."status" USING ERRCODE = 'restrict_violation';
  END IF;
  -- What has begun goes on under the approvals with which it began, however many workers that takes.
  IF NEW."status" IN ('queued', 'running', 'succeeded')
    AND NOT (OLD."status" = 'running' AND NEW."status" = 'succeeded')
    AND NEW."changing_since" IS NULL
    AND NOT "reprise_attempt_is_approved"(NEW."id", NEW."approvals_needed", NEW."plan_hash") THEN
    PERFORM "reprise_forbid"(format('this step needs %s approvals that count, and has %s', NEW."approvals_needed",
      "reprise_attempt_approvals"(NEW."id", NEW."plan_hash")));
  END IF;
  -- What may have changed something outside is not done again by itself, save what finds by the attempt what it has begun.
  -- A test compares these with the actions.
  IF OLD."status" = 'running' AND NEW."status" = 'queued' AND NEW."changing_since" IS NOT NULL
    AND NEW."touches" = 'outside' AND NEW."action" NOT IN ('replay', 'promote', 'redrive') THEN
    RAISE EXCEPTION 'what may have changed something outside is not tried again' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW."ended_at" IS NOT NULL AND NOT EXISTS (SELECT FROM "evidence_record" e
      WHERE e."id" = NEW."evidence_id" AND e."kind" = 'runbook-step') THEN
    RAISE EXCEPTION 'an attempt ends with its evidence' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;

-- What touches something outside by the actions' own definitions does so by its row, whatever code says less. A test
-- compares it with the actions.
ALTER TABLE "runbook_attempt" ADD CONSTRAINT "runbook_attempt_touches_as_defined" CHECK ("touches" =
  CASE
    WHEN "action" IN ('publish-dead-letter', 'set-group-offset', 'control-consumer', 'redrive', 'promote',
      'restart-connector', 'compensate', 'notify') THEN 'outside'
    WHEN "action" IN ('check-readiness', 'replay', 'audit-log') THEN 'reprise'
    ELSE 'nothing'
  END) NOT VALID;
-- Only who does it, under its lease, begins to change anything: nobody else is let past the approvals by that.
CREATE TRIGGER "runbook_attempt_changes_while_it_runs" BEFORE UPDATE ON "runbook_attempt"
  FOR EACH ROW
  WHEN (OLD."changing_since" IS DISTINCT FROM NEW."changing_since" AND (OLD."status" <> 'running' OR NEW."status" <> 'running'))
  EXECUTE FUNCTION "reprise_refuse_change"();
ALTER TABLE "runbook_attempt" ADD CONSTRAINT "runbook_attempt_begins_unchanged" CHECK ("changing_since" IS NULL OR "started_at" IS NOT NULL);

-- As json and not as jsonb, which can't hold each character that may stand in a plan.
CREATE OR REPLACE FUNCTION "reprise_step_decided"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  "contract" text;
BEGIN
  SELECT a."plan"::json -> 'params' ->> 'contract' INTO "contract" FROM "runbook_attempt" a WHERE a."id" = NEW."attempt_id";
  IF "contract" IS NOT NULL AND "reprise_is_author"(NEW."person_id", "contract",
    (SELECT max(v."version") FROM "contract_version" v WHERE v."contract_id" = "contract")) THEN
    PERFORM "reprise_forbid"('who wrote the contract does not decide about it');
  END IF;
  RETURN NEW;
END
$$;
