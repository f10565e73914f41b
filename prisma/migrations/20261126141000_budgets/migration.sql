-- CreateTable
CREATE TABLE "budget_tick" (
    "contract_id" TEXT NOT NULL,
    "indicator" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "seconds" INTEGER NOT NULL,
    "total" BIGINT NOT NULL,
    "bad" BIGINT NOT NULL,
    "unknown" BIGINT NOT NULL,

    CONSTRAINT "budget_tick_pkey" PRIMARY KEY ("contract_id","indicator","subject","at","seconds")
);

-- CreateTable
CREATE TABLE "budget_spend" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "contract_id" TEXT NOT NULL,
    "indicator" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "sentence" TEXT NOT NULL,
    "link" JSONB NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "to_at" TIMESTAMPTZ(3) NOT NULL,
    "taken_back_at" TIMESTAMPTZ(3),
    "taken_back_sentence" TEXT,

    CONSTRAINT "budget_spend_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "budget_spend_tick" (
    "spend_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "amount" BIGINT NOT NULL,

    CONSTRAINT "budget_spend_tick_pkey" PRIMARY KEY ("spend_id","at")
);

-- CreateTable
CREATE TABLE "budget_exclusion" (
    "id" UUID NOT NULL,
    "contract_id" TEXT NOT NULL,
    "indicator" TEXT,
    "subject" TEXT,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "to_at" TIMESTAMPTZ(3) NOT NULL,
    "reason" TEXT NOT NULL,
    "person_id" TEXT NOT NULL,
    "made_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "budget_exclusion_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "budget_exclusion_end" (
    "id" UUID NOT NULL,
    "exclusion_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "reason" TEXT NOT NULL,
    "person_id" TEXT NOT NULL,
    "made_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "budget_exclusion_end_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "budget_alert" (
    "contract_id" TEXT NOT NULL,
    "indicator" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "class" TEXT NOT NULL,
    "why" TEXT NOT NULL,
    "spent" DOUBLE PRECISION NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "told_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "budget_alert_pkey" PRIMARY KEY ("contract_id","indicator","subject")
);

-- CreateIndex
CREATE INDEX "budget_spend_contract_id_indicator_subject_to_at_idx" ON "budget_spend"("contract_id", "indicator", "subject", "to_at");

-- CreateIndex
CREATE INDEX "budget_spend_contract_id_indicator_subject_cause_idx" ON "budget_spend"("contract_id", "indicator", "subject", "cause");

-- CreateIndex
CREATE INDEX "budget_exclusion_contract_id_to_at_idx" ON "budget_exclusion"("contract_id", "to_at");

-- CreateIndex
CREATE INDEX "budget_exclusion_end_exclusion_id_idx" ON "budget_exclusion_end"("exclusion_id");

-- AddForeignKey
ALTER TABLE "budget_spend_tick" ADD CONSTRAINT "budget_spend_tick_spend_id_fkey" FOREIGN KEY ("spend_id") REFERENCES "budget_spend"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "budget_exclusion_end" ADD CONSTRAINT "budget_exclusion_end_exclusion_id_fkey" FOREIGN KEY ("exclusion_id") REFERENCES "budget_exclusion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "budget_tick"
  ADD CONSTRAINT "budget_tick_indicator_known" CHECK ("indicator" IN ('lag', 'duplicates', 'losses', 'compensations')),
  ADD CONSTRAINT "budget_tick_length_known" CHECK ("seconds" IN (60, 3600)),
  ADD CONSTRAINT "budget_tick_counts" CHECK ("total" >= 0 AND "unknown" >= 0);
ALTER TABLE "budget_spend"
  ADD CONSTRAINT "budget_spend_indicator_known" CHECK ("indicator" IN ('lag', 'duplicates', 'losses', 'compensations')),
  ADD CONSTRAINT "budget_spend_taken_back_whole" CHECK (("taken_back_at" IS NULL) = ("taken_back_sentence" IS NULL)),
  ADD CONSTRAINT "budget_spend_goes_forward" CHECK ("to_at" >= "from_at");
ALTER TABLE "budget_exclusion"
  ADD CONSTRAINT "budget_exclusion_indicator_known" CHECK ("indicator" IN ('lag', 'duplicates', 'losses', 'compensations')),
  ADD CONSTRAINT "budget_exclusion_subject_of_indicator" CHECK ("indicator" IS NOT NULL OR "subject" IS NULL),
  ADD CONSTRAINT "budget_exclusion_goes_forward" CHECK ("to_at" > "from_at"),
  ADD CONSTRAINT "budget_exclusion_has_reason" CHECK (btrim("reason") <> '');
ALTER TABLE "budget_exclusion_end"
  ADD CONSTRAINT "budget_exclusion_end_kind_known" CHECK ("kind" IN ('ended', 'revoked')),
  ADD CONSTRAINT "budget_exclusion_end_has_reason" CHECK (btrim("reason") <> '');
ALTER TABLE "budget_alert"
  ADD CONSTRAINT "budget_alert_class_known" CHECK ("class" IN ('P1', 'P2', 'P3', 'P4')),
  ADD CONSTRAINT "budget_alert_why_known" CHECK ("why" IN ('exhausted', 'lost', 'page', 'ticket'));

-- Who left time out of a budget, and why, stays on record, also for somebody with a database console.
CREATE TRIGGER "budget_exclusion_is_final" BEFORE UPDATE OR DELETE ON "budget_exclusion"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "budget_exclusion_is_kept" BEFORE TRUNCATE ON "budget_exclusion"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "budget_exclusion_end_is_final" BEFORE UPDATE OR DELETE ON "budget_exclusion_end"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "budget_exclusion_end_is_kept" BEFORE TRUNCATE ON "budget_exclusion_end"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
