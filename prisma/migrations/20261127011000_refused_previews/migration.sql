-- That what a step would do was refused when somebody looked at it stays with its run.
ALTER TABLE "runbook_mark" DROP CONSTRAINT "runbook_mark_kind_known", DROP CONSTRAINT "runbook_mark_of_a_step",
  DROP CONSTRAINT "runbook_mark_has_reason",
  ADD CONSTRAINT "runbook_mark_kind_known" CHECK ("kind" IN ('ticked', 'skipped', 'noted', 'handed-over', 'done', 'abandoned',
    'refused')),
  ADD CONSTRAINT "runbook_mark_of_a_step" CHECK ("kind" NOT IN ('ticked', 'skipped', 'refused') OR "step" IS NOT NULL),
  ADD CONSTRAINT "runbook_mark_has_reason" CHECK ("kind" NOT IN ('skipped', 'noted', 'handed-over', 'abandoned', 'refused')
    OR length(btrim("text")) > 0);
