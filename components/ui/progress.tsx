import { cx } from './class-names.ts';
import { formatCount } from './format-number.ts';
import { quarterOf } from './segments.ts';
import { type Tone, toneFill } from './tone.ts';

export type ProgressProps = {
  /** What goes on: `Partition 3`. */
  label: string;
  value: number;
  total: number;
  tone?: Tone;
  /** The label is said beside it already. */
  hideLabel?: boolean;
};

/** How far something is. Announced in quarters, drawn as it comes, without animating data. */
export function Progress({ label, value, total, tone = 'accent', hideLabel = false }: ProgressProps) {
  const percent = total <= 0 ? 0 : Math.min(100, (value / total) * 100);
  const quarter = quarterOf(value, total);
  return (
    <div className="flex min-w-24 flex-col gap-1">
      {hideLabel ? null : (
        <div className="flex justify-between gap-4 text-sm">
          <span>{label}</span>
          <span className="text-muted">
            {formatCount(value)} of {formatCount(total)}
          </span>
        </div>
      )}
      <div
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(percent)}
        className="h-1.5 overflow-hidden rounded-sm bg-hover"
      >
        <div data-segment="" style={{ width: `${percent}%` }} className={cx('h-full', toneFill[tone])} />
      </div>
      <span role="status" className="sr-only">
        {quarter > 0 ? `${label}: ${quarter * 25} %` : ''}
      </span>
    </div>
  );
}
