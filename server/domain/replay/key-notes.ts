import type { EngineContract, EngineEvent } from '../contract/index.ts';
import { copyEvent } from './copy-event.ts';
import type { Counters, FindingKind } from './counters.ts';
import type { LostFields } from './erased-fields.ts';
import { rightPartition } from './partitioners.ts';

/** An event of a key, as the fold of its partition has applied it. */
export type AppliedEvent = {
  readonly offset: string;
  readonly event: EngineEvent;
  readonly sequence: number | null;
  /** What of it can no longer be read; null where it holds all that it held. */
  readonly lost: LostFields | null;
  /** Whether a base has applied it: it is noted there, and counts here for those after it. */
  readonly ofBase: boolean;
};

export type NoteCounts = Pick<Counters, 'misplaced' | 'outOfOrder' | 'erased' | 'erasedReads'>;
export const noNotes: NoteCounts = { misplaced: 0, outOfOrder: 0, erased: 0, erasedReads: 0 };

/** What a fold has noted of a key's events beside applying them. */
export type KeyNotes = {
  readonly counts: NoteCounts;
  readonly findings: readonly { readonly kind: FindingKind; readonly offset: string }[];
};

/**
 * What the fold of one partition notes of a key's events, in their order there: asked for with all that it has applied,
 * and again without what was no event of its own after all, it gives what the others alone would have been noted for.
 */
export function notesOfKey(
  contract: EngineContract,
  { key, partition, partitionCount }: { key: string; partition: number; partitionCount: number },
  events: readonly AppliedEvent[],
): KeyNotes {
  const counts = { ...noNotes };
  const findings: { kind: FindingKind; offset: string }[] = [];
  const right = rightPartition(contract.ordering.partitioner, key, partitionCount);
  const isMisplaced = right !== null && right !== partition;
  const reads = readsOf(contract, key, events);
  let last: number | null = null;
  for (const [at, { offset, sequence, lost, ofBase }] of events.entries()) {
    const follows: boolean = sequence !== null && (last === null || sequence > last);
    if (follows) last = sequence;
    if (ofBase) continue;
    if (isMisplaced) counts.misplaced += 1;
    if (isMisplaced && at === 0) findings.push({ kind: 'misplaced-key', offset });
    if (contract.ordering.sequence !== null && !follows) {
      counts.outOfOrder += 1;
      findings.push({ kind: 'out-of-order', offset });
    }
    if (lost === null) continue;
    counts.erased += 1;
    findings.push({ kind: 'erased-subject', offset });
    const asked = reads[at] ?? 0;
    counts.erasedReads += asked;
    if (asked > 0) findings.push({ kind: 'erased-read', offset });
  }
  return { counts, findings };
}

/** How often F asks each event for what can no longer be read. F is called where some of it is lost, and only there. */
function readsOf(contract: EngineContract, key: string, events: readonly AppliedEvent[]): readonly number[] {
  if (events.every(({ lost }) => lost === null)) return [];
  const { initial, apply } = contract.projection;
  let state: unknown = initial(key);
  return events.map(({ event, lost }) => {
    const fold = (own: EngineEvent) => {
      try {
        state = apply(state, own);
      } catch {
        // It was applied once, so what it says now is not about this count.
      }
    };
    if (lost !== null) return lost.readsDuring(() => fold(event));
    fold(copyEvent(event));
    return 0;
  });
}
