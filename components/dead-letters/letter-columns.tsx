import type { Column } from '@/components/ui/column.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { shortenMiddle } from '@/components/ui/shorten-middle.ts';
import { Verdict } from '@/components/ui/verdict.tsx';
import type { LetterRow } from '@/server/application/ports/dead-letters.ts';
import { causeWords, letterHref } from './letter-words.ts';

export const letterKey = (row: LetterRow) => `${row.identity}/${row.partition}/${row.offset}`;

export const letterColumns: readonly Column<LetterRow>[] = [
  {
    id: 'place',
    header: 'Offset',
    mono: true,
    cell: (row) => (
      <TextLink quiet href={letterHref(row)} className="whitespace-nowrap">
        {row.partition}/{row.offset}
      </TextLink>
    ),
  },
  { id: 'topic', header: 'Topic', mono: true, wideOnly: true, cell: (row) => row.topic },
  {
    id: 'state',
    header: 'Derived state',
    cell: (row) => (row.isOwnerKnown ? row.state : <span className="text-muted">not known</span>),
  },
  {
    id: 'event',
    header: 'Event',
    mono: true,
    cell: (row) =>
      row.eventId === null ? <span className="text-muted">no id</span> : shortenMiddle(row.eventId, 12, 8),
  },
  { id: 'cause', header: 'Cause', cell: (row) => <span className="block min-w-48">{causeWords(row)}</span> },
  {
    id: 'origin',
    header: 'From',
    mono: true,
    wideOnly: true,
    cell: (row) =>
      row.origin === null ? (
        <span className="text-muted">not said</span>
      ) : (
        `${row.origin.partition}/${row.origin.offset}`
      ),
  },
  {
    id: 'stands',
    header: 'Stands',
    cell: (row) =>
      row.gone ? (
        <Verdict tone="unknown" look="plain">
          gone
        </Verdict>
      ) : row.reprocessed ? (
        <Verdict tone="verified" look="plain">
          reprocessed
        </Verdict>
      ) : (
        'in its topic'
      ),
  },
  { id: 'at', header: 'Parked', cell: (row) => <RelativeTime at={row.at} /> },
];
