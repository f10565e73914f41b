-- AlterTable
ALTER TABLE "break_glass" ADD COLUMN "voided_at" TIMESTAMPTZ(3);


-- What follows is written by hand: Prisma has no words for it.
-- Broken glass lapses where what it let run is taken back before it began: a day has passed, or one of the two may not
-- any more. What runs later runs by other approvals, or by glass that is broken anew.
ALTER TABLE "break_glass" ADD CONSTRAINT "break_glass_lapses_broken" CHECK ("voided_at" IS NULL OR "second_by" IS NOT NULL);
DROP INDEX "break_glass_once";
CREATE UNIQUE INDEX "break_glass_once" ON "break_glass" ("subject_kind", "subject_id", "plan_hash")
  WHERE "second_by" IS NOT NULL AND "voided_at" IS NULL;

CREATE OR REPLACE FUNCTION "reprise_glass_broken"("kind" text, "subject" uuid, "hash" text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM "break_glass" g WHERE g."subject_kind" = "kind" AND g."subject_id" = "subject" AND g."plan_hash" = "hash"
    AND g."voided_at" IS NULL AND g."second_at" > clock_timestamp() - interval '24 hours'
    AND "reprise_may_break_glass"(g."first_by") AND "reprise_may_break_glass"(g."second_by"))
$$;

CREATE OR REPLACE FUNCTION "reprise_glass_changes"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  requester text;
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM "reprise_glass_waits"(NEW."subject_kind", NEW."subject_id", NEW."plan_hash", NEW."contract_id");
    PERFORM FROM "person" WHERE "id" = NEW."first_by" FOR SHARE;
    IF NOT "reprise_may_break_glass"(NEW."first_by") OR NEW."second_by" IS NOT NULL OR NEW."closed_by" IS NOT NULL THEN
      PERFORM "reprise_forbid"('this person does not break the glass, or not alone');
    END IF;
    NEW."first_at" := now();
    NEW."expires_at" := now() + interval '15 minutes';
    RETURN NEW;
  END IF;
  IF (OLD."id", OLD."subject_kind", OLD."subject_id", OLD."contract_id", OLD."plan_hash", OLD."first_by", OLD."first_reason", OLD."first_at", OLD."expires_at")
    IS DISTINCT FROM (NEW."id", NEW."subject_kind", NEW."subject_id", NEW."contract_id", NEW."plan_hash", NEW."first_by", NEW."first_reason", NEW."first_at", NEW."expires_at") THEN
    RAISE EXCEPTION 'what was recorded is never changed' USING ERRCODE = 'restrict_violation';
  END IF;
  -- What lapsed stays lapsed, and nothing lapses by a hand alone: only where what it let run waits again.
  IF OLD."voided_at" IS DISTINCT FROM NEW."voided_at" THEN
    IF OLD."voided_at" IS NOT NULL
      OR (OLD."second_by", OLD."second_reason", OLD."second_at", OLD."closed_by", OLD."conclusion", OLD."closed_at")
        IS DISTINCT FROM (NEW."second_by", NEW."second_reason", NEW."second_at", NEW."closed_by", NEW."conclusion", NEW."closed_at") THEN
      RAISE EXCEPTION 'what was recorded is never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM "replay" r WHERE NEW."subject_kind" = 'replay' AND r."id" = NEW."subject_id" AND r."status" = 'awaiting-approval')
      AND NOT EXISTS (SELECT FROM "promotion" p WHERE NEW."subject_kind" = 'promotion' AND p."id" = NEW."subject_id" AND p."status" = 'awaiting-approval') THEN
      PERFORM "reprise_forbid"('what it let run does not wait for approval again');
    END IF;
    NEW."voided_at" := now();
    RETURN NEW;
  END IF;
  IF OLD."second_by" IS NULL AND NEW."second_by" IS NOT NULL AND NEW."closed_by" IS NULL THEN
    PERFORM "reprise_glass_waits"(NEW."subject_kind", NEW."subject_id", NEW."plan_hash", NEW."contract_id");
    IF OLD."expires_at" <= clock_timestamp() THEN
      PERFORM "reprise_conflict"(NEW."subject_kind", 'the second person came too late');
    END IF;
    PERFORM FROM "person" WHERE "id" IN (NEW."first_by", NEW."second_by") ORDER BY "id" FOR SHARE;
    IF NOT "reprise_may_break_glass"(NEW."first_by") OR NOT "reprise_may_break_glass"(NEW."second_by") THEN
      PERFORM "reprise_forbid"('one of the two does not break the glass');
    END IF;
    -- Both may have begun at once, and the second by name began its transaction first.
    NEW."second_at" := greatest(now(), OLD."first_at");
    RETURN NEW;
  END IF;
  IF OLD."second_by" IS NOT NULL AND OLD."closed_by" IS NULL AND NEW."closed_by" IS NOT NULL
    AND (OLD."second_by", OLD."second_reason", OLD."second_at") = (NEW."second_by", NEW."second_reason", NEW."second_at") THEN
    PERFORM FROM "person" WHERE "id" = NEW."closed_by" FOR SHARE;
    IF NOT "reprise_may_review"(NEW."closed_by") THEN
      PERFORM "reprise_forbid"('this person does not review');
    END IF;
    -- Who asked for it, and the two who let it run, are the three whose act this is about.
    IF NEW."subject_kind" = 'replay' THEN
      SELECT r."requested_by" INTO requester FROM "replay" r WHERE r."id" = NEW."subject_id";
    ELSE
      SELECT p."requested_by" INTO requester FROM "promotion" p WHERE p."id" = NEW."subject_id";
    END IF;
    IF requester = NEW."closed_by" THEN
      PERFORM "reprise_forbid"('who requested it does not review it');
    END IF;
    NEW."closed_at" := now();
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'what was recorded is never changed' USING ERRCODE = 'restrict_violation';
END
$$;

