-- AlterTable
ALTER TABLE "dead_letter_topic" ADD COLUMN "owned_by" TEXT;

-- AlterTable
ALTER TABLE "dead_letter_cursor" ADD COLUMN "owner_next" BIGINT;

-- What follows is written by hand: Prisma has no words for it.
-- Letters of which it was told anew whose they are: what was reprocessed of their event since they were parked has settled
-- them too, for their state. Whoever calls it has changed them, and so holds them and has the owners of the topic's letters.
CREATE FUNCTION "reprise_settle_owned"("of_topic" TEXT, "of_identity" TEXT, "of_partition" INTEGER, "offsets" BIGINT[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  WITH marked AS (
    UPDATE "dead_letter" d SET "reprocessed" = true
    WHERE d."topic" = "of_topic" AND d."identity" = "of_identity" AND d."partition" = "of_partition"
      AND d."offset" = ANY ("offsets") AND NOT d."reprocessed" AND EXISTS (
        SELECT FROM "dead_letter" o
          JOIN "redrive_letter" l ON l."topic" = o."topic" AND l."partition" = o."partition" AND l."offset" = o."offset"
          JOIN "redrive" r ON r."id" = l."redrive_id" AND r."identity" = o."identity"
        WHERE o."event_id" = d."event_id" AND o."topic" = d."topic" AND o."identity" = d."identity"
          AND l."status" = 'reprocessed' AND d."indexed_at" <= l."ended_at"
          AND (r."contract_id", r."state") = (d."contract_id", d."state"))
    RETURNING d."group_id", d."gone"
  ), counted AS (
    SELECT "group_id", count(*)::int AS "letters" FROM marked WHERE NOT "gone" GROUP BY 1
  ), ordered AS (
    SELECT g."group_id", c."letters" FROM "dead_letter_group" g JOIN counted c USING ("group_id")
    WHERE g."topic" = "of_topic" ORDER BY 1 FOR UPDATE OF g
  )
  UPDATE "dead_letter_group" g SET "reprocessed" = g."reprocessed" + o."letters" FROM ordered o
  WHERE g."topic" = "of_topic" AND g."group_id" = o."group_id";
END
$$;
REVOKE EXECUTE ON FUNCTION "reprise_settle_owned"(TEXT, TEXT, INTEGER, BIGINT[]) FROM PUBLIC;
