-- CreateTable
CREATE TABLE "runbook_run" (
    "id" UUID NOT NULL,
    "runbook_id" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "runbook" JSONB NOT NULL,
    "parameters" JSONB NOT NULL,
    "incident_id" UUID,
    "contract_id" TEXT,
    "status" TEXT NOT NULL DEFAULT 'running',
    "started_by" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "leader" TEXT NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "runbook_run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "runbook_preview" (
    "id" UUID NOT NULL,
    "run_id" UUID NOT NULL,
    "step" TEXT NOT NULL,
    "plan" TEXT NOT NULL,
    "plan_hash" TEXT NOT NULL,
    "sentence" TEXT NOT NULL,
    "shown" JSONB NOT NULL,
    "previewed_by" TEXT NOT NULL,
    "previewed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "runbook_preview_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "runbook_attempt" (
    "id" UUID NOT NULL,
    "run_id" UUID NOT NULL,
    "step" TEXT NOT NULL,
    "section" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "touches" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "plan" TEXT NOT NULL,
    "plan_hash" TEXT NOT NULL,
    "preview" JSONB NOT NULL,
    "approvals_needed" INTEGER NOT NULL,
    "timeout_seconds" INTEGER NOT NULL,
    "requested_by" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "tries" INTEGER NOT NULL DEFAULT 0,
    "cancelled_by" TEXT,
    "cancel_reason" TEXT,
    "sentence" TEXT NOT NULL DEFAULT '',
    "code" TEXT,
    "outputs" JSONB NOT NULL DEFAULT '{}',
    "shown" JSONB NOT NULL DEFAULT '[]',
    "links" JSONB NOT NULL DEFAULT '[]',
    "evidence_id" UUID,
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "fencing_token" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "runbook_attempt_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "runbook_output" (
    "attempt_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "line" TEXT NOT NULL,

    CONSTRAINT "runbook_output_pkey" PRIMARY KEY ("attempt_id","number")
);

-- CreateTable
CREATE TABLE "runbook_mark" (
    "id" BIGSERIAL NOT NULL,
    "run_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "step" TEXT,
    "actor" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "text" TEXT NOT NULL DEFAULT '',
    "to" TEXT,

    CONSTRAINT "runbook_mark_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "runbook_decision" (
    "id" UUID NOT NULL,
    "attempt_id" UUID NOT NULL,
    "plan_hash" TEXT NOT NULL,
    "person_id" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "decided_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "voided_at" TIMESTAMPTZ(3),
    "void_reason" TEXT,

    CONSTRAINT "runbook_decision_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "runbook_run_started_at_id_idx" ON "runbook_run"("started_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "runbook_run_incident_id_idx" ON "runbook_run"("incident_id");

-- CreateIndex
CREATE INDEX "runbook_preview_run_id_step_previewed_at_idx" ON "runbook_preview"("run_id", "step", "previewed_at" DESC);

-- CreateIndex
CREATE INDEX "runbook_attempt_run_id_requested_at_idx" ON "runbook_attempt"("run_id", "requested_at");

-- CreateIndex
CREATE INDEX "runbook_mark_run_id_at_idx" ON "runbook_mark"("run_id", "at");

-- CreateIndex
CREATE INDEX "runbook_decision_attempt_id_idx" ON "runbook_decision"("attempt_id");

-- CreateIndex
CREATE INDEX "runbook_decision_person_id_idx" ON "runbook_decision"("person_id");

-- AddForeignKey
ALTER TABLE "runbook_run" ADD CONSTRAINT "runbook_run_incident_id_fkey" FOREIGN KEY ("incident_id") REFERENCES "incident"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "runbook_preview" ADD CONSTRAINT "runbook_preview_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runbook_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "runbook_attempt" ADD CONSTRAINT "runbook_attempt_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runbook_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "runbook_output" ADD CONSTRAINT "runbook_output_attempt_id_fkey" FOREIGN KEY ("attempt_id") REFERENCES "runbook_attempt"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "runbook_mark" ADD CONSTRAINT "runbook_mark_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runbook_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "runbook_decision" ADD CONSTRAINT "runbook_decision_attempt_id_fkey" FOREIGN KEY ("attempt_id") REFERENCES "runbook_attempt"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- What follows is written by hand: Prisma has no words for it.

-- Closed unions. A test compares each with the list in the code.
ALTER TABLE "runbook_run"
  ADD CONSTRAINT "runbook_run_status_known" CHECK ("status" IN ('running', 'done', 'abandoned')),
  ADD CONSTRAINT "runbook_run_ends_with_a_time" CHECK (("ended_at" IS NOT NULL) = ("status" <> 'running'));
ALTER TABLE "runbook_attempt"
  ADD CONSTRAINT "runbook_attempt_status_known" CHECK ("status" IN ('awaiting-approval', 'queued', 'running', 'succeeded',
    'failed', 'refused', 'cancelled', 'unknown')),
  ADD CONSTRAINT "runbook_attempt_touches_known" CHECK ("touches" IN ('nothing', 'reprise', 'outside')),
  ADD CONSTRAINT "runbook_attempt_hash_of_plan" CHECK ("plan_hash" = encode(sha256(convert_to("plan", 'UTF8')), 'hex')),
  ADD CONSTRAINT "runbook_attempt_as_planned" CHECK (
    ("plan"::json ->> 'runId', "plan"::json ->> 'step', "plan"::json ->> 'action') IS NOT DISTINCT FROM ("run_id"::text, "step", "action")),
  -- What others decide about before it is done, whatever code asks for less. A test compares it with the actions.
  ADD CONSTRAINT "runbook_attempt_asks_for_approval" CHECK ("approvals_needed" >=
    CASE WHEN "action" IN ('set-group-offset', 'redrive', 'compensate') THEN 1 ELSE 0 END),
  ADD CONSTRAINT "runbook_attempt_ends_with_a_time" CHECK (("ended_at" IS NOT NULL)
    = ("status" IN ('succeeded', 'failed', 'refused', 'cancelled', 'unknown'))),
  ADD CONSTRAINT "runbook_attempt_ends_with_evidence" CHECK (("evidence_id" IS NOT NULL) = ("ended_at" IS NOT NULL));
ALTER TABLE "runbook_mark"
  ADD CONSTRAINT "runbook_mark_kind_known" CHECK ("kind" IN ('ticked', 'skipped', 'noted', 'handed-over', 'done', 'abandoned')),
  ADD CONSTRAINT "runbook_mark_sized" CHECK (length("text") <= 10000),
  ADD CONSTRAINT "runbook_mark_of_a_step" CHECK ("kind" NOT IN ('ticked', 'skipped') OR "step" IS NOT NULL),
  ADD CONSTRAINT "runbook_mark_has_reason" CHECK ("kind" NOT IN ('skipped', 'noted', 'handed-over', 'abandoned') OR length(btrim("text")) > 0),
  ADD CONSTRAINT "runbook_mark_to_somebody" CHECK (("kind" = 'handed-over') = ("to" IS NOT NULL));
ALTER TABLE "runbook_output"
  ADD CONSTRAINT "runbook_output_sized" CHECK (length("line") <= 4000);
ALTER TABLE "runbook_decision"
  ADD CONSTRAINT "runbook_decision_verdict_known" CHECK ("verdict" IN ('approved', 'rejected')),
  ADD CONSTRAINT "runbook_decision_has_reason" CHECK (length(btrim("reason")) > 0),
  ADD CONSTRAINT "runbook_decision_void_with_reason" CHECK (("voided_at" IS NULL) = ("void_reason" IS NULL));

-- One attempt of a step is under way, however many people ask for it at once.
CREATE UNIQUE INDEX "runbook_attempt_one_at_a_time" ON "runbook_attempt" ("run_id", "step")
  WHERE "status" IN ('awaiting-approval', 'queued', 'running');
CREATE INDEX "runbook_attempt_open" ON "runbook_attempt" ("requested_at")
  WHERE "status" IN ('awaiting-approval', 'queued', 'running');
-- One person counts once.
CREATE UNIQUE INDEX "runbook_decision_once_a_person" ON "runbook_decision" ("attempt_id", "person_id") WHERE "voided_at" IS NULL;
-- Who holds an attempt may only be told from who held it before by a number that never comes again.
CREATE SEQUENCE "runbook_token" AS bigint;

-- How many different people other than who asked for it have approved this plan, whose approval still counts.
CREATE FUNCTION "reprise_attempt_approvals"("attempt" uuid, "hash" text) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT count(DISTINCT d."person_id")::int FROM "runbook_decision" d JOIN "runbook_attempt" a ON a."id" = d."attempt_id"
  WHERE d."attempt_id" = "attempt" AND d."plan_hash" = "hash" AND d."person_id" <> a."requested_by"
    AND d."verdict" = 'approved' AND d."voided_at" IS NULL AND d."expires_at" > clock_timestamp()
    AND "reprise_may_approve"(d."person_id")
$$;
CREATE FUNCTION "reprise_attempt_is_approved"("attempt" uuid, "needed" int, "hash" text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT "needed" = 0 OR ("reprise_attempt_approvals"("attempt", "hash") >= "needed"
    AND NOT EXISTS (SELECT FROM "runbook_decision" d WHERE d."attempt_id" = "attempt" AND d."verdict" = 'rejected'
      AND d."voided_at" IS NULL))
$$;

-- RP006: a run of a runbook is not so.
CREATE FUNCTION "reprise_run_conflict"("sentence" text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', "sentence" USING ERRCODE = 'RP006';
END
$$;

CREATE FUNCTION "reprise_attempt_begins"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- With the run held, nobody ends it meanwhile.
  PERFORM FROM "runbook_run" r WHERE r."id" = NEW."run_id" AND r."status" = 'running' FOR UPDATE;
  IF NOT FOUND THEN
    PERFORM "reprise_run_conflict"('the run is over');
  END IF;
  IF NEW."status" <> (CASE WHEN NEW."approvals_needed" > 0 THEN 'awaiting-approval' ELSE 'queued' END) THEN
    RAISE EXCEPTION 'an attempt begins by waiting for its approvals, or in the queue' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW."tries" <> 0 OR NEW."fencing_token" <> 0 OR NEW."started_at" IS NOT NULL THEN
    RAISE EXCEPTION 'nobody has taken up what is asked for just now' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "runbook_attempt_begins" BEFORE INSERT ON "runbook_attempt"
  FOR EACH ROW EXECUTE FUNCTION "reprise_attempt_begins"();

-- What is done is what was approved, or nothing is done: from the queue on, and once more when a worker takes it.
CREATE FUNCTION "reprise_attempt_moves"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT ((OLD."status", NEW."status") IN (
      ('awaiting-approval', 'queued'), ('awaiting-approval', 'refused'), ('awaiting-approval', 'cancelled'),
      ('queued', 'running'), ('queued', 'awaiting-approval'), ('queued', 'refused'), ('queued', 'cancelled'), ('queued', 'failed'),
      ('running', 'queued'), ('running', 'succeeded'), ('running', 'failed'), ('running', 'refused'), ('running', 'cancelled'), ('running', 'unknown'))) THEN
    RAISE EXCEPTION 'an attempt that is % does not become %', OLD."status", NEW."status" USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW."status" IN ('queued', 'running', 'succeeded')
    AND NOT (OLD."status" = 'running' AND NEW."status" = 'succeeded')
    AND NOT "reprise_attempt_is_approved"(NEW."id", NEW."approvals_needed", NEW."plan_hash") THEN
    PERFORM "reprise_forbid"(format('this step needs %s approvals that count, and has %s', NEW."approvals_needed",
      "reprise_attempt_approvals"(NEW."id", NEW."plan_hash")));
  END IF;
  -- What may have changed something is not done again by itself.
  IF OLD."status" = 'running' AND NEW."status" = 'queued' AND NEW."touches" <> 'nothing' THEN
    RAISE EXCEPTION 'only what touches nothing is tried again' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW."ended_at" IS NOT NULL AND NOT EXISTS (SELECT FROM "evidence_record" e
      WHERE e."id" = NEW."evidence_id" AND e."kind" = 'runbook-step') THEN
    RAISE EXCEPTION 'an attempt ends with its evidence' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "runbook_attempt_moves" BEFORE UPDATE OF "status" ON "runbook_attempt"
  FOR EACH ROW WHEN (OLD."status" IS DISTINCT FROM NEW."status") EXECUTE FUNCTION "reprise_attempt_moves"();
CREATE TRIGGER "runbook_attempt_is_what_was_asked_for" BEFORE UPDATE ON "runbook_attempt"
  FOR EACH ROW
  WHEN ((OLD."id", OLD."run_id", OLD."step", OLD."section", OLD."title", OLD."action", OLD."touches", OLD."plan", OLD."plan_hash",
      OLD."preview", OLD."approvals_needed", OLD."timeout_seconds", OLD."requested_by", OLD."requested_at")
    IS DISTINCT FROM (NEW."id", NEW."run_id", NEW."step", NEW."section", NEW."title", NEW."action", NEW."touches", NEW."plan",
      NEW."plan_hash", NEW."preview", NEW."approvals_needed", NEW."timeout_seconds", NEW."requested_by", NEW."requested_at")
    OR OLD."ended_at" IS NOT NULL OR NEW."fencing_token" < OLD."fencing_token")
  EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "runbook_attempt_is_kept" BEFORE DELETE ON "runbook_attempt"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "runbook_attempts_are_kept" BEFORE TRUNCATE ON "runbook_attempt"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();

CREATE FUNCTION "reprise_attempt_decided"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  asked record;
BEGIN
  -- With the row held, nobody starts or cancels what is being decided.
  SELECT a."status", a."plan_hash", a."requested_by" INTO asked FROM "runbook_attempt" a WHERE a."id" = NEW."attempt_id" FOR UPDATE;
  IF NOT FOUND OR asked."status" <> 'awaiting-approval' THEN
    PERFORM "reprise_run_conflict"('it does not wait for approval');
  END IF;
  IF asked."plan_hash" IS DISTINCT FROM NEW."plan_hash" THEN
    PERFORM "reprise_run_conflict"('another plan waits for approval');
  END IF;
  -- With the person held, nobody takes their right until this stands, and whoever takes it then makes this void.
  PERFORM FROM "person" WHERE "id" = NEW."person_id" FOR SHARE;
  IF NOT "reprise_may_approve"(NEW."person_id") THEN
    PERFORM "reprise_forbid"('this person does not approve');
  END IF;
  IF asked."requested_by" = NEW."person_id" THEN
    PERFORM "reprise_forbid"('who requested it does not decide about it');
  END IF;
  NEW."expires_at" := now() + least(
    greatest(NEW."expires_at" - coalesce(NEW."decided_at", now()), interval '0'), interval '24 hours');
  NEW."decided_at" := now();
  NEW."voided_at" := NULL;
  NEW."void_reason" := NULL;
  RETURN NEW;
END
$$;
CREATE TRIGGER "runbook_decision_made" BEFORE INSERT ON "runbook_decision"
  FOR EACH ROW EXECUTE FUNCTION "reprise_attempt_decided"();
CREATE TRIGGER "runbook_decision_is_final" BEFORE UPDATE ON "runbook_decision"
  FOR EACH ROW
  WHEN (OLD."voided_at" IS NOT NULL
    OR (OLD."id", OLD."attempt_id", OLD."plan_hash", OLD."person_id", OLD."verdict", OLD."reason", OLD."decided_at", OLD."expires_at")
      IS DISTINCT FROM (NEW."id", NEW."attempt_id", NEW."plan_hash", NEW."person_id", NEW."verdict", NEW."reason", NEW."decided_at", NEW."expires_at"))
  EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "runbook_decision_is_kept" BEFORE DELETE ON "runbook_decision"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "runbook_decisions_are_kept" BEFORE TRUNCATE ON "runbook_decision"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();

-- A right that is lost takes the approvals with it that no worker has taken up yet. Whoever takes it waits for a worker
-- that is just taking one up, and the other way round: what waits is held before any person's row.
CREATE FUNCTION "reprise_hold_waiting_attempts"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM "runbook_attempt" WHERE "status" IN ('awaiting-approval', 'queued') AND "approvals_needed" > 0 ORDER BY "id" FOR UPDATE;
  RETURN NULL;
END
$$;
CREATE TRIGGER "person_holds_waiting_attempts" BEFORE UPDATE OF "roles", "disabled_at" ON "person"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_hold_waiting_attempts"();
CREATE FUNCTION "reprise_right_lost_attempt"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  lost record;
  why text := 'who gave it does not approve any more';
BEGIN
  IF "reprise_may_approve"(NEW."id") THEN
    RETURN NEW;
  END IF;
  PERFORM FROM "runbook_attempt" a WHERE a."status" IN ('awaiting-approval', 'queued')
    AND EXISTS (SELECT FROM "runbook_decision" d WHERE d."attempt_id" = a."id" AND d."person_id" = NEW."id" AND d."voided_at" IS NULL)
    ORDER BY a."id" FOR UPDATE;
  FOR lost IN
    UPDATE "runbook_decision" d SET "voided_at" = now(), "void_reason" = why
    FROM "runbook_attempt" a
    WHERE d."person_id" = NEW."id" AND d."voided_at" IS NULL AND a."id" = d."attempt_id" AND a."status" IN ('awaiting-approval', 'queued')
    RETURNING d."id" AS decision, a."id" AS attempt, a."run_id", a."requested_by", a."status"
  LOOP
    INSERT INTO "audit_entry" ("actor", "action", "subject", "outcome", "detail", "origin")
    VALUES ('reprise', 'runbook-step.approval-lost', 'runbook-attempt:' || lost.attempt, 'done',
      jsonb_build_object('why', why, 'person', NEW."id", 'decision', lost.decision, 'run', lost.run_id), 'database');
    -- What is queued is told of when it is taken back.
    IF lost.status <> 'queued' THEN
      PERFORM "reprise_tell"('voided', 'runbook-run', lost.run_id, '', 0, lost.requested_by, ARRAY['approvers', 'requester'],
        jsonb_build_object('why', why, 'person', NEW."id"));
    END IF;
    PERFORM pg_notify('reprise', json_build_object('id', nextval('live_event_number')::text, 'topic', topic)::text)
    FROM unnest(ARRAY['run:' || lost.run_id, 'runs', 'approvals']) AS topic;
  END LOOP;
  RETURN NEW;
END
$$;
CREATE TRIGGER "person_right_lost_attempt" AFTER UPDATE OF "roles", "disabled_at" ON "person"
  FOR EACH ROW EXECUTE FUNCTION "reprise_right_lost_attempt"();

-- What was recorded stays.
CREATE TRIGGER "runbook_run_is_what_it_was" BEFORE UPDATE ON "runbook_run"
  FOR EACH ROW
  WHEN ((OLD."id", OLD."runbook_id", OLD."digest", OLD."title", OLD."runbook", OLD."parameters", OLD."incident_id", OLD."contract_id",
      OLD."started_by", OLD."started_at")
    IS DISTINCT FROM (NEW."id", NEW."runbook_id", NEW."digest", NEW."title", NEW."runbook", NEW."parameters", NEW."incident_id",
      NEW."contract_id", NEW."started_by", NEW."started_at")
    OR (OLD."ended_at" IS NOT NULL AND (OLD."status", OLD."ended_at") IS DISTINCT FROM (NEW."status", NEW."ended_at")))
  EXECUTE FUNCTION "reprise_refuse_change"();
CREATE FUNCTION "reprise_run_ends"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "runbook_attempt" a WHERE a."run_id" = NEW."id" AND a."ended_at" IS NULL) THEN
    PERFORM "reprise_run_conflict"('a step of it is under way');
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "runbook_run_ends" BEFORE UPDATE OF "status" ON "runbook_run"
  FOR EACH ROW WHEN (NEW."status" <> 'running' AND OLD."status" = 'running') EXECUTE FUNCTION "reprise_run_ends"();
CREATE TRIGGER "runbook_run_is_kept" BEFORE DELETE ON "runbook_run"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "runbook_runs_are_kept" BEFORE TRUNCATE ON "runbook_run"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "runbook_preview_is_kept" BEFORE UPDATE OR DELETE ON "runbook_preview"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "runbook_previews_are_kept" BEFORE TRUNCATE ON "runbook_preview"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "runbook_output_is_kept" BEFORE UPDATE OR DELETE ON "runbook_output"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "runbook_outputs_are_kept" BEFORE TRUNCATE ON "runbook_output"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "runbook_mark_is_kept" BEFORE UPDATE OR DELETE ON "runbook_mark"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "runbook_marks_are_kept" BEFORE TRUNCATE ON "runbook_mark"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();

-- A step's record belongs to the incident of its run alone, and has a line of its own there.
DROP TRIGGER "records_are_told_to_incidents" ON "evidence_record";
CREATE TRIGGER "records_are_told_to_incidents" AFTER INSERT ON "evidence_record"
  FOR EACH ROW WHEN (NEW."kind" <> 'runbook-step') EXECUTE FUNCTION "reprise_incident_evidence"();

ALTER TABLE "incident_entry" DROP CONSTRAINT "incident_entry_kind_known",
  ADD CONSTRAINT "incident_entry_kind_known" CHECK ("kind" IN ('raised', 'raised-again', 'worse', 'cleared', 'returned',
    'related', 'acknowledged', 'assigned', 'class-changed', 'escalated', 'not-escalated', 'mitigating', 'recovered',
    'reviewed', 'closed', 'reopened', 'replay', 'promotion', 'evidence', 'notice', 'note', 'link', 'file', 'correction',
    'runbook'));
ALTER TABLE "notice" DROP CONSTRAINT "notice_subject_known",
  ADD CONSTRAINT "notice_subject_known" CHECK ("subject_kind" IN ('replay', 'promotion', 'incident', 'channel', 'runbook-run'));

-- What was asked for of a step and what it gave stands beside its record, and may have to be erased too.
DROP TRIGGER "evidence_part_stays" ON "evidence_attachment";
CREATE TRIGGER "evidence_part_stays" BEFORE DELETE ON "evidence_attachment"
  FOR EACH ROW WHEN (OLD."name" NOT IN ('remarks', 'rows', 'result')) EXECUTE FUNCTION "reprise_refuse_change"();
