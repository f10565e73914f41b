-- AlterTable
ALTER TABLE "person" ADD COLUMN     "notices_by_email" BOOLEAN NOT NULL DEFAULT true;

-- CreateTable
CREATE TABLE "notice" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "subject_kind" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "contract_id" TEXT NOT NULL,
    "detail" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "notice_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "notice_delivery" (
    "id" UUID NOT NULL,
    "notice_id" UUID NOT NULL,
    "channel" TEXT NOT NULL,
    "person_id" TEXT,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "tries" INTEGER NOT NULL DEFAULT 0,
    "next_try_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lease_until" TIMESTAMPTZ(3),
    "problem" TEXT,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "notice_delivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "notice_channel" (
    "channel" TEXT NOT NULL,
    "configured" BOOLEAN NOT NULL,
    "target" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_success_at" TIMESTAMPTZ(3),
    "last_problem" TEXT,
    "last_problem_at" TIMESTAMPTZ(3),

    CONSTRAINT "notice_channel_pkey" PRIMARY KEY ("channel")
);

-- CreateIndex
CREATE INDEX "notice_created_at_idx" ON "notice"("created_at");

-- CreateIndex
CREATE INDEX "notice_delivery_notice_id_idx" ON "notice_delivery"("notice_id");

-- CreateIndex
CREATE INDEX "notice_delivery_person_id_idx" ON "notice_delivery"("person_id");

-- CreateIndex
CREATE INDEX "notice_delivery_state_channel_next_try_at_idx" ON "notice_delivery"("state", "channel", "next_try_at");

-- AddForeignKey
ALTER TABLE "notice_delivery" ADD CONSTRAINT "notice_delivery_notice_id_fkey" FOREIGN KEY ("notice_id") REFERENCES "notice"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notice_delivery" ADD CONSTRAINT "notice_delivery_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE SET NULL ON UPDATE CASCADE;


-- What follows is written by hand: Prisma has no words for it.

-- Closed unions. A test compares each with the list in the code.
ALTER TABLE "notice"
  ADD CONSTRAINT "notice_kind_known"
    CHECK ("kind" IN ('waiting', 'approved', 'rejected', 'voided', 'expired', 'taken-back', 'ended', 'test')),
  ADD CONSTRAINT "notice_subject_known" CHECK ("subject_kind" IN ('replay', 'promotion', 'channel'));
ALTER TABLE "notice_delivery"
  ADD CONSTRAINT "notice_delivery_channel_known" CHECK ("channel" IN ('email', 'webhook')),
  ADD CONSTRAINT "notice_delivery_state_known" CHECK ("state" IN ('waiting', 'sent', 'given-up', 'dropped')),
  ADD CONSTRAINT "notice_delivery_receiver" CHECK (("channel" = 'email') = ("person_id" IS NOT NULL)),
  ADD CONSTRAINT "notice_delivery_ended" CHECK (("state" = 'waiting') = ("ended_at" IS NULL));
ALTER TABLE "notice_channel"
  ADD CONSTRAINT "notice_channel_known" CHECK ("channel" IN ('email', 'webhook'));

-- One receiver hears of one notice once.
CREATE UNIQUE INDEX "notice_delivery_once" ON "notice_delivery" ("notice_id", "channel", coalesce("person_id", ''));

-- What was sent, given up or dropped stays so: nobody is told twice because a row was turned back.
CREATE TRIGGER "notice_delivery_end_is_final" BEFORE UPDATE ON "notice_delivery"
  FOR EACH ROW WHEN (OLD."state" <> 'waiting')
  EXECUTE FUNCTION "reprise_refuse_change"();

-- Writes what people are to be told of, and for whom. `audience`: 'approvers' who are not shut out, 'requester'. The
-- rules of who may decide stand beside it in the database, and so does the trigger below, which needs it too.
CREATE FUNCTION "reprise_tell"("kind" text, "subject_kind" text, "subject" uuid, "contract" text, "at_version" int,
  "requester" text, "audience" text[], "detail" jsonb) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  told uuid := gen_random_uuid();
BEGIN
  INSERT INTO "notice" ("id", "kind", "subject_kind", "subject_id", "contract_id", "detail")
  VALUES (told, "kind", "subject_kind", "subject", "contract", "detail");
  INSERT INTO "notice_delivery" ("id", "notice_id", "channel", "person_id")
  SELECT gen_random_uuid(), told, 'email', p."id" FROM "person" p
  WHERE p."disabled_at" IS NULL AND p."notices_by_email"
    AND (('requester' = ANY ("audience") AND p."id" = "requester")
      OR ('approvers' = ANY ("audience") AND p."id" <> "requester" AND "reprise_may_approve"(p."id")
        AND NOT "reprise_is_author"(p."id", "contract", "at_version")));
  INSERT INTO "notice_delivery" ("id", "notice_id", "channel") VALUES (gen_random_uuid(), told, 'webhook');
  RETURN told;
END
$$;

-- A right that is lost takes the approvals with it that nothing has run by yet. It says so in the audit, to open pages
-- and to those concerned, whatever code took the right. What is queued is told of when it is taken back (its other
-- approvals may be enough).
CREATE OR REPLACE FUNCTION "reprise_right_lost"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  lost record;
  why text := 'who gave it does not approve any more';
BEGIN
  IF "reprise_may_approve"(NEW."id") THEN
    RETURN NEW;
  END IF;
  FOR lost IN
    UPDATE "decision" d SET "voided_at" = now(), "void_reason" = why
    FROM "replay" r
    WHERE d."person_id" = NEW."id" AND d."voided_at" IS NULL AND d."subject_kind" = 'replay'
      AND r."id" = d."subject_id" AND r."started_at" IS NULL
      AND r."status" IN ('awaiting-approval', 'queued', 'paused')
    RETURNING d."id" AS decision, d."verdict", r."id" AS replay, r."contract_id", r."contract_version",
      r."requested_by", r."status"
  LOOP
    INSERT INTO "audit_entry" ("actor", "action", "subject", "outcome", "detail", "origin")
    VALUES ('reprise', 'replay.approval-lost', 'replay:' || lost.replay, 'done',
      jsonb_build_object('why', why, 'person', NEW."id", 'decision', lost.decision), 'database');
    IF lost.status <> 'queued' THEN
      PERFORM "reprise_tell"('voided', 'replay', lost.replay, lost.contract_id, lost.contract_version,
        lost.requested_by, ARRAY['approvers', 'requester'], jsonb_build_object('why', why, 'person', NEW."id"));
    END IF;
    PERFORM pg_notify('reprise', json_build_object('id', nextval('live_event_number')::text, 'topic', topic)::text)
    FROM unnest(ARRAY['replay:' || lost.replay, 'replays', 'approvals']) AS topic;
  END LOOP;
  RETURN NEW;
END
$$;
