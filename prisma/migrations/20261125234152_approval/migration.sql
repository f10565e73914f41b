-- CreateTable
CREATE TABLE "decision" (
    "id" UUID NOT NULL,
    "subject_kind" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "contract_id" TEXT NOT NULL,
    "plan_hash" TEXT NOT NULL,
    "person_id" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "decided_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "voided_at" TIMESTAMPTZ(3),
    "void_reason" TEXT,

    CONSTRAINT "decision_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "decision_subject_kind_subject_id_idx" ON "decision"("subject_kind", "subject_id");

-- CreateIndex
CREATE INDEX "decision_person_id_idx" ON "decision"("person_id");

-- AddForeignKey
ALTER TABLE "decision" ADD CONSTRAINT "decision_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- What follows is written by hand: Prisma has no words for it.

-- Closed unions. A test compares each with the list in the code.
ALTER TABLE "decision"
  ADD CONSTRAINT "decision_subject_known" CHECK ("subject_kind" IN ('replay')),
  ADD CONSTRAINT "decision_verdict_known" CHECK ("verdict" IN ('approved', 'rejected')),
  ADD CONSTRAINT "decision_has_reason" CHECK (length(btrim("reason")) > 0),
  ADD CONSTRAINT "decision_void_with_reason" CHECK (("voided_at" IS NULL) = ("void_reason" IS NULL));

-- One person counts once.
CREATE UNIQUE INDEX "decision_once_a_person" ON "decision" ("subject_kind", "subject_id", "person_id")
  WHERE "voided_at" IS NULL;

-- Whether somebody may decide now. The rules stand here too, so that they hold whatever code asks.
CREATE FUNCTION "reprise_may_approve"("who" text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM "person" WHERE "id" = "who" AND "disabled_at" IS NULL AND 'approver' = ANY ("roles"))
$$;

-- Authors are named in a contract by their address, or by what stands in it before the @.
CREATE FUNCTION "reprise_is_author"("who" text, "contract" text, "at_version" int) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM "contract_version" v JOIN "person" p ON p."id" = "who", unnest(v."authors") AS author
    WHERE v."contract_id" = "contract" AND v."version" = "at_version"
      AND lower(author) IN (p."id", p."email", split_part(p."email", '@', 1)))
$$;

-- How many different people have approved this plan, whose approval still counts.
CREATE FUNCTION "reprise_approvals"("replay" uuid, "hash" text) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT count(DISTINCT d."person_id")::int FROM "decision" d
  WHERE d."subject_kind" = 'replay' AND d."subject_id" = "replay" AND d."plan_hash" = "hash"
    AND d."verdict" = 'approved' AND d."voided_at" IS NULL AND d."expires_at" > clock_timestamp()
    AND "reprise_may_approve"(d."person_id")
$$;