DROP TRIGGER "break_glass_moves" ON "break_glass";
CREATE TRIGGER "break_glass_moves" BEFORE UPDATE ON "break_glass"
  FOR EACH ROW
  WHEN (NOT (NEW."first_reason" = 'erased' AND coalesce(NEW."second_reason", 'erased') = 'erased' AND coalesce(NEW."conclusion", 'erased') = 'erased'
    AND (OLD."id", OLD."subject_kind", OLD."subject_id", OLD."contract_id", OLD."plan_hash", OLD."first_by", OLD."first_at",
        OLD."expires_at", OLD."second_by", OLD."second_at", OLD."closed_by", OLD."closed_at", OLD."voided_at",
        OLD."second_reason" IS NULL, OLD."conclusion" IS NULL)
      IS NOT DISTINCT FROM (NEW."id", NEW."subject_kind", NEW."subject_id", NEW."contract_id", NEW."plan_hash", NEW."first_by", NEW."first_at",
        NEW."expires_at", NEW."second_by", NEW."second_at", NEW."closed_by", NEW."closed_at", NEW."voided_at",
        NEW."second_reason" IS NULL, NEW."conclusion" IS NULL)
    AND "reprise_erases_about"(OLD."subject_kind", OLD."subject_id")))
  EXECUTE FUNCTION "reprise_glass_changes"();

-- Whatever takes it back, and by whatever statement.
CREATE FUNCTION "reprise_glass_lapses"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "break_glass" SET "voided_at" = now()
  WHERE "subject_kind" = TG_ARGV[0] AND "subject_id" = NEW."id" AND "second_by" IS NOT NULL AND "voided_at" IS NULL;
  RETURN NULL;
END
$$;
CREATE TRIGGER "replay_glass_lapses" AFTER UPDATE OF "status" ON "replay"
  FOR EACH ROW WHEN (NEW."status" = 'awaiting-approval' AND OLD."status" IS DISTINCT FROM NEW."status")
  EXECUTE FUNCTION "reprise_glass_lapses"('replay');
CREATE TRIGGER "promotion_glass_lapses" AFTER UPDATE OF "status" ON "promotion"
  FOR EACH ROW WHEN (NEW."status" = 'awaiting-approval' AND OLD."status" IS DISTINCT FROM NEW."status")
  EXECUTE FUNCTION "reprise_glass_lapses"('promotion');

-- What was taken back before this was known.
UPDATE "break_glass" g SET "voided_at" = now()
WHERE g."second_by" IS NOT NULL
  AND (EXISTS (SELECT FROM "replay" r WHERE g."subject_kind" = 'replay' AND r."id" = g."subject_id" AND r."status" = 'awaiting-approval')
    OR EXISTS (SELECT FROM "promotion" p WHERE g."subject_kind" = 'promotion' AND p."id" = g."subject_id" AND p."status" = 'awaiting-approval'));
