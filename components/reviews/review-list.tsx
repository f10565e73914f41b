'use client';

import { useSuspenseInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { prepareMonthTimes } from '@/components/charts/prepare-month-times.ts';
import { counted } from '@/components/ui/format-number.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Pager } from '@/components/ui/pager.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import { spanWords } from '@/server/domain/review/span-words.ts';
import { nextPage } from './next-page.ts';

const MonthTimes = dynamic(() => import('@/components/charts/month-times.tsx'), {
  ssr: false,
  loading: () => <div className="h-56 w-full rounded-md bg-subtle" />,
});

/** What is looked back on: what waits, what is late, what comes back, and how long it took. */
export function ReviewList() {
  const trpc = useTRPC();
  const { data } = useSuspenseQuery(trpc.reviews.overview.queryOptions());
  const { unsigned } = data;
  const late = data.overdue.length;
  return (
    <>
      <PageHeader
        title="Reviews"
        tone={late > 0 ? 'failed' : unsigned > 0 ? 'accent' : 'verified'}
        verdict={
          late > 0
            ? `${counted(late, 'action')} of reviews ${late === 1 ? 'is' : 'are'} late.`
            : unsigned > 0
              ? `${counted(unsigned, 'review')} ${unsigned === 1 ? 'waits' : 'wait'} to be written and signed.`
              : 'No review waits, and no action is late.'
        }
        next="A review begins by itself when an incident recovers."
        tabTitle={late > 0 ? `${late} late · Reviews` : 'Reviews'}
      />
      <AllReviews />
      <Section title="Late actions">
        {late === 0 ? (
          <EmptyState title="No action is late." />
        ) : (
          <ul className="flex flex-col gap-2 text-sm">
            {data.overdue.map((each) => (
              <li key={each.actionId} className="flex flex-wrap gap-x-3 gap-y-1">
                <TextLink href={`/reviews/${each.reviewId}`}>{each.title}</TextLink>
                <span className="text-muted">
                  {each.owner === null ? 'nobody' : <Person id={each.owner} />},{' '}
                  {counted(each.daysLate, 'day')} late
                </span>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section
        title="What comes back"
        description={`The same cause, or the same kind of failure of one contract, more than once in ${data.recurringDays} days.`}
      >
        {data.recurring.length === 0 ? (
          <EmptyState title="Nothing came back." />
        ) : (
          <ul className="flex flex-col gap-2 text-sm">
            {data.recurring.map((each) => (
              <li key={`${each.by} ${each.what} ${each.contractId}`}>
                <TextLink href={`/incidents/${each.lastIncidentId}`}>{each.what}</TextLink>{' '}
                <span className="text-muted">
                  (the same {each.by}
                  {each.contractId === null ? '' : ` of ${each.contractId}`}) {counted(each.count, 'time')},
                  the last one <RelativeTime at={each.lastAt} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Months months={data.months} />
    </>
  );
}

function AllReviews() {
  const trpc = useTRPC();
  const pages = useSuspenseInfiniteQuery(trpc.reviews.list.infiniteQueryOptions({}, nextPage));
  const rows = pages.data.pages.flatMap((page) => page.rows);
  return (
    <Section title="Reviews" description="Those that are not signed first.">
      {rows.length === 0 ? (
        <EmptyState title="No incident has recovered yet." />
      ) : (
        <ul className="flex flex-col gap-2 text-sm">
          {rows.map((each) => (
            <li key={each.id} className="flex flex-wrap gap-x-3 gap-y-1">
              <TextLink href={`/reviews/${each.id}`}>{each.title}</TextLink>
              <span className="text-muted">
                {each.class}, {each.status}, {each.done} of {counted(each.actions, 'action')} done
                {each.overdue > 0 ? `, ${each.overdue} late` : ''}
              </span>
            </li>
          ))}
        </ul>
      )}
      <Pager
        summary={counted(rows.length, 'review') + (pages.hasNextPage ? ', and older ones' : '')}
        onNext={pages.hasNextPage ? () => pages.fetchNextPage() : null}
        pending={pages.isFetchingNextPage}
      />
    </Section>
  );
}

type Month = {
  readonly month: string;
  readonly count: number;
  readonly detect: Spread;
  readonly acknowledge: Spread;
  readonly recover: Spread;
};
type Spread = { readonly medianMs: number; readonly worstMs: number; readonly count: number } | null;

const words = (spread: Spread) =>
  spread === null
    ? 'not measured'
    : `${spanWords(spread.medianMs)}, at worst ${spanWords(spread.worstMs)} (${spread.count})`;

function Months({ months }: { months: readonly Month[] }) {
  const chart = prepareMonthTimes(months);
  return (
    <Section
      title="How long it took"
      description="By the month of the recovery: median, worst, and of how many. A month without any has no figure."
    >
      {chart === null ? null : <MonthTimes data={chart} />}
      <div className="overflow-x-auto">
        <table className="w-full min-w-xl text-left text-sm tabular-nums">
          <thead className="text-muted">
            <tr>
              {['Month', 'Incidents', 'To detect', 'To acknowledge', 'To recover'].map((each) => (
                <th key={each} scope="col" className="py-1 pr-4 font-medium">
                  {each}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {months.map((each) => (
              <tr key={each.month} className="border-t border-line">
                <th scope="row" className="py-1 pr-4 font-normal">
                  {each.month}
                </th>
                <td className="pr-4">{each.count}</td>
                {[each.detect, each.acknowledge, each.recover].map((spread, at) => (
                  <td key={['detect', 'acknowledge', 'recover'][at]} className="pr-4">
                    {each.count === 0 ? 'none' : words(spread)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
