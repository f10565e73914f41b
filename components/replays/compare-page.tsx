'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { fixedAddress, useFrozenAddress } from '@/components/ui/permalink.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import type { Tone } from '@/components/ui/tone.ts';
import { Verdict } from '@/components/ui/verdict.tsx';
import { FactsTable } from '@/components/vocabulary/facts-table.tsx';
import { useNameOf } from '@/components/vocabulary/person.tsx';
import { deltaText, scalarText } from '@/components/vocabulary/scalar-text.ts';
import type { DiscrepancyChange, ReplayComparison } from '@/server/application/views.ts';
import { planRows, resultRows } from './compare-rows.ts';
import { compareAnswer } from './compare-sentence.ts';

/** Two replays: plan against plan, result against result, and what became of each difference. */
export function ComparePage({ before, after }: { before: string; after: string }) {
  const trpc = useTRPC();
  const { data: view } = useSuspenseQuery(trpc.replays.compare.queryOptions({ before, after }));
  useFrozenAddress(fixedAddress);
  const nameOf = useNameOf();
  const answer = compareAnswer(view);
  return (
    <>
      <PageHeader
        title="Two replays"
        trail={[{ label: 'Replays', href: '/replays' }]}
        tone={answer.tone}
        verdict={answer.verdict}
        next={answer.next}
        tabTitle={`${answer.tab} · ${view.after.contractId}`}
      />
      {view.discrepancies ? (
        <Section
          title="Differences that changed"
          description="A derived state’s differences from history, in the one replay and in the other; the largest first."
        >
          <Table
            caption="Differences that changed"
            columns={changeColumns(view)}
            rows={view.discrepancies.rows}
            rowKey={(row) => `${row.key} ${row.derivedState}`}
            empty={<EmptyState title="No difference came, went or changed." />}
          />
        </Section>
      ) : null}
      <Section title="Result against result">
        <FactsTable caption="Results" rows={resultRows(view.before, view.after)} {...headsOf(view)} />
      </Section>
      <Section title="Plan against plan">
        <FactsTable caption="Plans" rows={planRows(view.before, view.after, nameOf)} {...headsOf(view)} />
      </Section>
    </>
  );
}

const headsOf = (view: ReplayComparison) => ({
  before: <ReplayHead replay={view.before} word="Older" />,
  after: <ReplayHead replay={view.after} word="Newer" />,
});

function ReplayHead({ replay, word }: { replay: ReplayComparison['before']; word: string }) {
  return (
    <span className="flex flex-wrap items-center gap-x-2 py-1">
      {word}
      <ShortId id={replay.id} what="replay" href={`/replays/${replay.id}`} copyable={false} />
      <RelativeTime at={replay.requestedAt} />
    </span>
  );
}

const courseTones: Record<DiscrepancyChange['became'], Tone> = {
  settled: 'verified',
  'not-compared-any-more': 'unknown',
  new: 'different',
  'not-compared-before': 'different',
  changed: 'different',
};

const courseWords: Record<DiscrepancyChange['became'], string> = {
  settled: 'settled',
  'not-compared-any-more': 'not compared any more',
  new: 'new',
  'not-compared-before': 'not compared before',
  changed: 'other figures',
};

function changeColumns({ before, after }: ReplayComparison): readonly Column<DiscrepancyChange>[] {
  const trusted = before.confidence === 'trusted' && after.confidence === 'trusted';
  return [
    {
      id: 'key',
      header: 'Key',
      mono: true,
      cell: (row) => (
        <TextLink
          quiet
          href={`/states/${encodeURIComponent(after.contractId)}/${encodeURIComponent(row.key)}?replay=${after.id}`}
        >
          {row.key}
        </TextLink>
      ),
    },
    { id: 'state', header: 'Derived state', cell: (row) => row.derivedState },
    {
      id: 'what',
      header: 'What became of it',
      cell: ({ became }) => (
        <Verdict tone={became === 'settled' && !trusted ? 'unknown' : courseTones[became]} look="plain">
          {courseWords[became]}
        </Verdict>
      ),
    },
    {
      id: 'before',
      header: 'Older',
      cell: (row) => <Side side={row.before} compared={row.became !== 'not-compared-before'} />,
    },
    {
      id: 'after',
      header: 'Newer',
      cell: (row) => <Side side={row.after} compared={row.became !== 'not-compared-any-more'} />,
    },
  ];
}

function Side({ side, compared }: { side: DiscrepancyChange['before']; compared: boolean }) {
  if (side === null) return <span className="text-muted">{compared ? 'no difference' : 'not compared'}</span>;
  if (side.kind !== 'different') return side.kind === 'missing' ? 'missing' : 'not in history';
  return (
    <span className="flex flex-wrap gap-x-3 font-mono">
      {side.fields
        .filter((field) => field.live !== field.history)
        .map(({ field, live, history }) => {
          const delta = deltaText(live, history);
          return (
            <span key={field}>
              {field} {scalarText(live)} of {scalarText(history)}
              {delta === null ? '' : ` (${delta})`}
            </span>
          );
        })}
    </span>
  );
}
