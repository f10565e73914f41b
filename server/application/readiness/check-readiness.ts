import type { EngineContract } from '../../domain/contract/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { within } from '../dashboard/time-out.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { ContractLoader, ContractStore } from '../ports/contracts.ts';
import type { DerivedStateReader } from '../ports/derived-state.ts';
import type { HistoryOpener, ReadinessCheck } from '../ports/history.ts';
import type { LiveNotifier } from '../ports/live.ts';
import type { ReadinessStore } from '../ports/page-reads.ts';
import type { PeopleStore } from '../ports/people.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import { loadBundle } from '../replay/open-contract.ts';
import { checkAuthors } from './check-authors.ts';
import { checkEventNames } from './event-names.ts';

export type ReadinessDeps = {
  readonly unitOfWork: UnitOfWork;
  readonly contracts: ContractStore;
  readonly loader: ContractLoader;
  readonly histories: HistoryOpener;
  readonly derivedStates: DerivedStateReader;
  readonly readiness: ReadinessStore;
  readonly people: Pick<PeopleStore, 'list'>;
  readonly audit: AuditLog;
  readonly live: LiveNotifier;
  readonly clock: Clock;
};

/** Checks that look at a history may sample it. */
const PART_MS = 30_000;

/** Runs every readiness check of a contract's latest version, live, and keeps the result. */
export async function checkReadiness(
  deps: ReadinessDeps,
  contractId: string,
  actor: string,
): Promise<readonly ReadinessCheck[]> {
  const stored = await deps.contracts.latest(contractId);
  if (stored === null)
    throw new RepriseError('contract-not-found', `No contract "${contractId}" is registered.`);
  const file = `${contractId} version ${stored.version}`;
  const contract = await loadBundle(deps.loader, { digest: stored.digest, bytes: stored.bundle, file });
  const people = await deps.unitOfWork.run((tx) => deps.people.list(tx));
  const checks = [...(await runChecks(deps, contract)), checkAuthors(stored.authors, people)];
  await deps.unitOfWork.run(async (tx) => {
    const { version } = stored;
    await deps.readiness.save(tx, { contractId, version, checks, checkedAt: deps.clock.now() });
    await deps.audit.append(tx, {
      actor,
      action: 'contract.check-readiness',
      subject: `contract:${contractId}`,
      outcome: 'done',
      detail: {
        version,
        failed: checks.filter((check) => check.outcome === 'failed').map(({ name }) => name),
      },
    });
    await deps.live.notify(tx, `contract:${contractId}`);
    await deps.live.notify(tx, 'contracts');
  });
  return checks;
}

async function runChecks(deps: ReadinessDeps, contract: EngineContract): Promise<readonly ReadinessCheck[]> {
  const parts = await Promise.all([
    part(deps, 'history answers', () => checkHistory(deps, contract)),
    ...Object.entries(contract.derivedStates).map(([name, definition]) =>
      part(deps, `${name} answers`, () => deps.derivedStates.readiness(name, definition)),
    ),
  ]);
  return [...parts.flat(), checkEventNames(Object.keys(contract.events))];
}

async function checkHistory(
  deps: ReadinessDeps,
  contract: EngineContract,
): Promise<readonly ReadinessCheck[]> {
  const { reader } = await deps.histories.open(contract);
  try {
    return await reader.readiness();
  } finally {
    await reader.close().catch(() => undefined);
  }
}

/** What can't be reached could not be checked, which is never the same as passed. */
async function part(
  deps: ReadinessDeps,
  name: string,
  checks: () => Promise<readonly ReadinessCheck[]>,
): Promise<readonly ReadinessCheck[]> {
  try {
    return await within(deps.clock, PART_MS, name, checks());
  } catch (error) {
    return [
      {
        name,
        outcome: 'could-not-run',
        found: error instanceof Error ? error.message : String(error),
        consequence: 'Nothing is known of it, and a replay would most likely fail at the same place.',
        remedy: 'Make it reachable, then check again.',
      },
    ];
  }
}
