import { type DerivedState, toleratesCompaction } from '../../domain/contract/index.ts';
import {
  type Comparison,
  compareKeys,
  compareRow,
  type Discrepancy,
  type InvariantResult,
  outcomeOf,
  whatIsDoubtful,
} from '../../domain/reconciliation/index.ts';
import { toHex } from '../../domain/shared/bytes.ts';
import { canonicalJson } from '../../domain/shared/canonical-json.ts';
import type { PromotionOutcome } from '../ports/promotions.ts';
import { positionOfSnapshot } from '../replay/applied-position.ts';
import { runSql } from '../replay/check-invariants.ts';
import { computed } from '../replay/compare-snapshot.ts';
import { withHistory } from '../replay/open-contract.ts';
import type { Phase } from '../replay/phase.ts';
import { placeOf } from '../replay/scope-of-keys.ts';
import type { OpenHistory } from '../replay/state-overlay.ts';
import { loadSubjects } from '../replay/subjects.ts';

/**
 * What every derived state holds of some keys now, each beside history at its own position, and what the invariants
 * over live stores say. One that can't be looked at says so, and undoes nothing of what was written.
 */
export async function lookAgain(
  phase: Phase,
  keys: readonly string[],
): Promise<NonNullable<PromotionOutcome['after']>> {
  const { deps, running } = phase;
  const comparisons: Comparison[] = [];
  try {
    const subjects = await loadSubjects(deps, running.contract);
    await withHistory(deps, running.contract, async ({ reader, decoder }) => {
      for (const [name, state] of Object.entries(running.contract.derivedStates))
        comparisons.push(await compareKeysOf(phase, { reader, decoder, subjects }, name, state, keys));
    });
  } catch (error) {
    for (const name of Object.keys(running.contract.derivedStates))
      if (!comparisons.some((each) => each.derivedState === name))
        comparisons.push(notCompared(phase, name, error));
  }
  const invariants: InvariantResult[] = [];
  for (const [name, invariant] of Object.entries(running.contract.invariants)) {
    if (invariant.over !== 'sql') continue;
    invariants.push(await runSql(deps, name, invariant.connection, invariant.query));
  }
  return { comparisons, invariants };
}

async function compareKeysOf(
  phase: Phase,
  history: OpenHistory,
  name: string,
  state: DerivedState<unknown>,
  keys: readonly string[],
): Promise<Comparison> {
  const { deps, replayId, running } = phase;
  try {
    const comparedAt = deps.clock.now().toISOString();
    const snapshot = await deps.derivedStates.openSnapshot(state);
    try {
      const at = await positionOfSnapshot(phase, history, snapshot);
      const live = new Map((await snapshot.rowsOf(keys)).map((row) => [row.key, row.fields]));
      const shadow = await deps.unitOfWork.run((tx) => deps.results.shadowOf(tx, replayId, keys));
      const states = new Map(shadow.map((row) => [row.key, { state: JSON.parse(row.state) as unknown }]));
      const found = keys.toSorted(compareKeys).flatMap((key): Discrepancy[] => {
        const over = at.overlay.states.get(key);
        const said = over === undefined ? (states.get(key) ?? null) : over;
        const discrepancy = compareRow({
          derivedState: name,
          key,
          partition: placeOf(running, key) ?? -1,
          expected: said === null ? null : computed(name, state, said.state),
          live: live.get(key) ?? null,
        });
        return discrepancy === null ? [] : [discrepancy];
      });
      return compared(phase, { name, keys: keys.length, found, at, comparedAt });
    } finally {
      await snapshot.close();
    }
  } catch (error) {
    return notCompared(phase, name, error);
  }
}

function compared(
  { deps, running }: Phase,
  look: {
    readonly name: string;
    readonly keys: number;
    readonly found: readonly Discrepancy[];
    readonly at: Awaited<ReturnType<typeof positionOfSnapshot>>;
    readonly comparedAt: string;
  },
): Comparison {
  const { name, keys, found, at, comparedAt } = look;
  const sha256 = deps.startSha256();
  const encoder = new TextEncoder();
  for (const { derivedState: _, ...row } of found) sha256.update(encoder.encode(`${canonicalJson(row)}\n`));
  const count = (kind: Discrepancy['kind']) => found.filter((each) => each.kind === kind).length;
  const { eventsBehind, layerDoubts } = at.overlay;
  const seen = {
    keys,
    differing: found.length,
    eventsBehind,
    layerDoubts,
    toleratesCompaction: toleratesCompaction(running.contract),
  };
  return {
    derivedState: name,
    mode: at.mode,
    appliedPositions: at.positions,
    keys,
    equal: keys - found.length,
    missing: count('missing'),
    extra: count('extra'),
    different: count('different'),
    eventsBehind: String(eventsBehind),
    layerEvents: String(at.overlay.layerEvents),
    ...(Object.keys(layerDoubts).length === 0 ? {} : { layerDoubts }),
    diffDigest: toHex(sha256.digest()),
    outcome: outcomeOf(seen),
    problem: whatIsDoubtful(name, seen),
    comparedAt,
  };
}

function notCompared({ deps }: Phase, name: string, error: unknown): Comparison {
  return {
    derivedState: name,
    mode: 'at-position',
    appliedPositions: [],
    keys: 0,
    equal: 0,
    missing: 0,
    extra: 0,
    different: 0,
    eventsBehind: '0',
    layerEvents: '0',
    diffDigest: deps.sha256(''),
    outcome: 'could-not-compare',
    problem: error instanceof Error ? error.message : String(error),
    comparedAt: deps.clock.now().toISOString(),
  };
}
