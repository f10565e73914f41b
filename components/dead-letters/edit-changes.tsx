import type { Column } from '@/components/ui/column.ts';
import { EmptyState, Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import type { EditView } from '@/server/application/dead-letters/redrive/read-edit.ts';

type Change = NonNullable<EditView['changes']>[number];

/** As many as the server tells, which tells one more where there are more. */
const SHOWN = 200;

/** What an edit changes, member by member. */
export function EditChanges({ changes }: { changes: readonly Change[] }) {
  const shown = changes.slice(0, SHOWN);
  return (
    <>
      <Table
        caption="What the edit changes"
        columns={columns}
        rows={shown}
        rowKey={(row) => `${row.path}/${row.before === null}/${row.after === null}`}
        empty={
          <EmptyState title="No member has another value as JSON is read.">
            They are written differently: by spaces, by the order of members, or by one that stands twice.
            Reveal the values, and compare them.
          </EmptyState>
        }
      />
      {changes.length > SHOWN ? (
        <Notice tone="different" title={`More than ${SHOWN} members differ.`}>
          The others are not shown here: reveal the values, and compare them.
        </Notice>
      ) : null}
    </>
  );
}

const nothing = <span className="text-muted">nothing</span>;

const columns: readonly Column<Change>[] = [
  { id: 'path', header: 'Member', mono: true, cell: (row) => row.path || 'the value itself' },
  { id: 'before', header: 'In the letter', mono: true, cell: (row) => row.before ?? nothing },
  { id: 'after', header: 'In the new event', mono: true, cell: (row) => row.after ?? nothing },
];
