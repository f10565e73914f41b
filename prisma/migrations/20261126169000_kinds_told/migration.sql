-- People who respond can be told of an incident by a step of a runbook.
ALTER TABLE "notice" DROP CONSTRAINT "notice_kind_known",
  ADD CONSTRAINT "notice_kind_known" CHECK ("kind" IN ('waiting', 'approved', 'rejected', 'voided', 'expired', 'taken-back',
    'glass-begun', 'glass-broken', 'ended', 'test', 'incident-opened', 'incident-escalated', 'incident-recovered',
    'incident-told', 'review-overdue'));
