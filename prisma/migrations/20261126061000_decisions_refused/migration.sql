-- Written by hand: Prisma has no words for any of it.

-- What people are refused has codes of its own, so that whoever asks hears it as a refusal, and the audit does too:
-- RP001 somebody may not, RP002 a replay is not so, RP003 a promotion is not so.
CREATE FUNCTION "reprise_forbid"("sentence" text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', "sentence" USING ERRCODE = 'RP001';
END
$$;
CREATE FUNCTION "reprise_conflict"("kind" text, "sentence" text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', "sentence" USING ERRCODE = CASE "kind" WHEN 'promotion' THEN 'RP003' ELSE 'RP002' END;
END
$$;

-- How many approvals the newest version of a contract asks for, of a replay that reads so many events.
CREATE FUNCTION "reprise_newest_asks"("contract" text, "events" numeric) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN "events" <= (v."description" #>> '{approvals,freeUpToEvents}')::numeric THEN 0
    ELSE coalesce((v."description" #>> '{approvals,replay}')::int, 0) END
  FROM "contract_version" v WHERE v."contract_id" = "contract" ORDER BY v."version" DESC LIMIT 1
$$;
CREATE FUNCTION "reprise_refuse_laxer"("contract" text, "plan" text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  asks int := "reprise_newest_asks"("contract", ("plan"::json ->> 'eventEstimate')::numeric);
BEGIN
  IF asks > coalesce(("plan"::json ->> 'approvalsNeeded')::int, 0) THEN
    PERFORM "reprise_conflict"('replay', format(
      'the newest version of its contract asks for %s approvals, and its plan for %s: it has to be planned again',
      asks, coalesce("plan"::json ->> 'approvalsNeeded', '0')));
  END IF;
END
$$;
-- Whether this version has the code of the newest one.
CREATE FUNCTION "reprise_is_newest"("contract" text, "at_version" int) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT (SELECT v."digest" FROM "contract_version" v WHERE v."contract_id" = "contract" ORDER BY v."version" DESC LIMIT 1)
    = (SELECT v."digest" FROM "contract_version" v WHERE v."contract_id" = "contract" AND v."version" = "at_version")
$$;

-- Nobody picks a laxer rule by an older version, whenever its plan was shown.
CREATE FUNCTION "reprise_replay_begins"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "reprise_refuse_laxer"(NEW."contract_id", NEW."plan");
  RETURN NEW;
END
$$;
CREATE TRIGGER "replay_begins" BEFORE INSERT ON "replay"
  FOR EACH ROW
  WHEN (NEW."plan" IS NOT NULL AND NEW."status" NOT IN ('finished', 'refused', 'failed', 'cancelled'))
  EXECUTE FUNCTION "reprise_replay_begins"();

-- One function for whatever is decided about.
DROP TRIGGER "decision_made" ON "decision";
DROP TRIGGER "promotion_decision_made" ON "decision";
DROP FUNCTION "reprise_promotion_decision_made"();
CREATE OR REPLACE FUNCTION "reprise_decision_made"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  asked record;
BEGIN
  -- With the row held, nobody launches, starts or calls off what is being decided.
  IF NEW."subject_kind" = 'replay' THEN
    SELECT r."contract_id", r."contract_version", r."plan", r."plan_hash", r."requested_by", r."status" INTO asked
    FROM "replay" r WHERE r."id" = NEW."subject_id" FOR UPDATE;
  ELSE
    SELECT p."contract_id", p."contract_version", p."plan", p."plan_hash", p."requested_by", p."status" INTO asked
    FROM "promotion" p WHERE p."id" = NEW."subject_id" FOR UPDATE;
  END IF;
  IF NOT FOUND OR asked."status" <> 'awaiting-approval' THEN
    PERFORM "reprise_conflict"(NEW."subject_kind", 'it does not wait for approval');
  END IF;
  IF asked."plan_hash" IS DISTINCT FROM NEW."plan_hash" OR asked."contract_id" <> NEW."contract_id" THEN
    PERFORM "reprise_conflict"(NEW."subject_kind", 'another plan waits for approval');
  END IF;
  IF NEW."subject_kind" = 'promotion'
    AND "reprise_promotion_diff"(NEW."subject_id") IS DISTINCT FROM asked."plan"::json ->> 'diffDigest' THEN
    PERFORM "reprise_conflict"('promotion', 'its changes are not those that its plan names');
  END IF;
  -- With the person held, nobody takes their right until this stands, and whoever takes it then makes this void.
  PERFORM FROM "person" WHERE "id" = NEW."person_id" FOR SHARE;
  IF NOT "reprise_may_approve"(NEW."person_id") THEN
    PERFORM "reprise_forbid"('this person does not approve');
  END IF;
  IF asked."requested_by" = NEW."person_id" THEN
    PERFORM "reprise_forbid"('who requested it does not decide about it');
  END IF;
  IF "reprise_is_author"(NEW."person_id", asked."contract_id", asked."contract_version") THEN
    PERFORM "reprise_forbid"('who wrote the contract does not decide about it');
  END IF;
  IF NEW."verdict" = 'approved' AND NEW."subject_kind" = 'replay' THEN
    PERFORM "reprise_refuse_laxer"(asked."contract_id", asked."plan");
  END IF;
  IF NEW."verdict" = 'approved' AND NEW."subject_kind" = 'promotion'
    AND NOT "reprise_is_newest"(asked."contract_id", asked."contract_version") THEN
    PERFORM "reprise_conflict"('promotion', 'another version of its contract has been registered since');
  END IF;
  NEW."expires_at" := now() + least(
    greatest(NEW."expires_at" - coalesce(NEW."decided_at", now()), interval '0'), interval '24 hours');
  NEW."decided_at" := now();
  NEW."voided_at" := NULL;
  NEW."void_reason" := NULL;
  RETURN NEW;
END
$$;
CREATE TRIGGER "decision_made" BEFORE INSERT ON "decision"
  FOR EACH ROW EXECUTE FUNCTION "reprise_decision_made"();
