'use client';

import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { formatDuration } from '../ui/format-number.ts';
import type { MonthTimesData, SpanName } from './prepare-month-times.ts';

const series: readonly { readonly key: SpanName; readonly color: string }[] = [
  { key: 'detect', color: 'var(--chart-1)' },
  { key: 'acknowledge', color: 'var(--chart-4)' },
  { key: 'recover', color: 'var(--chart-6)' },
];
const axis = {
  stroke: 'var(--line)',
  tick: { fill: 'var(--muted)', fontSize: 12 },
  tickLine: false,
} as const;

/** Medians over months, a line each; a month without any is a gap. The table behind it says the same figure by figure. */
export default function MonthTimes({ data }: { data: MonthTimesData }) {
  return (
    <figure className="flex flex-col gap-2">
      <div role="img" aria-label={data.summary} className="h-56 w-full">
        <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 600, height: 224 }}>
          <LineChart
            data={[...data.points]}
            accessibilityLayer={false}
            margin={{ top: 8, right: 16, bottom: 0, left: 0 }}
          >
            <CartesianGrid stroke="var(--line)" vertical={false} />
            <XAxis {...axis} dataKey="month" />
            <YAxis
              {...axis}
              width={72}
              domain={[0, data.top]}
              ticks={[...data.ticks]}
              tickFormatter={(value: number) => formatDuration(value)}
            />
            <Tooltip
              isAnimationActive={false}
              cursor={{ stroke: 'var(--control)' }}
              content={({ active, payload, label }) =>
                active && payload.length > 0 ? (
                  <div
                    className="rounded-md border border-line bg-surface px-2 py-1 text-xs shadow-popup"
                    aria-hidden="true"
                  >
                    <p className="text-muted">{String(label)}</p>
                    {payload.map(({ name, value }) => (
                      <p key={String(name)}>
                        to {String(name)}:{' '}
                        <span className="tabular-nums">{formatDuration(Number(value))}</span>
                      </p>
                    ))}
                  </div>
                ) : null
              }
            />
            {series.map(({ key, color }) => (
              <Line
                key={key}
                dataKey={key}
                type="linear"
                stroke={color}
                strokeWidth={1.5}
                // A month between two gaps has no line to either side.
                dot={{ r: 2.5, fill: color, stroke: color }}
                connectNulls={false}
                isAnimationActive={false}
              />
            ))}
          </LineChart>
        </ResponsiveContainer>
      </div>
      <figcaption className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
        {series.map(({ key, color }) => (
          <span key={key} className="inline-flex items-center gap-1.5">
            <span data-segment="" className="size-2.5 rounded-sm" style={{ background: color }} />
            to {key}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
