import type { ReactNode } from 'react';
import { cx } from './class-names.ts';
import { type Figure, formatCount, formatDelta } from './format-number.ts';
import { type Tone, toneText } from './tone.ts';

/** A figure with its unit: `1,842 events`. Bigint positions come as strings and are printed ungrouped by `Offset`. */
export function Count({ value, unit, digits = 0 }: { value: Figure; unit?: string; digits?: number }) {
  return (
    <span className="whitespace-nowrap">
      {formatCount(value, digits)}
      {unit ? <span className="text-sm font-normal text-muted"> {unit}</span> : null}
    </span>
  );
}

/** A difference with its sign, in the colour of its verdict: zero is verified, anything else different. */
export function Delta({ value, tone, digits = 0 }: { value: Figure | string; tone?: Tone; digits?: number }) {
  const text = typeof value === 'string' ? value : formatDelta(value, digits);
  const colour = tone ?? (text === '±0' ? 'verified' : 'different');
  return <span className={cx('font-mono text-sm whitespace-nowrap', toneText[colour])}>{text}</span>;
}

/** An offset or position: monospaced and ungrouped, as every other tool of this field prints it. */
export function Offset({ value }: { value: string | bigint | number }) {
  return <span className="font-mono text-sm">{String(value)}</span>;
}

export type StatProps = {
  label: string;
  children: ReactNode;
  /** What the figure is compared with: a budget, a target, the last time. */
  compare?: ReactNode;
  tone?: Tone;
};

/** One figure with its label and its comparison. For a handful in a row; a wall of them answers nothing. */
export function Stat({ label, children, compare, tone }: StatProps) {
  return (
    <div className="min-w-28">
      <dt className="text-xs text-muted">{label}</dt>
      <dd className={cx('text-xl font-medium', tone && toneText[tone])}>{children}</dd>
      {compare ? <dd className="text-xs text-muted">{compare}</dd> : null}
    </div>
  );
}

/** The row that holds figures. */
export function StatRow({ children }: { children: ReactNode }) {
  return <dl className="flex flex-wrap gap-x-8 gap-y-3">{children}</dl>;
}
