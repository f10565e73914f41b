-- DropTable
DROP TABLE "archive_run";
