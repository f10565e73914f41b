-- CreateTable
CREATE TABLE "review" (
    "id" UUID NOT NULL,
    "incident_id" UUID NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'draft',
    "revision" INTEGER NOT NULL DEFAULT 1,
    "facts" JSONB NOT NULL,
    "facts_at" TIMESTAMPTZ(3) NOT NULL,
    "changed" JSONB NOT NULL DEFAULT '[]',
    "completed_digest" TEXT,
    "completed_by" TEXT,
    "completed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" TEXT NOT NULL,

    CONSTRAINT "review_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "review_text" (
    "id" BIGSERIAL NOT NULL,
    "review_id" UUID NOT NULL,
    "section" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "base_version" INTEGER NOT NULL,
    "merge" TEXT NOT NULL DEFAULT 'none',
    "written_by" TEXT NOT NULL,
    "written_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "review_text_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "review_action" (
    "id" BIGSERIAL NOT NULL,
    "action_id" UUID NOT NULL,
    "review_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "owner" TEXT,
    "due_on" DATE,
    "link" TEXT,
    "done_when" TEXT NOT NULL DEFAULT '',
    "dropped" BOOLEAN NOT NULL DEFAULT false,
    "written_by" TEXT NOT NULL,
    "written_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "review_action_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "review_action_mark" (
    "id" BIGSERIAL NOT NULL,
    "action_id" UUID NOT NULL,
    "review_id" UUID NOT NULL,
    "done" BOOLEAN NOT NULL,
    "note" TEXT NOT NULL DEFAULT '',
    "marked_by" TEXT NOT NULL,
    "marked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "review_action_mark_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "review_signing" (
    "id" UUID NOT NULL,
    "review_id" UUID NOT NULL,
    "revision" INTEGER NOT NULL,
    "document" BYTEA NOT NULL,
    "digest" TEXT NOT NULL,
    "markdown" BYTEA NOT NULL,
    "markdown_digest" TEXT NOT NULL,
    "signed_by" TEXT NOT NULL,
    "signed_at" TIMESTAMPTZ(3) NOT NULL,
    "evidence_id" UUID NOT NULL,

    CONSTRAINT "review_signing_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "review_reminder" (
    "action_id" UUID NOT NULL,
    "due_on" DATE NOT NULL,
    "told_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "review_reminder_pkey" PRIMARY KEY ("action_id","due_on")
);

-- CreateIndex
CREATE UNIQUE INDEX "review_incident_id_key" ON "review"("incident_id");

-- CreateIndex
CREATE INDEX "review_created_at_id_idx" ON "review"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "review_text_review_id_section_version_key" ON "review_text"("review_id", "section", "version");

-- CreateIndex
CREATE INDEX "review_action_review_id_idx" ON "review_action"("review_id");

-- CreateIndex
CREATE UNIQUE INDEX "review_action_action_id_version_key" ON "review_action"("action_id", "version");

-- CreateIndex
CREATE INDEX "review_action_mark_action_id_id_idx" ON "review_action_mark"("action_id", "id" DESC);

-- CreateIndex
CREATE INDEX "review_action_mark_review_id_idx" ON "review_action_mark"("review_id");

-- CreateIndex
CREATE UNIQUE INDEX "review_signing_review_id_revision_key" ON "review_signing"("review_id", "revision");

-- AddForeignKey
ALTER TABLE "review" ADD CONSTRAINT "review_incident_id_fkey" FOREIGN KEY ("incident_id") REFERENCES "incident"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "review_text" ADD CONSTRAINT "review_text_review_id_fkey" FOREIGN KEY ("review_id") REFERENCES "review"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "review_action" ADD CONSTRAINT "review_action_review_id_fkey" FOREIGN KEY ("review_id") REFERENCES "review"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "review_action_mark" ADD CONSTRAINT "review_action_mark_review_id_fkey" FOREIGN KEY ("review_id") REFERENCES "review"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "review_signing" ADD CONSTRAINT "review_signing_review_id_fkey" FOREIGN KEY ("review_id") REFERENCES "review"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What follows is written by hand: Prisma has no words for it.

-- Closed unions. A test compares each with the list in the code.
ALTER TABLE "review"
  ADD CONSTRAINT "review_status_known" CHECK ("status" IN ('draft', 'complete', 'signed')),
  ADD CONSTRAINT "review_completed" CHECK (("status" = 'draft') = ("completed_digest" IS NULL)
    AND ("completed_digest" IS NULL) = ("completed_by" IS NULL) AND ("completed_by" IS NULL) = ("completed_at" IS NULL));
ALTER TABLE "review_text"
  ADD CONSTRAINT "review_text_section_known" CHECK ("section" IN ('summary', 'causes', 'went-well', 'went-badly',
    'went-luckily')),
  ADD CONSTRAINT "review_text_merge_known" CHECK ("merge" IN ('none', 'merged', 'conflict')),
  ADD CONSTRAINT "review_text_sized" CHECK (length("text") <= 50000),
  ADD CONSTRAINT "review_text_numbered" CHECK ("version" >= 1 AND "base_version" >= 0 AND "base_version" < "version");
ALTER TABLE "review_action"
  ADD CONSTRAINT "review_action_sized" CHECK (length("title") BETWEEN 1 AND 500 AND length("done_when") <= 2000);
ALTER TABLE "review_signing"
  ADD CONSTRAINT "review_signing_digest" CHECK ("digest" = encode(sha256("document"), 'hex')
    AND "markdown_digest" = encode(sha256("markdown"), 'hex'));

-- What was written stays, also for somebody with a database console.
CREATE TRIGGER "review_is_kept" BEFORE DELETE ON "review"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "reviews_are_kept" BEFORE TRUNCATE ON "review"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "review_is_what_it_was" BEFORE UPDATE ON "review"
  FOR EACH ROW
  WHEN ((OLD."id", OLD."incident_id", OLD."created_at", OLD."created_by")
    IS DISTINCT FROM (NEW."id", NEW."incident_id", NEW."created_at", NEW."created_by"))
  EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "review_text_is_final" BEFORE UPDATE OR DELETE ON "review_text"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "review_texts_are_kept" BEFORE TRUNCATE ON "review_text"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "review_action_is_final" BEFORE UPDATE OR DELETE ON "review_action"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "review_actions_are_kept" BEFORE TRUNCATE ON "review_action"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "review_action_mark_is_final" BEFORE UPDATE OR DELETE ON "review_action_mark"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "review_action_marks_are_kept" BEFORE TRUNCATE ON "review_action_mark"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "review_signing_is_final" BEFORE UPDATE OR DELETE ON "review_signing"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "review_signings_are_kept" BEFORE TRUNCATE ON "review_signing"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();

-- Everybody who wrote any version of it, in whichever revision.
CREATE FUNCTION "reprise_wrote_review"("who" text, "review" uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM "review_text" t WHERE t."review_id" = "review" AND t."written_by" = "who")
    OR EXISTS (SELECT FROM "review_action" a WHERE a."review_id" = "review" AND a."written_by" = "who")
$$;
CREATE FUNCTION "reprise_may_sign_review"("who" text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM "person" WHERE "id" = "who" AND "disabled_at" IS NULL
    AND "roles" && ARRAY['operator', 'approver', 'auditor'])
$$;

-- A draft, then complete, then signed; a signed one stays as it is until its next revision begins.
CREATE FUNCTION "reprise_review_moves"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  signing record;
BEGIN
  IF OLD."status" = 'signed' THEN
    IF NOT (NEW."status" = 'draft' AND NEW."revision" = OLD."revision" + 1) THEN
      RAISE EXCEPTION 'this review is signed, and what is signed is not changed: begin a new revision' USING ERRCODE = 'RP007';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW."revision" <> OLD."revision" THEN
    RAISE EXCEPTION 'a new revision begins from a signed one' USING ERRCODE = 'RP007';
  END IF;
  IF NEW."status" = 'complete' THEN
    IF OLD."status" = 'complete' AND NEW IS DISTINCT FROM OLD THEN
      RAISE EXCEPTION 'what is complete is not changed: it is a draft again first' USING ERRCODE = 'RP007';
    END IF;
    IF (SELECT count(*) FROM (SELECT DISTINCT ON (t."section") t."section", t."text" FROM "review_text" t
      WHERE t."review_id" = NEW."id" ORDER BY t."section", t."version" DESC) AS newest
      WHERE newest."section" IN ('summary', 'causes', 'went-well', 'went-badly')
        AND newest."text" ~ '\S') < 4 THEN
      RAISE EXCEPTION 'a section that has to be written is empty' USING ERRCODE = 'RP007';
    END IF;
    IF EXISTS (SELECT FROM (SELECT DISTINCT ON (a."action_id") a.* FROM "review_action" a
      WHERE a."review_id" = NEW."id" ORDER BY a."action_id", a."version" DESC) AS newest
      WHERE NOT newest."dropped" AND (newest."owner" IS NULL OR newest."due_on" IS NULL)) THEN
      RAISE EXCEPTION 'an action has nobody who does it, or no day on which it is due' USING ERRCODE = 'RP007';
    END IF;
  END IF;
  IF NEW."status" = 'signed' THEN
    SELECT * INTO signing FROM "review_signing" s WHERE s."review_id" = NEW."id" AND s."revision" = NEW."revision";
    IF OLD."status" <> 'complete' OR signing IS NULL OR signing."digest" <> OLD."completed_digest"
      OR (NEW."facts", NEW."completed_digest", NEW."completed_by") IS DISTINCT FROM
        (OLD."facts", OLD."completed_digest", OLD."completed_by") THEN
      RAISE EXCEPTION 'what is signed is what was completed' USING ERRCODE = 'RP007';
    END IF;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "review_moves" BEFORE UPDATE ON "review"
  FOR EACH ROW EXECUTE FUNCTION "reprise_review_moves"();

CREATE FUNCTION "reprise_review_signable"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  of record;
BEGIN
  SELECT * INTO of FROM "review" r WHERE r."id" = NEW."review_id" FOR NO KEY UPDATE;
  IF of."status" IS DISTINCT FROM 'complete' OR of."completed_digest" IS DISTINCT FROM NEW."digest"
    OR of."revision" IS DISTINCT FROM NEW."revision" THEN
    RAISE EXCEPTION 'what is signed is what was completed' USING ERRCODE = 'RP007';
  END IF;
  IF NOT "reprise_may_sign_review"(NEW."signed_by") THEN
    RAISE EXCEPTION 'this needs the right to sign a review' USING ERRCODE = 'RP001';
  END IF;
  IF "reprise_wrote_review"(NEW."signed_by", NEW."review_id") OR of."completed_by" = NEW."signed_by" THEN
    RAISE EXCEPTION 'who wrote some of a review, or completed it, does not sign it' USING ERRCODE = 'RP001';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "review_is_signable" BEFORE INSERT ON "review_signing"
  FOR EACH ROW EXECUTE FUNCTION "reprise_review_signable"();

-- Texts and actions are written while it is a draft, and by nobody behind whoever signs.
CREATE FUNCTION "reprise_review_is_draft"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM "review" r WHERE r."id" = NEW."review_id" AND r."status" = 'draft' FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this review is no draft any more' USING ERRCODE = 'RP007';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "review_text_of_draft" BEFORE INSERT ON "review_text"
  FOR EACH ROW EXECUTE FUNCTION "reprise_review_is_draft"();
CREATE TRIGGER "review_action_of_draft" BEFORE INSERT ON "review_action"
  FOR EACH ROW EXECUTE FUNCTION "reprise_review_is_draft"();

-- The record of a review is about one incident, and says nothing of the others of its contract that are open.
DROP TRIGGER "records_are_told_to_incidents" ON "evidence_record";
CREATE TRIGGER "records_are_told_to_incidents" AFTER INSERT ON "evidence_record"
  FOR EACH ROW WHEN (NEW."kind" NOT IN ('runbook-step', 'review')) EXECUTE FUNCTION "reprise_incident_evidence"();

-- One more member of lists that others may have added to: what stands there stays.
DO $$
DECLARE
  added record;
  said text;
BEGIN
  FOR added IN SELECT * FROM (VALUES ('notice', 'notice_kind_known', 'review-overdue'),
    ('notice', 'notice_subject_known', 'review'), ('evidence_record', 'evidence_record_status_known', 'signed'))
    AS each("table", "constraint", "member")
  LOOP
    SELECT pg_get_constraintdef(c.oid) INTO STRICT said FROM pg_constraint c
    WHERE c.conname = added."constraint" AND c.conrelid = added."table"::regclass;
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I, ADD CONSTRAINT %I %s', added."table", added."constraint",
      added."constraint", replace(said, 'ARRAY[', format('ARRAY[%L::text, ', added."member")));
  END LOOP;
END
$$;
