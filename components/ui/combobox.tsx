'use client';

import { Combobox as Base } from '@base-ui/react/combobox';
import { Check, ChevronDown } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { cx } from './class-names.ts';
import { controlLook, FieldFrame } from './field.tsx';
import type { Option } from './select.tsx';

export type ComboboxProps = {
  label: string;
  hideLabel?: boolean;
  hint?: ReactNode;
  error?: string | null;
  value: string | null;
  onValueChange: (value: string | null) => void;
  options: readonly Option[];
  placeholder?: string;
  /** Said when nothing matches: `No key matches.` */
  nothing?: string;
  className?: string;
};

/** One of many, found by typing. */
export function Combobox(props: ComboboxProps) {
  const { label, hideLabel, hint, error, value, onValueChange, options, placeholder, nothing, className } =
    props;
  const id = useId();
  const selected = options.find((option) => option.value === value) ?? null;
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
      <Base.Root
        items={options}
        value={selected}
        onValueChange={(next: Option | null) => onValueChange(next?.value ?? null)}
        isItemEqualToValue={(a: Option, b: Option) => a.value === b.value}
      >
        <Base.Trigger
          id={id}
          aria-label={label}
          aria-invalid={error ? true : undefined}
          aria-describedby={hint ? `${id}-hint` : undefined}
          className={cx(controlLook, 'inline-flex items-center justify-between gap-2')}
        >
          {selected ? selected.label : <span className="text-muted">{placeholder ?? 'Choose'}</span>}
          <ChevronDown aria-hidden="true" className="size-4 text-muted" />
        </Base.Trigger>
        <Choices label={label} nothing={nothing ?? 'Nothing matches.'} />
      </Base.Root>
    </FieldFrame>
  );
}

function Choices({ label, nothing }: { label: string; nothing: string }) {
  return (
    <Base.Portal>
      <Base.Positioner sideOffset={4} collisionPadding={8} className="z-50">
        {/* The field is inside the popup: beside it, Base UI hides the whole page from screen readers. */}
        <Base.Popup
          aria-label={label}
          className="popup flex max-h-[min(22rem,var(--available-height))] min-w-(--anchor-width) flex-col text-sm"
        >
          <Base.Input
            aria-label={`Find in ${label}`}
            placeholder="Find"
            data-ring="inside"
            className="h-9 rounded-t-lg border-b border-line bg-transparent px-3 outline-none"
          />
          <Base.Empty>
            <p className="px-3 py-2 text-muted">{nothing}</p>
          </Base.Empty>
          <Base.List className="min-h-0 overflow-y-auto p-1">
            {(option: Option) => (
              <Base.Item
                key={option.value}
                value={option}
                className="flex min-h-8 items-center gap-2 rounded-sm px-2 outline-none data-[highlighted]:bg-hover"
              >
                <span className="size-4">
                  <Base.ItemIndicator>
                    <Check aria-hidden="true" className="size-4 text-accent" />
                  </Base.ItemIndicator>
                </span>
                {option.label}
                {option.hint ? <span className="ml-auto pl-4 text-xs text-muted">{option.hint}</span> : null}
              </Base.Item>
            )}
          </Base.List>
        </Base.Popup>
      </Base.Positioner>
    </Base.Portal>
  );
}
