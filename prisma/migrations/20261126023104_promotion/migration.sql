-- CreateTable
CREATE TABLE "promotion" (
    "id" UUID NOT NULL,
    "contract_id" TEXT NOT NULL,
    "contract_version" INTEGER NOT NULL,
    "replay_id" UUID NOT NULL,
    "derived_state" TEXT NOT NULL,
    "plan" TEXT NOT NULL,
    "plan_hash" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "requested_by" TEXT NOT NULL,
    "reason" TEXT NOT NULL DEFAULT '',
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "failure_code" TEXT,
    "failure" TEXT,
    "undoes" UUID,
    "undone_by" UUID,
    "outcome" JSONB,
    "evidence_id" UUID,
    "problem" TEXT,
    "retries" INTEGER NOT NULL DEFAULT 0,
    "retry_at" TIMESTAMPTZ(3),
    "lasting" INTEGER NOT NULL DEFAULT 0,
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "fencing_token" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "promotion_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "promotion_change" (
    "promotion_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "change" TEXT NOT NULL,
    "magnitude" DOUBLE PRECISION NOT NULL,
    "outcome" TEXT,
    "why" TEXT,
    "before" JSONB,
    "after" JSONB,

    CONSTRAINT "promotion_change_pkey" PRIMARY KEY ("promotion_id","key")
);

-- CreateIndex
CREATE INDEX "promotion_replay_id_idx" ON "promotion"("replay_id");

