import { type InvariantResult, startInvariantCheck } from '../../domain/reconciliation/index.ts';
import { whyPartOfTheKeys } from '../../domain/replay/index.ts';
import { refuseChangedBase } from './check-base.ts';
import type { RunnerDeps } from './deps.ts';
import { finishPhase, type Phase } from './phase.ts';

/** Checks every invariant of the contract. One that could not run, or is not applicable, has not passed, and says why. */
export async function checkInvariants(phase: Phase): Promise<void> {
  const { deps, replayId, running } = phase;
  const { contract } = running;
  await refuseChangedBase(phase);
  const check = startInvariantCheck(contract, whyPartOfTheKeys(running.plan));
  await deps.unitOfWork.run(
    async (tx) => {
      for await (const rows of deps.results.shadowInKeyOrder(tx, replayId)) {
        phase.signal.throwIfAborted();
        for (const row of rows) check.add(row.key, JSON.parse(row.state));
      }
    },
    { snapshot: true },
  );
  const results: InvariantResult[] = [...check.results()];
  for (const [name, invariant] of Object.entries(contract.invariants)) {
    if (invariant.over !== 'sql') continue;
    phase.signal.throwIfAborted();
    results.push(await runSql(phase.deps, name, invariant.connection, invariant.query));
  }
  await finishPhase(phase, async (tx) => {
    await deps.results.saveInvariants(tx, replayId, results);
    return {};
  });
}

/** Over a live store. What could not run says why. */
export async function runSql(
  deps: Pick<RunnerDeps, 'sqlInvariants'>,
  name: string,
  connection: string,
  query: string,
): Promise<InvariantResult> {
  try {
    const { failing, failingKeys } = await deps.sqlInvariants.run(connection, query);
    const outcome = failing > 0 ? 'failed' : 'passed';
    return { name, over: 'sql', outcome, failingKeys, failing, problem: null };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { name, over: 'sql', outcome: 'could-not-run', failingKeys: [], failing: 0, problem };
  }
}
