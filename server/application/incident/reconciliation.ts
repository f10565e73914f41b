import type { ReplayFacts } from '../../domain/evidence/index.ts';
import { counted } from '../../domain/shared/counted.ts';
import type { IncidentSignals, Signal, SuggestedScope } from '../ports/incident-signals.ts';
import type { Transaction } from '../ports/unit-of-work.ts';

/** What of a replay's end says whether live states are what history says. */
export type Ended = Pick<
  ReplayFacts,
  | 'replayId'
  | 'status'
  | 'contract'
  | 'plan'
  | 'confidence'
  | 'agreement'
  | 'coverage'
  | 'comparisons'
  | 'invariants'
  | 'endedAt'
>;

/** Partitions that a link can name. */
const MOST_PARTITIONS = 50;

/**
 * Tells of a replay that found a difference or a failed invariant, and that what it had found is over once one over the
 * whole history is trusted and agrees. Called before the end's record is written, so that the record belongs to the
 * incident that it opens.
 */
export async function tellReconciliation(
  deps: { readonly signals: IncidentSignals },
  tx: Transaction,
  ended: Ended,
): Promise<void> {
  const signal = signalOf(ended);
  if (signal !== null) await deps.signals.raise(tx, signal);
  else if (agrees(ended))
    await deps.signals.clear(tx, {
      cause: causeOf(ended),
      at: readFirst(ended),
      measuredAt: readFirst(ended),
      sentence: 'A trusted replay of the whole history agrees with every live state.',
      facts: { replay: ended.replayId },
    });
}

const causeOf = ({ contract }: Ended) => `reconciliation:${contract.id}`;

/** A replay that is untrusted has said nothing either way. */
export function signalOf(ended: Ended): Signal | null {
  const { status, confidence, agreement, contract, comparisons, invariants } = ended;
  if (status !== 'finished' || confidence === null || confidence.status === 'untrusted') return null;
  const failed = invariants.filter((each) => each.outcome === 'failed');
  const different = comparisons.filter((each) => each.outcome === 'different');
  if (failed.length === 0 && agreement !== 'different') return null;
  const keys = comparisons.reduce((most, each) => Math.max(most, each.keys), 0);
  const differing = different.map(
    (each) =>
      [
        each.derivedState,
        `${counted(each.missing + each.extra + each.different, 'key')} of ${keys}`,
      ] as const,
  );
  return {
    kind: 'reconciliation',
    contractId: contract.id,
    cause: causeOf(ended),
    // What fails over the replayed state itself is in the history: no replay makes it right.
    suggestedClass: failed.some((each) => each.over !== 'sql') ? 'P1' : 'P2',
    title: titleOf(
      ended,
      different.map((each) => each.derivedState),
      failed.map((each) => each.name),
    ),
    ...foundWhen(ended, different, failed.length > 0),
    facts: {
      ...Object.fromEntries(differing),
      ...Object.fromEntries(failed.map((each) => [each.name, `failed for ${counted(each.failing, 'key')}`])),
      'the replay is': confidence.status,
    },
    href: `/replays/${ended.replayId}`,
    runbook: null,
    scope: scopeOf(ended),
  };
}

function titleOf({ contract }: Ended, different: readonly string[], failed: readonly string[]): string {
  const parts = [
    different.length === 0
      ? null
      : `${different.join(' and ')} ${different.length === 1 ? 'differs' : 'differ'} from the history of ${contract.id}`,
    failed.length === 0
      ? null
      : `${counted(failed.length, 'invariant')} of ${contract.id} failed: ${failed.join(', ')}`,
  ].filter((part) => part !== null);
  const text =
    parts.length === 0 ? `Live states of ${contract.id} differ from its history` : parts.join('; ');
  return `${text.slice(0, 400)}.`;
}

function agrees({ status, confidence, agreement, coverage, invariants }: Ended): boolean {
  return (
    status === 'finished' &&
    confidence?.status === 'trusted' &&
    agreement === 'equal' &&
    coverage?.kind === 'whole' &&
    invariants.every((each) => each.outcome !== 'failed')
  );
}

/** When live states were read first: what was written since then is not in what agrees. */
function readFirst({ comparisons, endedAt }: Ended): Date {
  const [first = endedAt] = comparisons.map((each) => each.comparedAt).toSorted();
  return new Date(first);
}

/**
 * When what is wrong was read: since the first of it, and measured at the last, which another replay may not have seen.
 * What was found equal before says nothing of that. Invariants are checked until the end.
 */
function foundWhen(
  { endedAt }: Ended,
  different: Ended['comparisons'],
  hasFailed: boolean,
): Required<Pick<Signal, 'since' | 'measuredAt'>> {
  const found = [...different.map((each) => each.comparedAt), ...(hasFailed ? [endedAt] : [])].toSorted();
  return { since: new Date(found.at(0) ?? endedAt), measuredAt: new Date(found.at(-1) ?? endedAt) };
}

/** null: the whole history. */
function scopeOf({ plan, coverage }: Ended): SuggestedScope | null {
  if (plan === null || coverage?.kind === 'whole' || plan.ranges.length > MOST_PARTITIONS) return null;
  return { partitions: plan.ranges.map(({ partition, from, to }) => ({ partition, from, to })) };
}
