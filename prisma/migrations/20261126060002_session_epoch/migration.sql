-- AlterTable
ALTER TABLE "person" ADD COLUMN     "session_epoch" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "person_session" ADD COLUMN     "epoch" INTEGER;


-- What follows is written by hand: Prisma has no words for it.

-- A session that begins beside an act which ends them all (another password, a second factor, being disabled) waits for
-- it, and is none where what it rests on is not what it was.
CREATE OR REPLACE FUNCTION "reprise_session_started"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  who RECORD;
BEGIN
  SELECT "disabled_at", "session_epoch" INTO who FROM "person" WHERE "id" = NEW."person_id" FOR SHARE;
  IF who."disabled_at" IS NOT NULL THEN
    RAISE EXCEPTION 'this person may not sign in any more' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW."epoch" IS NOT NULL AND NEW."epoch" <> who."session_epoch" THEN
    RAISE EXCEPTION 'this sign-in began before all sessions were ended' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW."second_factor" IS NULL AND EXISTS (
    SELECT FROM "authenticator" WHERE "person_id" = NEW."person_id" AND "confirmed_at" IS NOT NULL
  ) THEN
    RAISE EXCEPTION 'this person signs in with a second factor' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO "audit_entry" ("actor", "action", "subject", "outcome", "detail", "origin")
  VALUES (NEW."person_id", 'session.started', 'person:' || NEW."person_id", 'done',
    jsonb_build_object('session', NEW."id", 'method', NEW."method", 'secondFactor', NEW."second_factor"),
    coalesce(NEW."ip_address", ''));
  RETURN NEW;
END
$$;
