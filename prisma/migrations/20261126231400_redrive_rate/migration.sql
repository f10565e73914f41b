-- AlterTable
ALTER TABLE "redrive" ADD COLUMN "may_send" INTEGER;
