'use client';

import { type InputHTMLAttributes, type ReactNode, type Ref, useId } from 'react';
import { cx } from './class-names.ts';

export type CheckboxProps = Omit<InputHTMLAttributes<HTMLInputElement>, 'id' | 'type'> & {
  label: ReactNode;
  /** The label is said beside it already. */
  hideLabel?: boolean;
  hint?: ReactNode;
  ref?: Ref<HTMLInputElement>;
};

/** The browser's own checkbox: it needs no script, and forms, autofill and high contrast know it. */
export function Checkbox({ label, hideLabel = false, hint, className, ...rest }: CheckboxProps) {
  const id = useId();
  return (
    <div className={cx('flex min-h-6 gap-2', hideLabel ? 'items-center' : 'items-start', className)}>
      <input
        {...rest}
        id={id}
        type="checkbox"
        aria-describedby={hint ? `${id}-hint` : undefined}
        className={cx('size-4 shrink-0 accent-accent', !hideLabel && 'mt-0.5')}
      />
      <span className="text-sm">
        <label htmlFor={id} className={hideLabel ? 'sr-only' : undefined}>
          {label}
        </label>
        {hint ? (
          <span id={`${id}-hint`} className="block text-xs text-muted">
            {hint}
          </span>
        ) : null}
      </span>
    </div>
  );
}
