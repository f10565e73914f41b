import { z } from 'zod';
import { isShownException } from '../../domain/dead-letters/index.ts';
import { decodeCursor, toPage } from '../../domain/shared/cursors.ts';
import { HIDDEN, hideCause, hideMessage } from '../dashboard/masking.ts';
import { revealedUntil } from '../dashboard/reveal-values.ts';
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
import type { ContractDeps } from './watched-topics.ts';

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

/** Topics of dead letters with their groups, and with the group that was asked for. */
export async function readTopics(
  deps: LetterPageDeps,
  asked: LetterFilter,
  viewer: Viewer,
): Promise<readonly LetterTopicView[]> {
  const topics = await deps.unitOfWork.run((tx) => deps.reads.topics(tx, asked));
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
  cause: hideCause(row.cause),
});

/** The exception is a name; what stands behind it are words that may quote a value. */
function maskShape<Row extends { readonly exception: string; readonly shape: string }>(row: Row): Row {
  return {
    ...row,
    exception: isShownException(row.exception) ? row.exception : HIDDEN,
    shape: hideMessage(row.shape),
  };
}

async function hiding(
  deps: LetterPageDeps,
  rows: readonly { readonly contractId: string }[],
  viewer: Viewer,
): Promise<(row: { readonly contractId: string }) => boolean> {
  const hidden = new Set<string>();
  for (const contractId of new Set(rows.map((row) => row.contractId)))
    if ((await revealedUntil(deps, contractId, viewer)) === null) hidden.add(contractId);
  return ({ contractId }) => hidden.has(contractId);
}
