-- AlterTable
ALTER TABLE "sign_in_account" ADD COLUMN     "vouched_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;

-- Of those who are linked already: their last sign-in, as the audit has it.
UPDATE sign_in_account a SET vouched_at = coalesce(
  (SELECT max(e.recorded_at) FROM audit_entry e
    WHERE e.actor = a.person_id AND e.action = 'session.started' AND e.outcome = 'done'), a.created_at)
WHERE a.provider_id LIKE 'oidc:%';
