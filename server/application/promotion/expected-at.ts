import type { DerivedState, Scalar } from '../../domain/contract/index.ts';
import { type Change, type PromotedKey, stateOfRow } from '../../domain/promotion/index.ts';
import { doubtWords, expectedFields, sameScalar } from '../../domain/reconciliation/index.ts';
import { copyEvent } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { AppliedAt } from '../ports/derived-state.ts';
import { positionOf } from '../replay/applied-position.ts';
import { foldKey } from '../replay/fold-key.ts';
import { readKeyHistories } from '../replay/key-events.ts';
import type { KeyHistory } from '../replay/key-histories.ts';
import type { Phase } from '../replay/phase.ts';
import { coveredBy, furthest } from '../replay/positions-compared.ts';
import type { OpenHistory } from '../replay/state-overlay.ts';

type Fields = Readonly<Record<string, Scalar>>;
type Positions = Awaited<ReturnType<typeof positionOf>>['positions'];

/** What a key's row should hold at a position; null: no row should exist. `why`: that can't be said. */
export type Expected = { readonly fields: Fields | null } | { readonly why: string };

/** What rows should hold at exactly the position that a derived state is at. */
export type ExpectedAt = {
  readonly positions: Positions;
  readonly rows: ReadonlyMap<string, Expected>;
};

/** A promotion to be undone: where it was written, and what it did. */
export type Undone = { readonly positions: Positions; readonly keys: readonly PromotedKey[] };

/**
 * What history says of the keys at the position of a derived state; for an undoing, what the rows from before the
 * promotion would hold there, with the events since then folded onto them. Throws RepriseError promotion-overtaken
 * where the history since the replay can't be relied on.
 */
export async function expectedAt(
  phase: Phase,
  history: OpenHistory,
  definition: DerivedState<unknown>,
  appliedAt: AppliedAt,
  wanted: { readonly changes: readonly Change[]; readonly undone: Undone | null },
): Promise<ExpectedAt> {
  await refuseAnotherHistory(phase, history, appliedAt, wanted.changes);
  const at = await positionOf(phase, history, appliedAt);
  const doubts = doubtWords(at.overlay.layerDoubts);
  if (doubts !== null)
    throw overtaken(
      `What came since the replay could not be relied on: ${doubts}. Replay again, and promote what that comes to.`,
    );
  if (wanted.undone !== null)
    return {
      positions: at.positions,
      rows: await previousRows(phase, history, definition, at.positions, wanted.undone),
    };
  const keys = wanted.changes.map(({ key }) => key);
  const { deps, replayId } = phase;
  const shadow = await deps.unitOfWork.run((tx) => deps.results.shadowOf(tx, replayId, keys));
  const states = new Map(shadow.map((row) => [row.key, { state: JSON.parse(row.state) as unknown }]));
  const rows = new Map<string, Expected>();
  for (const key of keys) {
    const over = at.overlay.states.get(key);
    const found = over === undefined ? (states.get(key) ?? null) : over;
    rows.set(key, { fields: found === null ? null : rowOf(definition, found.state) });
  }
  return { positions: at.positions, rows };
}

/** A position that can't be held, or a history that is laid out otherwise than what was replayed, proves nothing. */
async function refuseAnotherHistory(
  { running }: Phase,
  { reader }: OpenHistory,
  appliedAt: AppliedAt,
  changes: readonly Change[],
): Promise<void> {
  const { plan } = running;
  const now = await reader.describe();
  if (now.partitions.length !== plan.history.partitionCount)
    throw overtaken(
      `${plan.history.name} has ${now.partitions.length} partitions now, and the replay has read ${plan.history.partitionCount}. Replay again.`,
    );
  if (appliedAt.kind === 'none')
    throw new RepriseError(
      'promotion-target-unfit',
      'The derived state says no applied position, so nothing tells which events its rows hold. docs/promotion.md says what it needs.',
    );
  if (appliedAt.kind === 'transaction') {
    if (appliedAt.transactionId === 0n) throw noPosition('its cursor');
    return;
  }
  const placed = changes.map(({ partition }) => partition);
  // A key without one place may have events in every partition.
  const needed = placed.some((partition) => partition < 0)
    ? plan.ranges.map(({ partition }) => partition)
    : placed;
  for (const partition of new Set(needed)) {
    if (!appliedAt.next.has(partition)) throw noPosition(`partition ${partition}`);
  }
}

const noPosition = (what: string) =>
  new RepriseError(
    'promotion-target-unfit',
    `The projector has no position row for ${what}, and a row that is not there can't be held. Once it has applied an event, promote again.`,
  );

export const overtaken = (sentence: string) => new RepriseError('promotion-overtaken', sentence);

function rowOf(definition: DerivedState<unknown>, state: unknown): Fields | null {
  try {
    return expectedFields(definition, state);
  } catch (error) {
    throw new RepriseError(
      'projection-failed',
      `What ${definition.title} should hold could not be computed from a replayed state: the contract's code failed. The log of the worker says how.`,
      { cause: error },
    );
  }
}

/** The rows from before a promotion, with the keys' events since then folded onto them. */
async function previousRows(
  phase: Phase,
  history: OpenHistory,
  definition: DerivedState<unknown>,
  positions: Positions,
  undone: Undone,
): Promise<ReadonlyMap<string, Expected>> {
  const then = await coveredBy(phase, history, undone.positions);
  const now = await coveredBy(phase, history, positions);
  const keys = new Set(undone.keys.map(({ key }) => key));
  const beyond = furthest([then.beyond, now.beyond]);
  const histories = await readKeyHistories(phase, history, keys, Number.POSITIVE_INFINITY, beyond);
  const before = histories.within(then.covers);
  const after = histories.within(now.covers);
  return new Map(
    undone.keys.map((key) => [
      key.key,
      previousRow(phase, definition, key, { before: before.get(key.key), after: after.get(key.key) }),
    ]),
  );
}

function previousRow(
  { running }: Phase,
  definition: DerivedState<unknown>,
  { key, before: row, after: promoted }: PromotedKey,
  histories: { readonly before: KeyHistory | undefined; readonly after: KeyHistory | undefined },
): Expected {
  const known = new Set(histories.before?.events.map((event) => `${event.partition}:${event.offset}`));
  const later = (histories.after?.events ?? []).filter(
    (event) => event.outcome === 'applied' && !known.has(`${event.partition}:${event.offset}`),
  );
  if (later.length === 0) return { fields: row };
  if (row === null || promoted === null)
    return { why: `${later.length} events since then are about it, and it had no row to fold them onto.` };
  const folded = foldKey(running.contract, key, histories.before?.events ?? []);
  const then = rowOf(definition, JSON.parse(folded.state));
  const wanted = Object.fromEntries(
    Object.entries(then ?? {}).map(([field, value]) => [
      field,
      sameScalar(row[field] ?? null, promoted[field] ?? null) ? value : (row[field] ?? null),
    ]),
  );
  let state = stateOfRow(definition, JSON.parse(folded.state), wanted);
  if (state === null)
    return {
      why: `${later.length} events since then are about it, and no one state accounts for the row that was there.`,
    };
  for (const { event } of later) {
    if (event === null) continue;
    try {
      state = running.contract.projection.apply(state, copyEvent(event));
    } catch {
      // As in every fold: what F refuses leaves the state as it was.
    }
  }
  return { fields: rowOf(definition, state) };
}
