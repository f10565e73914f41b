-- CreateTable
CREATE TABLE "redrive" (
    "id" UUID NOT NULL,
    "contract_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "identity" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "frozen" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "letters" INTEGER NOT NULL,
    "per_second" INTEGER NOT NULL,
    "requested_by" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "reason" TEXT NOT NULL,
    "attempt_id" UUID,
    "status" TEXT NOT NULL,
    "problem" TEXT,
    "batch" INTEGER NOT NULL DEFAULT 1,
    "batch_end" INTEGER NOT NULL DEFAULT 1,
    "dead_from" JSONB,
    "sending_from" JSONB,
    "next_send_at" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "redrive_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "redrive_letter" (
    "redrive_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "topic" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    "event_id" TEXT,
    "status" TEXT NOT NULL DEFAULT 'waiting',
    "sent_partition" INTEGER,
    "sent_offset" BIGINT,
    "sent_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "cause" TEXT,

    CONSTRAINT "redrive_letter_pkey" PRIMARY KEY ("redrive_id","number")
);

-- CreateTable
CREATE TABLE "redrive_decision" (
    "id" UUID NOT NULL,
    "redrive_id" UUID NOT NULL,
    "person_id" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "decided_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "redrive_decision_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "redrive_attempt_id_key" ON "redrive"("attempt_id");

-- CreateIndex
CREATE INDEX "redrive_topic_requested_at_idx" ON "redrive"("topic", "requested_at");

-- CreateIndex
CREATE INDEX "redrive_letter_topic_partition_offset_idx" ON "redrive_letter"("topic", "partition", "offset");

-- CreateIndex
CREATE UNIQUE INDEX "redrive_decision_redrive_id_person_id_key" ON "redrive_decision"("redrive_id", "person_id");

-- AddForeignKey
ALTER TABLE "redrive_letter" ADD CONSTRAINT "redrive_letter_redrive_id_fkey" FOREIGN KEY ("redrive_id") REFERENCES "redrive"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "redrive_decision" ADD CONSTRAINT "redrive_decision_redrive_id_fkey" FOREIGN KEY ("redrive_id") REFERENCES "redrive"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What follows is written by hand: Prisma has no words for it.
ALTER TABLE "redrive"
  ADD CONSTRAINT "redrive_status_known" CHECK ("status" IN
    ('awaiting-approval', 'queued', 'running', 'paused', 'stopped', 'done', 'cancelled', 'refused')),
  ADD CONSTRAINT "redrive_has_reason" CHECK (length(btrim("reason")) > 0);
ALTER TABLE "redrive_letter"
  ADD CONSTRAINT "redrive_letter_status_known" CHECK ("status" IN
    ('waiting', 'sending', 'sent', 'reprocessed', 'failed', 'unknown', 'gone'));
ALTER TABLE "redrive_decision"
  ADD CONSTRAINT "redrive_decision_verdict_known" CHECK ("verdict" IN ('approved', 'rejected')),
  ADD CONSTRAINT "redrive_decision_has_reason" CHECK (length(btrim("reason")) > 0);

-- The open ones are few, and looked for every second.
CREATE INDEX "redrive_open" ON "redrive" ("requested_at") WHERE "status" IN ('queued', 'running');
CREATE INDEX "redrive_letter_open" ON "redrive_letter" ("redrive_id", "number") WHERE "status" IN ('waiting', 'sending', 'sent');

-- One that a page asks for waits for somebody else. One that a runbook's attempt asks for has the attempt's approvals.
CREATE FUNCTION "reprise_redrive_asked"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW."status" <> (CASE WHEN NEW."attempt_id" IS NULL THEN 'awaiting-approval' ELSE 'queued' END) THEN
    PERFORM "reprise_forbid"('a redrive begins by waiting for its approval');
  END IF;
  NEW."requested_at" := now();
  RETURN NEW;
END
$$;
CREATE TRIGGER "redrive_asked" BEFORE INSERT ON "redrive"
  FOR EACH ROW EXECUTE FUNCTION "reprise_redrive_asked"();

CREATE FUNCTION "reprise_redrive_decided"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  asked "redrive"%ROWTYPE;
BEGIN
  -- With the row held, nobody calls off what is being decided.
  SELECT * INTO asked FROM "redrive" WHERE "id" = NEW."redrive_id" FOR UPDATE;
  IF asked."status" IS DISTINCT FROM 'awaiting-approval' THEN
    RAISE EXCEPTION 'it does not wait for approval' USING ERRCODE = 'RP005';
  END IF;
  IF asked."hash" <> NEW."hash" THEN
    RAISE EXCEPTION 'another set of letters waits for approval' USING ERRCODE = 'RP005';
  END IF;
  PERFORM FROM "person" WHERE "id" = NEW."person_id" FOR SHARE;
  IF NOT "reprise_may_approve"(NEW."person_id") THEN
    PERFORM "reprise_forbid"('this person does not approve');
  END IF;
  IF asked."requested_by" = NEW."person_id" THEN
    PERFORM "reprise_forbid"('who requested it does not decide about it');
  END IF;
  IF "reprise_is_author"(NEW."person_id", asked."contract_id",
    (SELECT max("version") FROM "contract_version" WHERE "contract_id" = asked."contract_id")) THEN
    PERFORM "reprise_forbid"('who wrote the contract does not decide about it');
  END IF;
  NEW."decided_at" := now();
  RETURN NEW;
END
$$;
CREATE TRIGGER "redrive_decided" BEFORE INSERT ON "redrive_decision"
  FOR EACH ROW EXECUTE FUNCTION "reprise_redrive_decided"();
CREATE TRIGGER "redrive_decision_is_final" BEFORE UPDATE ON "redrive_decision"
  FOR EACH ROW WHEN ((OLD."id", OLD."redrive_id", OLD."person_id", OLD."hash", OLD."verdict", OLD."decided_at")
    IS DISTINCT FROM (NEW."id", NEW."redrive_id", NEW."person_id", NEW."hash", NEW."verdict", NEW."decided_at"))
  EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "redrive_decision_is_kept" BEFORE DELETE ON "redrive_decision"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "redrive_decision_is_kept_whole" BEFORE TRUNCATE ON "redrive_decision"
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_refuse_change"();

-- What is sent is what was approved, by an approval of the last day whose giver still may; what has ended stays ended.
CREATE FUNCTION "reprise_redrive_moves"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF OLD."status" IN ('stopped', 'done', 'cancelled', 'refused') THEN
    RAISE EXCEPTION 'it has ended' USING ERRCODE = 'RP005';
  END IF;
  IF OLD."status" = 'awaiting-approval' AND NEW."status" NOT IN ('queued', 'cancelled', 'refused') THEN
    PERFORM "reprise_forbid"('it waits for approval');
  END IF;
  IF OLD."attempt_id" IS NULL AND (NEW."status" = 'queued' AND OLD."status" = 'awaiting-approval'
      OR NEW."status" = 'running' AND OLD."started_at" IS NULL)
    AND (NOT EXISTS (SELECT FROM "redrive_decision" d WHERE d."redrive_id" = NEW."id" AND d."hash" = NEW."hash"
        AND d."verdict" = 'approved' AND d."decided_at" > now() - interval '24 hours'
        AND "reprise_may_approve"(d."person_id"))
      OR EXISTS (SELECT FROM "redrive_decision" d WHERE d."redrive_id" = NEW."id" AND d."verdict" = 'rejected')) THEN
    PERFORM "reprise_forbid"('this redrive has no approval that counts');
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "redrive_moves" BEFORE UPDATE ON "redrive"
  FOR EACH ROW WHEN (OLD."status" IS DISTINCT FROM NEW."status") EXECUTE FUNCTION "reprise_redrive_moves"();
-- Reasons and ids are changed by erasing alone: the role that runs has no right to change these columns.
CREATE TRIGGER "redrive_is_frozen" BEFORE UPDATE ON "redrive"
  FOR EACH ROW WHEN ((OLD."id", OLD."contract_id", OLD."state", OLD."topic", OLD."identity", OLD."target", OLD."frozen",
      OLD."hash", OLD."letters", OLD."per_second", OLD."requested_by", OLD."requested_at", OLD."attempt_id")
    IS DISTINCT FROM (NEW."id", NEW."contract_id", NEW."state", NEW."topic", NEW."identity", NEW."target", NEW."frozen",
      NEW."hash", NEW."letters", NEW."per_second", NEW."requested_by", NEW."requested_at", NEW."attempt_id"))
  EXECUTE FUNCTION "reprise_refuse_change"();
CREATE TRIGGER "redrive_is_kept" BEFORE DELETE ON "redrive"
  FOR EACH ROW EXECUTE FUNCTION "reprise_refuse_change"();

-- Letters join a redrive in the transaction that asks for it, before anybody decides.
CREATE FUNCTION "reprise_redrive_letter_joins"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM added a JOIN "redrive" r ON r."id" = a."redrive_id" WHERE r."requested_at" <> now()::timestamptz(3)) THEN
    PERFORM "reprise_forbid"('the letters of a redrive are frozen');
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "redrive_letter_joins" AFTER INSERT ON "redrive_letter" REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_redrive_letter_joins"();
CREATE TRIGGER "redrive_letter_is_frozen" BEFORE UPDATE ON "redrive_letter"
  FOR EACH ROW WHEN ((OLD."redrive_id", OLD."number", OLD."topic", OLD."partition", OLD."offset")
    IS DISTINCT FROM (NEW."redrive_id", NEW."number", NEW."topic", NEW."partition", NEW."offset"))
  EXECUTE FUNCTION "reprise_refuse_change"();
