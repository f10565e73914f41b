-- CreateTable
CREATE TABLE "evidence_index" (
    "id" UUID NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL,
    "contract_id" TEXT NOT NULL,
    "replay_id" UUID,
    "kind" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "confidence" TEXT,
    "agreement" TEXT,
    "coverage_kind" TEXT,
    "requested_by" TEXT NOT NULL,
    "approved_by" TEXT[],
    "generated" BOOLEAN NOT NULL,
    "search" tsvector NOT NULL,
    "words" tsvector NOT NULL,

    CONSTRAINT "evidence_index_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "saved_view" (
    "id" UUID NOT NULL,
    "person_id" TEXT NOT NULL,
    "page" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "query" TEXT NOT NULL,
    "shared" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "saved_view_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "evidence_index_recorded_at_id_idx" ON "evidence_index"("recorded_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "evidence_index_contract_id_recorded_at_id_idx" ON "evidence_index"("contract_id", "recorded_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "evidence_index_requested_by_recorded_at_id_idx" ON "evidence_index"("requested_by", "recorded_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "evidence_index_kind_recorded_at_id_idx" ON "evidence_index"("kind", "recorded_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "evidence_index_status_recorded_at_id_idx" ON "evidence_index"("status", "recorded_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "evidence_index_confidence_recorded_at_id_idx" ON "evidence_index"("confidence", "recorded_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "evidence_index_agreement_recorded_at_id_idx" ON "evidence_index"("agreement", "recorded_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "evidence_index_replay_id_idx" ON "evidence_index"("replay_id");

-- CreateIndex
CREATE INDEX "evidence_index_approved_by_idx" ON "evidence_index" USING GIN ("approved_by");

-- CreateIndex
CREATE INDEX "evidence_index_search_idx" ON "evidence_index" USING GIN ("search");

-- CreateIndex
CREATE INDEX "evidence_index_words_idx" ON "evidence_index" USING GIN ("words");

-- CreateIndex
CREATE INDEX "saved_view_page_shared_idx" ON "saved_view"("page", "shared");

-- CreateIndex
CREATE UNIQUE INDEX "saved_view_person_id_page_name_key" ON "saved_view"("person_id", "page", "name");

-- CreateIndex
CREATE INDEX "discrepancy_key_replay_id_idx" ON "discrepancy"("key", "replay_id");

-- CreateIndex
CREATE INDEX "promotion_change_key_idx" ON "promotion_change"("key");

-- AddForeignKey
ALTER TABLE "evidence_index" ADD CONSTRAINT "evidence_index_id_fkey" FOREIGN KEY ("id") REFERENCES "evidence_record"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "saved_view" ADD CONSTRAINT "saved_view_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Entries go into the index at once, and not into a list that every search reads through.
DROP INDEX "evidence_index_approved_by_idx", "evidence_index_search_idx", "evidence_index_words_idx";
CREATE INDEX "evidence_index_approved_by_idx" ON "evidence_index" USING GIN ("approved_by") WITH (fastupdate = off);
CREATE INDEX "evidence_index_search_idx" ON "evidence_index" USING GIN ("search") WITH (fastupdate = off);
CREATE INDEX "evidence_index_words_idx" ON "evidence_index" USING GIN ("words") WITH (fastupdate = off);
-- Every record has terms of its own, its ids: with more of a sample the words that many have are still known as frequent.
ALTER TABLE "evidence_index" ALTER COLUMN "search" SET STATISTICS 1000, ALTER COLUMN "words" SET STATISTICS 1000;

ALTER TABLE "saved_view"
  ADD CONSTRAINT "saved_view_page_known" CHECK ("page" IN ('evidence'));

-- The words of a text: runs of letters and digits, in lower case. What is looked for is cut by the same. Of a digest
-- the first letters tell it from all others, and a narrow row is read faster.
CREATE FUNCTION "reprise_terms"("given" text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT left(term, 20)), '{}')
  FROM regexp_split_to_table(lower("given"), '[^[:alnum:]]+') AS term WHERE term <> ''
$$;

-- Codes, digests and ids that a record names, in one text.
CREATE FUNCTION "reprise_named_by"("statement" jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(string_agg(item #>> '{}', ' '), '')
  FROM unnest(ARRAY[
    '$.subject[*].digest.sha256', '$.predicate.plan_hash', '$.predicate.digests.*', '$.predicate.status',
    '$.predicate.failure.code', '$.predicate.confidence_reasons[*]', '$.predicate.promotion_id',
    '$.predicate.contract.bundleDigest', '$.predicate.comparisons[*].derivedState',
    '$.predicate.invariants[*].name', '$.predicate.plan.derivedState'
  ]::jsonpath[]) AS place, jsonb_path_query("statement", place) AS item
  WHERE jsonb_typeof(item) = 'string'
$$;

CREATE FUNCTION "reprise_index_evidence"(
  "id" uuid, "recorded_at" timestamptz, "contract_id" text, "replay_id" uuid, "kind" text, "status" text,
  "confidence" text, "agreement" text, "coverage_kind" text, "requested_by" text, "digest" text, "bytes" bytea
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  said jsonb;
  approvers text[];
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
  terms := array_to_tsvector(
    "reprise_terms"(concat_ws(' ', "id", "replay_id", "contract_id", "kind", "status", "confidence", "agreement",
      "coverage_kind", "digest", "requested_by", array_to_string(approvers, ' '), "reprise_named_by"(said)))
    || ARRAY(SELECT DISTINCT '@' || left(person, 200) FROM unnest(approvers || "requested_by") AS person));
  INSERT INTO "evidence_index" VALUES ("id", "recorded_at", "contract_id", "replay_id", "kind", "status",
    "confidence", "agreement", "coverage_kind", "requested_by", approvers,
    said #>> '{predicate,software,generated}' IS NOT NULL, terms, '');
END
$$;

-- What people and programs have said about a record. Its salt is no word of theirs.
CREATE FUNCTION "reprise_words_in"("remarks" bytea) RETURNS tsvector LANGUAGE plpgsql AS $$
BEGIN
  RETURN array_to_tsvector("reprise_terms"((
    SELECT left(coalesce(string_agg(item #>> '{}', ' '), ''), 50000)
    FROM jsonb_path_query(convert_from("remarks", 'UTF8')::jsonb - 'format' - 'salt', 'strict $.**') AS item
    WHERE jsonb_typeof(item) = 'string')));
EXCEPTION WHEN others THEN
  RETURN ''::tsvector;
END
$$;

CREATE FUNCTION "reprise_evidence_found"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "reprise_index_evidence"(NEW."id", NEW."recorded_at", NEW."contract_id", NEW."replay_id", NEW."kind",
    NEW."status", NEW."confidence", NEW."agreement", NEW."coverage_kind", NEW."requested_by", NEW."digest",
    NEW."statement");
  RETURN NULL;
END
$$;
CREATE TRIGGER "evidence_is_found" AFTER INSERT ON "evidence_record"
  FOR EACH ROW EXECUTE FUNCTION "reprise_evidence_found"();

-- Words are found while they are kept: what erases them takes them out of the search in the same transaction.
CREATE FUNCTION "reprise_words_found"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    UPDATE "evidence_index" SET "words" = '' WHERE "id" = OLD."evidence_id";
  ELSE
    UPDATE "evidence_index" SET "words" = "reprise_words_in"(NEW."content") WHERE "id" = NEW."evidence_id";
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "words_are_found" AFTER INSERT ON "evidence_attachment"
  FOR EACH ROW WHEN (NEW."name" = 'remarks') EXECUTE FUNCTION "reprise_words_found"();
CREATE TRIGGER "words_are_found_no_more" AFTER DELETE ON "evidence_attachment"
  FOR EACH ROW WHEN (OLD."name" = 'remarks') EXECUTE FUNCTION "reprise_words_found"();

-- Of the records that stand already.
SELECT count("reprise_index_evidence"("id", "recorded_at", "contract_id", "replay_id", "kind", "status", "confidence",
  "agreement", "coverage_kind", "requested_by", "digest", "statement")::text) FROM "evidence_record";
UPDATE "evidence_index" i SET "words" = "reprise_words_in"(a."content")
FROM "evidence_attachment" a WHERE a."evidence_id" = i."id" AND a."name" = 'remarks';
