-- AlterTable
ALTER TABLE "replay" ADD COLUMN     "lasting" INTEGER NOT NULL DEFAULT 0;
