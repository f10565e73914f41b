-- CreateTable
CREATE TABLE "contract_version" (
    "contract_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "digest" TEXT NOT NULL,
    "bundle" BYTEA NOT NULL,
    "description" JSONB NOT NULL,
    "authors" TEXT[],
    "registered_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "contract_version_pkey" PRIMARY KEY ("contract_id","version")
);

-- CreateTable
CREATE TABLE "contract_problem" (
    "file" TEXT NOT NULL,
    "field" TEXT,
    "sentence" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "contract_problem_pkey" PRIMARY KEY ("file")
);

-- CreateTable
CREATE TABLE "replay" (
    "id" UUID NOT NULL,
    "contract_id" TEXT NOT NULL,
    "contract_version" INTEGER NOT NULL,
    "plan" TEXT,
    "plan_hash" TEXT,
    "scope" JSONB NOT NULL,
    "status" TEXT NOT NULL,
    "intent" TEXT NOT NULL DEFAULT 'run',
    "resume_status" TEXT,
    "rate_limit" INTEGER,
    "requested_by" TEXT NOT NULL,
    "reason" TEXT NOT NULL DEFAULT '',
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "failure_code" TEXT,
    "failure" TEXT,
    "counters" JSONB,
    "shadow_digest" TEXT,
    "history_digest" TEXT,
    "confidence" TEXT,
    "confidence_reasons" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "agreement" TEXT,
    "coverage" JSONB,
    "discrepancies" INTEGER,
    "evidence_id" UUID,
    "problem" TEXT,
    "retries" INTEGER NOT NULL DEFAULT 0,
    "retry_at" TIMESTAMPTZ(3),
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "fencing_token" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "replay_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "replay_partition" (
    "replay_id" UUID NOT NULL,
    "partition" INTEGER NOT NULL,
    "from" BIGINT NOT NULL,
    "to" BIGINT NOT NULL,
    "cursor" BIGINT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'waiting',
    "counters" JSONB NOT NULL,
    "block_digests" BYTEA NOT NULL DEFAULT '\x',
    "checkpoints" INTEGER NOT NULL DEFAULT 0,
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "fencing_token" BIGINT NOT NULL DEFAULT 0,
    "folded_ms" BIGINT NOT NULL DEFAULT 0,
    "events_per_second" DOUBLE PRECISION,
    "taken_over" INTEGER NOT NULL DEFAULT 0,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "replay_partition_pkey" PRIMARY KEY ("replay_id","partition")
);

-- CreateTable
CREATE TABLE "replay_finding_count" (
    "replay_id" UUID NOT NULL,
    "partition" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "count" BIGINT NOT NULL,

    CONSTRAINT "replay_finding_count_pkey" PRIMARY KEY ("replay_id","partition","kind")
);

-- CreateTable
CREATE TABLE "replay_finding" (
    "id" BIGSERIAL NOT NULL,
    "replay_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    "to" BIGINT,
    "key" TEXT COLLATE "C",
    "event_id" TEXT,
    "event_type" TEXT,
    "detail" TEXT NOT NULL,

    CONSTRAINT "replay_finding_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "replay_comparison" (
    "replay_id" UUID NOT NULL,
    "derived_state" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "result" JSONB NOT NULL,
    "compared_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "replay_comparison_pkey" PRIMARY KEY ("replay_id","derived_state")
);

-- CreateTable
CREATE TABLE "replay_invariant" (
    "replay_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "result" JSONB NOT NULL,

    CONSTRAINT "replay_invariant_pkey" PRIMARY KEY ("replay_id","name")
);

-- CreateTable
CREATE TABLE "discrepancy" (
    "replay_id" UUID NOT NULL,
    "derived_state" TEXT NOT NULL,
    "key" TEXT COLLATE "C" NOT NULL,
    "partition" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "fields" JSON NOT NULL,
    "magnitude" DOUBLE PRECISION NOT NULL,
    "explanation" JSONB,
    "cause" TEXT,

    CONSTRAINT "discrepancy_pkey" PRIMARY KEY ("replay_id","key","derived_state")
);

-- CreateTable
CREATE TABLE "shadow_state" (
    "replay_id" UUID NOT NULL,
    "partition" INTEGER NOT NULL,
    "key" TEXT COLLATE "C" NOT NULL,
    "state" JSON NOT NULL,
    "last_offset" BIGINT NOT NULL,
    "events" BIGINT NOT NULL,
    "spread" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "shadow_state_pkey" PRIMARY KEY ("replay_id","key","partition")
);

-- CreateTable
CREATE TABLE "seen_block" (
    "replay_id" UUID NOT NULL,
    "partition" INTEGER NOT NULL,
    "sequence" INTEGER NOT NULL,
    "entries" BYTEA NOT NULL,

    CONSTRAINT "seen_block_pkey" PRIMARY KEY ("replay_id","partition","sequence")
);

-- CreateTable
CREATE TABLE "key_trace" (
    "replay_id" UUID NOT NULL,
    "key" TEXT COLLATE "C" NOT NULL,
    "status" TEXT NOT NULL,
    "steps" JSONB,
    "problem" TEXT,
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ready_at" TIMESTAMPTZ(3),

    CONSTRAINT "key_trace_pkey" PRIMARY KEY ("replay_id","key")
);

