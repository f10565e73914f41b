-- Redrives are told of as well. What is known by then stays known, whoever has added to it.
DO $$
DECLARE
  said text;
BEGIN
  SELECT pg_get_constraintdef(c.oid) INTO STRICT said FROM pg_constraint c
  WHERE c.conname = 'notice_subject_known' AND c.conrelid = '"notice"'::regclass;
  EXECUTE format('ALTER TABLE "notice" DROP CONSTRAINT "notice_subject_known", ADD CONSTRAINT "notice_subject_known" %s',
    replace(said, 'ARRAY[', 'ARRAY[''redrive''::text, '));
END
$$;

-- Those that wait for approval are few, and looked for by every overview.
CREATE INDEX "redrive_awaiting" ON "redrive" ("requested_at") WHERE "status" = 'awaiting-approval';
