import type { LagRule, LagVerdict, PartitionLag, SampleStep, SeriesBucket } from '../../domain/lag/index.ts';

/** A subject with the figures of its newest sample. */
export type SubjectFigures = {
  readonly id: number;
  readonly contractId: string;
  readonly contractTitle: string;
  readonly kind: 'group' | 'state';
  readonly name: string;
  readonly topic: string;
  readonly stepMs: number | null;
  readonly overMs: number | null;
  readonly sampledAt: Date | null;
  readonly groupState: string | null;
  readonly members: number | null;
  readonly verdict: LagVerdict;
  readonly rule: LagRule;
  readonly rulePartition: number | null;
  readonly verdictSince: Date | null;
  readonly problem: string | null;
  readonly problemAt: Date | null;
  readonly partitions: readonly PartitionLag[];
};

/** What pages read of lag. */
export interface LagReads {
  /** Those that contracts name now, by contract, kind and name. */
  subjects(): Promise<readonly SubjectFigures[]>;
  subject(contractId: string, kind: 'group' | 'state', name: string): Promise<SubjectFigures | null>;
  /** Least and most of [from, to), in stretches of `bucketMs` from `from` on, oldest first; empty stretches are left out. */
  buckets(
    subjectId: number,
    range: { readonly from: Date; readonly to: Date; readonly step: SampleStep; readonly bucketMs: number },
  ): Promise<readonly SeriesBucket[]>;
}
