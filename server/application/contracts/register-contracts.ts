import { describeContract, type EngineContract } from '../../domain/contract/index.ts';
import type { Sha256 } from '../../domain/shared/digests.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { noteLost } from '../approval/note-lost.ts';
import type { ApprovalStore } from '../ports/approvals.ts';
import type { AuditLog } from '../ports/audit.ts';
import type {
  CheckSelect,
  ContractBundle,
  ContractLoader,
  ContractProblem,
  ContractStore,
} from '../ports/contracts.ts';
import type { LiveNotifier } from '../ports/live.ts';
import type { NoticeOutbox } from '../ports/notices.ts';
import type { PromotionStore } from '../ports/promotions.ts';
import type { ReplayStore } from '../ports/replay-store.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { tellOfPromotion, tellPromotion } from '../promotion/record-promotion.ts';
import { tellOfReplay } from '../replay/tell-of-replay.ts';

export type RegistrationDeps = {
  readonly unitOfWork: UnitOfWork;
  readonly contracts: ContractStore;
  readonly loader: ContractLoader;
  readonly checkSelect: CheckSelect;
  readonly approvals: ApprovalStore;
  readonly promotions: PromotionStore;
  readonly audit: AuditLog;
  readonly live: LiveNotifier;
  readonly notices: NoticeOutbox;
  readonly replays: ReplayStore;
  readonly sha256: Sha256;
};

export type Registered = {
  readonly file: string;
  readonly contractId: string;
  readonly version: number;
  readonly isNew: boolean;
};
export type RegistrationOutcome = {
  readonly registered: readonly Registered[];
  readonly problems: readonly ContractProblem[];
};

type Loaded = { readonly bundle: ContractBundle; readonly contract: EngineContract };

/** A file was saved since it was read: another who registers may have read what it says now, and been first. */
class SavedMeanwhile extends Error {
  override readonly name = 'SavedMeanwhile';
}

/** What is saved again and again is registered as it was read the last time: another save is another registration. */
const mostReadings = 3;

/**
 * Bundles every contract and stores what is new as a version; workers replay the stored bundle and never the
 * file. A contract that can't be registered is stored as a problem, and its earlier versions stay as they are.
 */
export async function registerContracts(deps: RegistrationDeps): Promise<RegistrationOutcome> {
  for (let reading = 1; ; reading++) {
    const { loaded, problems } = await loadContracts(deps.loader, deps.checkSelect);
    try {
      return await store(deps, loaded, problems, reading < mostReadings);
    } catch (error) {
      if (!(error instanceof SavedMeanwhile)) throw error;
    }
  }
}

async function store(
  deps: RegistrationDeps,
  loaded: readonly Loaded[],
  problems: readonly ContractProblem[],
  onlyCurrent: boolean,
): Promise<RegistrationOutcome> {
  return deps.unitOfWork.run(async (tx) => {
    const registered: Registered[] = [];
    for (const { bundle, contract } of loaded) {
      const { version, isNew } = await deps.contracts.register(tx, {
        contractId: contract.id,
        digest: bundle.digest,
        bundle: bundle.bytes,
        description: describeContract(contract, deps.sha256),
        authors: contract.authors,
      });
      registered.push({ file: bundle.file, contractId: contract.id, version, isNew });
      if (!isNew) continue;
      // Asked while the contract is locked: what was saved later than this is registered after it.
      if (onlyCurrent && !(await deps.loader.isCurrent(bundle))) throw new SavedMeanwhile();
      await deps.audit.append(tx, {
        actor: 'reprise',
        action: 'contract.register',
        subject: `contract:${contract.id}`,
        outcome: 'done',
        detail: { file: bundle.file, version, digest: bundle.digest, authors: contract.authors },
      });
      await takeBackApprovals(deps, tx, contract.id, version);
      await deps.live.notify(tx, `contract:${contract.id}`);
    }
    const moved = await keepFiles(deps, tx, loaded, problems);
    const problemsChanged = await deps.contracts.replaceProblems(tx, problems);
    if (moved || problemsChanged || registered.some(({ isNew }) => isNew))
      await deps.live.notify(tx, 'contracts');
    return { registered, problems };
  });
}

