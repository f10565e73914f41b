-- A key that signs for the first time is on record, whoever brought it: from then on it is believed of any entry.
CREATE FUNCTION "reprise_key_introduced"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  before text := (SELECT k."key_id" FROM "evidence_key" k WHERE k."key_id" <> NEW."key_id"
                  ORDER BY k."first_used_at" DESC, k."key_id" LIMIT 1);
BEGIN
  INSERT INTO "audit_entry" ("actor", "action", "subject", "outcome", "detail")
  VALUES ('reprise', 'evidence-key.introduced', 'evidence-key:' || NEW."key_id", 'done',
    jsonb_build_object('before', before));
  RETURN NULL;
END $$;
CREATE TRIGGER "evidence_key_introduced" AFTER INSERT ON "evidence_key"
  FOR EACH ROW EXECUTE FUNCTION "reprise_key_introduced"();
