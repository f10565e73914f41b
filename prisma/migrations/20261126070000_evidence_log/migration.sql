-- CreateTable
CREATE TABLE "log_head" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "origin" TEXT NOT NULL,
    "size" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "log_head_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "log_entry" (
    "index" BIGINT NOT NULL,
    "evidence_id" UUID NOT NULL,
    "envelope" BYTEA NOT NULL,
    "leaf_hash" BYTEA NOT NULL,
    "appended_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "log_entry_pkey" PRIMARY KEY ("index")
);

-- CreateTable
CREATE TABLE "log_hash" (
    "level" SMALLINT NOT NULL,
    "index" BIGINT NOT NULL,
    "hash" BYTEA NOT NULL,

    CONSTRAINT "log_hash_pkey" PRIMARY KEY ("level","index")
);

-- CreateTable
CREATE TABLE "log_checkpoint" (
    "size" BIGINT NOT NULL,
    "root" BYTEA NOT NULL,
    "note" TEXT NOT NULL,
    "signed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "log_checkpoint_pkey" PRIMARY KEY ("size")
);

-- CreateTable
CREATE TABLE "evidence_key" (
    "key_id" TEXT NOT NULL,
    "public_key" BYTEA NOT NULL,
    "first_used_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "evidence_key_pkey" PRIMARY KEY ("key_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "log_entry_evidence_id_key" ON "log_entry"("evidence_id");

-- AddForeignKey
ALTER TABLE "log_entry" ADD CONSTRAINT "log_entry_evidence_id_fkey" FOREIGN KEY ("evidence_id") REFERENCES "evidence_record"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- What follows is written by hand: Prisma has no words for it.

ALTER TABLE "evidence_record" DROP CONSTRAINT "evidence_record_status_known";
ALTER TABLE "evidence_record" ADD CONSTRAINT "evidence_record_status_known"
  CHECK ("status" IN ('finished', 'refused', 'failed', 'cancelled', 'approved', 'rejected'));

ALTER TABLE "log_head"
  ADD CONSTRAINT "log_head_is_one" CHECK ("id" = 1),
  ADD CONSTRAINT "log_head_origin" CHECK ("origin" ~ '^[^[:space:]+]+$');
ALTER TABLE "log_entry"
  ADD CONSTRAINT "log_entry_fits_a_tile" CHECK (octet_length("envelope") < 49152),
  ADD CONSTRAINT "log_entry_hash_of_envelope" CHECK ("leaf_hash" = sha256('\x00'::bytea || "envelope"));
ALTER TABLE "log_hash"
  ADD CONSTRAINT "log_hash_place" CHECK ("level" BETWEEN 0 AND 62 AND "index" >= 0),
  ADD CONSTRAINT "log_hash_bytes" CHECK (octet_length("hash") = 32);
ALTER TABLE "log_checkpoint"
  ADD CONSTRAINT "log_checkpoint_root" CHECK (octet_length("root") = 32);
ALTER TABLE "evidence_key"
  ADD CONSTRAINT "evidence_key_ed25519" CHECK (octet_length("public_key") = 32
    AND "key_id" = encode(sha256('\x302a300506032b6570032100'::bytea || "public_key"), 'hex'));

-- Who appends holds the head until the transaction ends. A function of the owner's, so that nothing else may touch it.
CREATE FUNCTION "reprise_hold_log"("origin_of_new" text) RETURNS TABLE ("origin" text, "size" bigint)
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM "log_head") THEN
    INSERT INTO "log_head" ("id", "origin") VALUES (1, "origin_of_new") ON CONFLICT DO NOTHING;
  END IF;
  RETURN QUERY SELECT h."origin", h."size" FROM "log_head" h FOR UPDATE;
END
$$;

-- The root over the first entries (RFC 6962, section 2.1), from the complete subtrees that they consist of.
CREATE FUNCTION "reprise_log_root"("of_size" bigint) RETURNS bytea LANGUAGE plpgsql STABLE AS $$
DECLARE
  rest bigint := "of_size";
  at_level int := 0;
  root bytea;
  subtree bytea;
