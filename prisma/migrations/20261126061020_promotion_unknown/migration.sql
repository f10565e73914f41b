-- AlterTable
ALTER TABLE "promotion" ADD COLUMN     "problem_since" TIMESTAMPTZ(3);


-- What follows is written by hand: Prisma has no words for it.

-- Since when it has been failing, as far as that is known of what fails already.
UPDATE "promotion" SET "problem_since" = now() WHERE "problem" IS NOT NULL;

-- Whether it was written, only its target knows. That nobody could ask is said by a person, of what has failed for an hour
-- at least and is in nobody's hands, and never by a worker.
CREATE FUNCTION "reprise_promotion_unknown"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD."status" <> 'running' OR NEW."status" <> 'failed' OR NEW."outcome" IS NOT NULL OR OLD."problem" IS NULL
    OR OLD."problem_since" IS NULL OR OLD."problem_since" > clock_timestamp() - interval '1 hour' THEN
    PERFORM "reprise_conflict"('promotion', 'whether it was written can still be found out');
  END IF;
  IF OLD."lease_until" > clock_timestamp() THEN
    PERFORM "reprise_conflict"('promotion', 'a worker has it in hand');
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "promotion_unknown" BEFORE UPDATE OF "status", "failure_code" ON "promotion"
  FOR EACH ROW
  WHEN (NEW."failure_code" = 'promotion-unknown' AND OLD."failure_code" IS DISTINCT FROM 'promotion-unknown')
  EXECUTE FUNCTION "reprise_promotion_unknown"();
