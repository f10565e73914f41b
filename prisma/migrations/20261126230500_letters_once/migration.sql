-- Letters join a redrive in the transaction that asks for it, before anybody decides, and none that another one has.
-- Two that ask at once ask one after the other, by a lock for each topic: the second sees what the first has taken.
CREATE OR REPLACE FUNCTION "reprise_redrive_letter_joins"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  asked TEXT;
BEGIN
  IF EXISTS (SELECT FROM added a JOIN "redrive" r ON r."id" = a."redrive_id" WHERE r."requested_at" <> now()::timestamptz(3)) THEN
    PERFORM "reprise_forbid"('the letters of a redrive are frozen');
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
