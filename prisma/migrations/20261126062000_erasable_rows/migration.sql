-- The rows of a promotion stand beside its record, as the words do, and may have to be erased too.
DROP TRIGGER "evidence_part_stays" ON "evidence_attachment";
CREATE TRIGGER "evidence_part_stays" BEFORE DELETE ON "evidence_attachment"
  FOR EACH ROW WHEN (OLD."name" NOT IN ('remarks', 'rows')) EXECUTE FUNCTION "reprise_refuse_change"();

-- What is still to be decided about, or written, or undone, is kept; afterwards the plan holds its digest.
CREATE FUNCTION "reprise_keep_until_ended"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "promotion" p
      WHERE (p."id" = OLD."promotion_id" OR p."undoes" = OLD."promotion_id") AND p."ended_at" IS NULL) THEN
    RAISE EXCEPTION 'the changes of a promotion are kept until it has ended, and what undoes it too' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END
$$;
DROP TRIGGER "promotion_change_is_kept" ON "promotion_change";
CREATE TRIGGER "promotion_change_is_kept" BEFORE DELETE ON "promotion_change"
  FOR EACH ROW EXECUTE FUNCTION "reprise_keep_until_ended"();
