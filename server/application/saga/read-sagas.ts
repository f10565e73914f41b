import { z } from 'zod';
import { decodeCursor, toPage } from '../../domain/shared/cursors.ts';
import type { PageRequest } from '../ports/dashboard.ts';
import type { SagaDetail, SagaRow, SagaSummary } from '../ports/saga-views.ts';
import type { SagaFilter, SagaReads } from '../ports/sagas.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';
import type { Page } from '../views.ts';

/** What pages ask about sagas. */
export type SagaQueries = {
  sagaSummaries(): Promise<readonly SagaSummary[]>;
  sagas(filter: SagaFilter, page: PageRequest): Promise<Page<SagaRow>>;
  /** null where there is none of this key. */
  saga(contractId: string, key: string): Promise<SagaDetail | null>;
};

const text = z.string().regex(/^[^\0]*$/);
const place = z.tuple([z.iso.datetime(), text, text]);

export function createSagaQueries({
  unitOfWork,
  sagas,
}: {
  readonly unitOfWork: UnitOfWork;
  readonly sagas: SagaReads;
}): SagaQueries {
  return {
    sagaSummaries: () => unitOfWork.run((tx) => sagas.summaries(tx)),
    async sagas(filter, { cursor, limit }) {
      const after = cursor === undefined ? null : decodeCursor(cursor, place);
      const rows = await unitOfWork.run((tx) => sagas.list(tx, filter, after, limit + 1));
      const at = isByAge(filter.state) ? 'startedAt' : 'lastAt';
      return toPage(rows, limit, (row) => [row[at], row.contractId, row.key]);
    },
    saga: (contractId, key) => unitOfWork.run((tx) => sagas.detail(tx, contractId, key)),
  };
}

/** What waits for somebody is listed by how long it has waited. */
export const isByAge = (state: SagaFilter['state']): boolean => state === 'stuck' || state === 'attention';
