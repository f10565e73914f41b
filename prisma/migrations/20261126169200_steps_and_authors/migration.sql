-- Whoever wrote a contract has no hand in what is done by it: as of replays, promotions and redrives.
CREATE FUNCTION "reprise_step_decided"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  "contract" text;
BEGIN
  SELECT a."plan"::jsonb -> 'params' ->> 'contract' INTO "contract" FROM "runbook_attempt" a WHERE a."id" = NEW."attempt_id";
  IF "contract" IS NOT NULL AND "reprise_is_author"(NEW."person_id", "contract",
    (SELECT max(v."version") FROM "contract_version" v WHERE v."contract_id" = "contract")) THEN
    PERFORM "reprise_forbid"('who wrote the contract does not decide about it');
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "runbook_decision_by_no_author" BEFORE INSERT ON "runbook_decision"
  FOR EACH ROW EXECUTE FUNCTION "reprise_step_decided"();
