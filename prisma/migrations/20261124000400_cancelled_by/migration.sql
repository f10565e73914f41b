-- AlterTable
ALTER TABLE "replay" ADD COLUMN     "cancel_reason" TEXT,
ADD COLUMN     "cancelled_by" TEXT;
