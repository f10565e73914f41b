-- CreateTable
CREATE TABLE "request_rate" (
    "key" TEXT NOT NULL,
    "minute" TIMESTAMPTZ(0) NOT NULL,
    "count" INTEGER NOT NULL,

    CONSTRAINT "request_rate_pkey" PRIMARY KEY ("key","minute")
);

-- CreateIndex
CREATE INDEX "request_rate_minute_idx" ON "request_rate"("minute");


-- What follows is written by hand: Prisma has no words for it.
-- Lost on a crash, and no harm: counts of a minute. Every request that changes something writes here.
ALTER TABLE "request_rate" SET UNLOGGED;
