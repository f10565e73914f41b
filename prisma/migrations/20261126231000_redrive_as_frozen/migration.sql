-- A redrive is what its frozen plan says, and its hash is of that: what is approved by it is what is sent. One that a
-- runbook's step asks for is what was approved of that step.
CREATE OR REPLACE FUNCTION "reprise_redrive_asked"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  said JSONB := NEW."frozen"::jsonb;
BEGIN
  IF NEW."status" <> (CASE WHEN NEW."attempt_id" IS NULL THEN 'awaiting-approval' ELSE 'queued' END) THEN
    PERFORM "reprise_forbid"('a redrive begins by waiting for its approval');
  END IF;
  IF NEW."hash" <> encode(sha256(convert_to(NEW."frozen", 'UTF8')), 'hex')
    OR (said ->> 'contract', said ->> 'state', said ->> 'topic', said ->> 'identity', said ->> 'target',
        said ->> 'perSecond', jsonb_array_length(said -> 'letters'))
      IS DISTINCT FROM (NEW."contract_id", NEW."state", NEW."topic", NEW."identity", NEW."target",
        NEW."per_second"::text, NEW."letters") THEN
    PERFORM "reprise_forbid"('a redrive is what its frozen plan says, and its hash is of that');
  END IF;
  IF NEW."attempt_id" IS NOT NULL THEN
    PERFORM FROM "runbook_attempt"
      WHERE "id" = NEW."attempt_id" AND "action" = 'redrive' AND "status" = 'running'
        AND "requested_by" = NEW."requested_by" AND ("plan"::jsonb -> 'frozen') = said FOR SHARE;
    IF NOT FOUND THEN
      PERFORM "reprise_forbid"('no step of a runbook that runs has asked for it');
    END IF;
  END IF;
  NEW."requested_at" := now();
  RETURN NEW;
END
$$;

-- What is sent is what was approved, by an approval of the last day whose giver still may: when it is approved, when it
-- begins, and when somebody takes it up again. What has ended stays ended.
CREATE OR REPLACE FUNCTION "reprise_redrive_moves"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF OLD."status" IN ('stopped', 'done', 'cancelled', 'refused') THEN
    RAISE EXCEPTION 'it has ended' USING ERRCODE = 'RP005';
  END IF;
  IF OLD."status" = 'awaiting-approval' AND NEW."status" NOT IN ('queued', 'cancelled', 'refused') THEN
    PERFORM "reprise_forbid"('it waits for approval');
  END IF;
  IF OLD."attempt_id" IS NULL AND (NEW."status" = 'queued' AND OLD."status" IN ('awaiting-approval', 'paused')
      OR NEW."status" = 'running' AND OLD."started_at" IS NULL)
    AND (NOT EXISTS (SELECT FROM "redrive_decision" d WHERE d."redrive_id" = NEW."id" AND d."hash" = NEW."hash"
        AND d."verdict" = 'approved' AND d."decided_at" > now() - interval '24 hours'
        AND "reprise_may_approve"(d."person_id"))
      OR EXISTS (SELECT FROM "redrive_decision" d WHERE d."redrive_id" = NEW."id" AND d."verdict" = 'rejected')) THEN
    PERFORM "reprise_forbid"('this redrive has no approval that counts, which is one of the last 24 hours by somebody who still may');
  END IF;
  -- Other letters than the frozen ones don't come in; that all of them did is asked here.
  IF NEW."status" IN ('queued', 'running') AND OLD."started_at" IS NULL
    AND (SELECT count(*) FROM "redrive_letter" WHERE "redrive_id" = NEW."id") <> NEW."letters" THEN
    PERFORM "reprise_forbid"('this redrive has not the letters that were frozen');
  END IF;
  RETURN NEW;
END
$$;

-- Letters join a redrive in the transaction that asks for it, before anybody decides: those of its plan, at their
-- numbers, and none that another one has. Two that ask at once ask one after the other, by a lock for each topic: the
-- second sees what the first has taken.
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
  FOR asked IN SELECT DISTINCT "topic" FROM added ORDER BY "topic" LOOP
    PERFORM pg_advisory_xact_lock(hashtextextended('redrive of ' || asked, 0));
  END LOOP;
  -- A topic that was deleted and made again holds other letters at the same places.
  IF EXISTS (
    SELECT FROM added a JOIN "redrive" mine ON mine."id" = a."redrive_id"
      JOIN "redrive_letter" l ON l."topic" = a."topic" AND l."partition" = a."partition" AND l."offset" = a."offset"
      JOIN "redrive" r ON r."id" = l."redrive_id" AND r."id" <> mine."id" AND r."identity" = mine."identity"
    WHERE l."status" = 'reprocessed' OR l."status" IN ('waiting', 'sending', 'sent')
      AND r."status" IN ('awaiting-approval', 'queued', 'running', 'paused')) THEN
    RAISE EXCEPTION 'some of these letters were reprocessed by another redrive, or wait in one that has not ended'
      USING ERRCODE = 'RP005';
  END IF;
  RETURN NULL;
END
$$;
