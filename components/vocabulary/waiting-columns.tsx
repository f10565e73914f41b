import type { Column } from '@/components/ui/column.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import type { WaitingView } from '@/server/application/views.ts';
import { ContractLink } from './contract-link.tsx';
import { Person } from './person.tsx';

type Waits = Pick<
  WaitingView,
  'contractId' | 'requestedBy' | 'reason' | 'standing' | 'whyNot' | 'requestedAt'
>;

/** What every list of what waits for approval says of a row, between what it is and since when. */
export const waitingColumns = <Row extends Waits>(hrefOf: (row: Row) => string): readonly Column<Row>[] => [
  { id: 'contract', header: 'Contract', cell: (row) => <ContractLink id={row.contractId} /> },
  { id: 'by', header: 'Requested by', cell: (row) => <Person id={row.requestedBy} /> },
  {
    id: 'reason',
    header: 'Reason',
    wideOnly: true,
    cell: (row) => row.reason || <span className="text-muted">—</span>,
  },
  {
    id: 'given',
    header: 'Approvals',
    align: 'end',
    cell: (row) => `${row.standing.given} of ${row.standing.needed}`,
  },
  {
    id: 'you',
    header: 'You',
    cell: (row) =>
      row.whyNot === null ? (
        <TextLink href={hrefOf(row)}>decide</TextLink>
      ) : (
        <span className="text-muted">{row.whyNot}</span>
      ),
  },
];

/** The last one: since when it waits. */
export const sinceColumn: Column<Pick<Waits, 'requestedAt'>> = {
  id: 'when',
  header: 'Since',
  cell: (row) => <RelativeTime at={row.requestedAt} />,
};
