-- Written by hand: Prisma has no words for any of it.

-- What a replay came to stays as it was when it ended, and what it was read from stays with it. Only leases and notes of
-- its workers come after the end, and the words, which stand beside the record so that they can be erased: that is for the
-- owner of the tables to do, and leaves nothing in their place. What is refused before it has a plan begins as refused, and
-- has ended once it has its evidence.
CREATE FUNCTION "reprise_replay_ended"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  kept "replay";
BEGIN
  kept := NEW;
  kept."lease_owner" := OLD."lease_owner";
  kept."lease_until" := OLD."lease_until";
  kept."fencing_token" := OLD."fencing_token";
  kept."problem" := OLD."problem";
  kept."retries" := OLD."retries";
  kept."retry_at" := OLD."retry_at";
  kept."lasting" := OLD."lasting";
  kept."updated_at" := OLD."updated_at";
  IF coalesce(NEW."reason", '') = '' AND coalesce(NEW."failure", '') = '' AND coalesce(NEW."cancel_reason", '') = ''
    AND pg_has_role(current_user, (SELECT c."relowner" FROM pg_class c WHERE c."oid" = TG_RELID), 'USAGE') THEN
    kept."reason" := OLD."reason";
    kept."failure" := OLD."failure";
    kept."cancel_reason" := OLD."cancel_reason";
  END IF;
  IF kept IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'UPDATE of % is refused: a replay that has ended is never changed', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "replay_ended_stays" BEFORE UPDATE ON "replay"
  FOR EACH ROW WHEN (OLD."status" IN ('finished', 'failed', 'cancelled') OR (OLD."status" = 'refused' AND OLD."evidence_id" IS NOT NULL))
  EXECUTE FUNCTION "reprise_replay_ended"();
CREATE FUNCTION "reprise_has_ended"("replay" uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM "replay" r WHERE r."id" = "reprise_has_ended"."replay"
    AND (r."status" IN ('finished', 'failed', 'cancelled') OR (r."status" = 'refused' AND r."evidence_id" IS NOT NULL)))
$$;
CREATE FUNCTION "reprise_result_kept"("operation" text, "of_table" text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: what a replay that has ended came to is never changed', "operation", "of_table"
    USING ERRCODE = 'restrict_violation';
END
$$;
CREATE FUNCTION "reprise_ended_is_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "reprise_result_kept"(TG_OP, TG_TABLE_NAME);
  RETURN NULL;
END
$$;
CREATE TRIGGER "replay_ended_is_kept" BEFORE DELETE ON "replay"
  FOR EACH ROW WHEN (OLD."status" IN ('finished', 'failed', 'cancelled') OR (OLD."status" = 'refused' AND OLD."evidence_id" IS NOT NULL))
  EXECUTE FUNCTION "reprise_ended_is_kept"();

-- A few rows each: looked at one by one. The words in a result can be erased by the owner; what came out can't.
CREATE FUNCTION "reprise_result_row"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND "reprise_has_ended"(OLD."replay_id") THEN
    IF TG_OP = 'DELETE' OR TG_NARGS = 0 OR to_jsonb(NEW) - TG_ARGV[0] IS DISTINCT FROM to_jsonb(OLD) - TG_ARGV[0]
      OR NOT pg_has_role(current_user, (SELECT c."relowner" FROM pg_class c WHERE c."oid" = TG_RELID), 'USAGE') THEN
      PERFORM "reprise_result_kept"(TG_OP, TG_TABLE_NAME);
    END IF;
  ELSIF TG_OP <> 'DELETE' AND "reprise_has_ended"(NEW."replay_id") THEN
    PERFORM "reprise_result_kept"(TG_OP, TG_TABLE_NAME);
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "replay_comparison_stays" BEFORE INSERT OR UPDATE OR DELETE ON "replay_comparison"
  FOR EACH ROW EXECUTE FUNCTION "reprise_result_row"('result');
CREATE TRIGGER "replay_invariant_stays" BEFORE INSERT OR UPDATE OR DELETE ON "replay_invariant"
  FOR EACH ROW EXECUTE FUNCTION "reprise_result_row"('result');
CREATE TRIGGER "seen_block_stays" BEFORE INSERT OR UPDATE OR DELETE ON "seen_block"
  FOR EACH ROW EXECUTE FUNCTION "reprise_result_row"();
CREATE TRIGGER "replay_partition_stays" BEFORE INSERT OR DELETE ON "replay_partition"
  FOR EACH ROW EXECUTE FUNCTION "reprise_result_row"();
-- Leases are let go of after the end, so only what was read and counted is looked at.
CREATE TRIGGER "replay_partition_read_stays" BEFORE UPDATE ON "replay_partition"
  FOR EACH ROW
  WHEN ((OLD."replay_id", OLD."partition", OLD."cursor", OLD."counters", OLD."block_digests", OLD."checkpoints", OLD."folded_ms", OLD."seam")
    IS DISTINCT FROM (NEW."replay_id", NEW."partition", NEW."cursor", NEW."counters", NEW."block_digests", NEW."checkpoints", NEW."folded_ms", NEW."seam"))
  EXECUTE FUNCTION "reprise_result_row"();

-- Many rows at once: looked at once a statement.
CREATE FUNCTION "reprise_result_rows"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "replay" r WHERE r."id" IN (SELECT "touched"."replay_id" FROM "touched")
      AND (r."status" IN ('finished', 'failed', 'cancelled') OR (r."status" = 'refused' AND r."evidence_id" IS NOT NULL))) THEN
    PERFORM "reprise_result_kept"(TG_OP, TG_TABLE_NAME);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "replay_finding_added" AFTER INSERT ON "replay_finding" REFERENCING NEW TABLE AS "touched"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_result_rows"();
