import type { EngineContract } from '../../domain/contract/index.ts';
import type { LagSample } from '../../domain/lag/index.ts';
import type { BudgetMeter } from '../ports/budget-meter.ts';
import type { ContractLoader, ContractStore, StoredContractVersion } from '../ports/contracts.ts';
import type { IncidentSignals } from '../ports/incident-signals.ts';
import type { Kept, LagStore, SubjectRow } from '../ports/lag.ts';
import type { Leases } from '../ports/leases.ts';
import type { Log } from '../ports/log.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import { loadBundle } from '../replay/open-contract.ts';
import { type Judged, judgeSample, WINDOW_MS } from './judge-sample.ts';
import {
  countedSubjects,
  type MeasureDeps,
  measureContract,
  subjectKey,
  subjectsOf,
} from './measure-contract.ts';
import { signalCaughtUp, signalLetGo, signalStuck } from './stuck-signals.ts';

export type LagSamplerDeps = MeasureDeps & {
  readonly unitOfWork: UnitOfWork;
  readonly contracts: Pick<ContractStore, 'latestOfPresent'>;
  readonly loader: ContractLoader;
  readonly store: LagStore;
  readonly leases: Leases;
  readonly meter: BudgetMeter;
  readonly signals: IncidentSignals;
  readonly log: Log;
  /** Who samples: one of the fleet, by its lease. */
  readonly holder: string;
  readonly everyMs: number;
  readonly stuckAfterMs: number;
};

/** Contracts are looked up anew after this; until then those that are known are sampled. */
const CONTRACTS_KNOWN_MS = 30_000;

/** What is known of a contract's subjects while this worker is the one that samples it. */
type Held = {
  readonly digest: string;
  readonly subjects: readonly SubjectRow[];
  readonly windows: ReadonlyMap<number, readonly LagSample[]>;
};

/**
 * Measures every contract once a call. What takes longer than the step is given up for this time, and is not asked
 * again before it has come to its end.
 */
export function createLagSampler(deps: LagSamplerDeps): { sample(): Promise<void> } {
  const held = new Map<string, Held>();
  const underWay = new Set<string>();
  const told = new Map<string, string>();
  let known: { readonly at: number; readonly versions: readonly StoredContractVersion[] } | null = null;

  const versions = async () => {
    const now = deps.clock.now().getTime();
    if (known === null || now - known.at > CONTRACTS_KNOWN_MS || now < known.at) {
      known = { at: now, versions: await deps.contracts.latestOfPresent() };
      await letGoOfAbsent(known.versions);
    }
    return known.versions;
  };
  const letGoOfAbsent = async (present: readonly StoredContractVersion[]) =>
    deps.unitOfWork.run(async (tx) => {
      const ids = present.map(({ contractId }) => contractId);
      await signalLetGo(deps.signals, tx, await deps.store.letGoOfAbsent(tx, ids), deps.clock.now());
      // What was told of one that comes back is told of it anew: nothing stands in the store of that any more.
      for (const id of held.keys()) if (!ids.includes(id)) held.delete(id);
    });
  /** Once an outage and not once a sample. */
  const tell = (contractId: string, problem: string | null) => {
    const before = told.get(contractId) ?? null;
    if (before === problem) return;
    if (problem === null) told.delete(contractId);
    else told.set(contractId, problem);
    if (problem === null) deps.log.info({ contractId }, 'lag is measured again');
    else deps.log.warn({ contractId, problem }, 'some lag could not be measured; that time is a gap');
  };
  const sampleOne = async (stored: StoredContractVersion) => {
    const { contractId, version, digest, bundle } = stored;
    if (underWay.has(contractId)) return;
    underWay.add(contractId);
    try {
      const file = `${contractId} version ${version}`;
      const contract = await loadBundle(deps.loader, { digest, bytes: bundle, file });
      const before = held.get(contractId);
      const own = before?.digest === digest ? before : await takeUp(deps, contract, digest);
      held.delete(contractId);
      if (own === null) return;
      const { next, problem } = await sampleContract(deps, contract, own);
      if (next !== null) held.set(contractId, next);
      tell(contractId, problem);
    } catch (error) {
      held.delete(contractId);
      tell(contractId, error instanceof Error ? error.message : String(error));
    } finally {
      underWay.delete(contractId);
    }
  };
  return {
    async sample() {
      await Promise.all((await versions()).map(sampleOne));
    },
  };
}

