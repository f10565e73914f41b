-- AlterTable
ALTER TABLE "replay" ADD COLUMN     "asked_rate_limit" INTEGER;


-- What follows is written by hand: Prisma has no words for it. These are rules that the code has kept alone so far.
UPDATE "replay" SET "asked_rate_limit" = "rate_limit";

-- Whoever approves a replay has read how fast it goes: after that it is made slower, and never faster.
CREATE FUNCTION "reprise_replay_rate"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW."asked_rate_limit" := NEW."rate_limit";
    RETURN NEW;
  END IF;
  IF NEW."asked_rate_limit" IS DISTINCT FROM OLD."asked_rate_limit" THEN
    RAISE EXCEPTION 'what was recorded is never changed' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW."rate_limit" IS DISTINCT FROM OLD."rate_limit" AND NEW."asked_rate_limit" IS NOT NULL
    AND coalesce((NEW."plan"::json ->> 'approvalsNeeded')::int, 0) > 0
    AND (NEW."rate_limit" IS NULL OR NEW."rate_limit" > NEW."asked_rate_limit") THEN
    PERFORM "reprise_conflict"('replay', format(
      'it was asked for and approved at %s events a second, so it goes no faster: launch another one for that', NEW."asked_rate_limit"));
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "replay_rate_asked" BEFORE INSERT ON "replay"
  FOR EACH ROW EXECUTE FUNCTION "reprise_replay_rate"();
CREATE TRIGGER "replay_rate" BEFORE UPDATE OF "rate_limit", "asked_rate_limit" ON "replay"
  FOR EACH ROW EXECUTE FUNCTION "reprise_replay_rate"();

-- How a version is described may be told anew; how many approvals it asks for, and up to where none, is said by its code.
CREATE TRIGGER "contract_version_asks_replays_for_as_many" BEFORE UPDATE OF "description" ON "contract_version"
  FOR EACH ROW
  WHEN (coalesce((NEW."description" #>> '{approvals,replay}')::int, 0) < (OLD."description" #>> '{approvals,replay}')::int
    OR (OLD."description" #> '{approvals,freeUpToEvents}' IS NOT NULL
      AND coalesce((NEW."description" #>> '{approvals,freeUpToEvents}')::numeric, 0)
        > coalesce((OLD."description" #>> '{approvals,freeUpToEvents}')::numeric, 0)))
  EXECUTE FUNCTION "reprise_refuse_change"();

-- A key may have events in a partition that was not read, and only the newest version says what is right.
CREATE FUNCTION "reprise_promotion_whole"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM "replay" r WHERE r."id" = NEW."replay_id"
    AND json_array_length(r."plan"::json -> 'ranges') >= (r."plan"::json #>> '{history,partitionCount}')::int) THEN
    PERFORM "reprise_conflict"('promotion', 'its replay has not read every partition');
  END IF;
  IF NOT "reprise_is_newest"(NEW."contract_id", NEW."contract_version") THEN
    PERFORM "reprise_conflict"('promotion', 'another version of its contract has been registered since');
  END IF;
  RETURN NEW;
END
$$;
-- After the trigger that asks whether there is such a replay at all: they run in the order of their names.
CREATE TRIGGER "promotion_begins_whole" BEFORE INSERT ON "promotion"
  FOR EACH ROW EXECUTE FUNCTION "reprise_promotion_whole"();

-- Hidden values are revealed to who may see them, and for half an hour.
CREATE FUNCTION "reprise_may_reveal"("who" text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM "person" WHERE "id" = "who" AND "disabled_at" IS NULL
    AND "roles" && ARRAY['operator', 'approver', 'auditor'])
$$;
CREATE FUNCTION "reprise_value_revealed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT "reprise_may_reveal"(NEW."person_id") THEN
    PERFORM "reprise_forbid"('this person reveals no values');
  END IF;
  NEW."until" := least(NEW."until", clock_timestamp() + interval '30 minutes');
  RETURN NEW;
END
$$;
CREATE TRIGGER "value_revealed" BEFORE INSERT OR UPDATE ON "value_reveal"
  FOR EACH ROW EXECUTE FUNCTION "reprise_value_revealed"();
