import type { LagBudget } from '../../domain/contract/index.ts';
import {
  type Assessed,
  assessLag,
  type LagSample,
  type PartitionLag,
  type StuckChange,
  timeOver,
  watchStuck,
} from '../../domain/lag/index.ts';
import type { Reading, Spend } from '../ports/budget-meter.ts';
import type { KeptSample, SubjectRow } from '../ports/lag.ts';
import { type Measured, subjectKey } from './measure-contract.ts';

/** How far back verdicts look. */
export const WINDOW_MS = 120_000;

export type Rules = {
  readonly stepMs: number;
  readonly stuckAfterMs: number;
  readonly budget: LagBudget | null;
};

export type Judged = {
  readonly kept: KeptSample;
  /** null: the first sample, or the contract has no such budget. */
  readonly reading: Reading | null;
  readonly changes: readonly StuckChange[];
  /** Set where the subject was over the threshold until now, and is not any more. */
  readonly overUntil: { readonly since: Date; readonly at: Date } | null;
  readonly after: SubjectRow;
  readonly window: readonly LagSample[];
};

/** What a new measurement says, beside what was known of the subject before. */
export function judgeSample(
  before: SubjectRow,
  window: readonly LagSample[],
  measured: Extract<Measured, { ok: true }>,
  rules: Rules,
): Judged {
  const { at, group, partitions } = measured;
  const atMs = at.getTime();
  const { stepMs, budget } = rules;
  const samples = [...window, { atMs, partitions }].filter((each) => each.atMs >= atMs - WINDOW_MS);
  const members = group?.members ?? null;
  const assessed = assessLag({ samples, members, overMs: budget?.overMs ?? null });
  const movedAt = hasMoved(before.partitions, partitions) ? at : before.movedAt;
  // Only a group has members and neighbours that could go on without a partition.
  const { waiting, changes } =
    before.kind === 'state'
      ? { waiting: [], changes: [] }
      : watchStuck(
          before.waiting,
          { atMs, partitions },
          { afterMs: rules.stuckAfterMs, members, othersMovedAtMs: movedAt?.getTime() ?? null },
        );
  const { reading, overSince } = readingOf(before, { at, partitions }, rules);
  const isSame = before.verdict === assessed.verdict;
  const after: SubjectRow = {
    ...before,
    sampledAt: at,
    partitions,
    waiting,
    movedAt,
    overSince,
    verdict: assessed.verdict,
    verdictSince: isSame ? (before.verdictSince ?? at) : at,
  };
  return {
    kept: keptOf(after, assessed, measured, { stepMs, budget }),
    reading,
    changes,
    overUntil: before.overSince !== null && overSince === null ? { since: before.overSince, at } : null,
    after,
    window: samples,
  };
}

function keptOf(
  after: SubjectRow,
  { verdict, rule, partition }: Assessed,
  { at, group, partitions }: Extract<Measured, { ok: true }>,
  { stepMs, budget }: Pick<Rules, 'stepMs' | 'budget'>,
): KeptSample {
  return {
    subjectId: after.id,
    at,
    partitions,
    group,
    verdict,
    rule,
    partition,
    verdictSince: after.verdictSince ?? at,
    waiting: after.waiting,
    movedAt: after.movedAt,
    overSince: after.overSince,
    overMs: budget?.overMs ?? null,
    stepMs,
  };
}

function hasMoved(before: readonly PartitionLag[], now: readonly PartitionLag[]): boolean {
  const was = new Map(before.map((each) => [each.partition, each.committed]));
  return now.some(({ partition, committed }) => {
    const previous = was.get(partition);
    return previous != null && committed !== null && committed !== previous;
  });
}

/** The interval since the sample before, as the budget counts it; and since when the subject is over, if it is. */
function readingOf(
  before: SubjectRow,
  { at, partitions }: { readonly at: Date; readonly partitions: readonly PartitionLag[] },
  { stepMs, budget }: Rules,
): { readonly reading: Reading | null; readonly overSince: Date | null } {
  const from = before.sampledAt;
  if (budget === null || from === null || at <= from) return { reading: null, overSince: null };
  const { overMs } = budget;
  const { totalMs, badMs, unknownMs } = timeOver({
    fromMs: from.getTime(),
    toMs: at.getTime(),
    stepMs,
    overMs,
    partitions,
  });
  const furthest = partitions.reduce<PartitionLag | null>(
    (worst, each) => ((each.ageMs ?? -1) > (worst?.ageMs ?? -1) ? each : worst),
    null,
  );
  const isOver = (furthest?.ageMs ?? 0) > overMs;
  // What is not known to have caught up has not: a group that was deleted has no age at all.
  const isKnown = partitions.length > 0 && partitions.every(({ ageMs }) => ageMs !== null);
  const overSince = isOver
    ? (before.overSince ?? new Date(at.getTime() - badMs))
    : isKnown
      ? null
      : before.overSince;
  const subject = subjectKey(before);
  const spend: Spend | null =
    badMs > 0 && overSince !== null
      ? {
          cause: `lag:${subject}:${overSince.toISOString()}`,
          amount: badMs,
          sentence: `${before.name} has been more than ${overMs / 1000} s behind since ${overSince.toISOString()}, furthest in partition ${furthest?.partition ?? 0}.`,
          link: { kind: 'lag', subject, partition: furthest?.partition ?? null },
        }
      : null;
  const reading: Reading = {
    contractId: before.contractId,
    indicator: 'lag',
    subject,
    from,
    to: at,
    total: totalMs,
    bad: badMs,
    unknown: unknownMs,
    spends: spend === null ? [] : [spend],
  };
  return { reading, overSince };
}
