'use client';

import { Tabs as Base } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';

export type TabItem = { value: string; label: string; count?: ReactNode; panel: ReactNode };

export type TabsProps = {
  /** What the tabs choose between, for a screen reader. */
  label: string;
  /** Controlled: the open tab is in the URL. */
  value: string;
  onValueChange: (value: string) => void;
  items: readonly TabItem[];
};

/** Tabs whose open one the URL knows. */
export function Tabs({ label, value, onValueChange, items }: TabsProps) {
  return (
    <Base.Root
      value={value}
      onValueChange={(next: unknown) => onValueChange(String(next))}
      className="flex flex-col gap-4"
    >
      <Base.List aria-label={label} className="flex flex-wrap gap-x-1 border-b border-line">
        {items.map((item) => (
          <Base.Tab
            key={item.value}
            value={item.value}
            data-ring="inside"
            className="-mb-px inline-flex h-9 items-center gap-1.5 rounded-t-md border-b-2 border-transparent px-3 text-sm text-muted transition-colors hover:text-ink data-[active]:border-accent data-[active]:font-medium data-[active]:text-ink"
          >
            {item.label}
            {item.count === undefined ? null : <span className="text-xs text-muted">{item.count}</span>}
          </Base.Tab>
        ))}
      </Base.List>
      {items.map((item) => (
        <Base.Panel key={item.value} value={item.value} data-ring="inside">
          {item.panel}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
