import { CircleCheck, CircleDot, CircleHelp, CircleX, TriangleAlert } from 'lucide-react';
import type { ComponentType, ReactNode, SVGProps } from 'react';
import { cx } from './class-names.ts';
import { type Tone, toneText, toneTint } from './tone.ts';

type Icon = ComponentType<SVGProps<SVGSVGElement>>;

const icons: Record<Tone, Icon> = {
  verified: CircleCheck,
  different: TriangleAlert,
  failed: CircleX,
  unknown: CircleHelp,
  accent: CircleDot,
};

/** The icon of a tone alone, for places where its word stands right beside it. */
export function ToneIcon({ tone, className }: { tone: Tone; className?: string }) {
  const Shape = icons[tone];
  return <Shape aria-hidden="true" className={cx('size-4 shrink-0', toneText[tone], className)} />;
}

export type VerdictProps = {
  tone: Tone;
  /** The word: `trusted`, `2 differ`, `behind`. Never left out. */
  children: ReactNode;
  /** Another icon of the same meaning. */
  icon?: Icon;
  /** `chip` has a tint behind it; `plain` is for table cells and running text. */
  look?: 'chip' | 'plain';
};

/** A verdict: icon, word and colour together, so that it is read without seeing colours. */
export function Verdict({ tone, children, icon, look = 'chip' }: VerdictProps) {
  const Shape = icon ?? icons[tone];
  return (
    <span
      className={cx(
        'inline-flex items-center gap-1 align-middle whitespace-nowrap font-medium',
        toneText[tone],
        look === 'chip' && cx('rounded-sm px-1.5 text-xs leading-5', toneTint[tone]),
      )}
    >
      <Shape aria-hidden="true" className={look === 'chip' ? 'size-3.5 shrink-0' : 'size-4 shrink-0'} />
      {children}
    </span>
  );
}

/** A neutral label without a verdict: a version, a kind, a role. */
export function Badge({ children }: { children: ReactNode }) {
  return (
    <span className="inline-flex items-center gap-1 rounded-sm border border-line bg-subtle px-1.5 text-xs leading-4.5 whitespace-nowrap text-muted">
      {children}
    </span>
  );
}
