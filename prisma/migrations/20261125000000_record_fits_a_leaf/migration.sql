-- A record fits a leaf of the log. Records from before stay as they were recorded.
ALTER TABLE "evidence_record"
  ADD CONSTRAINT "evidence_record_fits_a_leaf" CHECK (octet_length("statement") <= 36000) NOT VALID;

-- What was said in words may have to be erased. Every other attachment is a part of its record, and as final.
CREATE TRIGGER "evidence_part_stays" BEFORE DELETE ON "evidence_attachment"
  FOR EACH ROW WHEN (OLD."name" <> 'remarks') EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "evidence_attachment_is_kept" BEFORE TRUNCATE ON "evidence_attachment"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
