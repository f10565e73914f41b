-- Written by hand: Prisma has no words for any of it.

-- Members that are added to a list that others may have added to: what stands there stays.
DO $$
DECLARE
  member text;
  said text;
BEGIN
  FOREACH member IN ARRAY ARRAY['broken', 'reviewed'] LOOP
    SELECT pg_get_constraintdef(c.oid) INTO STRICT said FROM pg_constraint c
    WHERE c.conname = 'evidence_record_status_known' AND c.conrelid = 'evidence_record'::regclass;
    EXECUTE format('ALTER TABLE "evidence_record" DROP CONSTRAINT "evidence_record_status_known", ADD CONSTRAINT "evidence_record_status_known" %s',
      replace(said, 'ARRAY[', format('ARRAY[%L::text, ', member)));
  END LOOP;
END
$$;

-- The record of broken glass says itself which incidents it belongs to. That of its review belongs to the same, also
-- where these are over by then.
DROP TRIGGER "records_are_told_to_incidents" ON "evidence_record";
CREATE TRIGGER "records_are_told_to_incidents" AFTER INSERT ON "evidence_record"
  FOR EACH ROW WHEN (NEW."kind" NOT IN ('runbook-step', 'review', 'break-glass'))
  EXECUTE FUNCTION "reprise_incident_evidence"();

CREATE FUNCTION "reprise_incident_glass"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  named record;
BEGIN
  FOR named IN SELECT i."id" FROM "incident" i WHERE i."contract_id" = NEW."contract_id"
    AND convert_from(NEW."statement", 'UTF8')::jsonb #> '{predicate,incidents}' ? i."id"::text ORDER BY i."id"
  LOOP
    INSERT INTO "incident_evidence" ("incident_id", "evidence_id", "linked_by") VALUES (named."id", NEW."id", 'reprise');
    INSERT INTO "incident_entry" ("incident_id", "kind", "occurred_at", "actor", "detail", "evidence_id", "replay_id")
    VALUES (named."id", 'evidence', NEW."recorded_at", 'reprise', jsonb_build_object('kind', NEW."kind", 'status', NEW."status",
      'confidence', NEW."confidence", 'agreement', NEW."agreement"), NEW."id", NEW."replay_id");
    PERFORM "reprise_tell_incident"(named."id");
  END LOOP;
  RETURN NULL;
END
$$;
CREATE TRIGGER "glass_is_told_to_incidents" AFTER INSERT ON "evidence_record"
  FOR EACH ROW WHEN (NEW."kind" = 'break-glass') EXECUTE FUNCTION "reprise_incident_glass"();

-- It is found by what it let run, by its incidents, and by each of the two.
CREATE OR REPLACE FUNCTION "reprise_named_by"("statement" jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(string_agg(item #>> '{}', ' '), '')
  FROM unnest(ARRAY[
    '$.subject[*].digest.sha256', '$.predicate.plan_hash', '$.predicate.digests.*', '$.predicate.status',
    '$.predicate.failure.code', '$.predicate.confidence_reasons[*]', '$.predicate.promotion_id',
    '$.predicate.contract.bundleDigest', '$.predicate.comparisons[*].derivedState',
    '$.predicate.invariants[*].name', '$.predicate.plan.derivedState',
    '$.predicate.act_id', '$.predicate.lets_run.id', '$.predicate.incidents[*]'
  ]::jsonpath[]) AS place, jsonb_path_query("statement", place) AS item
  WHERE jsonb_typeof(item) = 'string'
$$;

CREATE OR REPLACE FUNCTION "reprise_index_evidence"(
  "id" uuid, "recorded_at" timestamptz, "contract_id" text, "replay_id" uuid, "kind" text, "status" text,
  "confidence" text, "agreement" text, "coverage_kind" text, "requested_by" text, "digest" text, "bytes" bytea
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  said jsonb;
  approvers text[];
  breakers text[];
  terms tsvector;
BEGIN
  BEGIN
    said := convert_from("bytes", 'UTF8')::jsonb;
  EXCEPTION WHEN others THEN
    -- Bytes that are no statement are found by their columns alone.
    said := NULL;
  END;
  approvers := ARRAY(SELECT DISTINCT item #>> '{}' FROM jsonb_path_query(said,
    '$.predicate.approvals[*] ? (@.verdict == "approved" && !(@.void != null)).by') AS item
    WHERE jsonb_typeof(item) = 'string');
  breakers := ARRAY(SELECT DISTINCT item #>> '{}' FROM jsonb_path_query(said, '$.predicate.broken_by[*].by') AS item
    WHERE jsonb_typeof(item) = 'string');
  terms := array_to_tsvector(
    "reprise_terms"(concat_ws(' ', "id", "replay_id", "contract_id", "kind", "status", "confidence", "agreement",
      "coverage_kind", "digest", "requested_by", array_to_string(approvers || breakers, ' '), "reprise_named_by"(said)))
    || ARRAY(SELECT DISTINCT '@' || left(person, 200) FROM unnest(approvers || breakers || "requested_by") AS person));
  INSERT INTO "evidence_index" VALUES ("id", "recorded_at", "contract_id", "replay_id", "kind", "status",
    "confidence", "agreement", "coverage_kind", "requested_by", approvers,
    said #>> '{predicate,software,generated}' IS NOT NULL, terms, '');
END
$$;
