-- AlterTable
ALTER TABLE "person_session" ADD COLUMN     "proven_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;


-- What follows is written by hand: Prisma has no words for it.

UPDATE "person_session" SET "proven_at" = "created_at";

-- Somebody is one person at one issuer.
CREATE UNIQUE INDEX "sign_in_account_one_issuer" ON "sign_in_account" ("person_id") WHERE "provider_id" LIKE 'oidc:%';

-- When somebody proved who they are may lie before the session, and never after its beginning.
CREATE OR REPLACE FUNCTION "reprise_session_times"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."expires_at" := now() + least(greatest(NEW."expires_at" - NEW."created_at", interval '0'), interval '12 hours');
  NEW."created_at" := now();
  NEW."proven_at" := least(coalesce(NEW."proven_at", now()), now());
  RETURN NEW;
END
$$;

DROP TRIGGER "person_session_is_as_it_began" ON "person_session";
CREATE TRIGGER "person_session_is_as_it_began" BEFORE UPDATE ON "person_session"
  FOR EACH ROW
  WHEN ((OLD."id", OLD."person_id", OLD."token", OLD."created_at", OLD."method", OLD."second_factor", OLD."proven_at")
    IS DISTINCT FROM (NEW."id", NEW."person_id", NEW."token", NEW."created_at", NEW."method", NEW."second_factor", NEW."proven_at"))
  EXECUTE FUNCTION "reprise_refuse_change"();
