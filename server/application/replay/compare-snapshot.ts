import { type DerivedState, toleratesCompaction } from '../../domain/contract/index.ts';
import {
  type Comparison,
  compareKeys,
  compareRow,
  type Discrepancy,
  expectedFields,
  outcomeOf,
  whatIsDoubtful,
  whatWasNotCompared,
  whatWasNotPlaced,
} from '../../domain/reconciliation/index.ts';
import { sentenceOf } from '../../domain/replay/index.ts';
import { toHex } from '../../domain/shared/bytes.ts';
import { canonicalJson } from '../../domain/shared/canonical-json.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { DerivedSnapshot, LiveRow } from '../ports/derived-state.ts';
import type { PlacedShadowRow } from '../ports/replay-store.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { positionOfSnapshot } from './applied-position.ts';
import { type ExpectedRow, expectedRows } from './expected-rows.ts';
import { keptOpen } from './kept-open.ts';
import { mergeJoin } from './merge-join.ts';
import { commitInPhase, type Phase } from './phase.ts';
import { mayBeInScope, placeOf } from './scope-of-keys.ts';
import type { OpenHistory, Overlay } from './state-overlay.ts';

const settleMs = 2_000;
const batchKeys = 2_000;

/** One derived state: read in a snapshot of its own store, at its position, and compared key by key. */
export async function compareSnapshot(
  phase: Phase,
  history: OpenHistory,
  name: string,
  state: DerivedState<unknown>,
): Promise<void> {
  const { deps, replayId, running } = phase;
  // Before it is opened: nothing that is written from then on is sure to be in it.
  const comparedAt = deps.clock.now().toISOString();
  const snapshot = await deps.derivedStates.openSnapshot(state);
  let later: Later | null = null;
  try {
    const at = await positionOfSnapshot(phase, history, snapshot);
    // Before the transaction begins, since the database ends one in which nothing is asked for long.
    if (at.mode === 'settled') {
      later = await keptOpen(deps.clock, snapshot, () => lookLater(phase, history, state));
    }
    const second = later;
    await commitInPhase(phase, async (tx) => {
      await deps.results.clearComparison(tx, replayId, name);
      const compare = () => compareAll(phase, tx, name, state, snapshot, at.overlay);
      const { keys, absent, unplaced } =
        second === null ? await compare() : await keptOpen(deps.clock, second.snapshot, compare);
      if (second !== null) await keepStanding(phase, tx, name, state, second);
      const { layerDoubts } = (second ?? at).overlay;
      const found = await summarise(phase, tx, name);
      const differing = found.missing + found.extra + found.different;
      const eventsBehind = at.overlay.eventsBehind;
      const compared = {
        keys,
        differing,
        eventsBehind,
        layerDoubts,
        toleratesCompaction: toleratesCompaction(running.contract),
      };
      const sentences = [
        whatWasNotCompared(name, keys, absent),
        whatIsDoubtful(name, compared),
        whatWasNotPlaced(name, unplaced),
      ].filter((each) => each !== null);
      const comparison: Comparison = {
        derivedState: name,
        mode: at.mode,
        appliedPositions: at.positions,
        keys,
        equal: keys - differing,
        missing: found.missing,
        extra: found.extra,
        different: found.different,
        eventsBehind: String(eventsBehind),
        layerEvents: String(at.overlay.layerEvents),
        ...(Object.keys(layerDoubts).length === 0 ? {} : { layerDoubts }),
        ...(unplaced === 0 ? {} : { unplaced }),
        diffDigest: found.digest,
        outcome: outcomeOf(compared),
        problem: sentences.length === 0 ? null : sentences.join(' '),
        comparedAt,
      };
      await deps.results.saveComparison(tx, replayId, comparison);
    });
  } finally {
    await later?.snapshot.close();
    await snapshot.close();
  }
}

/**
 * Streams both sides past each other; answers how many keys were compared, which of the scope are in neither, and how
 * many rows may be of the scope or not.
 */
async function compareAll(
  phase: Phase,
  tx: Transaction,
  name: string,
  state: DerivedState<unknown>,
  snapshot: DerivedSnapshot,
  overlay: Overlay,
): Promise<{ readonly keys: number; readonly absent: readonly string[]; readonly unplaced: number }> {
  const { deps, replayId, signal, running } = phase;
  const { scope } = running.plan;
  const absent = new Set(scope.kind === 'keys' ? scope.keys : []);
  const sides = await sidesOf(phase, tx, snapshot);
  let keys = 0;
  let unplaced = 0;
  let found: Discrepancy[] = [];
  for await (const joined of mergeJoin(expectedRows(sides.shadow, overlay), sides.live)) {
    signal.throwIfAborted();
    for (const { key, left, right } of joined) {
      absent.delete(key);
      const partition = left?.partition ?? placeOf(running, key);
      // The replay says nothing about a live row whose key may have events where it has not read.
      if (partition === null) {
        if (mayBeInScope(running, key)) unplaced += 1;
        continue;
      }
      keys += 1;
      const discrepancy = judge(name, state, key, partition, left, right);
      if (discrepancy !== null) found.push(discrepancy);
    }
    if (found.length < batchKeys) continue;
    await deps.results.insertDiscrepancies(tx, replayId, name, found);
    found = [];
  }
  await deps.results.insertDiscrepancies(tx, replayId, name, found);
  return { keys, absent: [...absent], unplaced };
}

