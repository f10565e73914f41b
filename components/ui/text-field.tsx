'use client';

import {
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type TextareaHTMLAttributes,
  useId,
} from 'react';
import { cx } from './class-names.ts';
import { controlLook, FieldFrame } from './field.tsx';

type Shared = {
  label: string;
  hideLabel?: boolean;
  hint?: ReactNode;
  error?: string | null | undefined;
  /** Ids, offsets, keys. */
  mono?: boolean;
};

export type TextFieldProps = Shared &
  Omit<InputHTMLAttributes<HTMLInputElement>, 'id'> & {
    ref?: Ref<HTMLInputElement>;
    icon?: ReactNode;
    /** The page's search: `/` brings the focus here. */
    search?: boolean;
  };

/** A line of text with its label, hint and error; spreads react-hook-form's `register(…)`. */
export function TextField({
  label,
  hideLabel,
  hint,
  error,
  mono,
  icon,
  search,
  className,
  ...rest
}: TextFieldProps) {
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
        {icon ? <span className="pointer-events-none absolute left-2.5 text-muted">{icon}</span> : null}
        <input
          {...rest}
          id={id}
          type={search ? 'search' : (rest.type ?? 'text')}
          data-page-search={search ? '' : undefined}
          aria-invalid={error ? true : undefined}
          aria-describedby={describedBy(id, hint, error)}
          className={cx(controlLook, 'w-full', mono && 'font-mono', Boolean(icon) && 'pl-8')}
        />
      </span>
    </FieldFrame>
  );
}

export type TextAreaProps = Shared &
  Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'id'> & { ref?: Ref<HTMLTextAreaElement> };

/** Several lines of text: a reason, a note. */
export function TextArea({
  label,
  hideLabel,
  hint,
  error,
  mono,
  className,
  rows = 3,
  ...rest
}: TextAreaProps) {
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
      <textarea
        {...rest}
        id={id}
        rows={rows}
        aria-invalid={error ? true : undefined}
        aria-describedby={describedBy(id, hint, error)}
        className={cx(controlLook, 'h-auto w-full py-1.5', mono && 'font-mono')}
      />
    </FieldFrame>
  );
}

function describedBy(id: string, hint: ReactNode, error: string | null | undefined): string | undefined {
  const ids = [hint ? `${id}-hint` : null, error ? `${id}-error` : null].filter(Boolean);
  return ids.length > 0 ? ids.join(' ') : undefined;
}
