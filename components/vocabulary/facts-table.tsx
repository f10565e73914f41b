import type { ReactNode } from 'react';
import type { Column } from '@/components/ui/column.ts';
import { ShortId } from '@/components/ui/short-id.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import type { CompareRow } from './side-by-side.ts';

export type FactsTableProps = {
  caption: string;
  rows: readonly CompareRow[];
  /** What stands over the older one's facts, and over the newer one's. */
  before: ReactNode;
  after: ReactNode;
};

/** What differs first; what is the same folds away. */
export function FactsTable({ caption, rows, before, after }: FactsTableProps) {
  const changed = rows.filter((row) => row.changed);
  const same = rows.filter((row) => !row.changed);
  const columns: readonly Column<CompareRow>[] = [
    { id: 'label', header: 'What', width: '16rem', cell: (row) => row.label },
    { id: 'before', header: before, cell: (row) => <Value row={row} value={row.before} /> },
    { id: 'after', header: after, cell: (row) => <Value row={row} value={row.after} /> },
  ];
  return (
    <>
      <Table
        caption={caption}
        columns={columns}
        rows={changed}
        rowKey={(row) => row.label}
        empty={<EmptyState title="Nothing differs." />}
      />
      {same.length > 0 ? (
        <details className="text-sm">
          <summary className="cursor-pointer rounded-sm text-muted hover:text-ink">
            The same in both ({same.length})
          </summary>
          <div className="mt-2">
            <Table
              caption={`${caption}, the same`}
              columns={columns}
              rows={same}
              rowKey={(row) => row.label}
            />
          </div>
        </details>
      ) : null}
    </>
  );
}

function Value({ row, value }: { row: CompareRow; value: string }) {
  if (row.digest && value !== '—') return <ShortId id={value} what={row.label} copyable={false} />;
  return <span className={row.changed ? 'wrap-anywhere font-medium' : 'wrap-anywhere'}>{value}</span>;
}
