-- AlterTable
ALTER TABLE "redrive" ADD COLUMN "still_ms" BIGINT NOT NULL DEFAULT 0, ADD COLUMN "tried_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "redrive_wait_end" (
    "id" UUID NOT NULL,
    "redrive_id" UUID NOT NULL,
    "person_id" TEXT NOT NULL,
    "letters" INTEGER NOT NULL,
    "reason" TEXT NOT NULL,
    "ended_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "redrive_wait_end_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "redrive_wait_end_redrive_id_ended_at_idx" ON "redrive_wait_end"("redrive_id", "ended_at");

-- AddForeignKey
ALTER TABLE "redrive_wait_end" ADD CONSTRAINT "redrive_wait_end_redrive_id_fkey" FOREIGN KEY ("redrive_id") REFERENCES "redrive"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What follows is written by hand: Prisma has no words for it.
ALTER TABLE "redrive_wait_end"
  ADD CONSTRAINT "redrive_wait_end_has_reason" CHECK (length(btrim("reason")) > 0),
  ADD CONSTRAINT "redrive_wait_end_has_letters" CHECK ("letters" > 0);
ALTER TABLE "redrive_letter"
  DROP CONSTRAINT "redrive_letter_status_known",
  ADD CONSTRAINT "redrive_letter_status_known" CHECK ("status" IN
    ('waiting', 'sending', 'sent', 'reprocessed', 'failed', 'unknown', 'unseen', 'gone'));
-- What of a redrive is in the air is looked for every second, also of those that have ended with many that wait for good.
CREATE INDEX "redrive_letter_out" ON "redrive_letter" ("redrive_id") WHERE "status" IN ('sending', 'sent');

-- Waiting for letters is ended by somebody, with a reason, and for good.
CREATE FUNCTION "reprise_redrive_wait_ends"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  NEW."ended_at" := now();
  RETURN NEW;
END
$$;
CREATE TRIGGER "redrive_wait_ends" BEFORE INSERT ON "redrive_wait_end"
  FOR EACH ROW EXECUTE FUNCTION "reprise_redrive_wait_ends"();
CREATE TRIGGER "redrive_wait_end_is_final" BEFORE UPDATE ON "redrive_wait_end"
  FOR EACH ROW WHEN ((OLD."id", OLD."redrive_id", OLD."person_id", OLD."letters", OLD."ended_at")
    IS DISTINCT FROM (NEW."id", NEW."redrive_id", NEW."person_id", NEW."letters", NEW."ended_at"))
  EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "redrive_wait_end_is_kept" BEFORE DELETE ON "redrive_wait_end"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "redrive_wait_end_is_kept_whole" BEFORE TRUNCATE ON "redrive_wait_end"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();

-- Only what is waited for is given up, in the transaction of whoever ends the wait; another redrive may have it from then on.
CREATE FUNCTION "reprise_redrive_letter_unseen"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF OLD."status" = 'unseen' THEN
    PERFORM "reprise_forbid"('a letter that is waited for no more stays that');
  END IF;
  IF NOT OLD."awaited" OR NOT EXISTS (SELECT FROM "redrive_wait_end" w
      WHERE w."redrive_id" = NEW."redrive_id" AND w."ended_at" = now()::timestamptz(3)) THEN
    PERFORM "reprise_forbid"('somebody ends the wait for a letter, with a reason');
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "redrive_letter_unseen" BEFORE UPDATE ON "redrive_letter"
  FOR EACH ROW WHEN (OLD."status" <> NEW."status" AND 'unseen' IN (OLD."status", NEW."status"))
  EXECUTE FUNCTION "reprise_redrive_letter_unseen"();

-- By their keys: what the index marks as gone in the same moment stands elsewhere then.
CREATE OR REPLACE FUNCTION "reprise_letters_reprocessed"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  of_topic TEXT;
BEGIN
  -- Of the most there is none: the two lists are joined only where there is.
  IF NOT EXISTS (SELECT FROM added WHERE "status" = 'reprocessed') THEN
    RETURN NULL;
  END IF;
  -- Whoever tells anew whose letters are has done so, or settles them by what is written here.
  FOR of_topic IN SELECT DISTINCT "topic" FROM added WHERE "status" = 'reprocessed' ORDER BY 1 LOOP
    PERFORM pg_advisory_xact_lock(hashtextextended('owners of letters of ' || of_topic, 0));
  END LOOP;
  WITH done AS (
    SELECT a."topic", r."identity", a."partition", a."offset", a."ended_at", r."contract_id", r."state", o."event_id"
    FROM added a JOIN were w USING ("redrive_id", "number") JOIN "redrive" r ON r."id" = a."redrive_id"
      JOIN "dead_letter" o ON o."topic" = a."topic" AND o."identity" = r."identity" AND o."partition" = a."partition"
        AND o."offset" = a."offset"
    WHERE a."status" = 'reprocessed' AND w."status" <> 'reprocessed'
  ), settled AS (
    SELECT d."topic", d."identity", d."partition", d."offset"
    FROM done JOIN "dead_letter" d ON d."topic" = done."topic" AND d."identity" = done."identity"
      AND d."partition" = done."partition" AND d."offset" = done."offset"
    UNION
    SELECT d."topic", d."identity", d."partition", d."offset"
    FROM done JOIN "dead_letter" d ON d."event_id" = done."event_id" AND d."topic" = done."topic"
        AND d."identity" = done."identity" AND d."indexed_at" <= done."ended_at"
      JOIN "dead_letter_topic" t ON t."topic" = d."topic"
    WHERE (d."contract_id", d."state") = (done."contract_id", done."state")
      OR d."state" IS NULL AND cardinality(t."others") = 0
  ), held AS (
    SELECT d."topic", d."identity", d."partition", d."offset" FROM "dead_letter" d
    WHERE (d."topic", d."identity", d."partition", d."offset") IN (SELECT * FROM settled) AND NOT d."reprocessed"
    ORDER BY 1, 2, 3, 4 FOR UPDATE OF d
  ), marked AS (
    UPDATE "dead_letter" d SET "reprocessed" = true FROM held h
    WHERE (d."topic", d."identity", d."partition", d."offset") = (h."topic", h."identity", h."partition", h."offset")
    RETURNING d."topic", d."group_id", d."gone"
  ), counted AS (
    SELECT "topic", "group_id", count(*)::int AS "letters" FROM marked WHERE NOT "gone" GROUP BY 1, 2
  ), ordered AS (
    SELECT g."topic", g."group_id", c."letters" FROM "dead_letter_group" g JOIN counted c USING ("topic", "group_id")
    ORDER BY 1, 2 FOR UPDATE OF g
  )
  UPDATE "dead_letter_group" g SET "reprocessed" = g."reprocessed" + o."letters" FROM ordered o
  WHERE g."topic" = o."topic" AND g."group_id" = o."group_id";
  RETURN NULL;
END
$$;
