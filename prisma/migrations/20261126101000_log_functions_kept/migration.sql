-- Functions that run as the owner find the owner's tables from the moment on that they are there, and are called by
-- triggers of their own table and by nobody else: whoever could make a trigger of theirs on another table would write
-- the log's head and hashes by it. EXECUTE is asked for when a trigger is made, and not when it fires.
ALTER FUNCTION "reprise_hold_log"(text) SET search_path = public, pg_temp;
REVOKE EXECUTE ON FUNCTION "reprise_hold_log"(text) FROM PUBLIC;
ALTER FUNCTION "reprise_key_introduced"() SET search_path = public, pg_temp;
REVOKE EXECUTE ON FUNCTION "reprise_key_introduced"() FROM PUBLIC;

CREATE OR REPLACE FUNCTION "reprise_log_grows"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  at_level int := 0;
  at_index bigint := NEW."index";
  grown bytea := NEW."leaf_hash";
BEGIN
  IF TG_RELID <> 'public.log_entry'::regclass THEN
    RAISE EXCEPTION 'the log grows by its entries, and by nothing else' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE "log_head" SET "size" = "size" + 1 WHERE "id" = 1 AND "size" = NEW."index";
  IF NOT FOUND THEN
    RAISE EXCEPTION 'an entry is appended at the end of the log, and nowhere else' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NOT EXISTS (SELECT FROM "evidence_record" e WHERE e."id" = NEW."evidence_id"
    AND translate(encode(e."statement", 'base64'), E'\n', '') = convert_from(NEW."envelope", 'UTF8')::json ->> 'payload') THEN
    RAISE EXCEPTION 'an entry is the envelope of its record' USING ERRCODE = 'check_violation';
  END IF;
  LOOP
    INSERT INTO "log_hash" ("level", "index", "hash") VALUES (at_level, at_index, grown);
    EXIT WHEN at_index % 2 = 0;
    SELECT sha256('\x01'::bytea || h."hash" || grown) INTO STRICT grown FROM "log_hash" h
    WHERE h."level" = at_level AND h."index" = at_index - 1;
    at_index := (at_index - 1) / 2;
    at_level := at_level + 1;
  END LOOP;
  RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION "reprise_log_grows"() FROM PUBLIC;

-- What an audit found stays: a later one is a row of its own.
ALTER TABLE "log_audit" DROP CONSTRAINT "log_audit_is_one";
CREATE SEQUENCE "log_audit_id_seq" AS integer MINVALUE 2 OWNED BY "log_audit"."id";
ALTER TABLE "log_audit" ALTER COLUMN "id" SET DEFAULT nextval('log_audit_id_seq');
CREATE TRIGGER "log_audit_is_final" BEFORE UPDATE OR DELETE ON "log_audit"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "log_audit_is_kept" BEFORE TRUNCATE ON "log_audit"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
