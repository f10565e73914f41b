-- CreateTable
CREATE TABLE "log_cosignature" (
    "size" BIGINT NOT NULL,
    "name" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "public_key" BYTEA NOT NULL,
    "seconds" BIGINT NOT NULL,
    "signature" BYTEA NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "log_cosignature_pkey" PRIMARY KEY ("size","name","key_id")
);

-- AddForeignKey
ALTER TABLE "log_cosignature" ADD CONSTRAINT "log_cosignature_size_fkey" FOREIGN KEY ("size") REFERENCES "log_checkpoint"("size") ON DELETE RESTRICT ON UPDATE CASCADE;


-- What follows is written by hand: Prisma has no words for it.

ALTER TABLE "log_cosignature"
  ADD CONSTRAINT "log_cosignature_name" CHECK ("name" ~ '^[^[:space:]+]+$' AND "key_id" ~ '^[0-9a-f]{8}$'),
  ADD CONSTRAINT "log_cosignature_ed25519" CHECK (octet_length("public_key") = 32 AND octet_length("signature") = 72),
  -- The id is the beginning of a digest of the name, the kind of key (4: a cosigner's) and the key.
  ADD CONSTRAINT "log_cosignature_key_id" CHECK ("key_id" =
    left(encode(sha256(convert_to("name", 'UTF8') || '\x0a04'::bytea || "public_key"), 'hex'), 8)),
  ADD CONSTRAINT "log_cosignature_time" CHECK ("seconds" >= 0 AND substring("signature" FROM 1 FOR 8) = int8send("seconds"));

CREATE TRIGGER "log_cosignature_is_final" BEFORE UPDATE OR DELETE ON "log_cosignature"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "log_cosignature_is_kept" BEFORE TRUNCATE ON "log_cosignature"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
