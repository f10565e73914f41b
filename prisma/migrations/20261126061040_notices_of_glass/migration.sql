-- AlterTable
ALTER TABLE "notice_channel" ADD COLUMN     "configured_at" TIMESTAMPTZ(3);


-- What follows is written by hand: Prisma has no words for it.
UPDATE "notice_channel" SET "configured_at" = "seen_at" WHERE "configured";

ALTER TABLE "notice" DROP CONSTRAINT "notice_kind_known",
  ADD CONSTRAINT "notice_kind_known" CHECK ("kind" IN ('waiting', 'approved', 'rejected', 'voided', 'expired', 'taken-back',
    'glass-begun', 'glass-broken', 'ended', 'test'));

-- Writes what people are to be told of, and for whom. `audience`: 'approvers' who are not shut out, 'requester', 'breakers'
-- who may confirm broken glass, 'reviewers' of it, and 'told': who was told that the same waits. Whoever `detail` names
-- under "except" knows already.
CREATE OR REPLACE FUNCTION "reprise_tell"("kind" text, "subject_kind" text, "subject" uuid, "contract" text, "at_version" int,
  "requester" text, "audience" text[], "detail" jsonb) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  told uuid := gen_random_uuid();
BEGIN
  INSERT INTO "notice" ("id", "kind", "subject_kind", "subject_id", "contract_id", "detail")
  VALUES (told, "kind", "subject_kind", "subject", "contract", "detail");
  INSERT INTO "notice_delivery" ("id", "notice_id", "channel", "person_id")
  SELECT gen_random_uuid(), told, 'email', p."id" FROM "person" p
  WHERE p."disabled_at" IS NULL AND p."notices_by_email" AND NOT coalesce("detail" -> 'except' ? p."id", false)
    AND (('requester' = ANY ("audience") AND p."id" = "requester")
      OR ('approvers' = ANY ("audience") AND p."id" <> "requester" AND "reprise_may_approve"(p."id")
        AND NOT "reprise_is_author"(p."id", "contract", "at_version"))
      OR ('breakers' = ANY ("audience") AND "reprise_may_break_glass"(p."id"))
      OR ('reviewers' = ANY ("audience") AND p."id" <> "requester" AND "reprise_may_review"(p."id"))
      OR ('told' = ANY ("audience") AND EXISTS (
        SELECT FROM "notice_delivery" d JOIN "notice" n ON n."id" = d."notice_id"
        WHERE d."person_id" = p."id" AND d."state" IN ('waiting', 'sent') AND n."kind" IN ('waiting', 'taken-back')
          AND n."subject_kind" = "reprise_tell"."subject_kind" AND n."subject_id" = "subject")));
  INSERT INTO "notice_delivery" ("id", "notice_id", "channel") VALUES (gen_random_uuid(), told, 'webhook');
  RETURN told;
END
$$;
