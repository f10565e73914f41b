-- The overview asks whether a witness has ever seen another log than this one: hardly ever there is one.
CREATE INDEX "audit_entry_forks" ON "audit_entry" ("id")
  WHERE "action" = 'checkpoint.cosigned' AND "outcome" = 'refused' AND "detail" ->> 'code' = 'checkpoint-other';
