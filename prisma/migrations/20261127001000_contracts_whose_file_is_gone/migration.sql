-- Which file a contract was last registered from, and since when there is none. One that has no row was never missed.
CREATE TABLE "contract_file" (
    "contract_id" TEXT NOT NULL,
    "file" TEXT NOT NULL,
    "gone_at" TIMESTAMPTZ(3),

    CONSTRAINT "contract_file_pkey" PRIMARY KEY ("contract_id")
);
