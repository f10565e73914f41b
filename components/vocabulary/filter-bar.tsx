import type { ReactNode } from 'react';

/** The filters of a list, in one line that wraps. They live in the URL, so there is nothing to submit. */
export function FilterBar({ label, children }: { label: string; children: ReactNode }) {
  return (
    <search aria-label={label} className="flex flex-wrap items-end gap-3">
      {children}
    </search>
  );
}
