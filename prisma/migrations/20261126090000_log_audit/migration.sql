-- CreateTable
CREATE TABLE "log_audit" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "ran_at" TIMESTAMPTZ(3) NOT NULL,
    "size" BIGINT NOT NULL,
    "compared" INTEGER NOT NULL,
    "findings" TEXT[],

    CONSTRAINT "log_audit_pkey" PRIMARY KEY ("id")
);

ALTER TABLE "log_audit" ADD CONSTRAINT "log_audit_is_one" CHECK ("id" = 1);
