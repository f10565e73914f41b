import { RepriseError } from '../../domain/shared/errors.ts';
import type { ArchiveStore, WrittenArchive } from '../ports/archive-store.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { ContractLoader, ContractStore } from '../ports/contracts.ts';
import type { HistoryOpener } from '../ports/history.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import { loadBundle } from '../replay/open-contract.ts';

export type ArchiveDeps = {
  readonly unitOfWork: UnitOfWork;
  readonly contracts: ContractStore;
  readonly loader: ContractLoader;
  readonly histories: HistoryOpener;
  readonly archives: ArchiveStore;
  readonly audit: AuditLog;
  readonly clock: Clock;
};

/**
 * Writes a contract's history into the archive that it names, from where the archive ends to the last stable
 * offset. Files are an effect outside the database: the intent is on record first, then its outcome.
 */
export async function archiveHistory(
  deps: ArchiveDeps,
  contractId: string,
  actor: string,
  signal: AbortSignal,
): Promise<WrittenArchive & { readonly name: string }> {
  const stored = await deps.contracts.latest(contractId);
  if (stored === null) throw new RepriseError('contract-not-found', `There is no contract ${contractId}.`);
  const file = `${contractId} version ${stored.version}`;
  const contract = await loadBundle(deps.loader, { digest: stored.digest, bytes: stored.bundle, file });
  const name = contract.history.kind === 'kafka' ? contract.history.archive : null;
  if (contract.history.kind !== 'kafka')
    throw new RepriseError(
      'input-invalid',
      `The history of ${contractId} is an event table, which keeps its rows: archives are of topics, whose retention takes their beginning.`,
      { where: 'history' },
    );
  if (name === null) {
    throw new RepriseError(
      'input-invalid',
      `The contract ${contractId} names no archive: give its kafkaHistory one, as archive: '${contractId}'.`,
      { where: 'history.archive' },
    );
  }
  const note = (outcome: 'done' | 'refused', detail: Readonly<Record<string, unknown>>) =>
    deps.unitOfWork.run((tx) =>
      deps.audit.append(tx, {
        actor,
        action: 'archive.write',
        subject: `contract:${contractId}`,
        outcome,
        detail,
      }),
    );
  await note('done', { archive: name, step: 'intent' });
  const { reader } = await deps.histories.open(contract);
  try {
    const state = await reader.describe();
    const written = await deps.archives.append({ reader, state, name, now: deps.clock.now(), signal });
    await note('done', { archive: name, step: 'outcome', records: written.records, bytes: written.bytes });
    return { name, ...written };
  } catch (error) {
    await note('refused', {
      archive: name,
      step: 'outcome',
      reason: error instanceof Error ? error.message : String(error),
    });
    throw error;
  } finally {
    await reader.close();
  }
}
