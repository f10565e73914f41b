-- AlterTable
ALTER TABLE "dead_letter_topic" ADD COLUMN "cut_at" TIMESTAMPTZ(3), ADD COLUMN "cut" BIGINT NOT NULL DEFAULT 0;
