-- AlterTable
ALTER TABLE "delivery_cursor" ADD COLUMN     "closed_until" TIMESTAMPTZ(3),
ADD COLUMN     "high" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "mark_at" TIMESTAMPTZ(3),
ADD COLUMN     "mark_end" TEXT;
