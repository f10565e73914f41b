-- CreateTable
CREATE TABLE "redrive_tally" (
    "redrive_id" UUID NOT NULL,
    "status" TEXT NOT NULL,
    "letters" INTEGER NOT NULL,

    CONSTRAINT "redrive_tally_pkey" PRIMARY KEY ("redrive_id","status")
);

-- AddForeignKey
ALTER TABLE "redrive_tally" ADD CONSTRAINT "redrive_tally_redrive_id_fkey" FOREIGN KEY ("redrive_id") REFERENCES "redrive"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What follows is written by hand: Prisma has no words for it.
-- How many letters of a redrive stand in which status, kept as they change: a step of a redrive of 100,000 asks for it
-- several times, and counted them all each time. Nobody but these triggers writes it.
CREATE FUNCTION "reprise_redrive_tally"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO "redrive_tally" AS kept ("redrive_id", "status", "letters")
    SELECT "redrive_id", "status", count(*) FROM added GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT ("redrive_id", "status") DO UPDATE SET "letters" = kept."letters" + excluded."letters";
  ELSE
    INSERT INTO "redrive_tally" AS kept ("redrive_id", "status", "letters")
    SELECT "redrive_id", "status", sum("by") FROM (
      SELECT "redrive_id", "status", 1 AS "by" FROM added UNION ALL SELECT "redrive_id", "status", -1 FROM were) moved
    GROUP BY 1, 2 HAVING sum("by") <> 0 ORDER BY 1, 2
    ON CONFLICT ("redrive_id", "status") DO UPDATE SET "letters" = kept."letters" + excluded."letters";
  END IF;
  RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION "reprise_redrive_tally"() FROM PUBLIC;
CREATE TRIGGER "redrive_letter_tallied" AFTER INSERT ON "redrive_letter" REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_redrive_tally"();
CREATE TRIGGER "redrive_letter_tallied_again" AFTER UPDATE ON "redrive_letter"
  REFERENCING OLD TABLE AS were NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "reprise_redrive_tally"();
INSERT INTO "redrive_tally" ("redrive_id", "status", "letters")
  SELECT "redrive_id", "status", count(*) FROM "redrive_letter" GROUP BY 1, 2;

-- What stands in its topic, the newest first: after a long time most of what was indexed is gone.
CREATE INDEX "dead_letter_newest_standing" ON "dead_letter" ("at", "topic", "partition", "offset") WHERE NOT "gone";
CREATE INDEX "dead_letter_topic_standing" ON "dead_letter" ("topic", "at", "partition", "offset") WHERE NOT "gone";
CREATE INDEX "dead_letter_group_standing" ON "dead_letter" ("topic", "group_id", "at", "partition", "offset") WHERE NOT "gone";
