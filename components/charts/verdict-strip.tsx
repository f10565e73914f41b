import type { StripGap, StripMonth } from './prepare-verdict-strip.ts';

export type VerdictStripProps = {
  /** What is drawn, in a sentence: the table behind it says the same figure by figure. */
  summary: string;
  months: readonly StripMonth[];
  /** When something that had to be there was missing; null where nothing says what has to be. */
  gaps: readonly StripGap[] | null;
};

/** Trusted, suspect and untrusted month by month. A month without any is dashed, and gaps lie below it on the same time. */
export function VerdictStrip({ summary, months, gaps }: VerdictStripProps) {
  return (
    <div role="img" aria-label={summary} className="flex flex-col gap-1">
      <div className="flex h-24 items-stretch gap-0.5">
        {months.map((month) => (
          <Bar key={month.month} month={month} />
        ))}
      </div>
      {gaps === null ? null : (
        <div className="relative h-2 rounded-sm bg-hover">
          {gaps.map((gap) => (
            <span
              key={`${gap.leftPercent} ${gap.widthPercent}`}
              data-segment=""
              className="absolute inset-y-0 rounded-sm bg-failed"
              style={{ left: `${gap.leftPercent}%`, width: `${gap.widthPercent}%` }}
            />
          ))}
        </div>
      )}
      <div aria-hidden="true" className="flex gap-0.5 text-xs text-muted">
        {months.map((month, at) => (
          <span key={month.month} className="min-w-0 flex-1 overflow-visible whitespace-nowrap">
            {at === 0 || at % 3 === 0 ? month.label : ''}
          </span>
        ))}
      </div>
    </div>
  );
}

function Bar({ month: { counts, heights } }: { month: StripMonth }) {
  if (counts === null)
    return (
      <span
        className="flex-1 self-end rounded-sm border border-dashed border-control opacity-60"
        style={{ height: '100%' }}
      />
    );
  return (
    <span className="flex flex-1 flex-col justify-end gap-px rounded-sm bg-subtle">
      <span data-segment="" className="bg-failed" style={{ height: `${heights.untrusted}%` }} />
      <span data-segment="" className="bg-different" style={{ height: `${heights.suspect}%` }} />
      <span data-segment="" className="bg-verified" style={{ height: `${heights.trusted}%` }} />
    </span>
  );
}
