import { formatCount } from '@/components/ui/format-number.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Section } from '@/components/ui/section.tsx';
import { StackedBar } from '@/components/ui/stacked-bar.tsx';
import { Notice } from '@/components/ui/states.tsx';
import type { SagaSummary } from '@/server/application/ports/saga-views.ts';
import { states } from './saga-filters.ts';
import { gapWords, span, stateTone, stateWords } from './saga-words.ts';

/** How it stands with the sagas of each contract: counts that link to their rows. */
export function SagaSummaries({ summaries }: { summaries: readonly SagaSummary[] }) {
  if (summaries.length === 0) return null;
  return (
    <Section title="By contract">
      <div className="flex flex-col gap-5">
        {summaries.map((summary) => (
          <OfContract key={summary.contractId} summary={summary} />
        ))}
      </div>
    </Section>
  );
}

function OfContract({ summary }: { summary: SagaSummary }) {
  const { contractId, counts, steps, limitMs, followedAt, problem, odd, missed, unread, gaps, gapCount } =
    summary;
  const href = (more: Readonly<Record<string, string>>) =>
    `/sagas?${new URLSearchParams({ contract: contractId, ...more })}`;
  const gone = missed !== '0' || unread !== '0';
  return (
    <div className="flex flex-col gap-2">
      <StackedBar
        label={`${contractId}: ${summary.title.toLowerCase()}`}
        kind="verdicts"
        unit="saga"
        segments={states.map((state) => ({
          key: state,
          label: stateWords[state],
          value: counts[state],
          tone: stateTone[state],
          href: href({ state }),
        }))}
      />
      <p className="text-sm text-muted">
        {steps.join(' → ')}; stuck after {span(limitMs)}.{' '}
        {followedAt === null ? (
          'Not followed to its end yet.'
        ) : (
          <>
            Followed <RelativeTime at={followedAt} />.
          </>
        )}{' '}
        {odd === 0 ? 'None has an oddity.' : `${formatCount(odd)} with an oddity.`}
      </p>
      {problem === null ? null : (
        <Notice tone="different" title="Its history can’t be followed now.">
          {problem}
        </Notice>
      )}
      {gaps.length === 0 ? null : (
        <Notice tone="different" title="Ranges of its history are gone.">
          <ul className="list-disc pl-5">
            {gaps.map((gap) => (
              <li key={`${gap.partition}/${gap.from}/${gap.foundAt}`}>
                {gapWords(gap)} Found <RelativeTime at={gap.foundAt} absolute />.
              </li>
            ))}
          </ul>
          {gapCount > gaps.length ? `The newest of ${formatCount(gapCount)}.` : null}
        </Notice>
      )}
      {gone ? (
        <Notice tone="different" title="Not all of its history could be read.">
          {missed} records were gone before they were followed, and {unread} could not be read so far that one
          would know whose they are. A saga may miss a step for it.
        </Notice>
      ) : null}
    </div>
  );
}
