-- What the database can say for itself of incidents and budgets, whoever is at its console.

-- An incident begins by being detected, and moves as server/domain/incident/lifecycle.ts says; a test compares them.
CREATE FUNCTION "reprise_incident_begins"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an incident begins by being detected' USING ERRCODE = 'RP004';
END
$$;
CREATE TRIGGER "incident_begins" BEFORE INSERT ON "incident"
  FOR EACH ROW WHEN (NEW."status" <> 'detected' OR NEW."recovery_evidence_id" IS NOT NULL
    OR NEW."recovery_reason" IS NOT NULL OR NEW."reopened" <> 0 OR NEW."version" <> 1)
  EXECUTE FUNCTION "reprise_incident_begins"();

CREATE FUNCTION "reprise_incident_moves"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD."status", NEW."status") NOT IN (
    ('detected', 'acknowledged'), ('detected', 'mitigating'), ('detected', 'recovered'),
    ('acknowledged', 'mitigating'), ('acknowledged', 'recovered'), ('mitigating', 'recovered'),
    ('recovered', 'reviewed'), ('reviewed', 'closed'),
    ('recovered', 'detected'), ('reviewed', 'detected'), ('closed', 'detected')) THEN
    RAISE EXCEPTION 'an incident that is % does not become %', OLD."status", NEW."status" USING ERRCODE = 'RP004';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "incident_moves" BEFORE UPDATE ON "incident"
  FOR EACH ROW WHEN (NEW."status" <> OLD."status") EXECUTE FUNCTION "reprise_incident_moves"();

-- A record proves a recovery by these, so they go one way.
CREATE TRIGGER "incident_goes_forward" BEFORE UPDATE ON "incident"
  FOR EACH ROW WHEN (NEW."began_at" < OLD."began_at" OR NEW."clock_from" < OLD."clock_from"
    OR NEW."reopened" < OLD."reopened" OR NEW."version" < OLD."version" OR NEW."told" < OLD."told")
  EXECUTE FUNCTION "reprise_refuse_change"();

-- What spent a budget grows, is taken back once, and stays in sight for as long as the shortest setting keeps it.
CREATE TRIGGER "budget_spend_goes_forward" BEFORE UPDATE ON "budget_spend"
  FOR EACH ROW WHEN (NEW."amount" < OLD."amount" OR NEW."to_at" < OLD."to_at" OR OLD."taken_back_at" IS NOT NULL)
  EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "budget_spend_stays" BEFORE DELETE ON "budget_spend"
  FOR EACH ROW WHEN (OLD."to_at" > now() - interval '34 days') EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "budget_spend_tick_grows" BEFORE UPDATE ON "budget_spend_tick"
  FOR EACH ROW WHEN (NEW."amount" < OLD."amount") EXECUTE FUNCTION "reprise_refuse_change"();

-- A minute only grows, but by what is taken back of it in the same transaction. An hour may hold what was taken back of
-- one of its minutes later, so that of its bad time no more can be said.
CREATE TRIGGER "budget_tick_grows" BEFORE UPDATE ON "budget_tick"
  FOR EACH ROW WHEN (NEW."total" < OLD."total" OR NEW."unknown" < OLD."unknown")
  EXECUTE FUNCTION "reprise_refuse_change"();
CREATE FUNCTION "reprise_taken_back"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "less" bigint := CASE WHEN TG_OP = 'UPDATE' THEN OLD."bad" ELSE 0 END - NEW."bad";
BEGIN
  IF "less" > (SELECT coalesce(sum(t."amount"), 0) FROM "budget_spend" s JOIN "budget_spend_tick" t ON t."spend_id" = s."id"
    WHERE s."contract_id" = NEW."contract_id" AND s."indicator" = NEW."indicator" AND s."subject" = NEW."subject"
      AND t."at" = NEW."at" AND s."taken_back_at" IS NOT NULL AND s.xmin = pg_current_xact_id()::xid) THEN
    RAISE EXCEPTION 'what was counted against a budget is taken back with what spent it';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "budget_tick_is_taken_back" BEFORE UPDATE ON "budget_tick"
  FOR EACH ROW WHEN (NEW."seconds" = 60 AND NEW."bad" < OLD."bad") EXECUTE FUNCTION "reprise_taken_back"();
CREATE TRIGGER "budget_tick_begins_taken_back" BEFORE INSERT ON "budget_tick"
  FOR EACH ROW WHEN (NEW."seconds" = 60 AND NEW."bad" < 0) EXECUTE FUNCTION "reprise_taken_back"();
