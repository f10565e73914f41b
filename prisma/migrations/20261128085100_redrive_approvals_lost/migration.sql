-- AlterTable
ALTER TABLE "redrive_decision" ADD COLUMN "voided_at" TIMESTAMPTZ(3), ADD COLUMN "void_reason" TEXT;

-- DropIndex
DROP INDEX "redrive_decision_redrive_id_person_id_key";

-- CreateIndex
CREATE INDEX "redrive_decision_redrive_id_idx" ON "redrive_decision"("redrive_id");

-- CreateIndex
CREATE INDEX "redrive_decision_person_id_idx" ON "redrive_decision"("person_id");

-- What follows is written by hand: Prisma has no words for it.
CREATE UNIQUE INDEX "redrive_decision_once_a_person" ON "redrive_decision" ("redrive_id", "person_id") WHERE "voided_at" IS NULL;
ALTER TABLE "redrive_decision"
  ADD CONSTRAINT "redrive_decision_voided_why" CHECK (("voided_at" IS NULL) = ("void_reason" IS NULL));

DROP TRIGGER "redrive_decision_is_final" ON "redrive_decision";
CREATE TRIGGER "redrive_decision_is_final" BEFORE UPDATE ON "redrive_decision"
  FOR EACH ROW WHEN ((OLD."id", OLD."redrive_id", OLD."person_id", OLD."hash", OLD."verdict", OLD."decided_at")
    IS DISTINCT FROM (NEW."id", NEW."redrive_id", NEW."person_id", NEW."hash", NEW."verdict", NEW."decided_at")
    OR OLD."voided_at" IS NOT NULL AND (OLD."voided_at", OLD."void_reason") IS DISTINCT FROM (NEW."voided_at", NEW."void_reason"))
  EXECUTE FUNCTION "reprise_refuse_change"();

-- What is sent is what was approved, and what was made void counts no more, whoever has the right again.
CREATE OR REPLACE FUNCTION "reprise_redrive_moves"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF OLD."status" IN ('stopped', 'done', 'cancelled', 'refused') THEN
    RAISE EXCEPTION 'it has ended' USING ERRCODE = 'RP005';
  END IF;
  IF OLD."status" = 'awaiting-approval' AND NEW."status" NOT IN ('queued', 'cancelled', 'refused') THEN
    PERFORM "reprise_forbid"('it waits for approval');
  END IF;
  IF OLD."attempt_id" IS NULL AND (NEW."status" = 'queued' AND OLD."status" IN ('awaiting-approval', 'paused')
      OR NEW."status" = 'running' AND OLD."started_at" IS NULL)
    AND (NOT EXISTS (SELECT FROM "redrive_decision" d WHERE d."redrive_id" = NEW."id" AND d."hash" = NEW."hash"
        AND d."verdict" = 'approved' AND d."decided_at" > now() - interval '24 hours'
        AND d."voided_at" IS NULL AND "reprise_may_approve"(d."person_id"))
      OR EXISTS (SELECT FROM "redrive_decision" d WHERE d."redrive_id" = NEW."id" AND d."verdict" = 'rejected' AND d."voided_at" IS NULL)) THEN
    PERFORM "reprise_forbid"('this redrive has no approval that counts, which is one of the last 24 hours by somebody who still may');
  END IF;
  -- Other letters than the frozen ones don't come in; that all of them did is asked here.
  IF NEW."status" IN ('queued', 'running') AND OLD."started_at" IS NULL
    AND (SELECT count(*) FROM "redrive_letter" WHERE "redrive_id" = NEW."id") <> NEW."letters" THEN
    PERFORM "reprise_forbid"('this redrive has not the letters that were frozen');
  END IF;
  -- One that was approved as an edit never sends the letter as it was.
  IF NEW."status" IN ('queued', 'running') AND OLD."started_at" IS NULL
    AND (NEW."frozen"::jsonb ? 'edit') <> EXISTS (SELECT FROM "redrive_edit" e WHERE e."redrive_id" = NEW."id") THEN
    PERFORM "reprise_forbid"('this redrive has not the edit that was frozen');
  END IF;
  RETURN NEW;
END
$$;

-- A right that is lost takes the approvals with it by which nothing has begun yet, or by which it would go on after a
-- pause. Whoever takes it waits for a worker that is just beginning one, and the other way round: what waits is held before
-- any person's row. A redrive takes one approval, so it waits for another at once; what a step of a runbook asks for has
-- the step's.
CREATE FUNCTION "reprise_hold_waiting_redrives"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM "redrive" WHERE "status" IN ('awaiting-approval', 'queued', 'paused') AND "attempt_id" IS NULL
    ORDER BY "id" FOR UPDATE;
  RETURN NULL;
END
$$;
CREATE TRIGGER "person_holds_waiting_redrives" BEFORE UPDATE OF "roles", "disabled_at" ON "person"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_hold_waiting_redrives"();
CREATE FUNCTION "reprise_right_lost_redrive"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  lost record;
  why text := 'who gave it does not approve any more';
BEGIN
  IF "reprise_may_approve"(NEW."id") THEN
    RETURN NEW;
  END IF;
  -- What has begun to wait since this statement began; all else is held already.
  PERFORM FROM "redrive" r WHERE r."status" IN ('awaiting-approval', 'queued', 'paused')
    AND EXISTS (SELECT FROM "redrive_decision" d WHERE d."redrive_id" = r."id" AND d."person_id" = NEW."id" AND d."voided_at" IS NULL)
    ORDER BY r."id" FOR UPDATE;
  FOR lost IN
    UPDATE "redrive_decision" d SET "voided_at" = now(), "void_reason" = why
    FROM "redrive" r
    WHERE d."person_id" = NEW."id" AND d."voided_at" IS NULL AND r."id" = d."redrive_id"
      AND (r."status" IN ('awaiting-approval', 'queued') AND r."started_at" IS NULL OR r."status" = 'paused')
    RETURNING d."id" AS decision, r."id" AS redrive, r."contract_id", r."requested_by", r."started_at" IS NULL AS unbegun
  LOOP
    INSERT INTO "audit_entry" ("actor", "action", "subject", "outcome", "detail", "origin")
    VALUES ('reprise', 'redrive.approval-lost', 'redrive:' || lost.redrive, 'done',
      jsonb_build_object('why', why, 'person', NEW."id", 'decision', lost.decision), 'database');
    IF lost.unbegun THEN
      UPDATE "redrive" SET "status" = 'awaiting-approval', "problem" = NULL WHERE "id" = lost.redrive;
    END IF;
    PERFORM "reprise_tell"(CASE WHEN lost.unbegun THEN 'taken-back' ELSE 'voided' END, 'redrive', lost.redrive, lost.contract_id,
      coalesce((SELECT max(v."version") FROM "contract_version" v WHERE v."contract_id" = lost.contract_id), 0),
      lost.requested_by, CASE WHEN lost.unbegun THEN ARRAY['approvers', 'requester'] ELSE ARRAY['requester'] END,
      jsonb_build_object('why', why, 'person', NEW."id"));
    PERFORM pg_notify('reprise', json_build_object('id', nextval('live_event_number')::text, 'topic', topic)::text)
    FROM unnest(ARRAY['dead-letters', 'approvals']) AS topic;
  END LOOP;
  RETURN NEW;
END
$$;
CREATE TRIGGER "person_right_lost_redrive" AFTER UPDATE OF "roles", "disabled_at" ON "person"
  FOR EACH ROW EXECUTE FUNCTION "reprise_right_lost_redrive"();
