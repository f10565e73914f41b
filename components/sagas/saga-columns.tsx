import type { Column } from '@/components/ui/column.ts';
import { formatCount } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { shortenMiddle } from '@/components/ui/shorten-middle.ts';
import { Verdict } from '@/components/ui/verdict.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import type { SagaRow } from '@/server/application/ports/saga-views.ts';
import { sagaId } from './saga-filters.ts';
import { ageOf, span, stateTone, stateWords } from './saga-words.ts';

/** Whether its limit is still before it, or behind. */
export const isOpen = ({ state }: Pick<SagaRow, 'state'>) =>
  state === 'stuck' || state === 'running' || state === 'compensating';

export function StateVerdict({ row }: { row: Pick<SagaRow, 'state'> }) {
  return (
    <Verdict tone={stateTone[row.state]} look="plain">
      {stateWords[row.state]}
    </Verdict>
  );
}

/** @param hrefOf the address of this page with the saga opened beside it */
export function sagaColumns(hrefOf: (id: string) => string, nowMs: number): readonly Column<SagaRow>[] {
  return [
    {
      id: 'saga',
      header: 'Saga',
      mono: true,
      cell: (row) => (
        <TextLink quiet href={hrefOf(sagaId(row))} className="whitespace-nowrap">
          {shortenMiddle(row.key, 24, 12)}
        </TextLink>
      ),
    },
    { id: 'state', header: 'State', cell: (row) => <StateVerdict row={row} /> },
    {
      id: 'age',
      header: 'Age or duration',
      align: 'end',
      cell: (row) => (
        <span suppressHydrationWarning>
          {ageOf(row, nowMs)}
          {row.limitMs !== null && isOpen(row) ? (
            <span className="text-muted"> of {span(row.limitMs)}</span>
          ) : null}
        </span>
      ),
    },
    {
      id: 'step',
      header: 'Last step done',
      cell: (row) => row.step ?? <span className="text-muted">none seen</span>,
    },
    { id: 'last', header: 'Last event', mono: true, wideOnly: true, cell: (row) => row.lastType },
    { id: 'contract', header: 'Contract', cell: (row) => <ContractLink id={row.contractId} /> },
    {
      id: 'oddities',
      header: 'Oddities',
      align: 'end',
      cell: (row) => (row.oddities === 0 ? <span className="text-muted">0</span> : formatCount(row.oddities)),
    },
    { id: 'when', header: 'Last event at', cell: (row) => <RelativeTime at={row.lastAt} /> },
  ];
}
