'use client';

import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { formatCount } from '../ui/format-number.ts';
import type { DuplicatesChartData } from './prepare-duplicates.ts';

type Series = { readonly key: 'redelivered' | 'conflicting' | 'lost'; readonly color: string };

const series: readonly Series[] = [
  { key: 'redelivered', color: 'var(--chart-1)' },
  { key: 'conflicting', color: 'var(--chart-4)' },
  { key: 'lost', color: 'var(--chart-6)' },
];

type ChartProps = {
  readonly data: DuplicatesChartData;
  /** Writes a time on the axis and above the figures. */
  readonly formatTime: (ms: number) => string;
};

/** Redelivered, conflicting and lost, stacked over time. The table behind it says the same figure by figure. */
export function DuplicatesChart({ data, formatTime }: ChartProps) {
  return (
    <figure className="flex flex-col gap-2">
      <div role="img" aria-label={data.summary} className="h-44">
        <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 600, height: 176 }}>
          <BarChart
            data={[...data.points]}
            accessibilityLayer={false}
            margin={{ top: 4, right: 8, bottom: 0, left: 0 }}
            barCategoryGap={1}
          >
            <CartesianGrid vertical={false} stroke="var(--color-line)" />
            <XAxis
              dataKey="atMs"
              ticks={[...data.ticks]}
              tickFormatter={formatTime}
              tick={{ fontSize: 12, fill: 'var(--color-muted)' }}
              stroke="var(--color-line)"
            />
            <YAxis
              width={48}
              domain={[0, data.top]}
              ticks={[...data.counts]}
              interval={0}
              tickFormatter={(value: number) => formatCount(value)}
              allowDecimals={false}
              tick={{ fontSize: 12, fill: 'var(--color-muted)' }}
              stroke="var(--color-line)"
            />
            <Tooltip
              isAnimationActive={false}
              cursor={{ fill: 'var(--color-hover)' }}
              content={({ active, payload, label }) =>
                active && payload.length > 0 ? (
                  <div className="rounded-md border border-line bg-surface px-2 py-1 text-xs">
                    <p className="text-muted">{formatTime(Number(label))}</p>
                    {payload.map(({ name, value }) => (
                      <p key={String(name)}>
                        {String(name)}: <span className="tabular-nums">{String(value)}</span>
                      </p>
                    ))}
                  </div>
                ) : null
              }
            />
            {series.map(({ key, color }) => (
              <Bar key={key} dataKey={key} stackId="all" fill={color} isAnimationActive={false} />
            ))}
          </BarChart>
        </ResponsiveContainer>
      </div>
      <figcaption className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
        {series.map(({ key, color }) => (
          <span key={key} className="inline-flex items-center gap-1.5">
            <span data-segment="" className="size-2.5 rounded-sm" style={{ background: color }} />
            {key}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
