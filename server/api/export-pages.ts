import type { PageRequest } from '../application/ports/dashboard.ts';
import type { Page } from '../application/views.ts';

export const exportFormats = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof exportFormats)[number];

const PAGE = 500;

export type PagedExport<Row> = {
  /** Before the first row. */
  readonly head: string;
  readonly page: (request: PageRequest) => Promise<Page<Row>>;
  readonly write: (row: Row) => string;
  /** Asked before each page: an export may outlive the session that began it. */
  readonly isStillLetIn: () => Promise<boolean>;
};

/**
 * A list as text, a page at a time: no more of it is held than one page, and the next is asked for once whoever reads
 * has taken the one before. Throws where whoever asked is not let in any more.
 */
export async function* exportPages<Row>(given: PagedExport<Row>): AsyncGenerator<string> {
  if (given.head !== '') yield given.head;
  let cursor: string | undefined;
  do {
    if (!(await given.isStillLetIn()))
      throw new Error('Whoever asked for this export is not let in any more.');
    const page = await given.page({ cursor, limit: PAGE });
    if (page.rows.length > 0) yield page.rows.map(given.write).join('');
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}
