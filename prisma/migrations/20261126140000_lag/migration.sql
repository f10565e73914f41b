-- CreateTable
CREATE TABLE "lag_subject" (
    "id" SERIAL NOT NULL,
    "contract_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "retired_at" TIMESTAMPTZ(3),
    "step_ms" INTEGER,
    "over_ms" BIGINT,
    "sampled_at" TIMESTAMPTZ(3),
    "group_state" TEXT,
    "members" INTEGER,
    "verdict" TEXT NOT NULL DEFAULT 'unknown',
    "rule" TEXT NOT NULL DEFAULT 'no-commits',
    "rule_partition" INTEGER,
    "verdict_since" TIMESTAMPTZ(3),
    "problem" TEXT,
    "problem_at" TIMESTAMPTZ(3),
    "partitions" JSONB NOT NULL DEFAULT '[]',
    "waiting" JSONB NOT NULL DEFAULT '[]',
    "moved_at" TIMESTAMPTZ(3),
    "over_since" TIMESTAMPTZ(3),
    "minutes_until" TIMESTAMPTZ(3),
    "hours_until" TIMESTAMPTZ(3),

    CONSTRAINT "lag_subject_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "lag_sample" (
    "subject_id" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "committed" BIGINT[],
    "records" BIGINT[],
    "age_ms" BIGINT[],
    "total" BIGINT,
    "worst_ms" BIGINT,

    CONSTRAINT "lag_sample_pkey" PRIMARY KEY ("subject_id","at")
);

-- CreateTable
CREATE TABLE "lag_rollup" (
    "subject_id" INTEGER NOT NULL,
    "seconds" SMALLINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "samples" INTEGER NOT NULL,
    "min_records" BIGINT,
    "max_records" BIGINT,
    "min_ms" BIGINT,
    "max_ms" BIGINT,
    "records" BIGINT[],
    "age_ms" BIGINT[],

    CONSTRAINT "lag_rollup_pkey" PRIMARY KEY ("subject_id","seconds","at")
);

-- CreateIndex
CREATE UNIQUE INDEX "lag_subject_contract_id_kind_name_key" ON "lag_subject"("contract_id", "kind", "name");

ALTER TABLE "lag_subject"
  ADD CONSTRAINT "lag_subject_kind" CHECK (kind IN ('group', 'state')),
  ADD CONSTRAINT "lag_subject_verdict" CHECK (verdict IN ('ok', 'unknown', 'lagging', 'stalled', 'stopped', 'rewound'));
ALTER TABLE "lag_rollup" ADD CONSTRAINT "lag_rollup_seconds" CHECK (seconds IN (60, 3600));

-- A subject is written at each of its samples: room for the next version beside it keeps its index as it is.
ALTER TABLE "lag_subject" SET (fillfactor = 50);
-- What has been kept long enough goes all the time, and its room is taken by what comes.
ALTER TABLE "lag_sample" SET (autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE "lag_rollup" SET (autovacuum_vacuum_scale_factor = 0.05);
