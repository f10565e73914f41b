-- CreateTable
CREATE TABLE "approval_look" (
    "subject_kind" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "person_id" TEXT NOT NULL,
    "looked_at" TIMESTAMPTZ(3) NOT NULL,
    "seen" JSONB NOT NULL,
    "previous_at" TIMESTAMPTZ(3),
    "previous_seen" JSONB,

    CONSTRAINT "approval_look_pkey" PRIMARY KEY ("subject_kind","subject_id","person_id")
);

-- CreateIndex
CREATE INDEX "approval_look_person_id_idx" ON "approval_look"("person_id");

-- AddForeignKey
ALTER TABLE "approval_look" ADD CONSTRAINT "approval_look_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE CASCADE ON UPDATE CASCADE;


-- What follows is written by hand: Prisma has no words for it.

ALTER TABLE "approval_look"
  ADD CONSTRAINT "approval_look_subject_known" CHECK ("subject_kind" IN ('replay', 'promotion')),
  ADD CONSTRAINT "approval_look_previous_whole" CHECK (("previous_at" IS NULL) = ("previous_seen" IS NULL));
