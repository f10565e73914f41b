-- The audit of the log finds a key that no row of the audit introduced. Those that were there before keys were put on
-- record are put there now, by name.
INSERT INTO "audit_entry" ("actor", "action", "subject", "outcome", "detail")
SELECT 'reprise', 'evidence-key.introduced', 'evidence-key:' || k."key_id", 'done', '{"found": "at an upgrade"}'
FROM "evidence_key" k
WHERE NOT EXISTS (SELECT FROM "audit_entry" a WHERE a."subject" = 'evidence-key:' || k."key_id"
  AND a."action" = 'evidence-key.introduced')
ORDER BY k."first_used_at", k."key_id";

-- What audits found of a place stands until its retirement is in the audit: so that row is the owner's to write, and the
-- role that runs, whatever code asks, takes nothing back by it.
CREATE FUNCTION "reprise_place_retired"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT pg_has_role(current_user, (SELECT c."relowner" FROM pg_class c WHERE c."oid" = TG_RELID), 'USAGE') THEN
    PERFORM "reprise_forbid"('only the owner of the database retires a place of checkpoints: name the owner''s address (REPRISE_OWNER_DATABASE_URL)');
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "places_are_retired_by_the_owner" BEFORE INSERT ON "audit_entry"
  FOR EACH ROW WHEN (NEW."action" = 'checkpoints.retired' AND NEW."outcome" = 'done')
  EXECUTE FUNCTION "reprise_place_retired"();
