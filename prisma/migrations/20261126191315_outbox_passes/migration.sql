-- AlterTable
ALTER TABLE "sent_cursor" ADD COLUMN     "file_node" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "lowest" BIGINT,
ADD COLUMN     "pass_at" TIMESTAMPTZ(3),
ADD COLUMN     "pass_position" BIGINT,
ADD COLUMN     "pass_to" BIGINT,
ADD COLUMN     "pass_xmin" TEXT;
