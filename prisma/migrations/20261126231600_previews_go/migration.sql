-- What was shown a day ago, and of which nothing was done, is of no use to anybody, and may name a key.
CREATE INDEX "runbook_preview_previewed_at_idx" ON "runbook_preview"("previewed_at");

CREATE FUNCTION "reprise_preview_goes"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF OLD."previewed_at" > clock_timestamp() - interval '1 day'
    OR EXISTS (SELECT FROM "runbook_attempt" a WHERE a."id" = OLD."id") THEN
    RAISE EXCEPTION 'a preview is taken away only a day after it was shown, where nothing of it was done'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END
$$;
DROP TRIGGER "runbook_preview_is_kept" ON "runbook_preview";
CREATE TRIGGER "runbook_preview_is_kept" BEFORE UPDATE ON "runbook_preview"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "runbook_preview_goes" BEFORE DELETE ON "runbook_preview"
  FOR EACH ROW EXECUTE FUNCTION "reprise_preview_goes"();
