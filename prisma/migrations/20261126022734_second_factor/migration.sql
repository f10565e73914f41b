-- AlterTable
ALTER TABLE "person_session" ADD COLUMN     "method" TEXT NOT NULL DEFAULT 'password',
ADD COLUMN     "second_factor" TEXT;

-- CreateTable
CREATE TABLE "authenticator" (
    "person_id" TEXT NOT NULL,
    "sealed" TEXT NOT NULL,
    "last_step" BIGINT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "confirmed_at" TIMESTAMPTZ(3),

    CONSTRAINT "authenticator_pkey" PRIMARY KEY ("person_id")
);

-- CreateTable
CREATE TABLE "recovery_code" (
    "person_id" TEXT NOT NULL,
    "code_hash" TEXT NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "recovery_code_pkey" PRIMARY KEY ("person_id","code_hash")
);

-- CreateTable
CREATE TABLE "sign_in_step" (
    "token_hash" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "person_id" TEXT,
    "detail" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sign_in_step_pkey" PRIMARY KEY ("token_hash")
);

-- CreateIndex
CREATE INDEX "sign_in_step_person_id_idx" ON "sign_in_step"("person_id");

-- CreateIndex
CREATE INDEX "sign_in_step_expires_at_idx" ON "sign_in_step"("expires_at");

-- AddForeignKey
ALTER TABLE "authenticator" ADD CONSTRAINT "authenticator_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recovery_code" ADD CONSTRAINT "recovery_code_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sign_in_step" ADD CONSTRAINT "sign_in_step_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE CASCADE ON UPDATE CASCADE;


-- What follows is written by hand: Prisma has no words for it.

-- Closed unions. A test compares each with the list in the code.
ALTER TABLE "person_session"
  ADD CONSTRAINT "person_session_method_known" CHECK ("method" IN ('password', 'issuer', 'passkey')),
  ADD CONSTRAINT "person_session_second_factor_known" CHECK ("second_factor" IN ('authenticator', 'recovery-code', 'issuer', 'passkey'));
ALTER TABLE "sign_in_step"
  ADD CONSTRAINT "sign_in_step_kind_known" CHECK ("kind" IN ('second-factor', 'issuer', 'passkey'));

-- Who has a second factor has no session without it, whoever makes one. The line in the audit says how somebody came in.
CREATE OR REPLACE FUNCTION "reprise_session_started"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "person" WHERE "id" = NEW."person_id" AND "disabled_at" IS NOT NULL) THEN
    RAISE EXCEPTION 'this person may not sign in any more' USING ERRCODE = 'insufficient_privilege';
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

-- How somebody proved who they are is as it was, as when they did is.
DROP TRIGGER "person_session_is_as_it_began" ON "person_session";
CREATE TRIGGER "person_session_is_as_it_began" BEFORE UPDATE ON "person_session"
  FOR EACH ROW
  WHEN ((OLD."id", OLD."person_id", OLD."token", OLD."created_at", OLD."method", OLD."second_factor")
    IS DISTINCT FROM (NEW."id", NEW."person_id", NEW."token", NEW."created_at", NEW."method", NEW."second_factor"))
  EXECUTE FUNCTION "reprise_refuse_change"();

-- A code is good once: the last step that was taken goes forward only, and a recovery code stays used.
CREATE TRIGGER "authenticator_goes_forward" BEFORE UPDATE ON "authenticator"
  FOR EACH ROW
  WHEN (OLD."sealed" = NEW."sealed" AND OLD."last_step" IS NOT NULL
    AND (NEW."last_step" IS NULL OR NEW."last_step" < OLD."last_step"))
  EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "recovery_code_stays_used" BEFORE UPDATE ON "recovery_code"
  FOR EACH ROW WHEN (OLD."used_at" IS NOT NULL)
  EXECUTE FUNCTION "reprise_refuse_change"();