const leaseOf = (contractId: string) => `lag:${contractId}`;
/** Three samples may fail before another worker takes over. */
const leaseMs = (everyMs: number) => Math.max(15_000, 3 * everyMs);

/** Reads what is known of a contract; null: another worker samples it. */
async function takeUp(deps: LagSamplerDeps, contract: EngineContract, digest: string): Promise<Held | null> {
  const { store, leases, signals, holder, everyMs, clock } = deps;
  return deps.unitOfWork.run(async (tx) => {
    if (!(await leases.hold(tx, leaseOf(contract.id), holder, leaseMs(everyMs)))) return null;
    const { history } = contract;
    const topic = history.kind === 'kafka' ? history.topic : history.table;
    const names = subjectsOf(contract);
    await signalLetGo(signals, tx, await store.letGo(tx, contract.id, names, topic), clock.now());
    const subjects = await store.subjects(tx, contract.id, names, topic);
    const ids = subjects.map(({ id }) => id);
    const since = new Date(clock.now().getTime() - WINDOW_MS);
    return { digest, subjects, windows: await store.since(tx, ids, since) };
  });
}

type Failure = { readonly id: number; readonly problem: string };

async function sampleContract(
  deps: LagSamplerDeps,
  contract: EngineContract,
  own: Held,
): Promise<{ readonly next: Held | null; readonly problem: string | null }> {
  const { everyMs, stuckAfterMs } = deps;
  // A sample that is as late as the next one is none.
  const measured = await measureContract(deps, contract, own.subjects, everyMs * 0.9);
  const judged: Judged[] = [];
  const failures: Failure[] = [];
  for (const row of own.subjects) {
    const found = measured.get(subjectKey(row));
    if (found === undefined || !found.ok)
      failures.push({ id: row.id, problem: found?.problem ?? 'It was not answered for.' });
    else if (row.sampledAt === null || found.at > row.sampledAt)
      judged.push(
        judgeSample(row, own.windows.get(row.id) ?? [], found, {
          stepMs: everyMs,
          stuckAfterMs,
          budget: contract.budgets.lag,
        }),
      );
  }
  const problem = failures[0]?.problem ?? null;
  if (!(await keep(deps, contract, judged, failures))) return { next: null, problem };
  const after = new Map(judged.map((each) => [each.after.id, each]));
  const next = {
    digest: own.digest,
    subjects: own.subjects.map((row) => after.get(row.id)?.after ?? row),
    windows: new Map(own.subjects.map(({ id }) => [id, after.get(id)?.window ?? own.windows.get(id) ?? []])),
  };
  return { next, problem };
}

/** Samples, what they spent and what they signal, all or nothing; false: the lease is another's by now. */
async function keep(
  { unitOfWork, leases, store, meter, signals, holder, everyMs, clock }: LagSamplerDeps,
  contract: EngineContract,
  judged: readonly Judged[],
  failures: readonly Failure[],
): Promise<boolean> {
  const { history } = contract;
  const topic = history.kind === 'kafka' ? history.topic : history.table;
  return unitOfWork.run(async (tx) => {
    if (!(await leases.hold(tx, leaseOf(contract.id), holder, leaseMs(everyMs)))) return false;
    await store.keep(
      tx,
      judged.map(({ kept }) => kept),
    );
    for (const [sentence, of] of Map.groupBy(failures, ({ problem }) => problem)) {
      const ids = of.map(({ id }) => id);
      await store.keepProblem(tx, ids, { at: clock.now(), sentence });
    }
    const counted = countedSubjects(contract);
    const readings = judged.flatMap(({ reading }) =>
      reading === null || !counted.has(reading.subject) ? [] : [reading],
    );
    if (readings.length > 0) await meter.count(tx, readings);
    for (const { after, changes, kept, overUntil } of judged) {
      await signalStuck(signals, tx, after, topic, kept.at, changes);
      if (overUntil !== null && counted.has(subjectKey(after)))
        await signalCaughtUp(signals, tx, after, overUntil, contract.budgets.lag);
    }
    return true;
  });
}

/** Rolls up and drops, by one worker of the fleet at a time. */
export async function keepUpLag(
  {
    unitOfWork,
    leases,
    store,
    clock,
    holder,
  }: Pick<LagSamplerDeps, 'unitOfWork' | 'leases' | 'store' | 'clock' | 'holder'>,
  kept: Kept,
): Promise<void> {
  await unitOfWork.run(async (tx) => {
    if (await leases.hold(tx, 'lag roll-up', holder, 180_000)) await store.rollUp(tx, clock.now(), kept);
  });
}
