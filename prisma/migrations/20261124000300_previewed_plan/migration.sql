-- CreateTable
CREATE TABLE "previewed_plan" (
    "plan_hash" TEXT NOT NULL,
    "plan" TEXT NOT NULL,
    "coverage" JSONB NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "previewed_plan_pkey" PRIMARY KEY ("plan_hash")
);

-- CreateIndex
CREATE INDEX "previewed_plan_expires_at_idx" ON "previewed_plan"("expires_at");

ALTER TABLE "previewed_plan"
  ADD CONSTRAINT "previewed_plan_hash_of_plan" CHECK ("plan_hash" = encode(sha256(convert_to("plan", 'UTF8')), 'hex'));