-- CreateTable
CREATE TABLE "evidence_record" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "contract_id" TEXT NOT NULL,
    "replay_id" UUID,
    "statement" BYTEA NOT NULL,
    "digest" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "confidence" TEXT,
    "agreement" TEXT,
    "coverage_kind" TEXT,
    "events_processed" BIGINT,
    "duplicates_skipped" BIGINT,
    "projections_changed" BIGINT,
    "reconciliation_failures" INTEGER,
    "requested_by" TEXT NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "evidence_record_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "archive_run" (
    "id" UUID NOT NULL,
    "contract_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "manifest" JSONB NOT NULL,
    "written_by" TEXT NOT NULL,
    "written_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "archive_run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "readiness" (
    "contract_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "checks" JSONB NOT NULL,
    "checked_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "readiness_pkey" PRIMARY KEY ("contract_id")
);

-- CreateTable
CREATE TABLE "audit_entry" (
    "id" BIGSERIAL NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "detail" JSONB NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "worker" (
    "id" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "threads" INTEGER NOT NULL,
    "version" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "worker_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "contract_version_contract_id_digest_key" ON "contract_version"("contract_id", "digest");

-- CreateIndex
CREATE INDEX "replay_contract_id_requested_at_id_idx" ON "replay"("contract_id", "requested_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "replay_requested_at_id_idx" ON "replay"("requested_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "replay_status_idx" ON "replay"("status");

-- CreateIndex
CREATE INDEX "replay_finding_replay_id_kind_partition_offset_id_idx" ON "replay_finding"("replay_id", "kind", "partition", "offset", "id");

-- CreateIndex
CREATE INDEX "discrepancy_replay_id_magnitude_key_derived_state_idx" ON "discrepancy"("replay_id", "magnitude" DESC, "key", "derived_state");

-- CreateIndex
CREATE UNIQUE INDEX "evidence_record_digest_key" ON "evidence_record"("digest");

-- CreateIndex
CREATE INDEX "evidence_record_recorded_at_id_idx" ON "evidence_record"("recorded_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "evidence_record_contract_id_recorded_at_id_idx" ON "evidence_record"("contract_id", "recorded_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "audit_entry_subject_id_idx" ON "audit_entry"("subject", "id");

-- AddForeignKey
ALTER TABLE "replay_partition" ADD CONSTRAINT "replay_partition_replay_id_fkey" FOREIGN KEY ("replay_id") REFERENCES "replay"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "replay_comparison" ADD CONSTRAINT "replay_comparison_replay_id_fkey" FOREIGN KEY ("replay_id") REFERENCES "replay"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "replay_invariant" ADD CONSTRAINT "replay_invariant_replay_id_fkey" FOREIGN KEY ("replay_id") REFERENCES "replay"("id") ON DELETE CASCADE ON UPDATE CASCADE;


-- What follows is written by hand: Prisma has no words for it.

-- Closed unions. A test compares each with the list in the code.
ALTER TABLE "replay"
  ADD CONSTRAINT "replay_status_known" CHECK ("status" IN ('awaiting-approval', 'queued', 'folding', 'merging', 'comparing', 'explaining', 'checking', 'recording', 'paused', 'finished', 'refused', 'failed', 'cancelled')),
  ADD CONSTRAINT "replay_resume_status_known" CHECK ("resume_status" IN ('awaiting-approval', 'queued', 'folding', 'merging', 'comparing', 'explaining', 'checking', 'recording', 'paused', 'finished', 'refused', 'failed', 'cancelled')),
  ADD CONSTRAINT "replay_intent_known" CHECK ("intent" IN ('run', 'pause', 'cancel')),
  ADD CONSTRAINT "replay_confidence_known" CHECK ("confidence" IN ('trusted', 'suspect', 'untrusted')),
  ADD CONSTRAINT "replay_agreement_known" CHECK ("agreement" IN ('equal', 'behind', 'different', 'not-compared')),
  ADD CONSTRAINT "replay_plan_with_hash" CHECK (("plan" IS NULL) = ("plan_hash" IS NULL)),
  ADD CONSTRAINT "replay_runs_by_plan" CHECK ("plan" IS NOT NULL OR "status" IN ('refused', 'failed', 'cancelled')),
  ADD CONSTRAINT "replay_rate_positive" CHECK ("rate_limit" > 0);

ALTER TABLE "replay_partition"
  ADD CONSTRAINT "replay_partition_status_known" CHECK ("status" IN ('waiting', 'folding', 'folded')),
  ADD CONSTRAINT "replay_partition_cursor_in_range" CHECK ("cursor" BETWEEN "from" AND "to");

ALTER TABLE "replay_finding_count"
  ADD CONSTRAINT "replay_finding_count_kind_known" CHECK ("kind" IN ('undecodable', 'unknown-type', 'unknown-version', 'invalid-data', 'no-key', 'no-idempotency-key', 'upcast-failed', 'projection-failed', 'duplicate', 'conflicting-duplicate', 'out-of-order', 'misplaced-key', 'key-in-two-partitions', 'missing-history', 'compacted-history', 'not-deterministic', 'erased-subject', 'erased-read'));

ALTER TABLE "replay_comparison"
  ADD CONSTRAINT "replay_comparison_outcome_known" CHECK ("outcome" IN ('equal', 'behind', 'different', 'could-not-compare'));

ALTER TABLE "replay_invariant"
  ADD CONSTRAINT "replay_invariant_outcome_known" CHECK ("outcome" IN ('passed', 'failed', 'could-not-run'));

ALTER TABLE "discrepancy"
  ADD CONSTRAINT "discrepancy_kind_known" CHECK ("kind" IN ('missing', 'extra', 'different')),
  ADD CONSTRAINT "discrepancy_cause_known" CHECK ("cause" IN ('never-applied', 'applied-twice', 'applied-out-of-order', 'read-with-wrong-version', 'nothing-after-offset'));

ALTER TABLE "key_trace"
  ADD CONSTRAINT "key_trace_status_known" CHECK ("status" IN ('queued', 'reading', 'ready', 'failed'));

ALTER TABLE "evidence_record"
  ADD CONSTRAINT "evidence_record_digest_of_statement" CHECK ("digest" = encode(sha256("statement"), 'hex')),
  ADD CONSTRAINT "evidence_record_status_known" CHECK ("status" IN ('finished', 'refused', 'failed', 'cancelled')),
  ADD CONSTRAINT "evidence_record_confidence_known" CHECK ("confidence" IN ('trusted', 'suspect', 'untrusted')),
  ADD CONSTRAINT "evidence_record_agreement_known" CHECK ("agreement" IN ('equal', 'behind', 'different', 'not-compared')),
  ADD CONSTRAINT "evidence_record_coverage_known" CHECK ("coverage_kind" IN ('whole', 'part'));

ALTER TABLE "contract_version"
  ADD CONSTRAINT "contract_version_digest_of_bundle" CHECK ("digest" = encode(sha256("bundle"), 'hex'));

-- What was recorded stays as it was recorded, also for somebody with a database console.
CREATE FUNCTION "reprise_refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: what was recorded is never changed', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER "evidence_record_is_final" BEFORE UPDATE OR DELETE ON "evidence_record"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "evidence_record_is_kept" BEFORE TRUNCATE ON "evidence_record"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "audit_entry_is_final" BEFORE UPDATE OR DELETE ON "audit_entry"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "audit_entry_is_kept" BEFORE TRUNCATE ON "audit_entry"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();

-- The description may be written anew by a later Reprise; what is replayed may not.
CREATE TRIGGER "contract_version_is_final" BEFORE UPDATE ON "contract_version"
  FOR EACH ROW
  WHEN ((OLD."contract_id", OLD."version", OLD."digest", OLD."bundle", OLD."authors", OLD."registered_at")
    IS DISTINCT FROM (NEW."contract_id", NEW."version", NEW."digest", NEW."bundle", NEW."authors", NEW."registered_at"))
  EXECUTE FUNCTION "reprise_refuse_change"();

-- What was planned is what runs: the plan is frozen from the moment it stands in a row.
CREATE TRIGGER "replay_plan_is_frozen" BEFORE UPDATE ON "replay"
  FOR EACH ROW
  WHEN ((OLD."plan" IS NOT NULL AND (OLD."plan", OLD."plan_hash") IS DISTINCT FROM (NEW."plan", NEW."plan_hash"))
    OR (OLD."id", OLD."contract_id", OLD."contract_version", OLD."scope", OLD."requested_by", OLD."requested_at")
      IS DISTINCT FROM (NEW."id", NEW."contract_id", NEW."contract_version", NEW."scope", NEW."requested_by", NEW."requested_at")
    OR NEW."fencing_token" < OLD."fencing_token")
  EXECUTE FUNCTION "reprise_refuse_change"();

CREATE TRIGGER "replay_partition_is_fenced" BEFORE UPDATE ON "replay_partition"
  FOR EACH ROW
  WHEN ((OLD."from", OLD."to") IS DISTINCT FROM (NEW."from", NEW."to")
    OR NEW."fencing_token" < OLD."fencing_token" OR NEW."cursor" < OLD."cursor")
  EXECUTE FUNCTION "reprise_refuse_change"();

-- Rows that are updated at every checkpoint keep room on their page, so that the update touches no index (HOT).
ALTER TABLE "shadow_state" SET (fillfactor = 80);
ALTER TABLE "replay" SET (fillfactor = 70);
ALTER TABLE "replay_partition" SET (fillfactor = 50);
ALTER TABLE "replay_finding_count" SET (fillfactor = 70);
ALTER TABLE "worker" SET (fillfactor = 50);

-- Fingerprints and digests do not compress: trying costs time and saves nothing.
ALTER TABLE "seen_block" ALTER COLUMN "entries" SET STORAGE EXTERNAL;
ALTER TABLE "replay_partition" ALTER COLUMN "block_digests" SET STORAGE EXTERNAL;
