-- CreateTable
CREATE TABLE "redrive_edit" (
    "redrive_id" UUID NOT NULL,
    "event_id" TEXT NOT NULL,
    "original_event_id" TEXT,
    "key" TEXT,
    "ticket" TEXT NOT NULL,
    "salt" TEXT,
    "value" TEXT,

    CONSTRAINT "redrive_edit_pkey" PRIMARY KEY ("redrive_id")
);

-- AddForeignKey
ALTER TABLE "redrive_edit" ADD CONSTRAINT "redrive_edit_redrive_id_fkey" FOREIGN KEY ("redrive_id") REFERENCES "redrive"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What follows is written by hand: Prisma has no words for it.
-- An edit joins its redrive in the transaction that asks for it, and is what the frozen text names by its digest: so
-- what was approved is what stands here. A digest without its salt would let whoever reads it try values.
CREATE FUNCTION "reprise_redrive_edit_joins"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  asked "redrive"%ROWTYPE;
BEGIN
  SELECT * INTO STRICT asked FROM "redrive" WHERE "id" = NEW."redrive_id";
  IF asked."requested_at" <> now()::timestamptz(3) OR asked."letters" <> 1 THEN
    PERFORM "reprise_forbid"('what a redrive sends is frozen');
  END IF;
  IF NEW."salt" IS NULL OR NEW."value" IS NULL
    OR asked."frozen"::json #>> '{edit,eventId}' IS DISTINCT FROM NEW."event_id"
    OR asked."frozen"::json #>> '{edit,digest}' IS DISTINCT FROM encode(sha256(convert_to(
      NEW."salt" || E'\n' || NEW."ticket" || E'\n' || NEW."value", 'UTF8')), 'hex') THEN
    PERFORM "reprise_forbid"('the edit is not the one that the redrive names');
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "redrive_edit_joins" BEFORE INSERT ON "redrive_edit"
  FOR EACH ROW EXECUTE FUNCTION "reprise_redrive_edit_joins"();
-- It is changed by erasing alone, and that leaves no value: the role that runs has no right to change it at all.
CREATE TRIGGER "redrive_edit_is_frozen" BEFORE UPDATE ON "redrive_edit"
  FOR EACH ROW WHEN (NEW."value" IS NOT NULL OR NEW."salt" IS NOT NULL
    OR (OLD."redrive_id", OLD."event_id") IS DISTINCT FROM (NEW."redrive_id", NEW."event_id"))
  EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "redrive_edit_is_kept" BEFORE DELETE ON "redrive_edit"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "redrive_edit_is_kept_whole" BEFORE TRUNCATE ON "redrive_edit"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
