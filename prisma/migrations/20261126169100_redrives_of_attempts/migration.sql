-- A redrive that a runbook's step asks for has the approvals of its attempt: of one that runs now, which the database
-- lets run with enough of them alone.
CREATE OR REPLACE FUNCTION "reprise_redrive_asked"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW."status" <> (CASE WHEN NEW."attempt_id" IS NULL THEN 'awaiting-approval' ELSE 'queued' END) THEN
    PERFORM "reprise_forbid"('a redrive begins by waiting for its approval');
  END IF;
  IF NEW."attempt_id" IS NOT NULL THEN
    PERFORM FROM "runbook_attempt"
      WHERE "id" = NEW."attempt_id" AND "action" = 'redrive' AND "status" = 'running'
        AND "requested_by" = NEW."requested_by" FOR SHARE;
    IF NOT FOUND THEN
      PERFORM "reprise_forbid"('no step of a runbook that runs has asked for it');
    END IF;
  END IF;
  NEW."requested_at" := now();
  RETURN NEW;
END
$$;