function judge(
  derivedState: string,
  state: DerivedState<unknown>,
  key: string,
  partition: number,
  expected: ExpectedRow | undefined,
  live: LiveRow | undefined,
): Discrepancy | null {
  const replayed = expected?.state ?? null;
  return compareRow({
    derivedState,
    key,
    partition,
    expected: replayed === null ? null : computed(derivedState, state, replayed.value),
    live: live?.fields ?? null,
  });
}

/** What a derived state should hold of a replayed state. What the contract's code has said of that comes after our own words. */
export function computed(
  name: string,
  state: DerivedState<unknown>,
  value: unknown,
): ReturnType<typeof expectedFields> {
  try {
    return expectedFields(state, value);
  } catch (error) {
    throw new RepriseError(
      'projection-failed',
      `What derivedStates.${name} should hold could not be computed from a replayed state: ${sentenceOf(error)}`,
      { where: `derivedStates.${name}`, cause: error },
    );
  }
}

type Sides = {
  readonly shadow: AsyncIterable<readonly PlacedShadowRow[]>;
  readonly live: AsyncIterable<readonly LiveRow[]>;
};

/** Both sides in byte order of the key; only the scope's keys where it names them. */
async function sidesOf(phase: Phase, tx: Transaction, snapshot: DerivedSnapshot): Promise<Sides> {
  const { deps, replayId, running } = phase;
  const { scope } = running.plan;
  if (scope.kind !== 'keys') {
    return { shadow: deps.results.shadowInKeyOrder(tx, replayId), live: snapshot.rows() };
  }
  const shadow = await deps.results.shadowOf(tx, replayId, scope.keys);
  const live = await snapshot.rowsOf(scope.keys);
  return { shadow: sorted(shadow), live: sorted(live) };
}

async function* sorted<Row extends { readonly key: string }>(
  rows: readonly Row[],
): AsyncGenerator<readonly Row[]> {
  yield rows.toSorted((a, b) => compareKeys(a.key, b.key));
}

type Later = { readonly snapshot: DerivedSnapshot; readonly overlay: Overlay };

/** For a store without a position: its content after a while, beside the history as it stands then. */
async function lookLater(phase: Phase, history: OpenHistory, state: DerivedState<unknown>): Promise<Later> {
  const { deps, signal } = phase;
  await deps.clock.wait(settleMs, signal);
  const snapshot = await deps.derivedStates.openSnapshot(state);
  try {
    const { overlay } = await positionOfSnapshot(phase, history, snapshot);
    return { snapshot, overlay };
  } catch (error) {
    await snapshot.close();
    throw error;
  }
}

/** Of what differed at first, only what differs later too counts. */
async function keepStanding(
  phase: Phase,
  tx: Transaction,
  name: string,
  state: DerivedState<unknown>,
  { snapshot, overlay }: Later,
): Promise<void> {
  const { deps, replayId, signal } = phase;
  for await (const keys of deps.results.discrepancyKeys(tx, replayId, name)) {
    signal.throwIfAborted();
    const standing = await stillDiffering(phase, tx, name, state, snapshot, overlay, keys);
    await deps.results.deleteDiscrepancies(tx, replayId, name, keys);
    await deps.results.insertDiscrepancies(tx, replayId, name, standing);
  }
}

async function stillDiffering(
  phase: Phase,
  tx: Transaction,
  name: string,
  state: DerivedState<unknown>,
  snapshot: DerivedSnapshot,
  overlay: Overlay,
  keys: readonly string[],
): Promise<Discrepancy[]> {
  const { deps, replayId, running } = phase;
  const live = new Map((await snapshot.rowsOf(keys)).map((row) => [row.key, row]));
  const shadow = new Map((await deps.results.shadowOf(tx, replayId, keys)).map((row) => [row.key, row]));
  const standing: Discrepancy[] = [];
  for (const key of keys) {
    const row = shadow.get(key);
    const over = overlay.states.get(key);
    const partition = over?.partition ?? row?.partition ?? placeOf(running, key) ?? -1;
    const value =
      over === undefined
        ? row === undefined
          ? null
          : { value: JSON.parse(row.state) }
        : over && { value: over.state };
    const discrepancy = judge(name, state, key, partition, { key, partition, state: value }, live.get(key));
    if (discrepancy !== null) standing.push(discrepancy);
  }
  return standing;
}

/** Exact counts by kind, and the digest over the canonical discrepancies in key order, one a line. */
async function summarise(phase: Phase, tx: Transaction, name: string) {
  const { deps, replayId } = phase;
  const counts = { missing: 0, extra: 0, different: 0 };
  const sha256 = deps.startSha256();
  const encoder = new TextEncoder();
  for await (const rows of deps.results.discrepanciesInKeyOrder(tx, replayId, name)) {
    for (const row of rows) {
      counts[row.kind] += 1;
      sha256.update(encoder.encode(`${canonicalJson(row)}\n`));
    }
  }
  return { ...counts, digest: toHex(sha256.digest()) };
}
