-- CreateTable
CREATE TABLE "saga_watch" (
    "contract_id" TEXT NOT NULL,
    "identity" TEXT NOT NULL,
    "visible_before" TEXT,
    "told_stuck" INTEGER NOT NULL DEFAULT 0,
    "followed_at" TIMESTAMPTZ(3),
    "problem" TEXT,

    CONSTRAINT "saga_watch_pkey" PRIMARY KEY ("contract_id")
);

-- CreateTable
CREATE TABLE "saga_cursor" (
    "contract_id" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "next" BIGINT NOT NULL,
    "missed" BIGINT NOT NULL DEFAULT 0,
    "unread" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "saga_cursor_pkey" PRIMARY KEY ("contract_id","partition")
);

-- CreateTable
CREATE TABLE "saga_run" (
    "contract_id" TEXT NOT NULL,
    "key" TEXT COLLATE "C" NOT NULL,
    "lifecycle" TEXT NOT NULL,
    "stuck" BOOLEAN NOT NULL DEFAULT false,
    "step" TEXT,
    "marks" JSONB NOT NULL,
    "end" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "last_type" TEXT NOT NULL,
    "last_place" TEXT NOT NULL,
    "events" INTEGER NOT NULL,
    "oddities" INTEGER NOT NULL,

    CONSTRAINT "saga_run_pkey" PRIMARY KEY ("contract_id","key")
);

-- CreateTable
CREATE TABLE "saga_event" (
    "contract_id" TEXT NOT NULL,
    "identity" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    "key" TEXT COLLATE "C" NOT NULL,
    "event_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "roles" TEXT[],
    "oddities" TEXT[],
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "saga_event_pkey" PRIMARY KEY ("contract_id","identity","partition","offset")
);

-- CreateIndex
CREATE INDEX "saga_run_contract_id_lifecycle_started_at_idx" ON "saga_run"("contract_id", "lifecycle", "started_at");

-- CreateIndex
CREATE INDEX "saga_run_contract_id_last_at_key_idx" ON "saga_run"("contract_id", "last_at", "key");

-- CreateIndex
CREATE INDEX "saga_event_contract_id_key_at_idx" ON "saga_event"("contract_id", "key", "at");

ALTER TABLE "saga_run"
  ADD CONSTRAINT "saga_run_lifecycle_known"
    CHECK ("lifecycle" IN ('running', 'compensating', 'completed', 'cancelled', 'compensation-failed')),
  ADD CONSTRAINT "saga_run_end_known" CHECK ("end" IN ('completed', 'cancelled')),
  -- What has ended, or waits for a person, is not stuck.
  ADD CONSTRAINT "saga_run_stuck_is_open" CHECK (NOT "stuck" OR "lifecycle" IN ('running', 'compensating'));

-- Those that have not ended are few, and looked for every few seconds.
CREATE INDEX "saga_run_open" ON "saga_run" ("contract_id", "started_at")
  WHERE "lifecycle" IN ('running', 'compensating');
