'use client';

import { useQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import {
  prepareGaps,
  prepareVerdictStrip,
  type StripMonth,
} from '@/components/charts/prepare-verdict-strip.ts';
import { VerdictStrip } from '@/components/charts/verdict-strip.tsx';
import type { Column } from '@/components/ui/column.ts';
import { formatCount, formatDuration } from '@/components/ui/format-number.ts';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { EmptyState, ErrorState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { toneFill } from '@/components/ui/tone.ts';
import { Verdict } from '@/components/ui/verdict.tsx';
import type { EvidenceHistory } from '@/server/application/views.ts';
import { ageAnswer, gapsLeftOut, stripSummary } from './evidence-age.ts';

const MONTHS = 18;

/** How old a contract's latest trusted evidence is against what it allows, and what was found month by month. */
export function EvidenceOverTime({ contractId }: { contractId: string }) {
  const trpc = useTRPC();
  const history = useQuery(trpc.evidence.history.queryOptions({ contractId }));
  return (
    <Section
      title="Evidence over time"
      description={`Replays that came to a verdict, month by month. Age and gaps count trusted evidence of the whole history alone.`}
    >
      {history.isPending ? (
        <SkeletonRows rows={4} />
      ) : history.isError ? (
        <ErrorState
          title="Its evidence could not be read."
          whatToDo="The rest of the page stands. Try again, or look at the log."
          detail={history.error.message}
          onRetry={() => history.refetch()}
        />
      ) : (
        <History history={history.data} />
      )}
    </Section>
  );
}

function History({ history }: { history: EvidenceHistory }) {
  const window = { now: history.asOf, months: MONTHS };
  const months = prepareVerdictStrip(history.months, window);
  const limited = history.maxAgeHours !== null;
  return (
    <>
      <Age history={history} />
      {history.months.length === 0 ? (
        <EmptyState title={`No replay has come to a verdict in the last ${MONTHS} months.`} />
      ) : (
        <>
          <VerdictStrip
            summary={stripSummary(history, MONTHS)}
            months={months}
            gaps={limited ? prepareGaps(history.gapsDrawn, window) : null}
          />
          <Legend limited={limited} />
          <details className="text-sm">
            <summary className="cursor-pointer rounded-sm text-muted hover:text-ink">
              The same as a table
            </summary>
            <div className="mt-2 flex flex-col gap-3">
              <Table
                caption="Verdicts by month"
                columns={monthColumns}
                rows={months}
                rowKey={(row) => row.month}
              />
            </div>
          </details>
        </>
      )}
      {limited ? <Gaps history={history} /> : null}
    </>
  );
}

/** The age as a budget of its own: what is allowed, how much of it is used, and what is left. */
function Age({ history }: { history: EvidenceHistory }) {
  const { budget, latestTrusted } = history;
  const answer = ageAnswer(budget);
  const used = budget.used === null ? null : Math.round(budget.used * 100);
  return (
    <div className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4">
      <p className="text-sm">
        <Verdict tone={answer.tone}>{answer.word}</Verdict> {answer.sentence}
      </p>
      {used === null ? null : (
        <div
          role="img"
          aria-label={`${used} % of the allowed age is used`}
          className="flex h-2 overflow-hidden rounded-sm bg-hover"
        >
          <span
            data-segment=""
            className={toneFill[answer.tone]}
            style={{ width: `${Math.min(100, used)}%` }}
          />
        </div>
      )}
      <KeyValueList
        items={[
          {
            label: 'Latest trusted evidence',
            value: latestTrusted ? (
              <TextLink href={`/evidence/${latestTrusted.id}`}>
                <RelativeTime at={latestTrusted.recordedAt} />
              </TextLink>
            ) : (
              'none yet'
            ),
          },
          {
            label: 'Allowed age',
            value: budget.allowedMs === null ? 'the contract does not say' : formatDuration(budget.allowedMs),
          },
          ...(used === null || budget.leftMs === null
            ? []
            : [
                { label: 'Used', value: `${formatCount(used)} %` },
                {
                  label: budget.leftMs < 0 ? 'Overdue by' : 'Left',
                  value: formatDuration(Math.abs(budget.leftMs)),
                },
              ]),
        ]}
      />
    </div>
  );
}

function Legend({ limited }: { limited: boolean }) {
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
      <li>
        <Verdict tone="verified" look="plain">
          trusted
        </Verdict>
      </li>
      <li>
        <Verdict tone="different" look="plain">
          suspect
        </Verdict>
      </li>
      <li>
        <Verdict tone="failed" look="plain">
          untrusted
        </Verdict>
      </li>
      <li className="text-muted">dashed: no replay came to a verdict</li>
      {limited ? (
        <li className="text-muted">the red line below: no trusted evidence that was young enough</li>
      ) : null}
    </ul>
  );
}

const monthColumns: readonly Column<StripMonth>[] = [
  { id: 'month', header: 'Month (UTC)', mono: true, cell: (row) => row.month },
  ...(['trusted', 'suspect', 'untrusted'] as const).map(
    (verdict): Column<StripMonth> => ({
      id: verdict,
      header: verdict,
      align: 'end',
      cell: (row) =>
        row.counts === null ? (
          <span className="text-muted">no evidence</span>
        ) : (
          formatCount(row.counts[verdict])
        ),
    }),
  ),
];

const gapColumns: readonly Column<EvidenceHistory['gaps'][number]>[] = [
  { id: 'from', header: 'From', cell: (row) => <RelativeTime at={row.from} absolute /> },
  {
    id: 'to',
    header: 'To',
    cell: (row) => (row.open ? 'now: it lasts' : <RelativeTime at={row.to} absolute />),
  },
  {
    id: 'length',
    header: 'Lasted',
    align: 'end',
    cell: (row) => formatDuration(Date.parse(row.to) - Date.parse(row.from)),
  },
];

function Gaps({ history }: { history: EvidenceHistory }) {
  const leftOut = gapsLeftOut(history);
  return (
    <>
      <Table
        caption="Gaps: no trusted evidence that was young enough"
        showCaption
        columns={gapColumns}
        rows={history.gaps}
        rowKey={(row) => row.from}
        empty={
          <p className="text-sm text-muted">
            No gap: trusted evidence was never older than the contract allows.
          </p>
        }
      />
      {leftOut === null ? null : <p className="text-sm text-muted">{leftOut}</p>}
    </>
  );
}
