import { z } from 'zod';
import type { EngineContract } from '../../domain/contract/index.ts';
import { isShownException } from '../../domain/dead-letters/index.ts';
import { decodeCursor, toPage } from '../../domain/shared/cursors.ts';
import { HIDDEN } from '../dashboard/masking.ts';
import { hiddenFrom } from '../dashboard/reveal-values.ts';
import type { PageRequest } from '../ports/dashboard.ts';
import type {
  LetterFilter,
  LetterReads,
  LetterRow,
  LetterTopics,
  LetterTopicView,
} from '../ports/dead-letters.ts';
import type { RevealStore, Viewer } from '../ports/reveals.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import type { Page } from '../views.ts';
import { type ContractDeps, loadStored } from './watched-topics.ts';

export type LetterPageDeps = ContractDeps & {
  readonly unitOfWork: UnitOfWork;
  readonly reads: LetterReads;
  readonly reveals: RevealStore;
  /** null: no broker is configured. */
  readonly topics: LetterTopics | null;
};

const place = z.tuple([
  z.iso.datetime(),
  z.string().max(249),
  z.number().int().min(0),
  z.string().regex(/^\d{1,19}$/),
]);

/** Topics of dead letters with their groups. What a consumer wrote is hidden where the contract hides a value. */
export async function readTopics(deps: LetterPageDeps, viewer: Viewer): Promise<readonly LetterTopicView[]> {
  const topics = await deps.unitOfWork.run((tx) => deps.reads.topics(tx));
  const hides = await hiding(deps, topics, viewer);
  return topics.map((topic) => (hides(topic) ? { ...topic, groups: topic.groups.map(maskShape) } : topic));
}

export async function listLetters(
  deps: LetterPageDeps,
  filter: LetterFilter,
  { cursor, limit }: PageRequest,
  viewer: Viewer,
): Promise<Page<LetterRow>> {
  const after = cursor === undefined ? null : decodeCursor(cursor, place);
  const rows = await deps.unitOfWork.run((tx) => deps.reads.list(tx, filter, after, limit + 1));
  const hides = await hiding(deps, rows, viewer);
  const page = toPage(rows, limit, (row) => [row.at, row.topic, row.partition, row.offset]);
  return { ...page, rows: page.rows.map((row) => (hides(row) ? maskRow(row) : row)) };
}

export const maskRow = (row: LetterRow): LetterRow => ({
  ...maskShape(row),
  cause: row.cause === null ? null : HIDDEN,
});

/** The exception is a name; what stands behind it are words that may quote a value. */
function maskShape<Row extends { readonly exception: string; readonly shape: string }>(row: Row): Row {
  return {
    ...row,
    exception: isShownException(row.exception) ? row.exception : HIDDEN,
    shape: row.shape === '' ? '' : `${HIDDEN}, since these words may quote a value`,
  };
}

/** Whether what consumers wrote about letters of a contract is hidden from the viewer: where it can't be told, it is. */
async function hiding(
  deps: LetterPageDeps,
  rows: readonly { readonly contractId: string }[],
  viewer: Viewer,
): Promise<(row: { readonly contractId: string }) => boolean> {
  const hidden = new Set<string>();
  for (const contractId of new Set(rows.map((row) => row.contractId))) {
    const contract = await contractOf(deps, contractId).catch(() => null);
    if (contract === null || (await hiddenFrom(deps, contractId, [contract], viewer)) !== null)
      hidden.add(contractId);
  }
  return ({ contractId }) => hidden.has(contractId);
}

/** The newest version; null: there is no such contract. */
export async function contractOf(deps: ContractDeps, contractId: string): Promise<EngineContract | null> {
  const stored = await deps.contracts.latest(contractId);
  return stored === null ? null : loadStored(deps, stored);
}
