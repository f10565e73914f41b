import type { Column } from '@/components/ui/column.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import type { IncidentSummary } from '@/server/application/ports/incident-reads.ts';
import { CauseOver, ClassVerdict, ResponseClock, StatusVerdict } from './incident-verdicts.tsx';

const nobody = <span className="text-muted">nobody</span>;

/** The columns of a list of incidents. */
export const incidentColumns: readonly Column<IncidentSummary>[] = [
  { id: 'class', header: 'Class', cell: (row) => <ClassVerdict of={row.class} /> },
  {
    id: 'what',
    header: 'What is wrong',
    cell: (row) => (
      <span className="block min-w-48 py-1">
        <TextLink quiet href={`/incidents/${row.id}`}>
          {row.title}
        </TextLink>
        <span className="block">
          <CauseOver incident={row} />
        </span>
      </span>
    ),
  },
  { id: 'clock', header: 'Response', cell: (row) => <ResponseClock incident={row} /> },
  { id: 'status', header: 'Status', cell: (row) => <StatusVerdict of={row.status} /> },
  {
    id: 'contract',
    header: 'Contract',
    cell: (row) =>
      row.contractId === null ? (
        <span className="text-muted">Reprise</span>
      ) : (
        <ContractLink id={row.contractId} />
      ),
  },
  {
    id: 'assignee',
    header: 'Assigned to',
    wideOnly: true,
    cell: (row) => (row.assignee === null ? nobody : <Person id={row.assignee} />),
  },
  { id: 'since', header: 'Since', cell: (row) => <RelativeTime at={row.beganAt} /> },
];