-- CreateIndex
CREATE INDEX "promotion_requested_at_id_idx" ON "promotion"("requested_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "promotion_status_idx" ON "promotion"("status");

-- CreateIndex
CREATE INDEX "promotion_change_promotion_id_magnitude_key_idx" ON "promotion_change"("promotion_id", "magnitude" DESC, "key");

-- AddForeignKey
ALTER TABLE "promotion_change" ADD CONSTRAINT "promotion_change_promotion_id_fkey" FOREIGN KEY ("promotion_id") REFERENCES "promotion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- What follows is written by hand: Prisma has no words for it.

-- Closed unions. A test compares each with the list in the code.
ALTER TABLE "promotion"
  ADD CONSTRAINT "promotion_status_known" CHECK ("status" IN ('awaiting-approval', 'queued', 'running', 'promoted', 'refused', 'failed', 'withdrawn')),
  ADD CONSTRAINT "promotion_hash_of_plan" CHECK ("plan_hash" = encode(sha256(convert_to("plan", 'UTF8')), 'hex')),
  ADD CONSTRAINT "promotion_is_approved_by_somebody" CHECK (coalesce(("plan"::json ->> 'approvalsNeeded')::int, 0) >= 1),
  ADD CONSTRAINT "promotion_as_planned" CHECK (
    ("plan"::json #>> '{contract,id}', ("plan"::json #>> '{contract,version}')::int, "plan"::json #>> '{replay,id}', "plan"::json ->> 'derivedState')
      IS NOT DISTINCT FROM ("contract_id", "contract_version", "replay_id"::text, "derived_state")
    AND ("plan"::json ->> 'undoes') IS NOT DISTINCT FROM "undoes"::text),
  ADD CONSTRAINT "promotion_undone_once_promoted" CHECK ("undone_by" IS NULL OR "status" = 'promoted'),
  ADD CONSTRAINT "promotion_ends_with_a_time" CHECK (("ended_at" IS NOT NULL) = ("status" IN ('promoted', 'refused', 'failed', 'withdrawn'))),
  ADD CONSTRAINT "promotion_ends_with_evidence" CHECK (("evidence_id" IS NOT NULL) = ("status" IN ('promoted', 'refused', 'failed', 'withdrawn'))),
  ADD CONSTRAINT "promotion_says_what_was_done" CHECK ("status" <> 'promoted' OR "outcome" IS NOT NULL);
ALTER TABLE "promotion_change"
  ADD CONSTRAINT "promotion_change_outcome_known" CHECK ("outcome" IN ('written', 'already-right', 'changed')),
  ADD CONSTRAINT "promotion_change_names_its_key" CHECK ("change"::json ->> 'key' = "key");
ALTER TABLE "promotion_change" ALTER COLUMN "key" TYPE text COLLATE "C";

-- However often the same is asked for, it is one promotion, until it has been undone or has come to nothing.
CREATE UNIQUE INDEX "promotion_once_a_plan" ON "promotion" ("plan_hash")
  WHERE "status" IN ('awaiting-approval', 'queued', 'running') OR ("status" = 'promoted' AND "undone_by" IS NULL);

-- Who holds a promotion may only be told from who held it before by a number that never comes again.
CREATE SEQUENCE "promotion_token" AS bigint;

ALTER TABLE "decision" DROP CONSTRAINT "decision_subject_known",
  ADD CONSTRAINT "decision_subject_known" CHECK ("subject_kind" IN ('replay', 'promotion'));
DROP TRIGGER "decision_made" ON "decision";
CREATE TRIGGER "decision_made" BEFORE INSERT ON "decision"
  FOR EACH ROW WHEN (NEW."subject_kind" = 'replay') EXECUTE FUNCTION "reprise_decision_made"();

-- How many different people have approved this promotion, whose approval still counts.
CREATE FUNCTION "reprise_promotion_approvals"("promotion" uuid, "hash" text) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT count(DISTINCT d."person_id")::int FROM "decision" d
  WHERE d."subject_kind" = 'promotion' AND d."subject_id" = "promotion" AND d."plan_hash" = "hash"
    AND d."verdict" = 'approved' AND d."voided_at" IS NULL AND d."expires_at" > clock_timestamp()
    AND "reprise_may_approve"(d."person_id")
$$;

CREATE FUNCTION "reprise_promotion_is_approved"("promotion" uuid, "plan" text, "hash" text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT "reprise_promotion_approvals"("promotion", "hash") >= greatest(1, ("plan"::json ->> 'approvalsNeeded')::int)
    AND NOT EXISTS (SELECT FROM "decision" d WHERE d."subject_kind" = 'promotion' AND d."subject_id" = "promotion"
      AND d."verdict" = 'rejected' AND d."voided_at" IS NULL)
$$;

-- What is approved is the digest of the diff: the rows beside the plan have to have it.
CREATE FUNCTION "reprise_promotion_diff"("promotion" uuid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT encode(sha256(convert_to(coalesce(string_agg(c."change" || E'\n', '' ORDER BY c."key" COLLATE "C"), ''), 'UTF8')), 'hex')
  FROM "promotion_change" c WHERE c."promotion_id" = "promotion"
$$;

CREATE FUNCTION "reprise_promotion_decision_made"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  asked "promotion"%ROWTYPE;
BEGIN
  -- With the row held, nobody starts or withdraws what is being decided.
  SELECT * INTO asked FROM "promotion" WHERE "id" = NEW."subject_id" FOR UPDATE;
  IF asked."id" IS NULL OR asked."status" <> 'awaiting-approval' THEN
    RAISE EXCEPTION 'it does not wait for approval' USING ERRCODE = 'check_violation';
  END IF;
  IF asked."plan_hash" <> NEW."plan_hash" OR asked."contract_id" <> NEW."contract_id" THEN
    RAISE EXCEPTION 'another promotion waits for approval' USING ERRCODE = 'check_violation';
  END IF;
  IF "reprise_promotion_diff"(asked."id") IS DISTINCT FROM asked."plan"::json ->> 'diffDigest' THEN
    RAISE EXCEPTION 'its changes are not those that its plan names' USING ERRCODE = 'check_violation';
  END IF;
  IF NOT "reprise_may_approve"(NEW."person_id") THEN
    RAISE EXCEPTION 'this person does not approve' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF asked."requested_by" = NEW."person_id" THEN
    RAISE EXCEPTION 'who requested it does not decide about it' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF "reprise_is_author"(NEW."person_id", asked."contract_id", asked."contract_version") THEN
    RAISE EXCEPTION 'who wrote the contract does not decide about it' USING ERRCODE = 'insufficient_privilege';
  END IF;
  NEW."expires_at" := now() + least(
    greatest(NEW."expires_at" - coalesce(NEW."decided_at", now()), interval '0'), interval '24 hours');
  NEW."decided_at" := now();
  NEW."voided_at" := NULL;
  NEW."void_reason" := NULL;
  RETURN NEW;
END
$$;
CREATE TRIGGER "promotion_decision_made" BEFORE INSERT ON "decision"
  FOR EACH ROW WHEN (NEW."subject_kind" = 'promotion') EXECUTE FUNCTION "reprise_promotion_decision_made"();

-- A right that is lost takes the approvals with it that nothing has been written by yet. It says so in the audit, to open
-- pages and to those concerned, whatever code took the right.
CREATE FUNCTION "reprise_right_lost_promotion"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  lost record;
  why text := 'who gave it does not approve any more';
BEGIN
  IF "reprise_may_approve"(NEW."id") THEN
    RETURN NEW;
  END IF;
  FOR lost IN
    UPDATE "decision" d SET "voided_at" = now(), "void_reason" = why
    FROM "promotion" p
    WHERE d."person_id" = NEW."id" AND d."voided_at" IS NULL AND d."subject_kind" = 'promotion'
      AND p."id" = d."subject_id" AND p."status" IN ('awaiting-approval', 'queued')
    RETURNING d."id" AS decision, p."id" AS promotion, p."contract_id", p."contract_version", p."requested_by", p."status"
  LOOP
    INSERT INTO "audit_entry" ("actor", "action", "subject", "outcome", "detail", "origin")
    VALUES ('reprise', 'promotion.approval-lost', 'promotion:' || lost.promotion, 'done',
      jsonb_build_object('why', why, 'person', NEW."id", 'decision', lost.decision), 'database');
    -- What is queued is told of when it is taken back: its other approvals may be enough.
    IF lost.status <> 'queued' THEN
      PERFORM "reprise_tell"('voided', 'promotion', lost.promotion, lost.contract_id, lost.contract_version,
        lost.requested_by, ARRAY['approvers', 'requester'], jsonb_build_object('why', why, 'person', NEW."id"));
    END IF;
    PERFORM pg_notify('reprise', json_build_object('id', nextval('live_event_number')::text, 'topic', topic)::text)
    FROM unnest(ARRAY['promotion:' || lost.promotion, 'promotions', 'approvals']) AS topic;
  END LOOP;
  RETURN NEW;
END
$$;
CREATE TRIGGER "person_right_lost_promotion" AFTER UPDATE OF "roles", "disabled_at" ON "person"
  FOR EACH ROW EXECUTE FUNCTION "reprise_right_lost_promotion"();

-- It begins by waiting, for at least as many people as its contract's version asks for, and stands on what a trusted
-- replay of that very version has said.
CREATE FUNCTION "reprise_promotion_begins"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."status" <> 'awaiting-approval' OR NEW."undone_by" IS NOT NULL THEN
    RAISE EXCEPTION 'a promotion begins by waiting for approval' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW."plan"::json ->> 'approvalsNeeded')::int < coalesce((
      SELECT (v."description" #>> '{approvals,promotion}')::int FROM "contract_version" v
      WHERE v."contract_id" = NEW."contract_id" AND v."version" = NEW."contract_version"), 1) THEN
    RAISE EXCEPTION 'its contract asks for more approvals' USING ERRCODE = 'check_violation';
  END IF;
  -- The record can't be changed afterwards, and the replay's own row could.
  IF NOT EXISTS (SELECT FROM "replay" r JOIN "evidence_record" e ON e."id" = r."evidence_id" AND e."replay_id" = r."id"
    WHERE r."id" = NEW."replay_id"
      AND r."contract_id" = NEW."contract_id" AND r."contract_version" = NEW."contract_version"
      AND e."kind" = 'replay' AND e."status" = 'finished' AND e."confidence" = 'trusted'
      AND (r."plan_hash", r."shadow_digest", r."evidence_id"::text) = (NEW."plan"::json #>> '{replay,planHash}',
        NEW."plan"::json #>> '{replay,shadowDigest}', NEW."plan"::json #>> '{replay,evidenceId}')) THEN
    RAISE EXCEPTION 'no trusted replay of its contract says what is to be promoted' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW."undoes" IS NOT NULL AND NOT EXISTS (SELECT FROM "promotion" p WHERE p."id" = NEW."undoes"
      AND p."status" = 'promoted' AND p."undone_by" IS NULL AND p."undoes" IS NULL
      AND (p."replay_id", p."derived_state") = (NEW."replay_id", NEW."derived_state")) THEN
    RAISE EXCEPTION 'there is no such promotion to undo' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "promotion_begins" BEFORE INSERT ON "promotion"
  FOR EACH ROW EXECUTE FUNCTION "reprise_promotion_begins"();

CREATE TRIGGER "promotion_plan_is_frozen" BEFORE UPDATE ON "promotion"
  FOR EACH ROW
  WHEN ((OLD."id", OLD."contract_id", OLD."contract_version", OLD."replay_id", OLD."derived_state", OLD."plan", OLD."plan_hash",
      OLD."requested_by", OLD."requested_at", OLD."reason", OLD."undoes")
    IS DISTINCT FROM (NEW."id", NEW."contract_id", NEW."contract_version", NEW."replay_id", NEW."derived_state", NEW."plan",
      NEW."plan_hash", NEW."requested_by", NEW."requested_at", NEW."reason", NEW."undoes")
    OR NEW."fencing_token" < OLD."fencing_token" OR (OLD."undone_by" IS NOT NULL AND NEW."undone_by" IS DISTINCT FROM OLD."undone_by"))
  EXECUTE FUNCTION "reprise_refuse_change"();
-- What has ended is as it was recorded: an undoing goes by it.
CREATE TRIGGER "promotion_end_is_final" BEFORE UPDATE ON "promotion"
  FOR EACH ROW
  WHEN (OLD."ended_at" IS NOT NULL
    AND (OLD."started_at", OLD."ended_at", OLD."failure_code", OLD."failure", OLD."outcome", OLD."evidence_id")
      IS DISTINCT FROM (NEW."started_at", NEW."ended_at", NEW."failure_code", NEW."failure", NEW."outcome", NEW."evidence_id"))
  EXECUTE FUNCTION "reprise_refuse_change"();

-- Only an undoing of it that was written says that a promotion is undone.
CREATE FUNCTION "reprise_promotion_undone"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM "promotion" p WHERE p."id" = NEW."undone_by" AND p."undoes" = NEW."id" AND p."status" = 'promoted') THEN
    RAISE EXCEPTION 'nothing has undone it' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "promotion_undone" BEFORE UPDATE OF "undone_by" ON "promotion"
  FOR EACH ROW WHEN (NEW."undone_by" IS DISTINCT FROM OLD."undone_by") EXECUTE FUNCTION "reprise_promotion_undone"();

-- What is written is what was approved, or nothing is written.
CREATE FUNCTION "reprise_promotion_moves"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT ((OLD."status", NEW."status") IN (
      ('awaiting-approval', 'queued'), ('awaiting-approval', 'refused'), ('awaiting-approval', 'failed'), ('awaiting-approval', 'withdrawn'),
      ('queued', 'running'), ('queued', 'awaiting-approval'), ('queued', 'refused'), ('queued', 'failed'), ('queued', 'withdrawn'),
      ('running', 'promoted'), ('running', 'refused'), ('running', 'failed'))) THEN
    RAISE EXCEPTION 'a promotion that is % does not become %', OLD."status", NEW."status" USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW."status" IN ('queued', 'running') THEN
    IF NOT "reprise_promotion_is_approved"(NEW."id", NEW."plan", NEW."plan_hash") THEN
      RAISE EXCEPTION 'this promotion needs % approvals that count, and has %', NEW."plan"::json ->> 'approvalsNeeded',
        "reprise_promotion_approvals"(NEW."id", NEW."plan_hash") USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF "reprise_promotion_diff"(NEW."id") IS DISTINCT FROM NEW."plan"::json ->> 'diffDigest' THEN
      RAISE EXCEPTION 'its changes are not those that its plan names' USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  IF NEW."ended_at" IS NOT NULL AND NOT EXISTS (SELECT FROM "evidence_record" e WHERE e."id" = NEW."evidence_id"
      AND e."kind" = 'promotion' AND e."replay_id" = NEW."replay_id") THEN
    RAISE EXCEPTION 'a promotion ends with its evidence' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "promotion_moves" BEFORE UPDATE OF "status" ON "promotion"
  FOR EACH ROW WHEN (OLD."status" IS DISTINCT FROM NEW."status") EXECUTE FUNCTION "reprise_promotion_moves"();
CREATE TRIGGER "promotion_is_kept" BEFORE DELETE ON "promotion"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "promotion_is_kept_whole" BEFORE TRUNCATE ON "promotion"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();

-- What is to be corrected is as it was approved; what became of it is noted once.
CREATE TRIGGER "promotion_change_is_frozen" BEFORE UPDATE ON "promotion_change"
  FOR EACH ROW
  WHEN ((OLD."promotion_id", OLD."key", OLD."change", OLD."magnitude") IS DISTINCT FROM (NEW."promotion_id", NEW."key", NEW."change", NEW."magnitude")
    OR OLD."outcome" IS NOT NULL)
  EXECUTE FUNCTION "reprise_refuse_change"();

-- No change joins those that somebody may have approved already. With the row held, nobody starts it meanwhile.
CREATE FUNCTION "reprise_promotion_change_joins"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM "promotion" p WHERE p."id" IN (SELECT "promotion_id" FROM added) FOR SHARE;
  IF EXISTS (SELECT FROM "promotion" p WHERE p."id" IN (SELECT "promotion_id" FROM added) AND p."status" <> 'awaiting-approval')
    OR EXISTS (SELECT FROM added WHERE "outcome" IS NOT NULL) THEN
    RAISE EXCEPTION 'its changes are those that were asked for' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "promotion_change_joins" AFTER INSERT ON "promotion_change" REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_promotion_change_joins"();

CREATE FUNCTION "reprise_promotion_change_noted"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "promotion" p WHERE p."id" IN (SELECT "promotion_id" FROM noted) AND p."status" <> 'running') THEN
    RAISE EXCEPTION 'nothing has become of it yet' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "promotion_change_noted" AFTER UPDATE ON "promotion_change" REFERENCING NEW TABLE AS noted
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_promotion_change_noted"();
CREATE TRIGGER "promotion_change_is_kept" BEFORE DELETE ON "promotion_change"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "promotion_change_is_kept_whole" BEFORE TRUNCATE ON "promotion_change"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();

-- The version and the replay that a promotion stands on are kept with it.
CREATE FUNCTION "reprise_keep_promoted"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "promotion" WHERE "replay_id" = OLD."id") THEN
    RAISE EXCEPTION 'a replay that was to be promoted is kept' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END
$$;
CREATE TRIGGER "replay_promoted_is_kept" BEFORE DELETE ON "replay"
  FOR EACH ROW EXECUTE FUNCTION "reprise_keep_promoted"();
CREATE FUNCTION "reprise_keep_promoted_version"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "promotion" WHERE "contract_id" = OLD."contract_id" AND "contract_version" = OLD."version") THEN
    RAISE EXCEPTION 'a version that a promotion stands on is kept' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END
$$;
CREATE TRIGGER "contract_version_promoted_is_kept" BEFORE DELETE ON "contract_version"
  FOR EACH ROW EXECUTE FUNCTION "reprise_keep_promoted_version"();
-- How a version is described may be told anew; how many approvals it asks for is said by its code, which never changes.
CREATE TRIGGER "contract_version_asks_for_as_many" BEFORE UPDATE OF "description" ON "contract_version"
  FOR EACH ROW
  WHEN (coalesce((NEW."description" #>> '{approvals,promotion}')::int, 1) < (OLD."description" #>> '{approvals,promotion}')::int)
  EXECUTE FUNCTION "reprise_refuse_change"();
