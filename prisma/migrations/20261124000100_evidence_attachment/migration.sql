-- CreateTable
CREATE TABLE "evidence_attachment" (
    "evidence_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "content" BYTEA NOT NULL,

    CONSTRAINT "evidence_attachment_pkey" PRIMARY KEY ("evidence_id","name")
);

-- AddForeignKey
ALTER TABLE "evidence_attachment" ADD CONSTRAINT "evidence_attachment_evidence_id_fkey" FOREIGN KEY ("evidence_id") REFERENCES "evidence_record"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "evidence_attachment"
  ADD CONSTRAINT "evidence_attachment_digest_of_content" CHECK ("digest" = encode(sha256("content"), 'hex'));

-- Deleting it is how what a person has to have erased is erased; the record keeps its digest.
CREATE TRIGGER "evidence_attachment_is_final" BEFORE UPDATE ON "evidence_attachment"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
