-- AlterTable
ALTER TABLE "key_trace" ADD COLUMN "reader" TEXT;
