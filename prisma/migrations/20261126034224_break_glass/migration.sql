-- CreateTable
CREATE TABLE "break_glass" (
    "id" UUID NOT NULL,
    "subject_kind" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "contract_id" TEXT NOT NULL,
    "plan_hash" TEXT NOT NULL,
    "first_by" TEXT NOT NULL,
    "first_reason" TEXT NOT NULL,
    "first_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "second_by" TEXT,
    "second_reason" TEXT,
    "second_at" TIMESTAMPTZ(3),
    "closed_by" TEXT,
    "conclusion" TEXT,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "break_glass_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "break_glass_subject_kind_subject_id_idx" ON "break_glass"("subject_kind", "subject_id");


-- What follows is written by hand: Prisma has no words for it.
ALTER TABLE "break_glass"
  ADD CONSTRAINT "break_glass_subject_known" CHECK ("subject_kind" IN ('replay', 'promotion')),
  ADD CONSTRAINT "break_glass_has_reasons" CHECK (length(btrim("first_reason")) > 0
    AND ("second_by" IS NULL OR length(btrim("second_reason")) > 0) AND ("closed_by" IS NULL OR length(btrim("conclusion")) > 0)),
  ADD CONSTRAINT "break_glass_by_two" CHECK ("second_by" <> "first_by"),
  ADD CONSTRAINT "break_glass_reviewed_by_a_third" CHECK ("closed_by" <> "first_by" AND "closed_by" <> "second_by"),
  ADD CONSTRAINT "break_glass_steps" CHECK (("second_by" IS NULL) = ("second_at" IS NULL) AND ("second_by" IS NULL) = ("second_reason" IS NULL)
    AND ("closed_by" IS NULL) = ("closed_at" IS NULL) AND ("closed_by" IS NULL) = ("conclusion" IS NULL)
    AND ("closed_by" IS NULL OR "second_by" IS NOT NULL));
CREATE UNIQUE INDEX "break_glass_once" ON "break_glass" ("subject_kind", "subject_id", "plan_hash") WHERE "second_by" IS NOT NULL;

CREATE FUNCTION "reprise_may_break_glass"("who" text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM "person" WHERE "id" = "who" AND "disabled_at" IS NULL AND "roles" && ARRAY['operator', 'approver'])
$$;
CREATE FUNCTION "reprise_may_review"("who" text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM "person" WHERE "id" = "who" AND "disabled_at" IS NULL AND "roles" && ARRAY['approver', 'auditor'])
$$;

-- Whether two people who still may have let this plan run, within the last day.
CREATE FUNCTION "reprise_glass_broken"("kind" text, "subject" uuid, "hash" text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM "break_glass" g WHERE g."subject_kind" = "kind" AND g."subject_id" = "subject" AND g."plan_hash" = "hash"
    AND g."second_at" > clock_timestamp() - interval '24 hours'
    AND "reprise_may_break_glass"(g."first_by") AND "reprise_may_break_glass"(g."second_by"))
$$;

CREATE OR REPLACE FUNCTION "reprise_is_approved"("replay" uuid, "plan" text, "hash" text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN coalesce(("plan"::json ->> 'approvalsNeeded')::int, 0) = 0 THEN true
    WHEN "reprise_glass_broken"('replay', "replay", "hash") THEN true
    ELSE "reprise_approvals"("replay", "hash") >= ("plan"::json ->> 'approvalsNeeded')::int
      AND NOT EXISTS (SELECT FROM "decision" d WHERE d."subject_kind" = 'replay' AND d."subject_id" = "replay"
        AND d."verdict" = 'rejected' AND d."voided_at" IS NULL) END
$$;
CREATE OR REPLACE FUNCTION "reprise_promotion_is_approved"("promotion" uuid, "plan" text, "hash" text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT "reprise_glass_broken"('promotion', "promotion", "hash")
    OR ("reprise_promotion_approvals"("promotion", "hash") >= greatest(1, ("plan"::json ->> 'approvalsNeeded')::int)
      AND NOT EXISTS (SELECT FROM "decision" d WHERE d."subject_kind" = 'promotion' AND d."subject_id" = "promotion"
        AND d."verdict" = 'rejected' AND d."voided_at" IS NULL))
$$;

-- Nobody breaks the glass alone, for something else than what waits, or for what has been decided.
CREATE FUNCTION "reprise_glass_waits"("kind" text, "subject" uuid, "hash" text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  waiting boolean;
BEGIN
  IF "kind" = 'replay' THEN
    SELECT r."status" = 'awaiting-approval' AND r."plan_hash" = "hash" INTO waiting FROM "replay" r WHERE r."id" = "subject" FOR UPDATE;
  ELSE
    SELECT p."status" = 'awaiting-approval' AND p."plan_hash" = "hash" INTO waiting FROM "promotion" p WHERE p."id" = "subject" FOR UPDATE;
  END IF;
  IF waiting IS NOT TRUE THEN
    RAISE EXCEPTION 'it does not wait for approval, or not with this plan' USING ERRCODE = 'check_violation';
  END IF;
END
$$;
CREATE FUNCTION "reprise_glass_changes"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM "reprise_glass_waits"(NEW."subject_kind", NEW."subject_id", NEW."plan_hash");
    IF NOT "reprise_may_break_glass"(NEW."first_by") OR NEW."second_by" IS NOT NULL OR NEW."closed_by" IS NOT NULL THEN
      RAISE EXCEPTION 'this person does not break the glass, or not alone' USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW."first_at" := now();
    NEW."expires_at" := now() + interval '15 minutes';
    RETURN NEW;
  END IF;
  IF (OLD."id", OLD."subject_kind", OLD."subject_id", OLD."contract_id", OLD."plan_hash", OLD."first_by", OLD."first_reason", OLD."first_at", OLD."expires_at")
    IS DISTINCT FROM (NEW."id", NEW."subject_kind", NEW."subject_id", NEW."contract_id", NEW."plan_hash", NEW."first_by", NEW."first_reason", NEW."first_at", NEW."expires_at") THEN
    RAISE EXCEPTION 'what was recorded is never changed' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD."second_by" IS NULL AND NEW."second_by" IS NOT NULL AND NEW."closed_by" IS NULL THEN
    PERFORM "reprise_glass_waits"(NEW."subject_kind", NEW."subject_id", NEW."plan_hash");
    IF OLD."expires_at" <= clock_timestamp() THEN
      RAISE EXCEPTION 'the second person came too late' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT "reprise_may_break_glass"(NEW."first_by") OR NOT "reprise_may_break_glass"(NEW."second_by") THEN
      RAISE EXCEPTION 'one of the two does not break the glass' USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW."second_at" := now();
    RETURN NEW;
  END IF;
  IF OLD."second_by" IS NOT NULL AND OLD."closed_by" IS NULL AND NEW."closed_by" IS NOT NULL
    AND (OLD."second_by", OLD."second_reason", OLD."second_at") = (NEW."second_by", NEW."second_reason", NEW."second_at") THEN
    IF NOT "reprise_may_review"(NEW."closed_by") THEN
      RAISE EXCEPTION 'this person does not review' USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW."closed_at" := now();
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'what was recorded is never changed' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER "break_glass_changes" BEFORE INSERT OR UPDATE ON "break_glass"
  FOR EACH ROW EXECUTE FUNCTION "reprise_glass_changes"();
CREATE TRIGGER "break_glass_is_kept" BEFORE DELETE ON "break_glass"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "break_glass_is_kept_whole" BEFORE TRUNCATE ON "break_glass"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
