-- What is sent is what was approved.
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
  -- One that was approved as an edit never sends the letter as it was.
  IF NEW."status" IN ('queued', 'running') AND OLD."started_at" IS NULL
    AND (NEW."frozen"::jsonb ? 'edit') <> EXISTS (SELECT FROM "redrive_edit" e WHERE e."redrive_id" = NEW."id") THEN
    PERFORM "reprise_forbid"('this redrive has not the edit that was frozen');
  END IF;
  RETURN NEW;
END
$$;

-- Nobody confirms what has not been begun.
CREATE OR REPLACE FUNCTION "reprise_glass_changes"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  requester text;
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM "reprise_glass_waits"(NEW."subject_kind", NEW."subject_id", NEW."plan_hash", NEW."contract_id");
    PERFORM FROM "person" WHERE "id" = NEW."first_by" FOR SHARE;
    IF NOT "reprise_may_break_glass"(NEW."first_by") OR NEW."second_by" IS NOT NULL OR NEW."closed_by" IS NOT NULL THEN
      PERFORM "reprise_forbid"('this person does not break the glass, or not alone');
    END IF;
    NEW."first_at" := now();
    NEW."expires_at" := now() + interval '15 minutes';
    RETURN NEW;
  END IF;
  IF (OLD."id", OLD."subject_kind", OLD."subject_id", OLD."contract_id", OLD."plan_hash", OLD."first_by", OLD."first_reason", OLD."first_at", OLD."expires_at")
    IS DISTINCT FROM (NEW."id", NEW."subject_kind", NEW."subject_id", NEW."contract_id", NEW."plan_hash", NEW."first_by", NEW."first_reason", NEW."first_at", NEW."expires_at") THEN
    RAISE EXCEPTION 'what was recorded is never changed' USING ERRCODE = 'restrict_violation';
  END IF;
  IF OLD."second_by" IS NULL AND NEW."second_by" IS NOT NULL AND NEW."closed_by" IS NULL THEN
    PERFORM "reprise_glass_waits"(NEW."subject_kind", NEW."subject_id", NEW."plan_hash", NEW."contract_id");
    IF OLD."expires_at" <= clock_timestamp() THEN
      PERFORM "reprise_conflict"(NEW."subject_kind", 'the second person came too late');
    END IF;
    PERFORM FROM "person" WHERE "id" IN (NEW."first_by", NEW."second_by") ORDER BY "id" FOR SHARE;
    IF NOT "reprise_may_break_glass"(NEW."first_by") OR NOT "reprise_may_break_glass"(NEW."second_by") THEN
      PERFORM "reprise_forbid"('one of the two does not break the glass');
    END IF;
    -- Both may have begun at once, and the second by name began its transaction first.
    NEW."second_at" := greatest(now(), OLD."first_at");
    RETURN NEW;
  END IF;
  IF OLD."second_by" IS NOT NULL AND OLD."closed_by" IS NULL AND NEW."closed_by" IS NOT NULL
    AND (OLD."second_by", OLD."second_reason", OLD."second_at") = (NEW."second_by", NEW."second_reason", NEW."second_at") THEN
    PERFORM FROM "person" WHERE "id" = NEW."closed_by" FOR SHARE;
    IF NOT "reprise_may_review"(NEW."closed_by") THEN
      PERFORM "reprise_forbid"('this person does not review');
    END IF;
    -- Who asked for it, and the two who let it run, are the three whose act this is about.
    IF NEW."subject_kind" = 'replay' THEN
      SELECT r."requested_by" INTO requester FROM "replay" r WHERE r."id" = NEW."subject_id";
    ELSE
      SELECT p."requested_by" INTO requester FROM "promotion" p WHERE p."id" = NEW."subject_id";
    END IF;
    IF requester = NEW."closed_by" THEN
      PERFORM "reprise_forbid"('who requested it does not review it');
    END IF;
    NEW."closed_at" := now();
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'what was recorded is never changed' USING ERRCODE = 'restrict_violation';
END
$$;

-- Also where an earlier try of the step has begun something, and came no further than that.
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
        AND "requested_by" = NEW."requested_by" AND ("plan"::json -> 'frozen')::text = NEW."frozen"
        AND "cancelled_by" IS NULL AND "reprise_attempt_is_approved"("id", "approvals_needed", "plan_hash") FOR SHARE;
    IF NOT FOUND THEN
      PERFORM "reprise_forbid"('no step of a runbook that runs, and is approved, has asked for it');
    END IF;
  END IF;
  NEW."requested_at" := now();
  RETURN NEW;
END
$$;

-- What went out, or may have, is taken by no other as long as nobody knows what became of it.
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
    WHERE l."status" IN ('reprocessed', 'sending', 'sent') OR l."status" = 'waiting'
      AND r."status" IN ('awaiting-approval', 'queued', 'running', 'paused')) THEN
    RAISE EXCEPTION 'some of these letters were reprocessed by another redrive, or wait in one that has not ended'
      USING ERRCODE = 'RP005';
  END IF;
  RETURN NULL;
END
$$;
