-- AlterTable
ALTER TABLE "dead_letter" ADD COLUMN "contract_id" TEXT, ADD COLUMN "state" TEXT, ADD COLUMN "reprocessed" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "dead_letter_group" ADD COLUMN "reprocessed" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "redrive" ADD COLUMN "contract_version" INTEGER, ADD COLUMN "seen" JSONB, ADD COLUMN "seen_at" TIMESTAMPTZ(3), ADD COLUMN "looked_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "redrive_letter" ADD COLUMN "awaited" BOOLEAN NOT NULL DEFAULT false;

-- What follows is written by hand: Prisma has no words for it.
ALTER TABLE "dead_letter" ADD CONSTRAINT "dead_letter_parked_by" CHECK (("contract_id" IS NULL) = ("state" IS NULL));
ALTER TABLE "redrive_letter" ADD CONSTRAINT "redrive_letter_awaited_is_unknown" CHECK (NOT "awaited" OR "status" = 'unknown' AND "sent_offset" IS NOT NULL);
CREATE INDEX "redrive_letter_awaited" ON "redrive_letter" ("redrive_id", "number") WHERE "awaited";

-- Which version of its contract was approved: what its frozen plan says, which may be a million characters long.
CREATE FUNCTION "reprise_redrive_versioned"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  NEW."contract_version" := (NEW."frozen"::jsonb ->> 'version')::integer;
  RETURN NEW;
END
$$;
CREATE TRIGGER "redrive_versioned" BEFORE INSERT ON "redrive"
  FOR EACH ROW EXECUTE FUNCTION "reprise_redrive_versioned"();

-- What went out is taken by no other as long as its consumer may still come to it, and of one event one letter goes out.
CREATE OR REPLACE FUNCTION "reprise_redrive_letter_joins"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  asked TEXT;
BEGIN
  IF EXISTS (SELECT FROM added a JOIN "redrive" r ON r."id" = a."redrive_id" WHERE r."requested_at" <> now()::timestamptz(3)) THEN
    PERFORM "reprise_forbid"('the letters of a redrive are frozen');
  END IF;
  -- As one text each: a join of two lists that nothing is known about may take the time of their product.
  IF EXISTS (
    SELECT FROM "redrive" r WHERE r."id" IN (SELECT "redrive_id" FROM added)
      AND (SELECT string_agg(a."topic" || '/' || a."partition" || '/' || a."offset", ' ' ORDER BY a."number")
            || ' ' || min(a."number") || '-' || max(a."number") FROM added a WHERE a."redrive_id" = r."id")
        IS DISTINCT FROM
          (SELECT string_agg(r."topic" || '/' || e."letter", ' ' ORDER BY e."number")
            || ' ' || min(e."number") || '-' || max(e."number")
           FROM jsonb_array_elements_text(r."frozen"::jsonb -> 'letters') WITH ORDINALITY AS e ("letter", "number"))) THEN
    PERFORM "reprise_forbid"('the letters of a redrive are those of its frozen plan');
  END IF;
  IF EXISTS (SELECT FROM added GROUP BY "redrive_id", "topic", "partition", "offset" HAVING count(*) > 1) THEN
    RAISE EXCEPTION 'one of these letters is named twice' USING ERRCODE = 'RP005';
  END IF;
  IF EXISTS (SELECT FROM added WHERE "event_id" IS NOT NULL GROUP BY "redrive_id", "event_id" HAVING count(*) > 1) THEN
    RAISE EXCEPTION 'two of these letters are of one event, which is sent once' USING ERRCODE = 'RP005';
  END IF;
  FOR asked IN SELECT DISTINCT "topic" FROM added ORDER BY "topic" LOOP
    PERFORM pg_advisory_xact_lock(hashtextextended('redrive of ' || asked, 0));
  END LOOP;
  -- A topic that was deleted and made again holds other letters at the same places. Of an event that another redrive
  -- holds a letter of, or has reprocessed since, none is sent.
  IF EXISTS (
    SELECT FROM added a JOIN "redrive" mine ON mine."id" = a."redrive_id"
    WHERE EXISTS (
      SELECT FROM "redrive_letter" l JOIN "redrive" r ON r."id" = l."redrive_id"
      WHERE l."topic" = a."topic" AND l."partition" = a."partition" AND l."offset" = a."offset" AND r."identity" = mine."identity"
        AND r."id" <> mine."id" AND (l."status" IN ('reprocessed', 'sending', 'sent') OR l."awaited" OR l."status" = 'waiting'
          AND r."status" IN ('awaiting-approval', 'queued', 'running', 'paused')))
    OR EXISTS (
      SELECT FROM "dead_letter" d WHERE d."topic" = a."topic" AND d."identity" = mine."identity"
        AND d."partition" = a."partition" AND d."offset" = a."offset" AND (d."reprocessed" OR EXISTS (
          SELECT FROM "dead_letter" o
            JOIN "redrive_letter" l ON l."topic" = o."topic" AND l."partition" = o."partition" AND l."offset" = o."offset"
            JOIN "redrive" r ON r."id" = l."redrive_id" AND r."identity" = o."identity"
          WHERE o."event_id" = d."event_id" AND o."topic" = d."topic" AND o."identity" = d."identity"
            AND (o."partition", o."offset") <> (d."partition", d."offset")
            AND r."contract_id" = mine."contract_id" AND r."state" = mine."state" AND r."id" <> mine."id"
            AND (l."status" IN ('sending', 'sent') OR l."awaited" OR l."status" = 'waiting'
              AND r."status" IN ('awaiting-approval', 'queued', 'running', 'paused')))))) THEN
    RAISE EXCEPTION 'some of these letters, or others of their events, were reprocessed by another redrive, or wait in one that has not ended'
      USING ERRCODE = 'RP005';
  END IF;
  RETURN NULL;
