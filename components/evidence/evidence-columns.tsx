import { PanelRightOpen } from 'lucide-react';
import { IconButton } from '@/components/ui/button.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import type { Column } from '@/components/ui/column.ts';
import { formatCount } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { shortenMiddle } from '@/components/ui/shorten-middle.ts';
import { Badge } from '@/components/ui/verdict.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import { AgreementVerdict, ConfidenceVerdict, StatusVerdict } from '@/components/vocabulary/verdicts.tsx';
import type { EvidenceSummary } from '@/server/application/views.ts';
import { nextSelection } from './select-records.tsx';

/** The columns, with a box that selects a record and a button that shows it beside the list. */
export function evidenceColumns(
  selected: readonly string[],
  onSelect: (selected: string[]) => void,
  onPeek: (id: string) => void,
): readonly Column<EvidenceSummary>[] {
  return [
    {
      id: 'select',
      header: <span className="sr-only">Selected</span>,
      width: '2.25rem',
      cell: (row) => (
        <Checkbox
          label={`Select record ${row.id}`}
          hideLabel
          checked={selected.includes(row.id)}
          onChange={(event) => onSelect(nextSelection(selected, row.id, event.target.checked))}
          className="justify-center"
        />
      ),
    },
    ...columns,
    {
      id: 'peek',
      header: <span className="sr-only">Panel</span>,
      width: '3rem',
      cell: (row) => (
        <IconButton
          label={`Show record ${row.id} beside the list`}
          onClick={() => onPeek(row.id)}
          icon={<PanelRightOpen aria-hidden="true" className="size-4" />}
        />
      ),
    },
  ];
}

const none = <span className="text-muted">—</span>;
const figure = (value: number | null) => (value === null ? none : formatCount(value));

/** What was generated for measuring says so wherever it is shown. */
export const generatedWords = 'generated for measuring';

const columns: readonly Column<EvidenceSummary>[] = [
  {
    id: 'record',
    header: 'Record',
    mono: true,
    width: '7.5rem',
    cell: (row) => (
      <TextLink
        quiet
        href={`/evidence/${row.id}`}
        className="whitespace-nowrap"
        aria-label={`Evidence record ${shortenMiddle(row.id, 8, 4)}`}
      >
        {shortenMiddle(row.id, 8, 4)}
      </TextLink>
    ),
  },
  { id: 'kind', header: 'Of a', width: '5.25rem', cell: (row) => row.kind },
  {
    id: 'contract',
    header: 'Contract',
    width: '14.5rem',
    cell: (row) =>
      row.generated ? (
        <span className="flex items-center gap-2">
          <span className="truncate">{row.contractId}</span>
          <Badge>{generatedWords}</Badge>
        </span>
      ) : (
        <ContractLink id={row.contractId} />
      ),
  },
  { id: 'status', header: 'Status', width: '6.25rem', cell: (row) => <StatusVerdict status={row.status} /> },
  {
    id: 'confidence',
    header: 'Confidence',
    width: '6.75rem',
    cell: (row) => <ConfidenceVerdict status={row.confidence} look="plain" />,
  },
  {
    id: 'agreement',
    header: 'Agreement',
    width: '7.75rem',
    cell: (row) => <AgreementVerdict status={row.agreement} look="plain" />,
  },
  {
    id: 'events',
    header: 'Events',
    align: 'end',
    width: '5.25rem',
    cell: (row) => figure(row.eventsProcessed),
  },
  {
    id: 'by',
    header: 'Requested by',
    wideOnly: true,
    width: '8.5rem',
    cell: (row) => <Person id={row.requestedBy} />,
  },
  { id: 'when', header: 'Recorded', width: '6.5rem', cell: (row) => <RelativeTime at={row.recordedAt} /> },
];
