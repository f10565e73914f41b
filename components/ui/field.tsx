import type { ReactNode } from 'react';
import { cx } from './class-names.ts';

/** The look every control shares: its border is the control border, which has 3:1 against the surface. */
export const controlLook =
  'h-8 rounded-md border border-control bg-surface px-2.5 text-sm text-ink transition-colors hover:border-muted disabled:cursor-not-allowed disabled:bg-subtle disabled:text-muted data-[invalid]:border-failed aria-invalid:border-failed';

export type FieldFrameProps = {
  label: string;
  hideLabel?: boolean | undefined;
  /** Id of the control the label is for. */
  controlId?: string | undefined;
  labelId?: string | undefined;
  hint?: ReactNode;
  hintId?: string | undefined;
  /** What is wrong and how to put it right. */
  error?: string | null | undefined;
  errorId?: string | undefined;
  children: ReactNode;
  className?: string | undefined;
};

/** Label, control, hint and error, in this order, tied together by ids. */
export function FieldFrame(props: FieldFrameProps) {
  const { label, hideLabel, controlId, labelId, hint, hintId, error, errorId, children, className } = props;
  return (
    <div className={cx('flex min-w-0 flex-col gap-1', className)}>
      <label htmlFor={controlId} id={labelId} className={hideLabel ? 'sr-only' : 'text-sm font-medium'}>
        {label}
      </label>
      {children}
      {hint ? (
        <p id={hintId} className="text-xs text-muted">
          {hint}
        </p>
      ) : null}
      {error ? (
        <p id={errorId} role="alert" className="text-xs font-medium text-failed">
          {error}
        </p>
      ) : null}
    </div>
  );
}
