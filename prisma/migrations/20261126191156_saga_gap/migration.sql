-- CreateTable
CREATE TABLE "saga_gap" (
    "id" BIGSERIAL NOT NULL,
    "contract_id" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "from" BIGINT NOT NULL,
    "to" BIGINT NOT NULL,
    "found_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "saga_gap_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "saga_gap_contract_id_found_at_idx" ON "saga_gap"("contract_id", "found_at");

ALTER TABLE "saga_gap"
  ADD CONSTRAINT "saga_gap_kind_known" CHECK ("kind" IN ('expired', 'truncated')),
  ADD CONSTRAINT "saga_gap_goes_forward" CHECK ("to" > "from");
