-- AlterTable
ALTER TABLE "erasure" ALTER COLUMN "replay_id" DROP NOT NULL;

-- CreateIndex
CREATE INDEX "erasure_attachments_idx" ON "erasure" USING GIN ("attachments");


-- What follows is written by hand: Prisma has no words for it.

-- What stands beside a step of a runbook is of no replay. What was erased of it, its row says at once and names.
ALTER TABLE "erasure" DROP CONSTRAINT "erasure_kind_known",
  ADD CONSTRAINT "erasure_kind_known" CHECK ("kind" IN ('policy', 'subject', 'by-hand')),
  ADD CONSTRAINT "erasure_of_replay_or_beside" CHECK ("replay_id" IS NOT NULL AND "kind" <> 'by-hand'
    OR "replay_id" IS NULL AND NOT "unusable" AND coalesce(cardinality("promotions"), 0) = 0
      AND coalesce(cardinality("attachments"), 0) > 0);

CREATE OR REPLACE FUNCTION "reprise_erasure_begins"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  waiting text;
BEGIN
  IF NOT pg_has_role(current_user, (SELECT c."relowner" FROM pg_class c WHERE c."oid" = TG_RELID), 'USAGE') THEN
    PERFORM "reprise_forbid"('only the owner of the database erases');
  END IF;
  NEW."erased_at" := date_trunc('milliseconds', transaction_timestamp());
  IF NEW."replay_id" IS NULL THEN
    RETURN NEW;
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
  RETURN NEW;
END
$$;