BEGIN
  IF rest = 0 THEN
    RETURN sha256(''::bytea);
  END IF;
  WHILE rest > 0 LOOP
    IF rest % 2 = 1 THEN
      SELECT h."hash" INTO STRICT subtree FROM "log_hash" h WHERE h."level" = at_level AND h."index" = rest - 1;
      root := CASE WHEN root IS NULL THEN subtree ELSE sha256('\x01'::bytea || subtree || root) END;
    END IF;
    rest := rest / 2;
    at_level := at_level + 1;
  END LOOP;
  RETURN root;
END
$$;

-- An entry is the next one, and the envelope of its record's very bytes. The head and the hashes follow from it, so they
-- are nobody's to write.
CREATE FUNCTION "reprise_log_grows"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  at_level int := 0;
  at_index bigint := NEW."index";
  grown bytea := NEW."leaf_hash";
BEGIN
  UPDATE "log_head" SET "size" = "size" + 1 WHERE "id" = 1 AND "size" = NEW."index";
  IF NOT FOUND THEN
    RAISE EXCEPTION 'an entry is appended at the end of the log, and nowhere else' USING ERRCODE = 'restrict_violation';
  END IF;
  IF NOT EXISTS (SELECT FROM "evidence_record" e WHERE e."id" = NEW."evidence_id"
    AND translate(encode(e."statement", 'base64'), E'\n', '') = convert_from(NEW."envelope", 'UTF8')::json ->> 'payload') THEN
    RAISE EXCEPTION 'an entry is the envelope of its record' USING ERRCODE = 'check_violation';
  END IF;
  LOOP
    INSERT INTO "log_hash" ("level", "index", "hash") VALUES (at_level, at_index, grown);
    EXIT WHEN at_index % 2 = 0;
    SELECT sha256('\x01'::bytea || h."hash" || grown) INTO STRICT grown FROM "log_hash" h
    WHERE h."level" = at_level AND h."index" = at_index - 1;
    at_index := (at_index - 1) / 2;
    at_level := at_level + 1;
  END LOOP;
  RETURN NULL;
END
$$;
CREATE TRIGGER "log_entry_grows" AFTER INSERT ON "log_entry"
  FOR EACH ROW EXECUTE FUNCTION "reprise_log_grows"();

-- A checkpoint is of what the log holds.
CREATE FUNCTION "reprise_checkpoint_fits"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."size" < 1 OR NOT EXISTS (SELECT FROM "log_head" h WHERE h."size" >= NEW."size")
    OR NEW."root" IS DISTINCT FROM "reprise_log_root"(NEW."size") THEN
    RAISE EXCEPTION 'a checkpoint is of what the log holds' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "log_checkpoint_fits" BEFORE INSERT ON "log_checkpoint"
  FOR EACH ROW EXECUTE FUNCTION "reprise_checkpoint_fits"();

CREATE TRIGGER "log_head_only_grows" BEFORE UPDATE ON "log_head"
  FOR EACH ROW WHEN (NEW."id" <> OLD."id" OR NEW."origin" <> OLD."origin" OR NEW."size" <> OLD."size" + 1)
  EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "log_head_is_kept" BEFORE DELETE ON "log_head"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "log_head_is_kept_whole" BEFORE TRUNCATE ON "log_head"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "log_entry_is_final" BEFORE UPDATE OR DELETE ON "log_entry"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "log_entry_is_kept" BEFORE TRUNCATE ON "log_entry"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "log_hash_is_final" BEFORE UPDATE OR DELETE ON "log_hash"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "log_hash_is_kept" BEFORE TRUNCATE ON "log_hash"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "log_checkpoint_is_final" BEFORE UPDATE OR DELETE ON "log_checkpoint"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "log_checkpoint_is_kept" BEFORE TRUNCATE ON "log_checkpoint"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "evidence_key_is_final" BEFORE UPDATE OR DELETE ON "evidence_key"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "evidence_key_is_kept" BEFORE TRUNCATE ON "evidence_key"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();
