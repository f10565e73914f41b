-- AlterTable
ALTER TABLE "replay" ADD COLUMN     "plan_erased" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "erasure" (
    "id" UUID NOT NULL,
    "run_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "contract_id" TEXT NOT NULL,
    "replay_id" UUID NOT NULL,
    "older_than_days" INTEGER,
    "reason" TEXT NOT NULL,
    "erased_by" TEXT NOT NULL,
    "erased_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "salt" BYTEA NOT NULL,
    "key_hashes" TEXT[],
    "counts" JSONB NOT NULL,
    "unusable" BOOLEAN NOT NULL,
    "promotions" UUID[],
    "attachments" TEXT[],

    CONSTRAINT "erasure_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "erasure_replay_id_idx" ON "erasure"("replay_id");


-- What follows is written by hand: Prisma has no words for it.

ALTER TABLE "erasure"
  ADD CONSTRAINT "erasure_kind_known" CHECK ("kind" IN ('policy', 'subject')),
  ADD CONSTRAINT "erasure_by_age_or_key" CHECK (("kind" = 'policy') = ("older_than_days" IS NOT NULL)
    AND ("kind" = 'subject') = (cardinality("key_hashes") > 0)),
  ADD CONSTRAINT "erasure_has_reason" CHECK (length(btrim("reason")) > 0),
  ADD CONSTRAINT "erasure_is_salted" CHECK (octet_length("salt") >= 16);

-- Whether what is being done is the erasing of this replay: its row says so, and was written by this very transaction. The
-- time tells it from a row of an earlier server that was restored here, whose transactions were numbered anew.
CREATE FUNCTION "reprise_erases"("replay" uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM "erasure" e WHERE e."replay_id" = "reprise_erases"."replay"
    AND e.xmin = pg_current_xact_id()::xid AND e."erased_at" = date_trunc('milliseconds', transaction_timestamp()))
$$;
CREATE FUNCTION "reprise_erases_about"("subject_kind" text, "subject" uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT CASE "subject_kind" WHEN 'replay' THEN "reprise_erases"("subject")
    ELSE coalesce((SELECT "reprise_erases"(p."replay_id") FROM "promotion" p WHERE p."id" = "subject"), false) END
$$;

-- Erasing is for the owner of the table, of what has ended, and of nothing that somebody is about to go on from.
CREATE FUNCTION "reprise_erasure_begins"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  waiting text;
BEGIN
  IF NOT pg_has_role(current_user, (SELECT c."relowner" FROM pg_class c WHERE c."oid" = TG_RELID), 'USAGE') THEN
    PERFORM "reprise_forbid"('only the owner of the database erases');
  END IF;
  -- With the row held nothing begins on it: what does asks for the row first, and finds this erasure then.
  PERFORM FROM "replay" r WHERE r."id" = NEW."replay_id" FOR UPDATE;
  IF NOT "reprise_has_ended"(NEW."replay_id") THEN
    PERFORM "reprise_conflict"('replay', format('replay %s has not ended, and nothing of it is erased before', NEW."replay_id"));
  END IF;
  SELECT string_agg(found.what, ', ') INTO waiting FROM (
    SELECT format('promotion %s is %s', p."id", p."status") AS what FROM "promotion" p
    WHERE p."replay_id" = NEW."replay_id" AND p."ended_at" IS NULL
    UNION ALL
    SELECT format('replay %s is %s and goes on from it', r."id", r."status") FROM "replay" r
    WHERE r."status" NOT IN ('finished', 'failed', 'cancelled', 'refused')
      AND r."plan"::json #>> '{base,replayId}' = NEW."replay_id"::text
  ) AS found;
  IF waiting IS NOT NULL THEN
    PERFORM "reprise_conflict"('replay', format('nothing of replay %s is erased while something waits or runs on it: %s', NEW."replay_id", waiting));
  END IF;
  NEW."erased_at" := date_trunc('milliseconds', transaction_timestamp());
  RETURN NEW;
END
$$;
CREATE TRIGGER "erasure_begins" BEFORE INSERT ON "erasure"
  FOR EACH ROW EXECUTE FUNCTION "reprise_erasure_begins"();

-- It says what was erased, and is a row of its transaction: what it came to is noted there, and never again.
CREATE FUNCTION "reprise_erasure_noted"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT "reprise_erases"(OLD."replay_id")
    OR (OLD."id", OLD."run_id", OLD."kind", OLD."contract_id", OLD."replay_id", OLD."older_than_days", OLD."reason", OLD."erased_by", OLD."erased_at", OLD."salt", OLD."key_hashes")
      IS DISTINCT FROM (NEW."id", NEW."run_id", NEW."kind", NEW."contract_id", NEW."replay_id", NEW."older_than_days", NEW."reason", NEW."erased_by", NEW."erased_at", NEW."salt", NEW."key_hashes") THEN
    RAISE EXCEPTION '% of % is refused: what was recorded is never changed', TG_OP, TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "erasure_is_final" BEFORE UPDATE ON "erasure"
  FOR EACH ROW EXECUTE FUNCTION "reprise_erasure_noted"();
CREATE TRIGGER "erasure_is_kept" BEFORE DELETE ON "erasure"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "erasure_is_kept_whole" BEFORE TRUNCATE ON "erasure"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();

-- A plan is frozen, and so is its hash. Of one that has ended keys can be erased: it says then that it is not the plan that
-- was hashed, and the hash stays what is on record.
ALTER TABLE "replay" DROP CONSTRAINT "replay_hash_of_plan";
ALTER TABLE "replay" ADD CONSTRAINT "replay_hash_of_plan"
  CHECK ("plan" IS NULL OR "plan_erased" OR "plan_hash" = encode(sha256(convert_to("plan", 'UTF8')), 'hex')) NOT VALID;
DROP TRIGGER "replay_plan_is_frozen" ON "replay";
CREATE TRIGGER "replay_plan_is_frozen" BEFORE UPDATE ON "replay"
  FOR EACH ROW
  WHEN ((OLD."id", OLD."contract_id", OLD."contract_version", OLD."requested_by", OLD."requested_at")
      IS DISTINCT FROM (NEW."id", NEW."contract_id", NEW."contract_version", NEW."requested_by", NEW."requested_at")
    OR NEW."fencing_token" < OLD."fencing_token"
    OR (OLD."plan" IS NOT NULL AND OLD."plan_hash" IS DISTINCT FROM NEW."plan_hash")
    OR (((OLD."plan" IS NOT NULL AND OLD."plan" IS DISTINCT FROM NEW."plan")
        OR (OLD."scope", OLD."plan_erased") IS DISTINCT FROM (NEW."scope", NEW."plan_erased"))
      AND NOT "reprise_erases"(OLD."id")))
  EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "replay_plan_is_whole" BEFORE INSERT ON "replay"
  FOR EACH ROW WHEN (NEW."plan_erased") EXECUTE FUNCTION "reprise_refuse_change"();

CREATE OR REPLACE FUNCTION "reprise_replay_ended"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  kept "replay";
BEGIN
  kept := NEW;
  kept."lease_owner" := OLD."lease_owner";
  kept."lease_until" := OLD."lease_until";
  kept."fencing_token" := OLD."fencing_token";
  kept."problem" := OLD."problem";
  kept."retries" := OLD."retries";
  kept."retry_at" := OLD."retry_at";
  kept."lasting" := OLD."lasting";
  kept."updated_at" := OLD."updated_at";
  IF coalesce(NEW."reason", '') = '' AND coalesce(NEW."failure", '') = '' AND coalesce(NEW."cancel_reason", '') = ''
    AND pg_has_role(current_user, (SELECT c."relowner" FROM pg_class c WHERE c."oid" = TG_RELID), 'USAGE') THEN
    kept."reason" := OLD."reason";
    kept."failure" := OLD."failure";
    kept."cancel_reason" := OLD."cancel_reason";
  END IF;
  IF NEW."plan_erased" AND "reprise_erases"(OLD."id") THEN
    kept."plan" := OLD."plan";
    kept."scope" := OLD."scope";
    kept."plan_erased" := OLD."plan_erased";
  END IF;
  IF kept IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'UPDATE of % is refused: a replay that has ended is never changed', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION "reprise_result_row"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'seen_block' AND "reprise_erases"(OLD."replay_id") THEN
    RETURN OLD;
  END IF;
  IF TG_OP <> 'INSERT' AND "reprise_has_ended"(OLD."replay_id") THEN
    IF TG_OP = 'DELETE' OR TG_NARGS = 0 OR to_jsonb(NEW) - TG_ARGV[0] IS DISTINCT FROM to_jsonb(OLD) - TG_ARGV[0]
      OR NOT pg_has_role(current_user, (SELECT c."relowner" FROM pg_class c WHERE c."oid" = TG_RELID), 'USAGE') THEN
      PERFORM "reprise_result_kept"(TG_OP, TG_TABLE_NAME);
    END IF;
  ELSIF TG_OP <> 'DELETE' AND "reprise_has_ended"(NEW."replay_id") THEN
    PERFORM "reprise_result_kept"(TG_OP, TG_TABLE_NAME);
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  RETURN NEW;
END
$$;

-- Counts of what was found are figures of the result, and stay.
CREATE OR REPLACE FUNCTION "reprise_result_rows"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "replay" r WHERE r."id" IN (SELECT "touched"."replay_id" FROM "touched")
      AND (r."status" IN ('finished', 'failed', 'cancelled') OR (r."status" = 'refused' AND r."evidence_id" IS NOT NULL))
      AND NOT (TG_OP = 'DELETE' AND TG_TABLE_NAME IN ('shadow_state', 'discrepancy', 'replay_finding')
        AND "reprise_erases"(r."id"))) THEN
    PERFORM "reprise_result_kept"(TG_OP, TG_TABLE_NAME);
  END IF;
  RETURN NULL;
END
$$;

-- What was erased of a replay, as a sentence; null where nothing that anybody could go on from.
CREATE FUNCTION "reprise_erased_why"("replay" uuid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT format('rows of replay %s were erased on %s UTC (%s): %s', "replay",
    to_char(e."erased_at" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'),
    CASE e."kind" WHEN 'policy' THEN format('by policy of %s days', e."older_than_days") ELSE 'by subject' END, e."reason")
  FROM "erasure" e WHERE e."replay_id" = "reprise_erased_why"."replay" AND e."unusable"
  ORDER BY e."erased_at" DESC LIMIT 1
$$;

-- A key's own history is read anew when it is opened, and would bring back what was erased.
CREATE FUNCTION "reprise_trace_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM "replay" r WHERE r."id" = NEW."replay_id" FOR KEY SHARE;
  IF EXISTS (SELECT FROM "erasure" e WHERE e."replay_id" = NEW."replay_id" AND (e."kind" = 'policy'
      OR encode(sha256(e."salt" || convert_to(NEW."key", 'UTF8')), 'hex') = ANY (e."key_hashes"))) THEN
    PERFORM "reprise_conflict"('replay', format('what replay %s held of this key was erased, and its history is not read again for it', NEW."replay_id"));
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "key_trace_kept" BEFORE INSERT OR UPDATE ON "key_trace"
  FOR EACH ROW EXECUTE FUNCTION "reprise_trace_kept"();

-- Nobody goes on from what is not whole any more.
CREATE FUNCTION "reprise_promotion_stands"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  why text;
BEGIN
  PERFORM FROM "replay" r WHERE r."id" = NEW."replay_id" FOR KEY SHARE;
  why := "reprise_erased_why"(NEW."replay_id");
  IF why IS NULL AND NEW."undoes" IS NOT NULL THEN
    SELECT format('rows of promotion %s were erased: %s', NEW."undoes", e."reason") INTO why
    FROM "erasure" e WHERE e."replay_id" = NEW."replay_id" AND NEW."undoes" = ANY (e."promotions") LIMIT 1;
  END IF;
  -- Rows that the owner has deleted by hand are in no erasure.
  IF why IS NULL AND (SELECT (p."plan"::json ->> 'keys')::int FROM "promotion" p WHERE p."id" = NEW."undoes")
      <> (SELECT count(*) FROM "promotion_change" c WHERE c."promotion_id" = NEW."undoes") THEN
    why := format('rows of promotion %s were erased', NEW."undoes");
  END IF;
  IF why IS NOT NULL THEN
    PERFORM "reprise_conflict"('promotion', why || '. Promote what a new replay comes to');
  END IF;
  RETURN NEW;
END
$$;
-- After the triggers that ask whether there is such a replay at all: they run in the order of their names.
CREATE TRIGGER "promotion_stands_on_rows" BEFORE INSERT ON "promotion"
  FOR EACH ROW EXECUTE FUNCTION "reprise_promotion_stands"();

CREATE FUNCTION "reprise_replay_goes_on"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  base uuid := (NEW."plan"::json #>> '{base,replayId}')::uuid;
  why text;
BEGIN
  PERFORM FROM "replay" r WHERE r."id" = base FOR KEY SHARE;
  why := "reprise_erased_why"(base);
  IF why IS NOT NULL THEN
    PERFORM "reprise_conflict"('replay', why || '. Nothing goes on from it: plan again');
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "replay_goes_on_from_rows" BEFORE INSERT ON "replay"
  FOR EACH ROW WHEN (NEW."plan" IS NOT NULL AND NEW."plan"::json #>> '{base,replayId}' IS NOT NULL)
  EXECUTE FUNCTION "reprise_replay_goes_on"();

-- Words of a promotion and of those who decided about it: they stand in the remarks too, and go with them.
DROP TRIGGER "promotion_plan_is_frozen" ON "promotion";
CREATE TRIGGER "promotion_plan_is_frozen" BEFORE UPDATE ON "promotion"
  FOR EACH ROW
  WHEN ((OLD."id", OLD."contract_id", OLD."contract_version", OLD."replay_id", OLD."derived_state", OLD."plan", OLD."plan_hash",
      OLD."requested_by", OLD."requested_at", OLD."undoes")
    IS DISTINCT FROM (NEW."id", NEW."contract_id", NEW."contract_version", NEW."replay_id", NEW."derived_state", NEW."plan",
      NEW."plan_hash", NEW."requested_by", NEW."requested_at", NEW."undoes")
    OR NEW."fencing_token" < OLD."fencing_token" OR (OLD."undone_by" IS NOT NULL AND NEW."undone_by" IS DISTINCT FROM OLD."undone_by")
    OR (OLD."reason" IS DISTINCT FROM NEW."reason" AND NOT (NEW."reason" = '' AND "reprise_erases"(OLD."replay_id"))))
  EXECUTE FUNCTION "reprise_refuse_change"();
DROP TRIGGER "promotion_end_is_final" ON "promotion";
CREATE TRIGGER "promotion_end_is_final" BEFORE UPDATE ON "promotion"
  FOR EACH ROW
  WHEN (OLD."ended_at" IS NOT NULL
    AND ((OLD."started_at", OLD."ended_at", OLD."failure_code", OLD."evidence_id", OLD."outcome" - 'after')
        IS DISTINCT FROM (NEW."started_at", NEW."ended_at", NEW."failure_code", NEW."evidence_id", NEW."outcome" - 'after')
      OR (OLD."failure", OLD."outcome") IS DISTINCT FROM (NEW."failure", NEW."outcome")
        AND NOT "reprise_erases"(OLD."replay_id")))
  EXECUTE FUNCTION "reprise_refuse_change"();

DROP TRIGGER "decision_is_final" ON "decision";
CREATE TRIGGER "decision_is_final" BEFORE UPDATE ON "decision"
  FOR EACH ROW
  WHEN ((OLD."voided_at" IS NOT NULL OR (OLD."id", OLD."subject_kind", OLD."subject_id", OLD."contract_id", OLD."plan_hash",
        OLD."person_id", OLD."verdict", OLD."reason", OLD."decided_at", OLD."expires_at")
      IS DISTINCT FROM (NEW."id", NEW."subject_kind", NEW."subject_id", NEW."contract_id", NEW."plan_hash",
        NEW."person_id", NEW."verdict", NEW."reason", NEW."decided_at", NEW."expires_at"))
    AND NOT (NEW."reason" = 'erased' AND (OLD."id", OLD."subject_kind", OLD."subject_id", OLD."contract_id", OLD."plan_hash",
        OLD."person_id", OLD."verdict", OLD."decided_at", OLD."expires_at", OLD."voided_at", OLD."void_reason")
      IS NOT DISTINCT FROM (NEW."id", NEW."subject_kind", NEW."subject_id", NEW."contract_id", NEW."plan_hash",
        NEW."person_id", NEW."verdict", NEW."decided_at", NEW."expires_at", NEW."voided_at", NEW."void_reason")
      AND "reprise_erases_about"(OLD."subject_kind", OLD."subject_id")))
  EXECUTE FUNCTION "reprise_refuse_change"();

-- Its other rules ask who breaks the glass and when, of which the erasing of its words says nothing.
DROP TRIGGER "break_glass_changes" ON "break_glass";
CREATE TRIGGER "break_glass_changes" BEFORE INSERT ON "break_glass"
  FOR EACH ROW EXECUTE FUNCTION "reprise_glass_changes"();
CREATE TRIGGER "break_glass_moves" BEFORE UPDATE ON "break_glass"
  FOR EACH ROW
  WHEN (NOT (NEW."first_reason" = 'erased' AND coalesce(NEW."second_reason", 'erased') = 'erased' AND coalesce(NEW."conclusion", 'erased') = 'erased'
    AND (OLD."id", OLD."subject_kind", OLD."subject_id", OLD."contract_id", OLD."plan_hash", OLD."first_by", OLD."first_at",
        OLD."expires_at", OLD."second_by", OLD."second_at", OLD."closed_by", OLD."closed_at",
        OLD."second_reason" IS NULL, OLD."conclusion" IS NULL)
      IS NOT DISTINCT FROM (NEW."id", NEW."subject_kind", NEW."subject_id", NEW."contract_id", NEW."plan_hash", NEW."first_by", NEW."first_at",
        NEW."expires_at", NEW."second_by", NEW."second_at", NEW."closed_by", NEW."closed_at",
        NEW."second_reason" IS NULL, NEW."conclusion" IS NULL)
    AND "reprise_erases_about"(OLD."subject_kind", OLD."subject_id")))
  EXECUTE FUNCTION "reprise_glass_changes"();
