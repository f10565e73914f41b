-- What is written by hand: Prisma has no words for it.
-- Every two seconds a worker looks for what nobody attends to. Both tables grow with each replay, and of what has ended
-- nothing is to be found.
CREATE INDEX "replay_called_off" ON "replay" ("id")
  WHERE "intent" = 'cancel' AND "status" NOT IN ('finished', 'refused', 'failed', 'cancelled');
CREATE INDEX "key_trace_open" ON "key_trace" ("replay_id") WHERE "status" IN ('queued', 'reading');
