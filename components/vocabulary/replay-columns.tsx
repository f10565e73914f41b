import type { Column } from '@/components/ui/column.ts';
import { formatCount, formatDuration } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { shortenMiddle } from '@/components/ui/shorten-middle.ts';
import type { ReplaySummary } from '@/server/application/views.ts';
import { ContractLink } from './contract-link.tsx';
import { Person } from './person.tsx';
import { scopeWords } from './scope-words.ts';
import { AgreementVerdict, ConfidenceVerdict, StatusVerdict } from './verdicts.tsx';

/** The columns of a list of replays, as this field knows them. */
export const replayColumns: readonly Column<ReplaySummary>[] = [
  {
    id: 'replay',
    header: 'Replay',
    mono: true,
    cell: (row) => (
      <TextLink
        quiet
        href={`/replays/${row.id}`}
        className="whitespace-nowrap"
        aria-label={`Replay ${shortenMiddle(row.id, 8, 4)}`}
      >
        {shortenMiddle(row.id, 8, 4)}
      </TextLink>
    ),
  },
  { id: 'status', header: 'Status', cell: (row) => <StatusVerdict status={row.status} /> },
  {
    id: 'contract',
    header: 'Contract',
    cell: (row) => <ContractLink id={row.contractId} version={row.contractVersion} />,
  },
  { id: 'scope', header: 'Scope', wideOnly: true, cell: (row) => scopeWords(row.scope) },
  {
    id: 'events',
    header: 'Events',
    align: 'end',
    wideOnly: true,
    cell: (row) => (
      <span title={row.eventEstimate === null ? undefined : `of ${formatCount(row.eventEstimate)} planned`}>
        {formatCount(row.eventsProcessed)}
      </span>
    ),
  },
  {
    id: 'duplicates',
    header: 'Duplicates',
    align: 'end',
    wideOnly: true,
    cell: (row) => formatCount(row.duplicates),
  },
  {
    id: 'discrepancies',
    header: 'Differing keys',
    align: 'end',
    wideOnly: true,
    cell: (row) =>
      row.discrepancies === null ? <span className="text-muted">—</span> : formatCount(row.discrepancies),
  },
  {
    id: 'confidence',
    header: 'Confidence',
    cell: (row) => <ConfidenceVerdict status={row.confidence} look="plain" />,
  },
  {
    id: 'agreement',
    header: 'Agreement',
    cell: (row) => <AgreementVerdict status={row.agreement} look="plain" />,
  },
  { id: 'requester', header: 'Requested by', wideOnly: true, cell: (row) => <Person id={row.requestedBy} /> },
  {
    id: 'approver',
    header: 'Approved by',
    wideOnly: true,
    cell: (row) =>
      row.approvedBy.length > 0 ? (
        <span className="flex flex-wrap gap-x-2">
          {row.approvedBy.map((each) => (
            <Person key={each} id={each} />
          ))}
        </span>
      ) : (
        <span className="text-muted">none</span>
      ),
  },
  {
    id: 'duration',
    header: 'Duration',
    align: 'end',
    wideOnly: true,
    cell: (row) =>
      row.durationMs === null ? <span className="text-muted">—</span> : formatDuration(row.durationMs),
  },
  { id: 'when', header: 'When', cell: (row) => <RelativeTime at={row.requestedAt} /> },
];
