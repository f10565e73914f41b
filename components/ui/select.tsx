'use client';

import { ChevronDown } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { cx } from './class-names.ts';
import { controlLook, FieldFrame } from './field.tsx';
import { type Option, withChosen } from './options.ts';

export type SelectProps = {
  label: string;
  hideLabel?: boolean;
  hint?: ReactNode;
  error?: string | null;
  value: string;
  onValueChange: (value: string) => void;
  options: readonly Option[];
  disabled?: boolean;
  className?: string;
};

/**
 * One of a few. It is the browser's own, which costs no script and works with every keyboard and screen reader;
 * where the browser lets its list be styled (`appearance: base-select`) it looks like the rest of the page.
 * Above about ten choices take `Combobox`, which can be typed into.
 */
export function Select({
  label,
  hideLabel,
  hint,
  error,
  value,
  onValueChange,
  options,
  disabled = false,
  className,
}: SelectProps) {
  const id = useId();
  return (
    <FieldFrame
      label={label}
      hideLabel={hideLabel}
      controlId={id}
      hint={hint}
      hintId={`${id}-hint`}
      error={error}
      errorId={`${id}-error`}
      className={className}
    >
      <span className="relative flex items-center">
        <select
          id={id}
          value={value}
          disabled={disabled}
          onChange={(event) => onValueChange(event.target.value)}
          aria-invalid={error ? true : undefined}
          aria-describedby={hint ? `${id}-hint` : undefined}
          className={cx(controlLook, 'select w-full pr-8')}
        >
          {withChosen(options, value).map((option) => (
            <option key={option.value} value={option.value}>
              {option.hint ? `${option.label} (${option.hint})` : option.label}
            </option>
          ))}
        </select>
        <ChevronDown
          aria-hidden="true"
          className="pointer-events-none absolute right-2.5 size-4 text-muted"
        />
      </span>
    </FieldFrame>
  );
}
