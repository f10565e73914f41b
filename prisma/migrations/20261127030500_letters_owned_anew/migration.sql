-- AlterTable
ALTER TABLE "dead_letter_topic" ADD COLUMN "owned_by" TEXT;

-- AlterTable
ALTER TABLE "dead_letter_cursor" ADD COLUMN "owner_next" BIGINT;
