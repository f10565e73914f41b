-- Who may decide about what a replay found, and what it takes, is said by the version that ran: as long as there is a
-- record of it, nobody puts another one in its place.
CREATE FUNCTION "reprise_keep_recorded_version"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "replay" WHERE "contract_id" = OLD."contract_id" AND "contract_version" = OLD."version"
      AND "evidence_id" IS NOT NULL) THEN
    RAISE EXCEPTION 'a version that a recorded replay ran is kept' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END
$$;
CREATE TRIGGER "contract_version_recorded_is_kept" BEFORE DELETE ON "contract_version"
  FOR EACH ROW EXECUTE FUNCTION "reprise_keep_recorded_version"();
