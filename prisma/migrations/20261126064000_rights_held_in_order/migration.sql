-- Whoever takes a right waits for a worker that is taking up what that right has approved, and the other way round: else
-- both would go by what stood before the other, and something would run on an approval that is recorded as void.
-- Everything else holds what is decided about first and the person second, so this does too: before any person's row is held.
CREATE FUNCTION "reprise_hold_waiting"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM "replay" WHERE "status" IN ('awaiting-approval', 'queued', 'paused') AND "started_at" IS NULL
    AND ("plan"::json ->> 'approvalsNeeded')::int > 0 ORDER BY "id" FOR UPDATE;
  PERFORM FROM "promotion" WHERE "status" IN ('awaiting-approval', 'queued') ORDER BY "id" FOR UPDATE;
  RETURN NULL;
END
$$;
CREATE TRIGGER "person_holds_waiting" BEFORE UPDATE OF "roles", "disabled_at" ON "person"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_hold_waiting"();

CREATE OR REPLACE FUNCTION "reprise_right_lost"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  lost record;
  why text := 'who gave it does not approve any more';
BEGIN
  IF "reprise_may_approve"(NEW."id") THEN
    RETURN NEW;
  END IF;
  -- What has begun to wait since this statement began; all else is held already.
  PERFORM FROM "replay" r WHERE r."started_at" IS NULL AND r."status" IN ('awaiting-approval', 'queued', 'paused')
    AND EXISTS (SELECT FROM "decision" d WHERE d."subject_kind" = 'replay' AND d."subject_id" = r."id"
      AND d."person_id" = NEW."id" AND d."voided_at" IS NULL) ORDER BY r."id" FOR UPDATE;
  FOR lost IN
    UPDATE "decision" d SET "voided_at" = now(), "void_reason" = why
    FROM "replay" r
    WHERE d."person_id" = NEW."id" AND d."voided_at" IS NULL AND d."subject_kind" = 'replay'
      AND r."id" = d."subject_id" AND r."started_at" IS NULL
      AND r."status" IN ('awaiting-approval', 'queued', 'paused')
    RETURNING d."id" AS decision, d."verdict", r."id" AS replay, r."contract_id", r."contract_version",
      r."requested_by", r."status"
  LOOP
    INSERT INTO "audit_entry" ("actor", "action", "subject", "outcome", "detail", "origin")
    VALUES ('reprise', 'replay.approval-lost', 'replay:' || lost.replay, 'done',
      jsonb_build_object('why', why, 'person', NEW."id", 'decision', lost.decision), 'database');
    -- What is queued is told of when it is taken back: its other approvals may be enough.
    IF lost.status <> 'queued' THEN
      PERFORM "reprise_tell"('voided', 'replay', lost.replay, lost.contract_id, lost.contract_version,
        lost.requested_by, ARRAY['approvers', 'requester'], jsonb_build_object('why', why, 'person', NEW."id"));
    END IF;
    PERFORM pg_notify('reprise', json_build_object('id', nextval('live_event_number')::text, 'topic', topic)::text)
    FROM unnest(ARRAY['replay:' || lost.replay, 'replays', 'approvals']) AS topic;
  END LOOP;
  RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION "reprise_right_lost_promotion"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  lost record;
  why text := 'who gave it does not approve any more';
BEGIN
  IF "reprise_may_approve"(NEW."id") THEN
    RETURN NEW;
  END IF;
  PERFORM FROM "promotion" p WHERE p."status" IN ('awaiting-approval', 'queued')
    AND EXISTS (SELECT FROM "decision" d WHERE d."subject_kind" = 'promotion' AND d."subject_id" = p."id"
      AND d."person_id" = NEW."id" AND d."voided_at" IS NULL) ORDER BY p."id" FOR UPDATE;
  FOR lost IN
    UPDATE "decision" d SET "voided_at" = now(), "void_reason" = why
    FROM "promotion" p
    WHERE d."person_id" = NEW."id" AND d."voided_at" IS NULL AND d."subject_kind" = 'promotion'
      AND p."id" = d."subject_id" AND p."status" IN ('awaiting-approval', 'queued')
    RETURNING d."id" AS decision, p."id" AS promotion, p."contract_id", p."contract_version", p."requested_by", p."status"
  LOOP
    INSERT INTO "audit_entry" ("actor", "action", "subject", "outcome", "detail", "origin")
    VALUES ('reprise', 'promotion.approval-lost', 'promotion:' || lost.promotion, 'done',
      jsonb_build_object('why', why, 'person', NEW."id", 'decision', lost.decision), 'database');
    -- What is queued is told of when it is taken back: its other approvals may be enough.
    IF lost.status <> 'queued' THEN
      PERFORM "reprise_tell"('voided', 'promotion', lost.promotion, lost.contract_id, lost.contract_version,
        lost.requested_by, ARRAY['approvers', 'requester'], jsonb_build_object('why', why, 'person', NEW."id"));
    END IF;
    PERFORM pg_notify('reprise', json_build_object('id', nextval('live_event_number')::text, 'topic', topic)::text)
    FROM unnest(ARRAY['promotion:' || lost.promotion, 'promotions', 'approvals']) AS topic;
  END LOOP;
  RETURN NEW;
END
$$;