END
$$;

-- Which letters a reprocessed one has settled: itself, and those of its event that the same state had parked until then.
-- One that is parked later is another matter. Groups count them, of those that still stand.
CREATE FUNCTION "reprise_letters_reprocessed"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  -- Of the most there is none: the two lists are joined only where there is.
  IF NOT EXISTS (SELECT FROM added WHERE "status" = 'reprocessed') THEN
    RETURN NULL;
  END IF;
  WITH done AS (
    SELECT a."topic", r."identity", a."partition", a."offset", a."ended_at", r."contract_id", r."state", o."event_id"
    FROM added a JOIN were w USING ("redrive_id", "number") JOIN "redrive" r ON r."id" = a."redrive_id"
      JOIN "dead_letter" o ON o."topic" = a."topic" AND o."identity" = r."identity" AND o."partition" = a."partition"
        AND o."offset" = a."offset"
    WHERE a."status" = 'reprocessed' AND w."status" <> 'reprocessed'
  ), settled AS (
    SELECT d."ctid" FROM done JOIN "dead_letter" d ON d."topic" = done."topic" AND d."identity" = done."identity"
      AND d."partition" = done."partition" AND d."offset" = done."offset"
    UNION
    SELECT d."ctid" FROM done JOIN "dead_letter" d ON d."event_id" = done."event_id" AND d."topic" = done."topic"
        AND d."identity" = done."identity" AND d."indexed_at" <= done."ended_at"
      JOIN "dead_letter_topic" t ON t."topic" = d."topic"
    WHERE (d."contract_id", d."state") = (done."contract_id", done."state")
      OR d."state" IS NULL AND cardinality(t."others") = 0
  ), held AS (
    SELECT d."topic", d."identity", d."partition", d."offset" FROM "dead_letter" d
    WHERE d."ctid" IN (SELECT "ctid" FROM settled) AND NOT d."reprocessed" ORDER BY 1, 2, 3, 4 FOR UPDATE
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
REVOKE EXECUTE ON FUNCTION "reprise_letters_reprocessed"() FROM PUBLIC;
CREATE TRIGGER "redrive_letter_reprocessed" AFTER UPDATE ON "redrive_letter"
  REFERENCING OLD TABLE AS were NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "reprise_letters_reprocessed"();

-- By place first, and by event second: both in one condition would compare every letter of a topic with every other.
UPDATE "dead_letter" d SET "reprocessed" = true FROM "redrive_letter" l JOIN "redrive" r ON r."id" = l."redrive_id"
WHERE l."status" = 'reprocessed' AND d."topic" = l."topic" AND d."identity" = r."identity"
  AND d."partition" = l."partition" AND d."offset" = l."offset";
UPDATE "dead_letter" d SET "reprocessed" = true FROM "redrive_letter" l JOIN "redrive" r ON r."id" = l."redrive_id"
  JOIN "dead_letter" o ON o."topic" = l."topic" AND o."identity" = r."identity" AND o."partition" = l."partition" AND o."offset" = l."offset"
  JOIN "dead_letter_topic" t ON t."topic" = o."topic"
WHERE l."status" = 'reprocessed' AND NOT d."reprocessed" AND d."event_id" = o."event_id" AND d."topic" = o."topic"
  AND d."identity" = o."identity" AND d."indexed_at" <= l."ended_at" AND cardinality(t."others") = 0;
UPDATE "dead_letter_group" g SET "reprocessed" = c."letters" FROM (
  SELECT "topic", "group_id", count(*)::int AS "letters" FROM "dead_letter" WHERE "reprocessed" AND NOT "gone" GROUP BY 1, 2) c
WHERE g."topic" = c."topic" AND g."group_id" = c."group_id";
