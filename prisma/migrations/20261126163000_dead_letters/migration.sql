-- CreateTable
CREATE TABLE "dead_letter_topic" (
    "topic" TEXT NOT NULL,
    "identity" TEXT,
    "contract_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "others" TEXT[],
    "read_at" TIMESTAMPTZ(3),
    "recreated_at" TIMESTAMPTZ(3),
    "problem" TEXT,
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "dead_letter_topic_pkey" PRIMARY KEY ("topic")
);

-- CreateTable
CREATE TABLE "dead_letter_cursor" (
    "topic" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "next" BIGINT NOT NULL,
    "start" BIGINT NOT NULL,
    "missed" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "dead_letter_cursor_pkey" PRIMARY KEY ("topic","partition")
);

-- CreateTable
CREATE TABLE "dead_letter_group" (
    "topic" TEXT NOT NULL,
    "group_id" TEXT NOT NULL,
    "exception" TEXT NOT NULL,
    "shape" TEXT NOT NULL,
    "letters" INTEGER NOT NULL,
    "gone" INTEGER NOT NULL DEFAULT 0,
    "first_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "dead_letter_group_pkey" PRIMARY KEY ("topic","group_id")
);

-- CreateTable
CREATE TABLE "dead_letter" (
    "topic" TEXT NOT NULL,
    "identity" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    "group_id" TEXT NOT NULL,
    "event_id" TEXT,
    "cause" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "origin_topic" TEXT,
    "origin_partition" INTEGER,
    "origin_offset" BIGINT,
    "redrive_id" TEXT,
    "gone" BOOLEAN NOT NULL DEFAULT false,
    "indexed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "dead_letter_pkey" PRIMARY KEY ("topic","identity","partition","offset")
);

-- CreateIndex
CREATE INDEX "dead_letter_topic_at_partition_offset_idx" ON "dead_letter"("topic", "at", "partition", "offset");

-- CreateIndex
CREATE INDEX "dead_letter_topic_group_id_at_partition_offset_idx" ON "dead_letter"("topic", "group_id", "at", "partition", "offset");

-- CreateIndex
CREATE INDEX "dead_letter_event_id_idx" ON "dead_letter"("event_id");

-- What people page through: the newest of all topics, and what still stands in its topic.
CREATE INDEX "dead_letter_newest" ON "dead_letter" ("at", "topic", "partition", "offset");
CREATE INDEX "dead_letter_standing" ON "dead_letter" ("topic", "identity", "partition", "offset") WHERE NOT "gone";
