-- Written by hand: Prisma has no words for any of it.

-- Nobody breaks the glass alone, for something else than what waits, or for what has been decided. With the people held,
-- nobody takes their right until this stands. What is refused has the codes that whoever asks hears as a refusal.
DROP FUNCTION "reprise_glass_waits"(text, uuid, text);
CREATE FUNCTION "reprise_glass_waits"("kind" text, "subject" uuid, "hash" text, "contract" text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  asked record;
BEGIN
  IF "kind" = 'replay' THEN
    SELECT r."status", r."plan_hash", r."contract_id", r."contract_version" INTO asked
    FROM "replay" r WHERE r."id" = "subject" FOR UPDATE;
  ELSE
    SELECT p."status", p."plan_hash", p."contract_id", p."contract_version" INTO asked
    FROM "promotion" p WHERE p."id" = "subject" FOR UPDATE;
  END IF;
  IF NOT FOUND OR asked."status" <> 'awaiting-approval' OR asked."plan_hash" IS DISTINCT FROM "hash" THEN
    PERFORM "reprise_conflict"("kind", 'it does not wait for approval, or not with this plan');
  END IF;
  IF asked."contract_id" <> "contract" THEN
    PERFORM "reprise_conflict"("kind", 'it is of another contract');
  END IF;
  IF "kind" = 'promotion' AND NOT "reprise_is_newest"(asked."contract_id", asked."contract_version") THEN
    PERFORM "reprise_conflict"('promotion', 'another version of its contract has been registered since');
  END IF;
END
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
  IF OLD."second_by" IS NULL AND NEW."second_by" IS NOT NULL AND NEW."closed_by" IS NULL THEN
    PERFORM "reprise_glass_waits"(NEW."subject_kind", NEW."subject_id", NEW."plan_hash", NEW."contract_id");
    IF OLD."expires_at" <= clock_timestamp() THEN
      PERFORM "reprise_conflict"(NEW."subject_kind", 'the second person came too late');
    END IF;
    PERFORM FROM "person" WHERE "id" IN (NEW."first_by", NEW."second_by") ORDER BY "id" FOR SHARE;
    IF NOT "reprise_may_break_glass"(NEW."first_by") OR NOT "reprise_may_break_glass"(NEW."second_by") THEN
      PERFORM "reprise_forbid"('one of the two does not break the glass');
    END IF;
    NEW."second_at" := now();
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
