-- CreateTable
CREATE TABLE "delivery_audit" (
    "contract_id" TEXT NOT NULL,
    "number" SERIAL NOT NULL,
    "history_identity" TEXT NOT NULL,
    "look_back_hours" DOUBLE PRECISION NOT NULL,
    "since" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "audited_at" TIMESTAMPTZ(3) NOT NULL,
    "problem" TEXT,
    "problem_since" TIMESTAMPTZ(3),
    "sent_problem" TEXT,
    "pruned_until_ms" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "delivery_audit_pkey" PRIMARY KEY ("contract_id")
);

-- CreateTable
CREATE TABLE "delivery_cursor" (
    "contract_id" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "next" BIGINT NOT NULL,
    "transaction" TEXT,
    "log_end" BIGINT NOT NULL,
    "read_until" TIMESTAMPTZ(3),
    "events" BIGINT NOT NULL DEFAULT 0,
    "sent_from" BIGINT,

    CONSTRAINT "delivery_cursor_pkey" PRIMARY KEY ("contract_id","partition")
);

-- CreateTable
CREATE TABLE "delivered_id" (
    "id" UUID NOT NULL,
    "content" BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,
    "at_ms" BIGINT NOT NULL,
    "audit" INTEGER NOT NULL,
    "partition" INTEGER NOT NULL,

    CONSTRAINT "delivered_id_pkey" PRIMARY KEY ("id","audit")
);

-- CreateTable
CREATE TABLE "awaited_event" (
    "audit" INTEGER NOT NULL,
    "id" UUID NOT NULL,
    "event_id" TEXT NOT NULL,
    "balance" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "position" BIGINT,
    "partition" INTEGER,
    "offset" BIGINT,
    "lost" INTEGER NOT NULL DEFAULT 0,
    "lost_at" TIMESTAMPTZ(3),

    CONSTRAINT "awaited_event_pkey" PRIMARY KEY ("audit","id")
);

-- CreateTable
CREATE TABLE "sent_cursor" (
    "contract_id" TEXT NOT NULL,
    "identity" TEXT NOT NULL,
    "top" BIGINT NOT NULL,
    "settled" BIGINT NOT NULL,
    "seen_xmin" TEXT NOT NULL,
    "mark_xmax" TEXT NOT NULL,
    "mark_top" BIGINT NOT NULL,
    "mark_at" TIMESTAMPTZ(3) NOT NULL,
    "read_at" TIMESTAMPTZ(3) NOT NULL,
    "pruned" BOOLEAN NOT NULL DEFAULT false,
    "reaches_back_to" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sent_cursor_pkey" PRIMARY KEY ("contract_id")
);

-- CreateTable
CREATE TABLE "sent_position" (
    "audit" INTEGER NOT NULL,
    "position" BIGINT NOT NULL,

    CONSTRAINT "sent_position_pkey" PRIMARY KEY ("audit","position")
);

-- CreateTable
CREATE TABLE "delivery_count" (
    "contract_id" TEXT NOT NULL,
    "minute" TIMESTAMPTZ(3) NOT NULL,
    "events" BIGINT NOT NULL DEFAULT 0,
    "redelivered" BIGINT NOT NULL DEFAULT 0,
    "conflicting" BIGINT NOT NULL DEFAULT 0,
    "undecodable" BIGINT NOT NULL DEFAULT 0,
    "without_id" BIGINT NOT NULL DEFAULT 0,
    "missing" BIGINT NOT NULL DEFAULT 0,
    "sent" BIGINT NOT NULL DEFAULT 0,
    "lost" BIGINT NOT NULL DEFAULT 0,
    "late" BIGINT NOT NULL DEFAULT 0,
    "unsent" BIGINT NOT NULL DEFAULT 0,
    "untold" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "delivery_count_pkey" PRIMARY KEY ("contract_id","minute")
);

-- CreateTable
CREATE TABLE "delivery_finding" (
    "id" BIGSERIAL NOT NULL,
    "contract_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "event_id" TEXT,
    "partition" INTEGER,
    "offset" BIGINT,
    "to" BIGINT,
    "first_partition" INTEGER,
    "first_offset" BIGINT,
    "position" BIGINT,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "arrived_at" TIMESTAMPTZ(3),
    "detail" TEXT NOT NULL,
    "found_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "delivery_finding_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "delivery_audit_number_key" ON "delivery_audit"("number");

-- CreateIndex
CREATE INDEX "delivered_id_at_ms_idx" ON "delivered_id" USING BRIN ("at_ms");

-- CreateIndex
CREATE INDEX "awaited_event_audit_due_at_idx" ON "awaited_event"("audit", "due_at");

-- CreateIndex
CREATE INDEX "delivery_finding_contract_id_found_at_id_idx" ON "delivery_finding"("contract_id", "found_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "delivery_finding_contract_id_kind_event_id_idx" ON "delivery_finding"("contract_id", "kind", "event_id");
