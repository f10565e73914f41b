-- Two machines of a fleet may each keep checkpoints in a folder of their own: a row for each place, not each kind.
ALTER TABLE "checkpoint_sink" DROP CONSTRAINT "checkpoint_sink_pkey",
ADD CONSTRAINT "checkpoint_sink_pkey" PRIMARY KEY ("kind", "target");
