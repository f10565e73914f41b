'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { ButtonLink } from '@/components/ui/button.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted, formatCount } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { useAskEvery } from '@/components/ui/live.ts';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { AsOf, RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { type Segment, StackedBar } from '@/components/ui/stacked-bar.tsx';
import { EmptyState, Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import type { Tone } from '@/components/ui/tone.ts';
import { Verdict } from '@/components/ui/verdict.tsx';
import { isAtWork } from '@/components/vocabulary/at-work.ts';
import { replayColumns } from '@/components/vocabulary/replay-columns.tsx';
import type { ContractVerdict, OverviewView } from '@/server/application/views.ts';

type Kind = ContractVerdict['verdict'];

const tones: Record<Kind, Tone> = {
  proven: 'verified',
  different: 'different',
  behind: 'accent',
  'not-compared': 'unknown',
  untrusted: 'failed',
  stale: 'unknown',
  'never-proven': 'unknown',
  running: 'accent',
};

/** Most urgent first: what the page's own verdict takes its colour from. */
const urgency: readonly Kind[] = [
  'untrusted',
  'different',
  'not-compared',
  'behind',
  'running',
  'stale',
  'never-proven',
  'proven',
];

/** A worker that dies tells nobody, and proofs grow stale by the clock alone. */
const askEveryMs = 30_000;
/** How far a replay is, is told to its own page with each checkpoint, and not here. */
const whileRunningMs = 15_000;

/** Which contracts' states are proven right now, which are not and why, and what waits for a person. */
export function OverviewPage() {
  const trpc = useTRPC();
  const askOften = useAskEvery(whileRunningMs);
  const askEvery = useAskEvery(askEveryMs);
  const { data: view, dataUpdatedAt } = useSuspenseQuery({
    ...trpc.overview.get.queryOptions(),
    refetchInterval: ({ state }) => (state.data?.running.some(isAtWork) ? askOften : askEvery),
  });
  const needing = view.needsYou.reduce((sum, { count = 1 }) => sum + count, 0);
  const worst = urgency.find((kind) => view.contracts.some((each) => each.verdict === kind));
  return (
    <>
      <PageHeader
        title="Overview"
        tone={worst ? tones[worst] : 'unknown'}
        verdict={view.sentence}
        next={firstStep(view)}
        tabTitle={
          needing > 0
            ? `${formatCount(needing)} ${needing === 1 ? 'needs' : 'need'} you · Overview`
            : 'Overview'
        }
        asOf={<AsOf at={dataUpdatedAt} />}
        actions={
          <ButtonLink href="/replays/new" variant="primary">
            New replay
          </ButtonLink>
        }
      />
      {view.workers.alive === 0 ? (
        <Notice tone="failed" title="No worker is alive, so no replay makes progress.">
          Start one (npm start does); replays go on where they were.
        </Notice>
      ) : null}
      <HealthBar view={view} />
      <Section title="Needs you now">
        {view.needsYou.length === 0 ? (
          <EmptyState title="Nothing waits for you." />
        ) : (
          <Queue items={view.needsYou} />
        )}
      </Section>
      {view.waitsForOthers.length > 0 ? (
        <Section title="Waits for others" description="You can’t decide about these.">
          <Queue items={view.waitsForOthers} />
        </Section>
      ) : null}
      <Section title="Contracts">
        <Table
          caption="Contracts"
          columns={columns}
          rows={view.contracts}
          rowKey={(row) => row.contractId}
          density={40}
          empty={
            <EmptyState title="No contract is registered.">
              Write one under contracts/; docs/contracts.md shows how.
            </EmptyState>
          }
        />
      </Section>
      {view.running.length > 0 ? (
        <Section title="Running now">
          <Table
            caption="Running replays"
            columns={replayColumns}
            rows={view.running}
            rowKey={(row) => row.id}
          />
          {view.runningTotal > view.running.length ? (
            <p className="text-sm text-muted">
              <TextLink href="/replays?status=running">
                And {formatCount(view.runningTotal - view.running.length)} more
              </TextLink>
            </p>
          ) : null}
        </Section>
      ) : null}
    </>
  );
}

/** What to do first: a contract's own next step where it leads the queue, because its sentence stands there already. */
function firstStep({ needsYou, contracts }: OverviewView): string | null {
  const [first] = needsYou;
  if (first === undefined) return null;
  return contracts.find((each) => each.sentence === first.sentence)?.todo ?? first.sentence;
}

/** One proportional bar over all contracts. */
function HealthBar({ view }: { view: OverviewView }) {
  if (view.contracts.length === 0) return null;
  const segments = urgency
    .toReversed()
    .map(
      (kind): Segment => ({
        key: kind,
        label: kind.replace('-', ' '),
        value: view.contracts.filter((each) => each.verdict === kind).length,
        tone: tones[kind],
      }),
    )
    .filter((each) => each.value > 0);
  return <StackedBar kind="verdicts" label="Contracts" unit="contract" segments={segments} />;
}

/** One queue of what needs a person, most urgent first. */
function Queue({ items }: { items: OverviewView['needsYou'] }) {
  return (
    <ol className="divide-y divide-line border-y border-line">
      {items.map((item) => (
        <li
          key={`${item.kind}-${item.href}-${item.sentence}`}
          className="flex flex-wrap items-center gap-x-4 gap-y-1 py-2"
        >
          <span className="min-w-32">
            <Verdict tone={queueTone[item.kind]}>{item.kind.replaceAll('-', ' ')}</Verdict>
          </span>
          <TextLink href={item.href} className="min-w-0 flex-1 basis-60">
            {item.sentence}
          </TextLink>
          {item.since ? (
            <span className="text-xs text-muted">
              <RelativeTime at={item.since} />
            </span>
          ) : null}
        </li>
      ))}
    </ol>
  );
}

const queueTone: Record<OverviewView['needsYou'][number]['kind'], Tone> = {
  incident: 'failed',
  difference: 'different',
  untrusted: 'failed',
  readiness: 'different',
  approval: 'accent',
  action: 'failed',
  'contract-problem': 'failed',
  'database-role': 'failed',
  'evidence-log': 'failed',
  halted: 'failed',
  notices: 'failed',
  behind: 'accent',
  'not-compared': 'unknown',
  'never-proven': 'unknown',
  'evidence-overdue': 'failed',
  stale: 'unknown',
};

const columns: readonly Column<ContractVerdict>[] = [
  {
    id: 'contract',
    header: 'Contract',
    cell: (row) => (
      <TextLink quiet href={`/contracts/${encodeURIComponent(row.contractId)}`}>
        {row.title}
      </TextLink>
    ),
  },
  {
    id: 'verdict',
    header: 'Verdict',
    cell: (row) => (
      <Verdict tone={tones[row.verdict]} look="plain">
        {row.verdict.replace('-', ' ')}
      </Verdict>
    ),
  },
  {
    id: 'why',
    header: 'Why',
    cell: (row) => (
      <span className="block py-1">
        {row.sentence}
        {row.todo ? <span className="block text-xs text-muted">{row.todo}</span> : null}
      </span>
    ),
  },
  {
    id: 'keys',
    header: 'Differing keys',
    align: 'end',
    wideOnly: true,
    cell: (row) =>
      row.keysDiffering === null || row.keysTotal === null ? (
        <span className="text-muted">—</span>
      ) : (
        <TextLink quiet href={`/states/${encodeURIComponent(row.contractId)}`}>
          {formatCount(row.keysDiffering)} of {counted(row.keysTotal, 'key')}
        </TextLink>
      ),
  },
  {
    id: 'proof',
    header: 'Last proof',
    cell: (row) =>
      row.proofAt && row.replayId ? (
        <span className="inline-flex gap-2">
          <RelativeTime at={row.proofAt} />
          <TextLink quiet href={`/replays/${row.replayId}`}>
            replay
          </TextLink>
        </span>
      ) : (
        <span className="text-muted">never</span>
      ),
  },
];
