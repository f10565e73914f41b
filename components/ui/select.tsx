'use client';

import { Select as Base } from '@base-ui/react/select';
import { Check, ChevronDown } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { cx } from './class-names.ts';
import { controlLook, FieldFrame } from './field.tsx';

export type Option = { value: string; label: string; hint?: string };

export type SelectProps = {
  label: string;
  hideLabel?: boolean;
  hint?: ReactNode;
  error?: string | null;
  value: string;
  onValueChange: (value: string) => void;
  options: readonly Option[];
  className?: string;
};

/** One of a few. Above about ten take `Combobox`, which can be typed into. */
export function Select({
  label,
  hideLabel,
  hint,
  error,
  value,
  onValueChange,
  options,
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
      <Base.Root items={options} value={value} onValueChange={(next) => onValueChange(next ?? '')}>
        <Base.Trigger
          id={id}
          aria-label={label}
          aria-describedby={hint ? `${id}-hint` : undefined}
          className={cx(controlLook, 'inline-flex items-center justify-between gap-2')}
        >
          <Base.Value />
          <ChevronDown aria-hidden="true" className="size-4 text-muted" />
        </Base.Trigger>
        <Base.Portal>
          <Base.Positioner
            role="region"
            aria-label={`Choices: ${label}`}
            sideOffset={4}
            alignItemWithTrigger={false}
            collisionPadding={8}
            className="z-50"
          >
            <Base.Popup className="popup max-h-[min(20rem,var(--available-height))] min-w-(--anchor-width) overflow-y-auto p-1 text-sm">
              <Base.List>
                {options.map((option) => (
                  <Base.Item
                    key={option.value}
                    value={option.value}
                    className="flex min-h-8 items-center gap-2 rounded-sm px-2 outline-none data-[highlighted]:bg-hover"
                  >
                    <span className="size-4">
                      <Base.ItemIndicator>
                        <Check aria-hidden="true" className="size-4 text-accent" />
                      </Base.ItemIndicator>
                    </span>
                    <Base.ItemText>{option.label}</Base.ItemText>
                    {option.hint ? (
                      <span className="ml-auto pl-4 text-xs text-muted">{option.hint}</span>
                    ) : null}
                  </Base.Item>
                ))}
              </Base.List>
            </Base.Popup>
          </Base.Positioner>
        </Base.Portal>
      </Base.Root>
    </FieldFrame>
  );
}
