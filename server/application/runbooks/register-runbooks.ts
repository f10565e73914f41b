import { latestDay } from '../../domain/runbook/index.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { ContractStore } from '../ports/contracts.ts';
import type { LiveNotifier } from '../ports/live.ts';
import type {
  ReadRunbook,
  RegisteredFile,
  RunbookFiles,
  RunbookProblem,
  RunbookStore,
} from '../ports/runbooks.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';

export type RunbookRegistrationDeps = {
  readonly unitOfWork: UnitOfWork;
  readonly runbooks: RunbookStore;
  readonly runbookFiles: RunbookFiles;
  readonly contracts: Pick<ContractStore, 'latestOfPresent'>;
  readonly clock: Clock;
  readonly audit: AuditLog;
  readonly live: LiveNotifier;
};

export type RunbooksRegistered = {
  readonly registered: readonly { readonly id: string; readonly file: string; readonly isNew: boolean }[];
  readonly problems: readonly RunbookProblem[];
  readonly gone: readonly string[];
};

/**
 * Stores every right file, held against the contracts that are registered, as a version and makes it the one that is used. A wrong file is a problem with its lines, and
 * the version from before goes on being used; a runbook whose file is gone keeps its versions.
 */
export async function registerRunbooks(deps: RunbookRegistrationDeps): Promise<RunbooksRegistered> {
  const contracts = await deps.contracts.latestOfPresent();
  const against = {
    today: latestDay(deps.clock.now()),
    contracts: { ids: contracts.map(({ contractId }) => contractId), where: 'registered' },
  };
  const { right, problems: found } = oneFileEach(await deps.runbookFiles.readAll(against));
  return deps.unitOfWork.run(async (tx) => {
    const before = await deps.runbooks.current(tx);
    const idOf = new Map(before.map(({ file, runbookId }) => [file, runbookId]));
    const problems = found.map((each) => ({
      ...each,
      runbookId: each.runbookId ?? idOf.get(each.file) ?? null,
    }));
    const registered: { id: string; file: string; isNew: boolean }[] = [];
    let changes = 0;
    for (const file of right) {
      const { isNew, isChanged } = await deps.runbooks.register(tx, file);
      const { id } = file.runbook;
      registered.push({ id, file: file.file, isNew });
      if (!isChanged) continue;
      changes += 1;
      await note(deps, tx, 'runbook.register', id, { file: file.file, digest: file.digest });
    }
    const there = new Set([
      ...right.map(({ runbook }) => runbook.id),
      ...problems.map((each) => each.runbookId),
    ]);
    const gone = before.filter(({ goneAt, runbookId }) => goneAt === null && !there.has(runbookId));
    await deps.runbooks.markGone(
      tx,
      gone.map(({ runbookId }) => runbookId),
    );
    for (const { runbookId, file, digest } of gone)
      await note(deps, tx, 'runbook.gone', runbookId, { file, digest });
    const isOther = await deps.runbooks.replaceProblems(tx, problems);
    if (isOther || changes + gone.length > 0) await deps.live.notify(tx, 'runbooks');
    return { registered, problems, gone: gone.map(({ runbookId }) => runbookId) };
  });
}

const note = (
  deps: RunbookRegistrationDeps,
  tx: Transaction,
  action: string,
  id: string,
  detail: Readonly<Record<string, unknown>>,
) => deps.audit.append(tx, { actor: 'reprise', action, subject: `runbook:${id}`, outcome: 'done', detail });

/** Of two files with one id the first by name stands, as of contracts. */
export function oneFileEach(read: readonly ReadRunbook[]): {
  readonly right: readonly RegisteredFile[];
  readonly problems: readonly RunbookProblem[];
} {
  const right = new Map<string, RegisteredFile>();
  const problems: RunbookProblem[] = [];
  for (const each of read) {
    if (each.kind === 'wrong') {
      problems.push(...each.problems);
      continue;
    }
    const { id } = each.file.runbook;
    const taken = right.get(id);
    if (taken === undefined) right.set(id, each.file);
    else
      problems.push({
        file: each.file.file,
        runbookId: null,
        line: 2,
        sentence: `${id} is the id of ${taken.file} already`,
      });
  }
  return { right: [...right.values()], problems };
}
