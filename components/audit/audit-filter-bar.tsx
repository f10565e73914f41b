'use client';

import type { ReactNode } from 'react';
import { Select } from '@/components/ui/select.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { FilterBar } from '@/components/vocabulary/filter-bar.tsx';
import { usePersonOptions } from '@/components/vocabulary/person.tsx';
import { type AuditFilter, outcomes } from './audit-filters.ts';

export type AuditFilterBarProps = {
  filter: AuditFilter;
  /** Every action that was ever done. */
  actions: readonly string[];
  onFilter: (change: { readonly [Name in keyof AuditFilter]?: AuditFilter[Name] | null }) => void;
  children: ReactNode;
};

/** Whose entries, which, about what, and of which days. */
export function AuditFilterBar({ filter, actions, onFilter, children }: AuditFilterBarProps) {
  const people = usePersonOptions(filter.actor);
  return (
    <FilterBar label="Filter the audit">
      <Select
        label="Who"
        value={filter.actor}
        onValueChange={(value) => onFilter({ actor: value || null })}
        options={[{ value: '', label: 'Anyone' }, ...people]}
        className="w-40"
      />
      <Select
        label="Action"
        value={filter.action}
        onValueChange={(value) => onFilter({ action: value || null })}
        options={[{ value: '', label: 'Any' }, ...actions.map((each) => ({ value: each, label: each }))]}
        className="w-52"
      />
      <Select
        label="Outcome"
        value={filter.outcome ?? ''}
        onValueChange={(value) => onFilter({ outcome: outcomes.find((each) => each === value) ?? null })}
        options={[{ value: '', label: 'Any' }, ...outcomes.map((each) => ({ value: each, label: each }))]}
        className="w-32"
      />
      <TextField
        label="Subject contains"
        search
        value={filter.subject}
        maxLength={200}
        onChange={(event) => onFilter({ subject: event.target.value || null })}
        className="w-44"
      />
      <TextField
        label="From day (UTC)"
        type="date"
        value={filter.since}
        onChange={(event) => onFilter({ since: event.target.value || null })}
      />
      <TextField
        label="To day (UTC)"
        type="date"
        value={filter.until}
        onChange={(event) => onFilter({ until: event.target.value || null })}
      />
      {children}
    </FilterBar>
  );
}
