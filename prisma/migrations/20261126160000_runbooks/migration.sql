-- CreateTable
CREATE TABLE "runbook_version" (
    "runbook_id" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "file" TEXT NOT NULL,
    "bytes" BYTEA NOT NULL,
    "runbook" JSONB NOT NULL,
    "registered_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "runbook_version_pkey" PRIMARY KEY ("runbook_id","digest")
);

-- CreateTable
CREATE TABLE "runbook_current" (
    "runbook_id" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "file" TEXT NOT NULL,
    "gone_at" TIMESTAMPTZ(3),

    CONSTRAINT "runbook_current_pkey" PRIMARY KEY ("runbook_id")
);

-- CreateTable
CREATE TABLE "runbook_problem" (
    "id" BIGSERIAL NOT NULL,
    "file" TEXT NOT NULL,
    "runbook_id" TEXT,
    "line" INTEGER NOT NULL,
    "sentence" TEXT NOT NULL,

    CONSTRAINT "runbook_problem_pkey" PRIMARY KEY ("id")
);

ALTER TABLE "runbook_version"
  ADD CONSTRAINT "runbook_version_digest_of_bytes" CHECK ("digest" = encode(sha256("bytes"), 'hex'));

-- What a run was pinned to can be read as it was, for ever.
CREATE TRIGGER "runbook_version_is_final" BEFORE UPDATE OR DELETE ON "runbook_version"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "runbook_version_is_kept" BEFORE TRUNCATE ON "runbook_version"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();

-- AddForeignKey
ALTER TABLE "runbook_current" ADD CONSTRAINT "runbook_current_runbook_id_digest_fkey" FOREIGN KEY ("runbook_id", "digest") REFERENCES "runbook_version"("runbook_id", "digest") ON DELETE RESTRICT ON UPDATE CASCADE;
