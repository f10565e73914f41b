import type { Column } from '@/components/ui/column.ts';
import { formatCount } from '@/components/ui/format-number.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Table } from '@/components/ui/table.tsx';
import type { Tone } from '@/components/ui/tone.ts';
import { Verdict } from '@/components/ui/verdict.tsx';
import type { StatesView } from '@/server/application/views.ts';

type Comparison = StatesView['comparisons'][number];

const tones: Record<Comparison['outcome'], Tone> = {
  equal: 'verified',
  behind: 'accent',
  different: 'different',
  'could-not-compare': 'failed',
};

/** Statistics before cells: how many keys of each state are equal, and at which position that was found. */
export function ComparisonSummary({ view }: { view: StatesView }) {
  return (
    <Table
      caption="Derived states"
      columns={columns}
      rows={view.comparisons}
      rowKey={(row) => row.derivedState}
    />
  );
}

const columns: readonly Column<Comparison>[] = [
  {
    id: 'state',
    header: 'Derived state',
    cell: (row) => <span className="font-medium">{row.derivedState}</span>,
  },
  {
    id: 'outcome',
    header: 'Outcome',
    cell: (row) => (
      <Verdict tone={tones[row.outcome]} look="plain">
        {row.outcome.replaceAll('-', ' ')}
      </Verdict>
    ),
  },
  { id: 'equal', header: 'Equal', align: 'end', cell: (row) => formatCount(row.equal) },
  { id: 'different', header: 'Different', align: 'end', cell: (row) => formatCount(row.different) },
  { id: 'missing', header: 'Missing', align: 'end', cell: (row) => formatCount(row.missing) },
  { id: 'extra', header: 'Extra', align: 'end', cell: (row) => formatCount(row.extra) },
  {
    id: 'behind',
    header: 'Events behind',
    align: 'end',
    cell: (row) => formatCount(BigInt(row.eventsBehind)),
  },
  {
    id: 'position',
    header: 'At position',
    mono: true,
    wideOnly: true,
    cell: (row) =>
      row.appliedPositions.length > 0 ? (
        row.appliedPositions.map((each) => `p${each.partition}:${each.next}`).join(' ')
      ) : (
        <span className="font-sans text-muted">no position; compared after it had settled</span>
      ),
  },
  { id: 'when', header: 'Compared', wideOnly: true, cell: (row) => <RelativeTime at={row.comparedAt} /> },
];