-- Whether a replay may run now as far as approvals go.
CREATE FUNCTION "reprise_is_approved"("replay" uuid, "plan" text, "hash" text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN coalesce(("plan"::json ->> 'approvalsNeeded')::int, 0) = 0 THEN true
    ELSE "reprise_approvals"("replay", "hash") >= ("plan"::json ->> 'approvalsNeeded')::int
      AND NOT EXISTS (SELECT FROM "decision" d WHERE d."subject_kind" = 'replay' AND d."subject_id" = "replay"
        AND d."verdict" = 'rejected' AND d."voided_at" IS NULL) END
$$;

CREATE FUNCTION "reprise_decision_made"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  asked "replay"%ROWTYPE;
BEGIN
  -- With the row held, nobody launches or calls off what is being decided.
  SELECT * INTO asked FROM "replay" WHERE "id" = NEW."subject_id" FOR UPDATE;
  IF asked."id" IS NULL OR asked."status" <> 'awaiting-approval' THEN
    RAISE EXCEPTION 'it does not wait for approval' USING ERRCODE = 'check_violation';
  END IF;
  IF asked."plan_hash" IS DISTINCT FROM NEW."plan_hash" OR asked."contract_id" <> NEW."contract_id" THEN
    RAISE EXCEPTION 'another plan waits for approval' USING ERRCODE = 'check_violation';
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
CREATE TRIGGER "decision_made" BEFORE INSERT ON "decision"
  FOR EACH ROW EXECUTE FUNCTION "reprise_decision_made"();

-- A decision is made void once, and is otherwise as it was made.
CREATE TRIGGER "decision_is_final" BEFORE UPDATE ON "decision"
  FOR EACH ROW
  WHEN (OLD."voided_at" IS NOT NULL
    OR (OLD."id", OLD."subject_kind", OLD."subject_id", OLD."contract_id", OLD."plan_hash", OLD."person_id",
        OLD."verdict", OLD."reason", OLD."decided_at", OLD."expires_at")
      IS DISTINCT FROM (NEW."id", NEW."subject_kind", NEW."subject_id", NEW."contract_id", NEW."plan_hash",
        NEW."person_id", NEW."verdict", NEW."reason", NEW."decided_at", NEW."expires_at"))
  EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "decision_is_kept" BEFORE DELETE ON "decision"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "decision_is_kept_whole" BEFORE TRUNCATE ON "decision"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();

-- A right that is lost takes the approvals with it that nothing has run by yet.
CREATE FUNCTION "reprise_right_lost"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT "reprise_may_approve"(NEW."id") THEN
    UPDATE "decision" d SET "voided_at" = now(), "void_reason" = 'who gave it does not approve any more'
    FROM "replay" r
    WHERE d."person_id" = NEW."id" AND d."voided_at" IS NULL AND d."subject_kind" = 'replay'
      AND r."id" = d."subject_id" AND r."started_at" IS NULL
      AND r."status" IN ('awaiting-approval', 'queued', 'paused');
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "person_right_lost" AFTER UPDATE OF "roles", "disabled_at" ON "person"
  FOR EACH ROW EXECUTE FUNCTION "reprise_right_lost"();

-- What runs is what was approved, or nothing runs: from the queue on, and once more when the first worker takes it.
CREATE FUNCTION "reprise_replay_approved"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT "reprise_is_approved"(NEW."id", NEW."plan", NEW."plan_hash") THEN
    RAISE EXCEPTION 'this plan needs % approvals that count, and has %', NEW."plan"::json ->> 'approvalsNeeded',
      "reprise_approvals"(NEW."id", NEW."plan_hash") USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
-- What has ended stays ended: nothing runs by a way around its approval.
CREATE TRIGGER "replay_end_is_final" BEFORE UPDATE OF "status" ON "replay"
  FOR EACH ROW
  WHEN (OLD."status" IN ('finished', 'refused', 'failed', 'cancelled') AND NEW."status" IS DISTINCT FROM OLD."status")
  EXECUTE FUNCTION "reprise_refuse_change"();

-- What somebody has decided about is not replaced by another of its id, nor the version that says who may decide.
CREATE FUNCTION "reprise_keep_decided"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "decision" WHERE "subject_kind" = 'replay' AND "subject_id" = OLD."id") THEN
    RAISE EXCEPTION 'a replay that was decided about is kept' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END
$$;
CREATE TRIGGER "replay_decided_is_kept" BEFORE DELETE ON "replay"
  FOR EACH ROW EXECUTE FUNCTION "reprise_keep_decided"();
CREATE FUNCTION "reprise_keep_version"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "replay" WHERE "contract_id" = OLD."contract_id" AND "contract_version" = OLD."version"
    AND "status" NOT IN ('finished', 'refused', 'failed', 'cancelled')) THEN
    RAISE EXCEPTION 'a version that a replay waits or runs by is kept' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END
$$;
CREATE TRIGGER "contract_version_in_use_is_kept" BEFORE DELETE ON "contract_version"
  FOR EACH ROW EXECUTE FUNCTION "reprise_keep_version"();

-- The hash that people approve is that of the plan that stands beside it.
ALTER TABLE "replay" ADD CONSTRAINT "replay_hash_of_plan"
  CHECK ("plan" IS NULL OR "plan_hash" = encode(sha256(convert_to("plan", 'UTF8')), 'hex')) NOT VALID;

CREATE TRIGGER "replay_is_approved_at_first" BEFORE INSERT ON "replay"
  FOR EACH ROW WHEN (NEW."plan" IS NOT NULL AND NEW."status" NOT IN ('awaiting-approval', 'refused', 'failed', 'cancelled'))
  EXECUTE FUNCTION "reprise_replay_approved"();
CREATE TRIGGER "replay_is_approved" BEFORE UPDATE OF "status" ON "replay"
  FOR EACH ROW
  WHEN (NEW."plan" IS NOT NULL AND OLD."status" IS DISTINCT FROM NEW."status"
    AND (OLD."status" IN ('awaiting-approval', 'queued') OR (OLD."status" = 'paused' AND OLD."started_at" IS NULL))
    AND NOT (OLD."status" = 'queued' AND NEW."status" = 'paused')
    AND NEW."status" NOT IN ('awaiting-approval', 'refused', 'failed', 'cancelled'))
  EXECUTE FUNCTION "reprise_replay_approved"();
