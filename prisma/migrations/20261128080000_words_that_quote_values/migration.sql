-- What people and programs have said about a record. Its salt is no word of theirs. Why a derived state could not be
-- compared, or an invariant gave no answer, may quote a value that the page hides (server/application/dashboard/masking.ts),
-- and what is searched for whoever has not revealed it would tell it letter by letter.
CREATE OR REPLACE FUNCTION "reprise_words_in"("remarks" bytea) RETURNS tsvector LANGUAGE plpgsql AS $$
BEGIN
  RETURN array_to_tsvector("reprise_terms"((
    SELECT left(coalesce(string_agg(item #>> '{}', ' '), ''), 50000)
    FROM jsonb_path_query(
      convert_from("remarks", 'UTF8')::jsonb - 'format' - 'salt' - 'comparisons' - 'invariants', 'strict $.**') AS item
    WHERE jsonb_typeof(item) = 'string')));
EXCEPTION WHEN others THEN
  RETURN ''::tsvector;
END
$$;

-- Of the words that stand already.
UPDATE "evidence_index" i SET "words" = a."words"
FROM (SELECT "evidence_id", "reprise_words_in"("content") AS "words" FROM "evidence_attachment"
  WHERE "name" = 'remarks' OFFSET 0) a
WHERE i."id" = a."evidence_id" AND i."words" <> a."words";
