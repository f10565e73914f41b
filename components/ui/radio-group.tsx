'use client';

import { type ReactNode, useId } from 'react';
import { cx } from './class-names.ts';

type RadioOption = {
  value: string;
  label: string;
  hint?: ReactNode;
  /** Why it can't be chosen; null where it can. */
  disabledReason?: string | null;
};

export type RadioGroupProps = {
  label: string;
  hideLabel?: boolean;
  value: string;
  onValueChange: (value: string) => void;
  options: readonly RadioOption[];
  /** `cards` gives every choice its hint; `inline` is one line of words. */
  look?: 'cards' | 'inline';
};

/** A choice that decides what follows. Arrow keys move between the choices, as the browser has it. */
export function RadioGroup({
  label,
  hideLabel,
  value,
  onValueChange,
  options,
  look = 'inline',
}: RadioGroupProps) {
  const name = useId();
  return (
    <fieldset className="min-w-0">
      <legend className={hideLabel ? 'sr-only' : 'mb-1 text-sm font-medium'}>{label}</legend>
      <div
        className={
          look === 'cards' ? 'grid gap-2 sm:grid-cols-2 lg:grid-cols-3' : 'flex flex-wrap gap-x-4 gap-y-1'
        }
      >
        {options.map((option) => (
          <label
            key={option.value}
            className={cx(
              'flex min-h-6 items-start gap-2 text-sm',
              option.disabledReason ? 'cursor-not-allowed text-muted' : 'cursor-pointer',
              look === 'cards' &&
                'rounded-md border border-line bg-surface p-3 transition-colors hover:bg-hover has-checked:border-accent has-checked:bg-accent-tint',
            )}
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              disabled={Boolean(option.disabledReason)}
              checked={option.value === value}
              onChange={() => onValueChange(option.value)}
              className="mt-0.5 size-4 shrink-0 accent-accent"
            />
            <span>
              {option.label}
              {(option.disabledReason ?? option.hint) ? (
                <span className="block text-xs text-muted">{option.disabledReason ?? option.hint}</span>
              ) : null}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
