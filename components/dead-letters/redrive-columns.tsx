import type { Column } from '@/components/ui/column.ts';
import { formatCount } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import type { Redrive } from '@/server/application/ports/redrives.ts';
import { notReprocessed, redriveWords, toneOf } from './redrive-words.ts';

export const redriveColumns: readonly Column<Redrive>[] = [
  {
    id: 'when',
    header: 'Asked for',
    cell: (row) => (
      <TextLink quiet href={`/dead-letters/redrives/${row.id}`}>
        <RelativeTime at={row.requestedAt} />
      </TextLink>
    ),
  },
  {
    id: 'status',
    header: 'State',
    cell: (row) => (
      <Verdict tone={toneOf(row)} look="plain">
        {redriveWords[row.status]}
      </Verdict>
    ),
  },
  { id: 'state', header: 'Derived state', cell: (row) => row.state },
  { id: 'to', header: 'To', mono: true, wideOnly: true, cell: (row) => row.target },
  { id: 'letters', header: 'Letters', align: 'end', cell: (row) => formatCount(row.letters) },
  { id: 'done', header: 'Reprocessed', align: 'end', cell: (row) => formatCount(row.counts.reprocessed) },
  {
    id: 'failed',
    header: 'Not',
    align: 'end',
    cell: (row) => formatCount(notReprocessed(row.counts)),
  },
  { id: 'by', header: 'By', cell: (row) => <Person id={row.requestedBy} /> },
];
