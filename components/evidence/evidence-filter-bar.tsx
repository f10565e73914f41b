'use client';

import { Search } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Option } from '@/components/ui/options.ts';
import { Select } from '@/components/ui/select.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { FilterBar } from '@/components/vocabulary/filter-bar.tsx';
import { useNameOf } from '@/components/vocabulary/person.tsx';
import { useViewer } from '@/components/vocabulary/viewer.ts';
import { filterBounds } from '@/server/domain/evidence/filter-bounds.ts';
import {
  agreements,
  confidences,
  dayOf,
  type EvidenceFilter,
  type FilterChange,
  kinds,
  statuses,
} from './evidence-filters.ts';

export type EvidenceFilterBarProps = {
  filter: EvidenceFilter;
  facets: { contracts: readonly string[]; requesters: readonly string[]; approvers: readonly string[] };
  onFilter: (change: FilterChange) => void;
  children: ReactNode;
};

/** Which records: by words, by what they are and say, by whose they are, by a key, and of which days. */
export function EvidenceFilterBar({ filter, facets, onFilter, children }: EvidenceFilterBarProps) {
  const nameOf = useNameOf();
  const readsWords = useViewer()?.rights.includes('evidence') ?? false;
  const people = (ids: readonly string[]): readonly Option[] =>
    ids
      .map((each) => ({ value: each, label: nameOf(each) }))
      .toSorted((a, b) => a.label.localeCompare(b.label, 'en', { numeric: true }));
  return (
    <FilterBar label="Filter evidence">
      <TextField
        label="Search"
        search
        placeholder={readsWords ? 'Id, digest, name, code, words said' : 'Id, digest, name, code'}
        icon={<Search aria-hidden="true" className="size-4" />}
        value={filter.q}
        maxLength={filterBounds.search}
        onChange={(event) => onFilter({ q: event.target.value || null })}
        className="w-72"
      />
      <Chosen
        label="Contract"
        all="All"
        value={filter.contract}
        options={facets.contracts.map(asOption)}
        onChange={(value) => onFilter({ contract: value || null })}
        className="w-44"
      />
      <Chosen
        label="Of a"
        value={filter.kind ?? ''}
        options={kinds.map(asOption)}
        onChange={(value) => onFilter({ kind: kinds.find((each) => each === value) ?? null })}
      />
      <Chosen
        label="Status"
        value={filter.status ?? ''}
        options={statuses.map(asOption)}
        onChange={(value) => onFilter({ status: statuses.find((each) => each === value) ?? null })}
      />
      <Chosen
        label="Confidence"
        value={filter.confidence ?? ''}
        options={confidences.map(asOption)}
        onChange={(value) => onFilter({ confidence: confidences.find((each) => each === value) ?? null })}
      />
      <Chosen
        label="Agreement"
        value={filter.agreement ?? ''}
        options={agreements.map(asOption)}
        onChange={(value) => onFilter({ agreement: agreements.find((each) => each === value) ?? null })}
      />
      <Chosen
        label="Requested by"
        all="Anyone"
        value={filter.by}
        options={people(facets.requesters)}
        onChange={(value) => onFilter({ by: value || null })}
        className="w-40"
      />
      <Chosen
        label="Approved by"
        all="Anyone"
        value={filter.approved}
        options={people([...new Set([...facets.approvers, ...facets.requesters])])}
        onChange={(value) => onFilter({ approved: value || null })}
        className="w-40"
      />
      <TextField
        label="Key touched"
        mono
        placeholder="The whole key"
        value={filter.key}
        maxLength={filterBounds.key}
        onChange={(event) => onFilter({ key: event.target.value || null })}
        className="w-36"
      />
      {filter.incident === '' ? null : (
        <TextField
          label="Of the incident"
          mono
          value={filter.incident}
          maxLength={36}
          onChange={(event) => onFilter({ incident: event.target.value || null })}
          className="w-80"
        />
      )}
      <TextField
        label="From day (UTC)"
        type="date"
        value={dayOf(filter.since)}
        onChange={(event) => onFilter({ since: event.target.value || null })}
      />
      <TextField
        label="To day (UTC)"
        type="date"
        value={dayOf(filter.until)}
        onChange={(event) => onFilter({ until: event.target.value || null })}
      />
      {children}
    </FilterBar>
  );
}

const asOption = (value: string): Option => ({ value, label: value.replace('not-compared', 'not compared') });

function Chosen({
  label,
  all = 'Any',
  value,
  options,
  onChange,
  className = 'w-32',
}: {
  label: string;
  all?: string;
  value: string;
  options: readonly Option[];
  onChange: (value: string) => void;
  className?: string;
}) {
  return (
    <Select
      label={label}
      value={value}
      onValueChange={onChange}
      options={[{ value: '', label: all }, ...options]}
      className={className}
    />
  );
}
