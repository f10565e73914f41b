import Link from 'next/link';
import type { ReactNode } from 'react';
import { cx } from './class-names.ts';
import { counted, formatCount } from './format-number.ts';
import { segmentWidths } from './segments.ts';
import { type Tone, toneFill } from './tone.ts';
import { ToneIcon } from './verdict.tsx';

export type Segment = {
  key: string;
  /** The word for these: `applied`, `duplicates`. */
  label: string;
  value: number;
  tone: Tone;
  /** The rows behind the count. */
  href?: string;
};

export type StackedBarProps = {
  /** What the bar divides: `Events read`. */
  label: string;
  segments: readonly Segment[];
  /** The whole, where the segments do not fill it yet; their sum when left out. */
  total?: number;
  /** What is counted, in the singular: `event`. */
  unit: string;
  units?: string;
  /** A word at the right of the label: `37 % · 1 min 20 s left`. */
  aside?: ReactNode;
  /** `progress` marks its counts with swatches, `verdicts` with the icons of their verdicts, on a thicker bar. */
  kind?: 'progress' | 'verdicts';
};

/** One bar of proportions with its counts below, each a link to the very rows it counts. */
export function StackedBar({
  label,
  segments,
  total,
  unit,
  units,
  aside,
  kind = 'progress',
}: StackedBarProps) {
  const sum = segments.reduce((all, each) => all + each.value, 0);
  const whole = Math.max(total ?? sum, sum);
  const widths = segmentWidths(segments, whole);
  const said = segments.map((each) => `${formatCount(each.value)} ${each.label}`).join(', ');
  return (
    <div className="flex flex-col gap-1.5">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 text-sm">
        <span className="font-medium">{label}</span>
        <span className="text-muted">{aside ?? counted(whole, unit, units)}</span>
      </div>
      <div
        role="img"
        aria-label={`${label}: ${said}, of ${counted(whole, unit, units)}`}
        className={cx(
          'flex gap-px overflow-hidden rounded-sm bg-hover',
          kind === 'verdicts' ? 'h-3.5' : 'h-2',
        )}
      >
        {segments.map((each, at) =>
          each.value > 0 ? (
            <span
              key={each.key}
              data-segment=""
              style={{ width: `${widths[at] ?? 0}%` }}
              className={toneFill[each.tone]}
            />
          ) : null,
        )}
      </div>
      <ul className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
        {segments.map((each) => (
          <li key={each.key}>
            <SegmentCount segment={each} kind={kind} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function SegmentCount({ segment, kind }: { segment: Segment; kind: 'progress' | 'verdicts' }) {
  const content = (
    <>
      {kind === 'verdicts' ? (
        <ToneIcon tone={segment.tone} className="size-3.5" />
      ) : (
        <span data-segment="" className={cx('size-2.5 rounded-sm', toneFill[segment.tone])} />
      )}
      <span className="font-medium text-ink">{formatCount(segment.value)}</span>
      <span className="text-muted">{segment.label}</span>
    </>
  );
  const look = 'inline-flex min-h-6 items-center gap-1';
  if (!segment.href) return <span className={look}>{content}</span>;
  return (
    <Link href={segment.href} className={cx(look, 'rounded-sm underline-offset-2 hover:underline')}>
      {content}
    </Link>
  );
}
