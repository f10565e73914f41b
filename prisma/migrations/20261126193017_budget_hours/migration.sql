-- CreateTable
CREATE TABLE "budget_hour" (
    "contract_id" TEXT NOT NULL,
    "indicator" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "minutes" INTEGER NOT NULL,
    "total" BIGINT NOT NULL,
    "bad" BIGINT NOT NULL,
    "unknown" BIGINT NOT NULL,

    CONSTRAINT "budget_hour_pkey" PRIMARY KEY ("contract_id","indicator","subject","at")
);

-- Hours that were rolled up stand among the minutes, and are looked for by themselves.
CREATE INDEX "budget_tick_hours" ON "budget_tick" ("contract_id", "indicator", "subject", "at")
  INCLUDE ("total", "bad", "unknown") WHERE "seconds" = 3600;

INSERT INTO "budget_hour" (contract_id, indicator, subject, at, minutes, total, bad, unknown)
SELECT contract_id, indicator, subject, date_bin('1 hour', at, 'epoch'), count(*)::int,
  sum(total)::bigint, sum(bad)::bigint, sum(unknown)::bigint
FROM "budget_tick" WHERE seconds = 60 GROUP BY 1, 2, 3, 4;

-- Whoever counts, takes back, rolls up or takes away minutes: their hours say the same in the same transaction.
CREATE FUNCTION "reprise_keep_budget_hours"() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO budget_hour AS h (contract_id, indicator, subject, at, minutes, total, bad, unknown)
    SELECT contract_id, indicator, subject, date_bin('1 hour', at, 'epoch'), count(*)::int,
      sum(total)::bigint, sum(bad)::bigint, sum(unknown)::bigint
    FROM added WHERE seconds = 60 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (contract_id, indicator, subject, at) DO UPDATE SET minutes = h.minutes + excluded.minutes,
      total = h.total + excluded.total, bad = h.bad + excluded.bad, unknown = h.unknown + excluded.unknown;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO budget_hour AS h (contract_id, indicator, subject, at, minutes, total, bad, unknown)
    SELECT contract_id, indicator, subject, date_bin('1 hour', at, 'epoch'), sum(n)::int,
      sum(n * total)::bigint, sum(n * bad)::bigint, sum(n * unknown)::bigint
    FROM (SELECT *, 1 AS n FROM added UNION ALL SELECT *, -1 FROM gone) AS changed
    WHERE seconds = 60 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (contract_id, indicator, subject, at) DO UPDATE SET minutes = h.minutes + excluded.minutes,
      total = h.total + excluded.total, bad = h.bad + excluded.bad, unknown = h.unknown + excluded.unknown;
  ELSE
    UPDATE budget_hour h SET minutes = h.minutes - g.minutes, total = h.total - g.total, bad = h.bad - g.bad,
      unknown = h.unknown - g.unknown
    FROM (SELECT contract_id, indicator, subject, date_bin('1 hour', at, 'epoch') AS at, count(*)::int AS minutes,
        sum(total)::bigint AS total, sum(bad)::bigint AS bad, sum(unknown)::bigint AS unknown
      FROM gone WHERE seconds = 60 GROUP BY 1, 2, 3, 4) AS g
    WHERE (h.contract_id, h.indicator, h.subject, h.at) = (g.contract_id, g.indicator, g.subject, g.at);
    DELETE FROM budget_hour h USING gone g WHERE h.minutes = 0 AND g.seconds = 60
      AND (h.contract_id, h.indicator, h.subject, h.at)
        = (g.contract_id, g.indicator, g.subject, date_bin('1 hour', g.at, 'epoch'));
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "budget_hours_of_counted" AFTER INSERT ON "budget_tick" REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_keep_budget_hours"();
CREATE TRIGGER "budget_hours_of_changed" AFTER UPDATE ON "budget_tick" REFERENCING NEW TABLE AS added OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_keep_budget_hours"();
CREATE TRIGGER "budget_hours_of_gone" AFTER DELETE ON "budget_tick" REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION "reprise_keep_budget_hours"();

-- A row is written with each reading: room for its next version beside it.
ALTER TABLE "budget_hour" SET (fillfactor = 50);
