import type { EngineContract } from '../../../domain/contract/index.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import type { AuditLog } from '../../ports/audit.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LetterIndex, LetterTopics } from '../../ports/dead-letters.ts';
import type { DerivedStateReader } from '../../ports/derived-state.ts';
import type { Leases } from '../../ports/leases.ts';
import type { LiveNotifier } from '../../ports/live.ts';
import type { Log } from '../../ports/log.ts';
import type { LetterSender, Redrive, RedriveStore } from '../../ports/redrives.ts';
import type { Transaction, UnitOfWork } from '../../ports/unit-of-work.ts';
import { type ContractDeps, loadStored } from '../watched-topics.ts';

export type RunDeps = ContractDeps & {
  readonly unitOfWork: UnitOfWork;
  readonly redrives: RedriveStore;
  readonly letters: LetterIndex;
  /** null: no broker is configured. */
  readonly broker: Broker | null;
  readonly derivedStates: Pick<DerivedStateReader, 'positionOf'>;
  readonly leases: Leases;
  readonly clock: Pick<Clock, 'wait'>;
  readonly audit: AuditLog;
  readonly live: LiveNotifier;
  readonly log: Log;
};

export type Broker = { readonly topics: LetterTopics; readonly sender: LetterSender };

const LEASE_MS = 15_000;
/** Answers of a broker between two renewals: each is waited for some seconds at most. */
const RENEW_EVERY = 4;

/** One redrive in the hands of one worker, by a lease. */
export class Held {
  readonly deps: RunDeps;
  readonly broker: Broker;
  readonly id: string;
  private readonly holder: string;
  private asked = 0;

  constructor(deps: RunDeps, broker: Broker, id: string, holder: string) {
    this.deps = deps;
    this.broker = broker;
    this.id = id;
    this.holder = holder;
  }

  /** A transaction that fails with lease-lost where another worker goes on with it. */
  holding<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.deps.unitOfWork.run(async (tx) => {
      if (!(await this.deps.leases.hold(tx, `redrive:${this.id}`, this.holder, LEASE_MS)))
        throw new RepriseError('lease-lost', 'Another worker sends these letters.');
      return work(tx);
    });
  }

  /** By which its letters are placed and their outcome is told: the version that was approved. */
  async contractOf({ contractId, version }: Redrive): Promise<EngineContract> {
    const { contracts } = this.deps;
    const stored =
      version === null ? await contracts.latest(contractId) : await contracts.version(contractId, version);
    if (stored === null) throw new RepriseError('contract-not-found', `There is no contract ${contractId}.`);
    return loadStored(this.deps, stored);
  }

  /** Before each of many questions to a broker, which together may outlast the lease. */
  async keep(): Promise<void> {
    this.asked += 1;
    if (this.asked % RENEW_EVERY === 0) await this.holding(async () => undefined);
  }

  async note(tx: Transaction, action: string, detail: Readonly<Record<string, unknown>>): Promise<void> {
    const subject = `redrive:${this.id}`;
    await this.deps.audit.append(tx, { actor: 'reprise', action, subject, outcome: 'done', detail });
    await this.deps.live.notify(tx, 'dead-letters');
  }
}
