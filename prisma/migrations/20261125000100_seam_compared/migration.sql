-- AlterTable
ALTER TABLE "replay_partition" ADD COLUMN     "seam" JSONB;
