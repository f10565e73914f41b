import { counted, formatCount, formatDelta, formatDuration } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import type { ReplayDetail } from '@/server/application/views.ts';
import { isLeftAlone, type Worked } from './left-alone.ts';

export type ExpectationRow = {
  readonly label: string;
  readonly predicted: string;
  readonly observed: string;
  /** How far the one is from the other. */
  readonly deviation: string;
  readonly tone: Tone;
};

type Replay = Pick<
  ReplayDetail,
  | 'prediction'
  | 'eventsProcessed'
  | 'startedAt'
  | 'endedAt'
  | 'durationMs'
  | 'eventsPerSecond'
  | 'secondsLeft'
> &
  Worked;

/** Half as long again as predicted is more than a busy machine explains. */
const slowFrom = 1.5;
/** A tenth of what was predicted: the prediction was wrong, and nothing to be told by a figure. */
const farQuicker = 0.1;
const notKnown = 'not known';

/**
 * What was predicted when the replay was requested, and what is observed: until now, or in the end. What is left of it
 * counts from `readAtMs`, when it was read: from now it would grow with the clock.
 */
export function expectationRows(replay: Replay, nowMs: number, readAtMs: number): readonly ExpectationRow[] {
  if (replay.prediction === null) return [];
  return [
    eventRow(replay, replay.prediction.events),
    durationRow(replay, replay.prediction.seconds, { nowMs, readAtMs }),
  ];
}

function eventRow(replay: Replay, predicted: number): ExpectationRow {
  const observed = replay.eventsProcessed;
  const shared = { label: 'Events', predicted: counted(predicted, 'event') };
  if (replay.endedAt === null) {
    const percent = predicted === 0 ? 100 : Math.floor((observed / predicted) * 100);
    return {
      ...shared,
      observed: `${formatCount(observed)} so far`,
      deviation: `${formatCount(percent)} % of the prediction`,
      tone: 'accent',
    };
  }
  const difference = observed - predicted;
  return {
    ...shared,
    observed: counted(observed, 'event'),
    deviation: difference === 0 ? 'as predicted' : formatDelta(difference),
    tone: difference === 0 ? 'verified' : 'unknown',
  };
}

function durationRow(
  replay: Replay,
  predicted: number | null,
  { nowMs, readAtMs }: { nowMs: number; readAtMs: number },
): ExpectationRow {
  const shared = {
    label: 'Duration',
    predicted: predicted === null ? notKnown : formatDuration(predicted * 1000),
  };
  if (replay.endedAt !== null) {
    const observed = replay.durationMs === null ? notKnown : formatDuration(replay.durationMs);
    return { ...shared, observed, ...deviationOf(replay.durationMs, predicted) };
  }
  if (replay.startedAt === null) {
    return { ...shared, observed: 'not started', deviation: '—', tone: 'unknown' };
  }
  const startMs = Date.parse(replay.startedAt);
  const elapsedMs = Math.max(0, nowMs - startMs);
  const secondsLeft = isLeftAlone(replay) ? null : replay.secondsLeft;
  const inAllMs =
    secondsLeft === null ? elapsedMs : Math.max(elapsedMs, readAtMs - startMs + secondsLeft * 1000);
  const observed =
    secondsLeft === null
      ? `${formatDuration(elapsedMs)} so far`
      : `${formatDuration(elapsedMs)} so far, about ${formatDuration(inAllMs)} in all at this rate`;
  const late = predicted !== null && inAllMs > predicted * 1000 * slowFrom;
  if (isLeftAlone(replay) && !late) {
    return { ...shared, observed, deviation: 'nobody works at it', tone: 'failed' };
  }
  return {
    ...shared,
    observed,
    deviation: predicted === null ? '—' : late ? `late: ${times(inAllMs / (predicted * 1000))}` : 'in time',
    tone: predicted === null ? 'unknown' : late ? 'different' : 'accent',
  };
}

function deviationOf(
  observedMs: number | null,
  predicted: number | null,
): Pick<ExpectationRow, 'deviation' | 'tone'> {
  if (observedMs === null || predicted === null || predicted === 0)
    return { deviation: '—', tone: 'unknown' };
  const factor = observedMs / (predicted * 1000);
  if (factor > slowFrom) return { deviation: times(factor), tone: 'different' };
  if (factor < farQuicker) return { deviation: 'far quicker than predicted', tone: 'unknown' };
  return { deviation: factor < 1 / slowFrom ? times(factor) : 'as predicted', tone: 'verified' };
}

function times(factor: number): string {
  return `${formatCount(factor, factor < 10 ? 1 : 0)} × the prediction`;
}
