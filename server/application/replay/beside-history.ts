import type { EngineContract } from '../../domain/contract/index.ts';
import type { Correction, CorrectionReads } from '../ports/redrives.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';

type Deps = { readonly unitOfWork: UnitOfWork; readonly corrections: CorrectionReads };

/** What redrives have sent that the history does not get, and a state has reprocessed: edited events. */
export function correctionsBeside(
  { unitOfWork, corrections }: Deps,
  { id: contractId, history }: EngineContract,
  of: Parameters<CorrectionReads['besideHistory']>[2],
): Promise<readonly Correction[]> {
  const historyTopic = history.kind === 'kafka' ? history.topic : null;
  return unitOfWork.run((tx) => corrections.besideHistory(tx, { contractId, historyTopic }, of));
}

const CORRECTIONS_NAMED = 3;

/** The last of them, as a part of a sentence. */
export function namedCorrections(
  beside: readonly Pick<Correction, 'eventId' | 'target' | 'redriveId'>[],
): string {
  const named = beside
    .slice(-CORRECTIONS_NAMED)
    .map(({ eventId, target, redriveId }) => `${eventId} (to ${target}, by redrive ${redriveId})`);
  const many = beside.length > named.length ? `the last of ${beside.length} edited events` : 'edited';
  return `${many} ${named.join(', ')}`;
}
