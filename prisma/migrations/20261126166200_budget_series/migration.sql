-- CreateTable
CREATE TABLE "budget_series" (
    "contract_id" TEXT NOT NULL,
    "indicator" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "first_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "budget_series_pkey" PRIMARY KEY ("contract_id","indicator","subject")
);

-- What was counted before began with its oldest minute or hour, as far as is known.
INSERT INTO "budget_series" ("contract_id", "indicator", "subject", "first_at")
  SELECT "contract_id", "indicator", "subject", min("at") FROM "budget_tick" GROUP BY 1, 2, 3;

-- It is known to have begun earlier, and never later: time that nobody measured would be none.
CREATE FUNCTION "reprise_series_begins_earlier"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a budget has begun when it was first measured';
END
$$;
CREATE TRIGGER "budget_series_begins_earlier" BEFORE UPDATE ON "budget_series"
  FOR EACH ROW WHEN (NEW."first_at" > OLD."first_at") EXECUTE FUNCTION "reprise_series_begins_earlier"();
