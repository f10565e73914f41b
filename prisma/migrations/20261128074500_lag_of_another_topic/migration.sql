-- Since when a subject reads the topic that it reads now: samples from before are another topic's, and say nothing of it.
ALTER TABLE "lag_subject" ADD COLUMN "measured_from" TIMESTAMPTZ(3);
