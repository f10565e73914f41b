-- AlterTable
ALTER TABLE "incident" ADD COLUMN "measured_at" TIMESTAMPTZ(3);

-- What follows is written by hand: Prisma has no words for it.

-- When what a record says was measured: a replay reads live states long before it ends, and says nothing of what was
-- written to them meanwhile. What a replay compared stays as it was when it ended. Its worker says when it was recorded,
-- and a clock that goes ahead would make it newer than what has begun since: it is no newer than its entry in the log,
-- which is made in the transaction of the record, and whose time is the database's.
CREATE FUNCTION "reprise_measured_at"("record" uuid) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT least(e."recorded_at",
    (SELECT l."appended_at" FROM "log_entry" l WHERE l."evidence_id" = e."id"),
    (SELECT min(c."compared_at") FROM "replay_comparison" c WHERE e."kind" = 'replay' AND c."replay_id" = e."replay_id"))
  FROM "evidence_record" e WHERE e."id" = "record"
$$;

-- A record that was made since the incident began, or came back, may be of before then.
CREATE OR REPLACE FUNCTION "reprise_recovery_proven"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM "evidence_record" e CROSS JOIN "reprise_measured_at"(e."id") AS m ("at")
    WHERE e."id" = NEW."recovery_evidence_id"
    AND e."contract_id" = NEW."contract_id" AND e."confidence" = 'trusted'
    -- Not of when it is now said to have begun, or come back, alone.
    AND m."at" > greatest(NEW."began_at", OLD."began_at", NEW."returned_at", OLD."returned_at")
    AND (NEW."reopened" = 0 OR m."at" > NEW."clock_from")
    AND CASE WHEN NEW."kind" IN ('reconciliation', 'duplicate')
      THEN e."agreement" = 'equal' AND e."coverage_kind" = 'whole'
      ELSE coalesce(e."agreement", '') <> 'different' END
    AND (NEW."kind" IN ('duplicate', 'by-hand') OR NEW."cleared_at" IS NOT NULL)) THEN
    RAISE EXCEPTION 'this record does not prove that the incident is over' USING ERRCODE = 'RP004';
  END IF;
  RETURN NEW;
END
$$;
