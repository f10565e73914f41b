'use client';

import { useSuspenseInfiniteQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { Pager } from '@/components/ui/pager.tsx';
import { Section } from '@/components/ui/section.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { HiddenValues } from '@/components/vocabulary/hidden-values.tsx';
import { deltaText, scalarText } from '@/components/vocabulary/scalar-text.ts';
import type { PromotionChangeView, PromotionDetail } from '@/server/application/promotion/views.ts';
import { promotionPages } from './promotion-pages.ts';

type FieldLine = {
  readonly change: PromotionChangeView;
  readonly field: PromotionChangeView['fields'][number];
  readonly isFirst: boolean;
};

/** The diff that is approved, the largest first, and what became of each row: before and after. */
export function ChangesTable({ promotion }: { promotion: PromotionDetail }) {
  const trpc = useTRPC();
  const pages = useSuspenseInfiniteQuery(
    trpc.promotions.changes.infiniteQueryOptions({ promotionId: promotion.id, limit: 100 }, promotionPages),
  );
  const changes = pages.data.pages.flatMap((page) => page.rows);
  const lines = changes.flatMap((change) =>
    change.fields.map((field, at): FieldLine => ({ change, field, isFirst: at === 0 })),
  );
  const isDone = promotion.outcome !== null;
  const erased = pages.hasNextPage ? 0 : promotion.keys - changes.length;
  return (
    <Section
      title={isDone ? 'Before and after' : 'What would be written'}
      description={
        promotion.undoes === null
          ? 'As they were compared. Where later events have moved both sides alike, what is written has moved with them.'
          : 'The rows from before the promotion; events since then are folded onto them when they are written.'
      }
    >
      <HiddenValues contractId={promotion.contractId} />
      <Table
        caption="Changes"
        columns={columnsOf(promotion, isDone)}
        rows={lines}
        rowKey={({ change, field }) => `${change.key}\n${field.field}`}
        empty={
          erased > 0 ? (
            <p className="text-sm text-muted">
              Its rows were erased: what was approved, and what was written, are known by their digests alone.
            </p>
          ) : undefined
        }
      />
      <Pager
        summary={`${counted(changes.length, 'key')} of ${counted(promotion.keys, 'key')}, the largest first${erased > 0 ? `; ${counted(erased, 'key')} erased since` : ''}`}
        onNext={pages.hasNextPage ? () => pages.fetchNextPage() : null}
        pending={pages.isFetchingNextPage}
      />
    </Section>
  );
}

const kindWords = {
  missing: 'insert the row',
  extra: 'delete the row',
  different: 'set',
} as const;

function columnsOf(promotion: PromotionDetail, isDone: boolean): readonly Column<FieldLine>[] {
  const wanted = promotion.undoes === null ? 'History says' : 'Before it';
  return [
    {
      id: 'key',
      header: 'Key',
      mono: true,
      cell: ({ change, isFirst }) =>
        isFirst ? (
          <TextLink
            quiet
            href={`/states/${encodeURIComponent(promotion.contractId)}/${encodeURIComponent(change.key)}?replay=${promotion.replayId}`}
          >
            {change.key}
          </TextLink>
        ) : null,
    },
    { id: 'kind', header: 'What', cell: ({ change, isFirst }) => (isFirst ? kindWords[change.kind] : null) },
    { id: 'field', header: 'Field', mono: true, cell: ({ field }) => field.field },
    {
      id: 'live',
      header: 'Live, as compared',
      align: 'end',
      mono: true,
      cell: ({ change, field }) => (change.kind === 'missing' ? 'no row' : scalarText(field.live)),
    },
    {
      id: 'history',
      header: wanted,
      align: 'end',
      mono: true,
      cell: ({ change, field }) => (
        <>
          {change.kind === 'extra' ? 'no row' : scalarText(field.history)}
          <Moves field={field} />
        </>
      ),
    },
    ...(isDone ? outcomeColumns : whyColumns),
  ];
}

/** What writing it adds to the live figure. */
function Moves({ field: { live, history } }: Pick<FieldLine, 'field'>) {
  const delta = deltaText(history, live);
  return delta === null ? null : <span className="text-muted"> ({delta})</span>;
}

const whyColumns: readonly Column<FieldLine>[] = [
  {
    id: 'why',
    header: 'Why it differs',
    cell: ({ change, isFirst }) =>
      isFirst ? <span className="text-muted">{change.explanation ?? 'not searched'}</span> : null,
  },
];

const outcomeColumns: readonly Column<FieldLine>[] = [
  {
    id: 'before',
    header: 'Before',
    align: 'end',
    mono: true,
    cell: ({ change, field }) => sideText(change.result?.before, field.field),
  },
  {
    id: 'after',
    header: 'After',
    align: 'end',
    mono: true,
    cell: ({ change, field }) => sideText(change.result?.after, field.field),
  },
  {
    id: 'outcome',
    header: 'Outcome',
    cell: ({ change, isFirst }) =>
      isFirst && change.result !== null ? <Outcome result={change.result} /> : null,
  },
];

function sideText(
  row: NonNullable<PromotionChangeView['result']>['before'] | undefined,
  field: string,
): string {
  if (row === undefined) return '—';
  return row === null ? 'no row' : scalarText(row[field] ?? null);
}

function Outcome({ result }: { result: NonNullable<PromotionChangeView['result']> }) {
  switch (result.outcome) {
    case 'written':
      return (
        <Verdict tone="verified" look="plain">
          written
        </Verdict>
      );
    case 'already-right':
      return (
        <Verdict tone="unknown" look="plain">
          held it already
        </Verdict>
      );
    case 'changed':
      return (
        <span className="flex flex-col">
          <Verdict tone="different" look="plain">
            left alone
          </Verdict>
          <span className="text-xs text-muted">{result.why}</span>
        </span>
      );
  }
}
