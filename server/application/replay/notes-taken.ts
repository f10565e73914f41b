import {
  type AppliedEvent,
  type FindingKind,
  type NoteCounts,
  noNotes,
  notesOfKey,
} from '../../domain/replay/index.ts';
import type { CollectedEvent } from './key-histories.ts';
import type { RunningReplay } from './open-contract.ts';

/** How what the partitions' folds have noted of a key changes where some of its events were not to be applied. */
export type NotesTaken = {
  /** To be added to what was counted; negative where there is less. */
  readonly counts: NoteCounts;
  readonly withdrawn: readonly {
    readonly kind: FindingKind;
    readonly partition: number;
    readonly offset: string;
  }[];
  readonly found: readonly { readonly kind: FindingKind; readonly at: CollectedEvent }[];
};

/**
 * `folded` are the key's events that its partitions' folds have applied, and `stays` says which of them were to be. A
 * partition has an order of its own, and notes are about it: they are taken again partition by partition.
 */
export function notesTaken(
  { contract, plan }: Pick<RunningReplay, 'contract' | 'plan'>,
  key: string,
  folded: readonly CollectedEvent[],
  stays: (event: CollectedEvent) => boolean,
): NotesTaken {
  const changes = [...Map.groupBy(folded, (each) => each.partition)].map(([partition, own]): NotesTaken => {
    const left = own.filter(stays);
    if (left.length === own.length) return { counts: noNotes, withdrawn: [], found: [] };
    const from = Number(plan.ranges.find((range) => range.partition === partition)?.from ?? 0);
    const notes = (events: readonly CollectedEvent[]) =>
      notesOfKey(
        contract,
        { key, partition, partitionCount: plan.history.partitionCount },
        events.flatMap((each) => appliedEvent(each, from)),
      );
    const before = notes(own);
    const after = notes(left);
    const nameOf = ({ kind, offset }: (typeof before)['findings'][number]) => `${kind} ${offset}`;
    const [was, is] = [before, after].map(({ findings }) => new Set(findings.map(nameOf)));
    const eventAt = new Map(own.map((each) => [each.offset, each]));
    return {
      counts: plus(after.counts, before.counts, -1),
      withdrawn: before.findings
        .filter((note) => !is?.has(nameOf(note)))
        .map(({ kind, offset }) => ({ kind, partition, offset })),
      found: after.findings
        .filter((note) => !was?.has(nameOf(note)))
        .flatMap(({ kind, offset }) => {
          const at = eventAt.get(offset);
          return at === undefined ? [] : [{ kind, at }];
        }),
    };
  });
  return {
    counts: changes.reduce((sum, each) => plus(sum, each.counts), noNotes),
    withdrawn: changes.flatMap((each) => each.withdrawn),
    found: changes.flatMap((each) => each.found),
  };
}

function appliedEvent(
  { offset, event, sequence, lost }: CollectedEvent,
  from: number,
): readonly AppliedEvent[] {
  return event === null ? [] : [{ offset, event, sequence, lost, ofBase: Number(offset) < from }];
}

export function plus(a: NoteCounts, b: NoteCounts, times = 1): NoteCounts {
  return {
    misplaced: a.misplaced + times * b.misplaced,
    outOfOrder: a.outOfOrder + times * b.outOfOrder,
    erased: a.erased + times * b.erased,
    erasedReads: a.erasedReads + times * b.erasedReads,
  };
}
