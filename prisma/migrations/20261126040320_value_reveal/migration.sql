-- CreateTable
CREATE TABLE "value_reveal" (
    "person_id" TEXT NOT NULL,
    "contract_id" TEXT NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "value_reveal_pkey" PRIMARY KEY ("person_id","contract_id")
);
