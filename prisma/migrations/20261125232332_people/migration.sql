-- AlterTable
ALTER TABLE "audit_entry" ADD COLUMN     "origin" TEXT NOT NULL DEFAULT '';

-- CreateTable
CREATE TABLE "person" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "email_verified" BOOLEAN NOT NULL DEFAULT false,
    "image" TEXT,
    "roles" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "disabled_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "person_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "person_session" (
    "id" TEXT NOT NULL,
    "person_id" TEXT NOT NULL,
    "token" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ip_address" TEXT,
    "user_agent" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "person_session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sign_in_account" (
    "id" TEXT NOT NULL,
    "person_id" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "access_token" TEXT,
    "refresh_token" TEXT,
    "id_token" TEXT,
    "access_token_expires_at" TIMESTAMPTZ(3),
    "refresh_token_expires_at" TIMESTAMPTZ(3),
    "scope" TEXT,
    "password" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sign_in_account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sign_in_verification" (
    "id" TEXT NOT NULL,
    "identifier" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sign_in_verification_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sign_in_rate" (
    "id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "count" INTEGER NOT NULL,
    "last_request" BIGINT NOT NULL,

    CONSTRAINT "sign_in_rate_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "invitation" (
    "id" UUID NOT NULL,
    "token_hash" TEXT NOT NULL,
    "person_id" TEXT,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "invitation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_token" (
    "id" UUID NOT NULL,
    "person_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "token_hash" TEXT NOT NULL,
    "scopes" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_token_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "person_email_key" ON "person"("email");

-- CreateIndex
CREATE UNIQUE INDEX "person_session_token_key" ON "person_session"("token");

-- CreateIndex
CREATE INDEX "person_session_person_id_idx" ON "person_session"("person_id");

-- CreateIndex
CREATE INDEX "sign_in_account_person_id_idx" ON "sign_in_account"("person_id");

-- CreateIndex
CREATE UNIQUE INDEX "sign_in_account_provider_id_account_id_key" ON "sign_in_account"("provider_id", "account_id");

-- CreateIndex
CREATE INDEX "sign_in_verification_identifier_idx" ON "sign_in_verification"("identifier");

-- CreateIndex
CREATE UNIQUE INDEX "sign_in_rate_key_key" ON "sign_in_rate"("key");

-- CreateIndex
CREATE UNIQUE INDEX "invitation_token_hash_key" ON "invitation"("token_hash");

-- CreateIndex
CREATE INDEX "invitation_person_id_idx" ON "invitation"("person_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_token_token_hash_key" ON "api_token"("token_hash");

-- CreateIndex
CREATE INDEX "api_token_person_id_idx" ON "api_token"("person_id");

-- CreateIndex
CREATE INDEX "audit_entry_actor_id_idx" ON "audit_entry"("actor", "id" DESC);

-- CreateIndex
CREATE INDEX "audit_entry_action_id_idx" ON "audit_entry"("action", "id" DESC);

-- AddForeignKey
ALTER TABLE "person_session" ADD CONSTRAINT "person_session_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sign_in_account" ADD CONSTRAINT "sign_in_account_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_token" ADD CONSTRAINT "api_token_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE CASCADE ON UPDATE CASCADE;


-- What follows is written by hand: Prisma has no words for it.

-- Closed unions. A test compares each with the list in the code.
ALTER TABLE "person"
  ADD CONSTRAINT "person_roles_known" CHECK ("roles" <@ ARRAY['viewer', 'operator', 'approver', 'auditor', 'admin']),
  ADD CONSTRAINT "person_email_lower" CHECK ("email" = lower("email"));

-- Who did something stays known as somebody: people are disabled, and their names erased, and never deleted.
CREATE TRIGGER "person_is_kept" BEFORE DELETE ON "person"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "person_is_kept_whole" BEFORE TRUNCATE ON "person"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();

-- Open pages ask again who they are: a role that was taken and a session that was ended count at once.
CREATE FUNCTION "reprise_tell_people"() RETURNS void LANGUAGE sql AS $$
  SELECT pg_notify('reprise', json_build_object('id', nextval('live_event_number')::text, 'topic', 'people')::text)
$$;

CREATE FUNCTION "reprise_person_changed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "reprise_tell_people"();
  RETURN NEW;
END
$$;
CREATE TRIGGER "person_changed" AFTER UPDATE ON "person"
  FOR EACH ROW
  WHEN ((OLD."roles", OLD."disabled_at", OLD."name") IS DISTINCT FROM (NEW."roles", NEW."disabled_at", NEW."name"))
  EXECUTE FUNCTION "reprise_person_changed"();

-- A session and its line in the audit are one, whoever makes or ends it. Whoever is disabled gets none.
CREATE FUNCTION "reprise_session_started"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "person" WHERE "id" = NEW."person_id" AND "disabled_at" IS NOT NULL) THEN
    RAISE EXCEPTION 'this person may not sign in any more' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO "audit_entry" ("actor", "action", "subject", "outcome", "detail", "origin")
  VALUES (NEW."person_id", 'session.started', 'person:' || NEW."person_id", 'done',
    jsonb_build_object('session', NEW."id"), coalesce(NEW."ip_address", ''));
  RETURN NEW;
END
$$;
-- How long ago somebody proved who they are is by this server's clock, as everything is that runs out.
CREATE FUNCTION "reprise_session_times"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."expires_at" := now() + least(greatest(NEW."expires_at" - NEW."created_at", interval '0'), interval '12 hours');
  NEW."created_at" := now();
  RETURN NEW;
END
$$;
CREATE TRIGGER "person_session_times" BEFORE INSERT ON "person_session"
  FOR EACH ROW EXECUTE FUNCTION "reprise_session_times"();
CREATE TRIGGER "person_session_started" AFTER INSERT ON "person_session"
  FOR EACH ROW EXECUTE FUNCTION "reprise_session_started"();

CREATE FUNCTION "reprise_session_ended"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "audit_entry" ("actor", "action", "subject", "outcome", "detail", "origin")
  VALUES (OLD."person_id", 'session.ended', 'person:' || OLD."person_id", 'done',
    jsonb_build_object('session', OLD."id", 'expired', OLD."expires_at" <= now()), coalesce(OLD."ip_address", ''));
  PERFORM "reprise_tell_people"();
  RETURN OLD;
END
$$;
CREATE TRIGGER "person_session_ended" AFTER DELETE ON "person_session"
  FOR EACH ROW EXECUTE FUNCTION "reprise_session_ended"();

-- A session is whose it is, from when it is: nobody makes an old one fresh, or ends all of them unseen.
CREATE TRIGGER "person_session_is_as_it_began" BEFORE UPDATE ON "person_session"
  FOR EACH ROW
  WHEN ((OLD."id", OLD."person_id", OLD."token", OLD."created_at") IS DISTINCT FROM (NEW."id", NEW."person_id", NEW."token", NEW."created_at"))
  EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "person_session_is_ended_one_by_one" BEFORE TRUNCATE ON "person_session"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();

-- Authors of contracts are known by their address, and what they did by their id.
CREATE TRIGGER "person_address_stays" BEFORE UPDATE ON "person"
  FOR EACH ROW WHEN ((OLD."id", OLD."email") IS DISTINCT FROM (NEW."id", NEW."email"))
  EXECUTE FUNCTION "reprise_refuse_change"();

-- When something was recorded is this server's word.
CREATE FUNCTION "reprise_audit_time"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."recorded_at" := clock_timestamp();
  RETURN NEW;
END
$$;
CREATE TRIGGER "audit_entry_time" BEFORE INSERT ON "audit_entry"
  FOR EACH ROW EXECUTE FUNCTION "reprise_audit_time"();
