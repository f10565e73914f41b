-- AlterTable
ALTER TABLE "person_session" ALTER COLUMN "proven_at" DROP NOT NULL;


-- What follows is written by hand: Prisma has no words for it.

-- When somebody proved who they are may lie before the session or not be known, and is never after its beginning.
CREATE OR REPLACE FUNCTION "reprise_session_times"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."expires_at" := now() + least(greatest(NEW."expires_at" - NEW."created_at", interval '0'), interval '12 hours');
  NEW."created_at" := now();
  IF NEW."proven_at" > now() THEN
    NEW."proven_at" := now();
  END IF;
  RETURN NEW;
END
$$;
