-- CreateTable
CREATE TABLE "incident" (
    "id" UUID NOT NULL,
    "cause" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "contract_id" TEXT,
    "class" TEXT NOT NULL,
    "class_said_by" TEXT,
    "status" TEXT NOT NULL DEFAULT 'detected',
    "title" TEXT NOT NULL,
    "facts" JSONB NOT NULL,
    "href" TEXT,
    "runbook" TEXT,
    "scope" JSONB,
    "began_at" TIMESTAMPTZ(3) NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "opened_by" TEXT NOT NULL,
    "clock_from" TIMESTAMPTZ(3) NOT NULL,
    "respond_by" TIMESTAMPTZ(3) NOT NULL,
    "escalate_at" TIMESTAMPTZ(3),
    "asked" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "acknowledged_at" TIMESTAMPTZ(3),
    "acknowledged_by" TEXT,
    "assignee" TEXT,
    "cleared_at" TIMESTAMPTZ(3),
    "last_told_at" TIMESTAMPTZ(3) NOT NULL,
    "told" INTEGER NOT NULL DEFAULT 1,
    "recovered_at" TIMESTAMPTZ(3),
    "recovery_evidence_id" UUID,
    "recovery_reason" TEXT,
    "reopened" INTEGER NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "incident_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "incident_entry" (
    "id" BIGSERIAL NOT NULL,
    "incident_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor" TEXT NOT NULL,
    "text" TEXT NOT NULL DEFAULT '',
    "detail" JSONB NOT NULL DEFAULT '{}',
    "link" TEXT,
    "evidence_id" UUID,
    "replay_id" UUID,
    "promotion_id" UUID,
    "file_id" UUID,
    "corrects" BIGINT,

    CONSTRAINT "incident_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "incident_star" (
    "id" BIGSERIAL NOT NULL,
    "entry_id" BIGINT NOT NULL,
    "starred" BOOLEAN NOT NULL,
    "actor" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "incident_star_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "incident_file" (
    "id" UUID NOT NULL,
    "incident_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "media_type" TEXT NOT NULL,
    "bytes" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "content" BYTEA NOT NULL,
    "added_by" TEXT NOT NULL,
    "added_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "incident_file_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "incident_evidence" (
    "incident_id" UUID NOT NULL,
    "evidence_id" UUID NOT NULL,
    "linked_by" TEXT NOT NULL,
    "linked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "incident_evidence_pkey" PRIMARY KEY ("incident_id","evidence_id")
);

-- CreateIndex
CREATE INDEX "incident_opened_at_id_idx" ON "incident"("opened_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "incident_contract_id_opened_at_id_idx" ON "incident"("contract_id", "opened_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "incident_cause_opened_at_idx" ON "incident"("cause", "opened_at" DESC);

-- CreateIndex
CREATE INDEX "incident_entry_incident_id_occurred_at_id_idx" ON "incident_entry"("incident_id", "occurred_at", "id");

-- CreateIndex
CREATE INDEX "incident_star_entry_id_id_idx" ON "incident_star"("entry_id", "id" DESC);

-- CreateIndex
CREATE INDEX "incident_file_incident_id_idx" ON "incident_file"("incident_id");

-- CreateIndex
CREATE INDEX "incident_evidence_evidence_id_idx" ON "incident_evidence"("evidence_id");

-- AddForeignKey
ALTER TABLE "incident_entry" ADD CONSTRAINT "incident_entry_incident_id_fkey" FOREIGN KEY ("incident_id") REFERENCES "incident"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "incident_star" ADD CONSTRAINT "incident_star_entry_id_fkey" FOREIGN KEY ("entry_id") REFERENCES "incident_entry"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "incident_file" ADD CONSTRAINT "incident_file_incident_id_fkey" FOREIGN KEY ("incident_id") REFERENCES "incident"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "incident_evidence" ADD CONSTRAINT "incident_evidence_incident_id_fkey" FOREIGN KEY ("incident_id") REFERENCES "incident"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "incident_entry" ADD CONSTRAINT "incident_entry_file_id_fkey" FOREIGN KEY ("file_id") REFERENCES "incident_file"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "incident_entry" ADD CONSTRAINT "incident_entry_corrects_fkey" FOREIGN KEY ("corrects") REFERENCES "incident_entry"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "incident_evidence" ADD CONSTRAINT "incident_evidence_evidence_id_fkey" FOREIGN KEY ("evidence_id") REFERENCES "evidence_record"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- What follows is written by hand: Prisma has no words for it.

-- Closed unions. A test compares each with the list in the code.
ALTER TABLE "incident"
  ADD CONSTRAINT "incident_kind_known" CHECK ("kind" IN ('budget', 'lost-event', 'duplicate', 'reconciliation',
    'evidence-log', 'saga', 'stuck-offset', 'by-hand')),
  ADD CONSTRAINT "incident_class_known" CHECK ("class" IN ('P1', 'P2', 'P3', 'P4')),
  ADD CONSTRAINT "incident_status_known" CHECK ("status" IN ('detected', 'acknowledged', 'mitigating', 'recovered',
    'reviewed', 'closed')),
  -- Over is what somebody has said, by a record or with a reason; what is open is not over.
  ADD CONSTRAINT "incident_recovery" CHECK (("recovered_at" IS NULL) = ("status" IN ('detected', 'acknowledged', 'mitigating'))
    AND ("recovered_at" IS NULL OR "recovery_evidence_id" IS NOT NULL OR coalesce(btrim("recovery_reason"), '') <> '')),
  ADD CONSTRAINT "incident_acknowledged" CHECK (("acknowledged_at" IS NULL) = ("acknowledged_by" IS NULL)
    AND ("status" <> 'detected' OR "acknowledged_at" IS NULL)),
  ADD CONSTRAINT "incident_sized" CHECK (length("title") BETWEEN 1 AND 500 AND length("cause") BETWEEN 1 AND 500);
ALTER TABLE "incident_entry"
  ADD CONSTRAINT "incident_entry_kind_known" CHECK ("kind" IN ('raised', 'raised-again', 'worse', 'cleared', 'returned',
    'related', 'acknowledged', 'assigned', 'class-changed', 'escalated', 'not-escalated', 'mitigating', 'recovered',
    'reviewed', 'closed', 'reopened', 'replay', 'promotion', 'evidence', 'notice', 'note', 'link', 'file', 'correction')),
  ADD CONSTRAINT "incident_entry_corrects" CHECK (("kind" = 'correction') = ("corrects" IS NOT NULL));
ALTER TABLE "incident_file"
  ADD CONSTRAINT "incident_file_sized" CHECK ("bytes" = octet_length("content") AND "bytes" <= 2097152),
  ADD CONSTRAINT "incident_file_digest" CHECK ("sha256" = encode(sha256("content"), 'hex'));
-- Pictures do not compress: trying costs time and saves nothing.
ALTER TABLE "incident_file" ALTER COLUMN "content" SET STORAGE EXTERNAL;

-- One cause has one open incident, however many tell of it at once.
CREATE UNIQUE INDEX "incident_open_once" ON "incident" ("cause")
  WHERE "status" IN ('detected', 'acknowledged', 'mitigating');
CREATE INDEX "incident_to_escalate" ON "incident" ("escalate_at")
  WHERE "status" = 'detected' AND "escalate_at" IS NOT NULL;

-- What was recorded stays, also for somebody with a database console.
CREATE TRIGGER "incident_is_kept" BEFORE DELETE ON "incident"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "incidents_are_kept" BEFORE TRUNCATE ON "incident"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "incident_is_what_it_was" BEFORE UPDATE ON "incident"
  FOR EACH ROW
  WHEN ((OLD."id", OLD."cause", OLD."kind", OLD."contract_id", OLD."opened_at", OLD."opened_by")
    IS DISTINCT FROM (NEW."id", NEW."cause", NEW."kind", NEW."contract_id", NEW."opened_at", NEW."opened_by"))
  EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "incident_entry_is_final" BEFORE UPDATE OR DELETE ON "incident_entry"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "incident_entry_is_kept" BEFORE TRUNCATE ON "incident_entry"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "incident_star_is_final" BEFORE UPDATE OR DELETE ON "incident_star"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "incident_star_is_kept" BEFORE TRUNCATE ON "incident_star"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "incident_file_is_final" BEFORE UPDATE OR DELETE ON "incident_file"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "incident_file_is_kept" BEFORE TRUNCATE ON "incident_file"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "incident_evidence_is_final" BEFORE UPDATE OR DELETE ON "incident_evidence"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "incident_evidence_is_kept" BEFORE TRUNCATE ON "incident_evidence"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();

-- A recovery that names a record is proven by it: trusted, of the contract, from after it began, and not of a difference.
CREATE FUNCTION "reprise_recovery_proven"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM "evidence_record" e WHERE e."id" = NEW."recovery_evidence_id"
    AND e."contract_id" = NEW."contract_id" AND e."confidence" = 'trusted' AND e."recorded_at" > NEW."began_at"
    AND coalesce(e."agreement", '') <> 'different') THEN
    RAISE EXCEPTION 'this record does not prove that the incident is over' USING ERRCODE = 'RP004';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "incident_recovery_is_proven" BEFORE UPDATE ON "incident"
  FOR EACH ROW WHEN (NEW."recovery_evidence_id" IS NOT NULL
    AND NEW."recovery_evidence_id" IS DISTINCT FROM OLD."recovery_evidence_id")
  EXECUTE FUNCTION "reprise_recovery_proven"();

-- What becomes of replays, promotions and records of a contract is told to its open incidents here, in the transaction
-- of the act and whatever code did it: each act writes its audit row, and each end its record.
CREATE FUNCTION "reprise_tell_incident"("incident" uuid) RETURNS void LANGUAGE sql AS $$
  SELECT pg_notify('reprise', json_build_object('id', nextval('live_event_number')::text, 'topic', 'incident:' || "incident")::text)
$$;

CREATE FUNCTION "reprise_incident_act"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  about text := split_part(NEW."subject", ':', 1);
  subject uuid := split_part(NEW."subject", ':', 2)::uuid;
  contract text;
  open record;
BEGIN
  IF about = 'replay' THEN
    SELECT r."contract_id" INTO contract FROM "replay" r WHERE r."id" = subject;
  ELSE
    SELECT p."contract_id" INTO contract FROM "promotion" p WHERE p."id" = subject;
  END IF;
  FOR open IN SELECT i."id" FROM "incident" i WHERE i."contract_id" = contract
    AND i."status" IN ('detected', 'acknowledged', 'mitigating') ORDER BY i."id"
  LOOP
    INSERT INTO "incident_entry" ("incident_id", "kind", "occurred_at", "actor", "detail", "replay_id", "promotion_id")
    VALUES (open."id", about, clock_timestamp(), NEW."actor", jsonb_build_object('action', NEW."action"),
      CASE WHEN about = 'replay' THEN subject END, CASE WHEN about = 'promotion' THEN subject END);
    PERFORM "reprise_tell_incident"(open."id");
  END LOOP;
  RETURN NULL;
END
$$;
-- Looking at what waits, asking for the history of a key, and setting a rate bring nothing forward.
CREATE TRIGGER "acts_are_told_to_incidents" AFTER INSERT ON "audit_entry"
  FOR EACH ROW WHEN (NEW."outcome" = 'done' AND NEW."subject" ~ '^(replay|promotion):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    AND NEW."action" NOT IN ('replay.looked-at', 'promotion.looked-at', 'replay.trace-requested', 'replay.set-rate'))
  EXECUTE FUNCTION "reprise_incident_act"();

CREATE FUNCTION "reprise_incident_evidence"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  open record;
BEGIN
  FOR open IN SELECT i."id" FROM "incident" i WHERE i."contract_id" = NEW."contract_id"
    AND i."status" IN ('detected', 'acknowledged', 'mitigating') ORDER BY i."id"
  LOOP
    INSERT INTO "incident_evidence" ("incident_id", "evidence_id", "linked_by") VALUES (open."id", NEW."id", 'reprise');
    INSERT INTO "incident_entry" ("incident_id", "kind", "occurred_at", "actor", "detail", "evidence_id", "replay_id")
    VALUES (open."id", 'evidence', NEW."recorded_at", 'reprise', jsonb_build_object('kind', NEW."kind", 'status', NEW."status",
      'confidence', NEW."confidence", 'agreement', NEW."agreement"), NEW."id", NEW."replay_id");
    PERFORM "reprise_tell_incident"(open."id");
  END LOOP;
  RETURN NULL;
END
$$;
CREATE TRIGGER "records_are_told_to_incidents" AFTER INSERT ON "evidence_record"
  FOR EACH ROW EXECUTE FUNCTION "reprise_incident_evidence"();

CREATE FUNCTION "reprise_incident_notice"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "incident_entry" ("incident_id", "kind", "occurred_at", "actor", "detail")
  VALUES (NEW."subject_id", 'notice', clock_timestamp(), 'reprise', jsonb_build_object('notice', NEW."kind"));
  RETURN NULL;
END
$$;
CREATE TRIGGER "notices_are_told_to_incidents" AFTER INSERT ON "notice"
  FOR EACH ROW WHEN (NEW."subject_kind" = 'incident') EXECUTE FUNCTION "reprise_incident_notice"();

-- Notices of incidents.
ALTER TABLE "notice" DROP CONSTRAINT "notice_kind_known", DROP CONSTRAINT "notice_subject_known",
  ADD CONSTRAINT "notice_kind_known" CHECK ("kind" IN ('waiting', 'approved', 'rejected', 'voided', 'expired', 'taken-back',
    'glass-begun', 'glass-broken', 'ended', 'test', 'incident-opened', 'incident-escalated', 'incident-recovered')),
  ADD CONSTRAINT "notice_subject_known" CHECK ("subject_kind" IN ('replay', 'promotion', 'incident', 'channel'));

CREATE FUNCTION "reprise_may_respond"("who" text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM "person" WHERE "id" = "who" AND "disabled_at" IS NULL AND "roles" && ARRAY['operator', 'approver'])
$$;

-- Writes what people are to be told of, and for whom. `audience`: 'approvers' who are not shut out, 'requester', 'breakers'
-- who may confirm broken glass, 'reviewers' of it, 'told': who was told that the same waits, 'responders' to incidents, and
-- 'named': whom `detail` names under "to". Whoever it names under "except" knows already.
CREATE OR REPLACE FUNCTION "reprise_tell"("kind" text, "subject_kind" text, "subject" uuid, "contract" text, "at_version" int,
  "requester" text, "audience" text[], "detail" jsonb) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  told uuid := gen_random_uuid();
BEGIN
  INSERT INTO "notice" ("id", "kind", "subject_kind", "subject_id", "contract_id", "detail")
  VALUES (told, "kind", "subject_kind", "subject", "contract", "detail");
  INSERT INTO "notice_delivery" ("id", "notice_id", "channel", "person_id")
  SELECT gen_random_uuid(), told, 'email', p."id" FROM "person" p
  WHERE p."disabled_at" IS NULL AND p."notices_by_email" AND NOT coalesce("detail" -> 'except' ? p."id", false)
    AND (('requester' = ANY ("audience") AND p."id" = "requester")
      OR ('approvers' = ANY ("audience") AND p."id" <> "requester" AND "reprise_may_approve"(p."id")
        AND NOT "reprise_is_author"(p."id", "contract", "at_version"))
      OR ('breakers' = ANY ("audience") AND "reprise_may_break_glass"(p."id"))
      OR ('reviewers' = ANY ("audience") AND p."id" <> "requester" AND "reprise_may_review"(p."id"))
      OR ('responders' = ANY ("audience") AND "reprise_may_respond"(p."id"))
      OR ('named' = ANY ("audience") AND coalesce("detail" -> 'to' ? p."id", false))
      OR ('told' = ANY ("audience") AND EXISTS (
        SELECT FROM "notice_delivery" d JOIN "notice" n ON n."id" = d."notice_id"
        WHERE d."person_id" = p."id" AND d."state" IN ('waiting', 'sent') AND n."kind" IN ('waiting', 'taken-back')
          AND n."subject_kind" = "reprise_tell"."subject_kind" AND n."subject_id" = "subject")));
  INSERT INTO "notice_delivery" ("id", "notice_id", "channel") VALUES (gen_random_uuid(), told, 'webhook');
  RETURN told;
END
$$;
