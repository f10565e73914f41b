-- AlterTable
ALTER TABLE "redrive" ADD COLUMN "settle_to" JSONB;

-- AlterTable
ALTER TABLE "redrive_letter" ADD COLUMN "dead_to" JSONB;
