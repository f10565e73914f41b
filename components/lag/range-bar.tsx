'use client';

import { useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { Select } from '@/components/ui/select.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { customRange, type LagFilter, lagRangesMs, rangeNames } from './lag-filters.ts';

const labels: Readonly<Record<(typeof rangeNames)[number], string>> = {
  '15m': 'Last 15 min',
  '1h': 'Last hour',
  '6h': 'Last 6 h',
  '24h': 'Last 24 h',
  '7d': 'Last 7 d',
  '30d': 'Last 30 d',
};

type Props = { filter: LagFilter; setFilter: (next: Partial<LagFilter>) => unknown };

/** Which time is looked at: the last so long, or from one time to another in UTC. */
export function RangeBar({ filter, setFilter }: Props) {
  const custom = customRange(filter);
  const [opened, setOpened] = useState(false);
  const isCustom = custom !== null || opened;
  return (
    <div className="flex flex-wrap items-end gap-2">
      <Select
        label="Range"
        hideLabel
        value={isCustom ? 'custom' : filter.range}
        onValueChange={(value) => {
          const range = rangeNames.find((each) => each === value);
          setOpened(range === undefined);
          if (range !== undefined) setFilter({ range, from: '', to: '' });
        }}
        options={[
          ...rangeNames.map((value) => ({ value, label: labels[value] })),
          { value: 'custom', label: 'From … to …' },
        ]}
      />
      {isCustom ? (
        <CustomRange
          key={`${filter.from} ${filter.to}`}
          shown={custom ?? lastOf(filter)}
          onShow={(range) => setFilter(range)}
        />
      ) : null}
    </div>
  );
}

function lastOf({ range }: LagFilter): { from: string; to: string } {
  const now = Date.now();
  return { from: new Date(now - lagRangesMs[range]).toISOString(), to: new Date(now).toISOString() };
}

/** What the browser's own field of date and time takes: `2026-03-14T10:00`. */
const field = (iso: string) => iso.slice(0, 16);

function CustomRange({
  shown,
  onShow,
}: {
  shown: { from: string; to: string };
  onShow: (range: { from: string; to: string }) => void;
}) {
  const [from, setFrom] = useState(field(shown.from));
  const [to, setTo] = useState(field(shown.to));
  const range = customRange({ from: `${from}Z`, to: `${to}Z` });
  return (
    <form
      className="flex flex-wrap items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (range !== null) onShow(range);
      }}
    >
      <TextField
        label="From (UTC)"
        type="datetime-local"
        value={from}
        onChange={(event) => setFrom(event.target.value)}
      />
      <TextField
        label="To (UTC)"
        type="datetime-local"
        value={to}
        error={range === null ? 'It has to be later, by at most 400 days.' : null}
        onChange={(event) => setTo(event.target.value)}
      />
      <Button type="submit">Show</Button>
    </form>
  );
}
