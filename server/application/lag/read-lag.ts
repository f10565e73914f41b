import {
  isGap,
  type LagVerdict,
  ruleInWords,
  type SampleStep,
  SERIES_BUCKETS,
  type SeriesPoint,
  stepFor,
  toSeries,
  totalLag,
} from '../../domain/lag/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { Kept } from '../ports/lag.ts';
import type { LagReads, SubjectFigures } from '../ports/lag-reads.ts';

export type LagPartitionView = {
  readonly partition: number;
  /** Offsets as decimal text. */
  readonly committed: string | null;
  readonly next: string | null;
  readonly end: string | null;
  readonly records: string | null;
  readonly ageMs: number | null;
};

/** A group or state as the pages show it; times are ISO texts. */
export type LagSubjectView = {
  readonly contractId: string;
  readonly contractTitle: string;
  readonly kind: 'group' | 'state';
  readonly name: string;
  readonly topic: string;
  readonly state: string | null;
  readonly members: number | null;
  readonly partitionCount: number;
  readonly unknownPartitions: number;
  readonly records: string | null;
  readonly ageMs: number | null;
  readonly verdict: LagVerdict;
  /** Why, in a sentence. */
  readonly why: string;
  readonly since: string | null;
  readonly sampledAt: string | null;
  /** Samples do not come any more: what stands here is what was. */
  readonly stale: boolean;
  readonly problem: string | null;
  readonly overMs: number | null;
};

export type LagList = { readonly asOf: string; readonly subjects: readonly LagSubjectView[] };
export type LagDetail = LagSubjectView & {
  readonly asOf: string;
  readonly partitions: readonly LagPartitionView[];
};
export type LagSeries = {
  readonly from: string;
  readonly to: string;
  /** What the points are drawn from, and how far apart those are. */
  readonly step: SampleStep;
  readonly stepMs: number;
  readonly points: readonly SeriesPoint[];
};

const lagRanges = {
  '15m': 900_000,
  '1h': 3_600_000,
  '6h': 21_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
} as const;
export type LagRange = { readonly last: keyof typeof lagRanges } | { readonly from: Date; readonly to: Date };

export type LagSubjectName = {
  readonly contractId: string;
  readonly kind: 'group' | 'state';
  readonly name: string;
};

export interface LagQueries {
  list(): Promise<LagList>;
  get(subject: LagSubjectName): Promise<LagDetail | null>;
  series(subject: LagSubjectName, range: LagRange): Promise<LagSeries | null>;
}

const USUAL_STEP_MS = 5_000;
const stepsMs: Readonly<Record<Exclude<SampleStep, 'sample'>, number>> = { minute: 60_000, hour: 3_600_000 };

export function createLagQueries(deps: {
  readonly reads: LagReads;
  readonly clock: Clock;
  readonly kept: Kept;
}): LagQueries {
  const { reads, clock } = deps;
  const kept = { sampleMs: deps.kept.sampleHours * 3_600_000, minuteMs: deps.kept.minuteDays * 86_400_000 };
  return {
    async list() {
      const now = clock.now();
      const subjects = await reads.subjects();
      return { asOf: now.toISOString(), subjects: subjects.map((each) => toView(each, now)) };
    },
    async get({ contractId, kind, name }) {
      const now = clock.now();
      const found = await reads.subject(contractId, kind, name);
      if (found === null) return null;
      return {
        ...toView(found, now),
        asOf: now.toISOString(),
        partitions: found.partitions.map(toPartitionView),
      };
    },
    async series({ contractId, kind, name }, range) {
      const now = clock.now();
      const found = await reads.subject(contractId, kind, name);
      if (found === null) return null;
      const to = 'last' in range ? now : range.to;
      const from = 'last' in range ? new Date(now.getTime() - lagRanges[range.last]) : range.from;
      const [fromMs, toMs] = [from.getTime(), to.getTime()];
      const step = stepFor({ fromMs, toMs, nowMs: now.getTime() }, kept);
      const stepMs = step === 'sample' ? (found.stepMs ?? USUAL_STEP_MS) : stepsMs[step];
      const bucketMs = Math.max(1, Math.ceil((toMs - fromMs) / SERIES_BUCKETS));
      const buckets = await reads.buckets(found.id, { from, to, step, bucketMs });
      return {
        from: from.toISOString(),
        to: to.toISOString(),
        step,
        stepMs,
        points: toSeries(buckets, stepMs),
      };
    },
  };
}

function toView(found: SubjectFigures, now: Date): LagSubjectView {
  const { sampledAt, partitions } = found;
  const { records, ageMs, unknown } = totalLag(partitions);
  const stepMs = found.stepMs ?? USUAL_STEP_MS;
  const stale = sampledAt === null || isGap(sampledAt.getTime(), now.getTime(), stepMs);
  return {
    contractId: found.contractId,
    contractTitle: found.contractTitle,
    kind: found.kind,
    name: found.name,
    topic: found.topic,
    state: found.groupState,
    members: found.members,
    partitionCount: partitions.length,
    unknownPartitions: unknown,
    records: records === null ? null : records.toString(),
    ageMs,
    verdict: stale ? 'unknown' : found.verdict,
    why: stale ? staleWords(found) : ruleInWords({ rule: found.rule, partition: found.rulePartition }),
    since: stale ? (sampledAt?.toISOString() ?? null) : (found.verdictSince?.toISOString() ?? null),
    sampledAt: sampledAt?.toISOString() ?? null,
    stale,
    problem: found.problem,
    overMs: found.overMs,
  };
}

function staleWords({ sampledAt, verdict, problem }: SubjectFigures): string {
  const why =
    problem === null ? 'No worker samples it' : `It could not be measured: ${problem.replace(/\.$/, '')}`;
  return sampledAt === null
    ? `${why}. There is no sample yet.`
    : `${why}. At its newest sample it was ${verdict}.`;
}

function toPartitionView(each: SubjectFigures['partitions'][number]): LagPartitionView {
  const text = (value: bigint | null) => (value === null ? null : value.toString());
  return {
    partition: each.partition,
    committed: text(each.committed),
    next: text(each.next),
    end: text(each.end),
    records: text(each.records),
    ageMs: each.ageMs,
  };
}