/** Says of contracts that their files went away or came back. Answers whether any did. */
async function keepFiles(
  deps: RegistrationDeps,
  tx: Transaction,
  loaded: readonly Loaded[],
  problems: readonly ContractProblem[],
): Promise<boolean> {
  const { gone, back } = await deps.contracts.keepFiles(
    tx,
    loaded.map(({ bundle, contract }) => ({ contractId: contract.id, file: bundle.file })),
    problems.map(({ file }) => file),
  );
  const moves = [
    ...gone.map((id) => ({ id, action: 'contract.file-gone' })),
    ...back.map((id) => ({ id, action: 'contract.file-back' })),
  ];
  for (const { id, action } of moves) {
    await deps.audit.append(tx, {
      actor: 'reprise',
      action,
      subject: `contract:${id}`,
      outcome: 'done',
      detail: {},
    });
    await deps.live.notify(tx, `contract:${id}`);
  }
  return moves.length > 0;
}

/** Who approved has read another version than the one that stands now: they are asked again. */
async function takeBackApprovals(
  deps: RegistrationDeps,
  tx: Transaction,
  contractId: string,
  version: number,
): Promise<void> {
  const why = `version ${version} of the contract was registered after it was given`;
  const voided = await deps.approvals.voidWaiting(tx, contractId, why);
  await noteLost(deps, tx, voided, why);
  for (const replayId of new Set(voided.map((each) => each.subjectId))) {
    await deps.live.notify(tx, `replay:${replayId}`);
    await deps.live.notify(tx, 'approvals');
    const row = await deps.replays.find(tx, replayId);
    // What is queued is told of when it is taken back.
    if (row === null || row.status === 'queued') continue;
    await tellOfReplay(deps, tx, row, { kind: 'voided', audience: ['approvers', 'requester'], why });
  }
  const corrections = await deps.promotions.voidWaiting(tx, contractId, why);
  await noteLost(deps, tx, corrections, why, 'promotion');
  for (const promotionId of new Set(corrections.map((each) => each.subjectId))) {
    const row = await deps.promotions.find(tx, promotionId);
    if (row === null) continue;
    await tellPromotion(deps, tx, row);
    // What is queued is told of when it is taken back.
    if (row.status === 'queued') continue;
    await tellOfPromotion(deps, tx, row, { kind: 'voided', audience: ['approvers', 'requester'], why });
  }
}

/**
 * Bundles and evaluates every contract, as registration and `contracts check` both do; of two files with one id, the
 * first by name stands.
 */
export async function loadContracts(
  loader: ContractLoader,
  checkSelect: CheckSelect,
): Promise<{ readonly loaded: readonly Loaded[]; readonly problems: readonly ContractProblem[] }> {
  const { bundles, problems: unbundled } = await loader.bundleAll();
  const loaded: Loaded[] = [];
  const problems = [...unbundled];
  const fileOf = new Map<string, string>();
  for (const bundle of bundles) {
    try {
      const contract = await loader.load(bundle);
      await refuseStatements(contract, checkSelect);
      const taken = fileOf.get(contract.id);
      if (taken === undefined) loaded.push({ bundle, contract });
      else
        problems.push({
          file: bundle.file,
          field: 'id',
          sentence: `${contract.id} is the id of ${taken} already`,
        });
      fileOf.set(contract.id, taken ?? bundle.file);
    } catch (error) {
      if (!(error instanceof RepriseError)) throw error;
      const field = error.where === bundle.file ? null : error.where;
      const sentence = error.message.replace(`${bundle.file}: `, '').replace(`${field}: `, '');
      problems.push({ file: bundle.file, field, sentence });
    }
  }
  return { loaded, problems };
}

/** SQL that no replay could run is refused before it is a version. */
async function refuseStatements({ invariants }: EngineContract, checkSelect: CheckSelect): Promise<void> {
  for (const [name, invariant] of Object.entries(invariants)) {
    if (invariant.over !== 'sql') continue;
    try {
      await checkSelect(invariant.query);
    } catch (error) {
      if (!(error instanceof RepriseError)) throw error;
      throw new RepriseError('contract-invalid', error.message, { where: `invariants.${name}.query` });
    }
  }
}
