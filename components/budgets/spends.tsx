import type { Column } from '@/components/ui/column.ts';
import { formatDuration } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { amount } from '@/components/vocabulary/budget-words.ts';
import type { BudgetDetail, SpendView } from '@/server/application/budget/views.ts';

/** What spent it in this window, the newest first, each with where it can be looked at. */
export function Spends({ budget }: { budget: BudgetDetail }) {
  return (
    <Section
      title="What spent it"
      description={budget.moreSpends ? `The newest ${budget.spends.length}; there are more.` : undefined}
    >
      <Table
        caption="What spent it"
        columns={columnsOf(budget)}
        rows={budget.spends}
        rowKey={(row) => row.id}
        density={40}
        empty={
          <EmptyState
            title={
              budget.standing.state === 'unmeasured'
                ? 'Nothing was measured in this window yet.'
                : 'Nothing spent any of it in this window.'
            }
          />
        }
      />
    </Section>
  );
}

function columnsOf(budget: BudgetDetail): readonly Column<SpendView>[] {
  return [
    {
      id: 'when',
      header: 'When',
      cell: (row) => (
        <>
          <RelativeTime at={row.fromMs} absolute />
          <span className="block text-xs text-muted">
            {row.toMs > row.fromMs ? `over ${formatDuration(row.toMs - row.fromMs)}` : null}
          </span>
        </>
      ),
    },
    {
      id: 'what',
      header: 'What',
      cell: (row) => (
        <span className="block min-w-56 py-1 wrap-anywhere">
          <span className={row.takenBack === null ? undefined : 'line-through'}>{row.sentence}</span>
          {row.takenBack === null ? null : (
            <span className="block text-xs text-muted">
              Taken back <RelativeTime at={row.takenBack.atMs} />: {row.takenBack.sentence}
            </span>
          )}
          {row.isExcluded ? <span className="block text-xs text-muted">in time that is left out</span> : null}
        </span>
      ),
    },
    { id: 'amount', header: 'Spent', align: 'end', cell: (row) => amount(budget, row.amount) },
    { id: 'link', header: 'Look at', cell: (row) => <SpendLink budget={budget} link={row.link} /> },
  ];
}

function SpendLink({ budget, link }: { budget: BudgetDetail; link: SpendView['link'] }) {
  const contract = encodeURIComponent(budget.contractId);
  switch (link.kind) {
    case 'lag':
      return (
        <TextLink quiet href={`/lag/${contract}/${encodeURIComponent(link.subject)}`}>
          samples{link.partition === null ? '' : ` of partition ${link.partition}`}
        </TextLink>
      );
    case 'record':
      return (
        <TextLink quiet href={`/losses?contract=${contract}`} className="font-mono">
          {link.topic} {link.partition}:{link.offset}
        </TextLink>
      );
    case 'sent':
      return (
        <TextLink quiet href={`/losses?contract=${contract}`} className="font-mono wrap-anywhere">
          {link.table} {link.position}
        </TextLink>
      );
    case 'saga':
      return (
        <TextLink
          quiet
          href={`/sagas?contract=${contract}&key=${encodeURIComponent(link.key)}`}
          className="font-mono wrap-anywhere"
        >
          {link.key}
        </TextLink>
      );
  }
}
