-- What people attach to a step of a run: a picture of a console, a log.
CREATE TABLE "runbook_file" (
    "id" UUID NOT NULL,
    "run_id" UUID NOT NULL,
    "step" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "media_type" TEXT NOT NULL,
    "bytes" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "content" BYTEA NOT NULL,
    "added_by" TEXT NOT NULL,
    "added_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "runbook_file_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "runbook_file_run_id_idx" ON "runbook_file"("run_id");

ALTER TABLE "runbook_file" ADD CONSTRAINT "runbook_file_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runbook_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "runbook_file"
  ADD CONSTRAINT "runbook_file_sized" CHECK ("bytes" = octet_length("content") AND "bytes" <= 2097152),
  ADD CONSTRAINT "runbook_file_digest" CHECK ("sha256" = encode(sha256("content"), 'hex'));
-- Pictures do not compress: trying costs time and saves nothing.
ALTER TABLE "runbook_file" ALTER COLUMN "content" SET STORAGE EXTERNAL;

CREATE TRIGGER "runbook_file_is_final" BEFORE UPDATE OR DELETE ON "runbook_file"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "runbook_file_is_kept" BEFORE TRUNCATE ON "runbook_file"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
