import type { Column } from '@/components/ui/column.ts';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import type { EditView } from '@/server/application/dead-letters/redrive/read-edit.ts';

type Change = NonNullable<EditView['changes']>[number];

/** What an edit changes, member by member. */
export function EditChanges({ changes }: { changes: readonly Change[] }) {
  return (
    <Table
      caption="What the edit changes"
      columns={columns}
      rows={changes}
      rowKey={(row) => `${row.path}/${row.before === null}/${row.after === null}`}
      empty={<EmptyState title="Only spaces and the order of members differ." />}
    />
  );
}

const nothing = <span className="text-muted">nothing</span>;

const columns: readonly Column<Change>[] = [
  { id: 'path', header: 'Member', mono: true, cell: (row) => row.path || 'the value itself' },
  { id: 'before', header: 'In the letter', mono: true, cell: (row) => row.before ?? nothing },
  { id: 'after', header: 'In the new event', mono: true, cell: (row) => row.after ?? nothing },
];