CREATE TRIGGER "replay_finding_changed" AFTER UPDATE ON "replay_finding" REFERENCING OLD TABLE AS "touched"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_result_rows"();
CREATE TRIGGER "replay_finding_deleted" AFTER DELETE ON "replay_finding" REFERENCING OLD TABLE AS "touched"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_result_rows"();
CREATE TRIGGER "replay_finding_count_added" AFTER INSERT ON "replay_finding_count" REFERENCING NEW TABLE AS "touched"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_result_rows"();
CREATE TRIGGER "replay_finding_count_changed" AFTER UPDATE ON "replay_finding_count" REFERENCING OLD TABLE AS "touched"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_result_rows"();
CREATE TRIGGER "replay_finding_count_deleted" AFTER DELETE ON "replay_finding_count" REFERENCING OLD TABLE AS "touched"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_result_rows"();
CREATE TRIGGER "discrepancy_added" AFTER INSERT ON "discrepancy" REFERENCING NEW TABLE AS "touched"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_result_rows"();
CREATE TRIGGER "discrepancy_changed" AFTER UPDATE ON "discrepancy" REFERENCING OLD TABLE AS "touched"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_result_rows"();
CREATE TRIGGER "discrepancy_deleted" AFTER DELETE ON "discrepancy" REFERENCING OLD TABLE AS "touched"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_result_rows"();
-- The states of keys are copied in by the hundred thousand, and collecting what was copied would cost a quarter of that.
-- One that is added to a replay that has ended is found by the digest over all of them, which is on record.
CREATE TRIGGER "shadow_state_changed" AFTER UPDATE ON "shadow_state" REFERENCING OLD TABLE AS "touched"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_result_rows"();
CREATE TRIGGER "shadow_state_deleted" AFTER DELETE ON "shadow_state" REFERENCING OLD TABLE AS "touched"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_result_rows"();

-- Nor are all of them taken away at once.
CREATE TRIGGER "replay_is_kept_whole" BEFORE TRUNCATE ON "replay"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_ended_is_kept"();
CREATE TRIGGER "replay_partition_is_kept_whole" BEFORE TRUNCATE ON "replay_partition"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_ended_is_kept"();
CREATE TRIGGER "replay_comparison_is_kept_whole" BEFORE TRUNCATE ON "replay_comparison"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_ended_is_kept"();
CREATE TRIGGER "replay_invariant_is_kept_whole" BEFORE TRUNCATE ON "replay_invariant"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_ended_is_kept"();
CREATE TRIGGER "replay_finding_is_kept_whole" BEFORE TRUNCATE ON "replay_finding"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_ended_is_kept"();
CREATE TRIGGER "replay_finding_count_is_kept_whole" BEFORE TRUNCATE ON "replay_finding_count"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_ended_is_kept"();
CREATE TRIGGER "discrepancy_is_kept_whole" BEFORE TRUNCATE ON "discrepancy"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_ended_is_kept"();
CREATE TRIGGER "shadow_state_is_kept_whole" BEFORE TRUNCATE ON "shadow_state"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_ended_is_kept"();
CREATE TRIGGER "seen_block_is_kept_whole" BEFORE TRUNCATE ON "seen_block"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_ended_is_kept"();

-- Statistics are taken by who owns a table. This is all that who runs needs of it.
CREATE FUNCTION "reprise_take_statistics"() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  ANALYZE "discrepancy";
END
$$;
REVOKE EXECUTE ON FUNCTION "reprise_take_statistics"() FROM PUBLIC;
