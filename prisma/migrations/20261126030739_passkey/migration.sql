-- CreateTable
CREATE TABLE "passkey" (
    "id" TEXT NOT NULL,
    "person_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "public_key" BYTEA NOT NULL,
    "counter" BIGINT NOT NULL,
    "transports" TEXT[],
    "backed_up" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "passkey_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "passkey_person_id_idx" ON "passkey"("person_id");

-- AddForeignKey
ALTER TABLE "passkey" ADD CONSTRAINT "passkey_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE CASCADE ON UPDATE CASCADE;


-- What follows is written by hand: Prisma has no words for it.

-- A counter that goes back is the sign of a copy. A key is whose it is.
CREATE TRIGGER "passkey_goes_forward" BEFORE UPDATE ON "passkey"
  FOR EACH ROW
  WHEN (NEW."counter" < OLD."counter"
    OR (OLD."id", OLD."person_id", OLD."public_key") IS DISTINCT FROM (NEW."id", NEW."person_id", NEW."public_key"))
  EXECUTE FUNCTION "reprise_refuse_change"();
