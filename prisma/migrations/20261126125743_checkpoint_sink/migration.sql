-- CreateTable
CREATE TABLE "checkpoint_sink" (
    "kind" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    "last_success_at" TIMESTAMPTZ(3),
    "last_size" BIGINT,
    "last_problem" TEXT,
    "last_problem_at" TIMESTAMPTZ(3),

    CONSTRAINT "checkpoint_sink_pkey" PRIMARY KEY ("kind")
);

ALTER TABLE "checkpoint_sink" ADD CONSTRAINT "checkpoint_sink_kind" CHECK ("kind" IN ('folder', 'webhook', 'topic'));
