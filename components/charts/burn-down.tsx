'use client';

import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { formatCount } from '../ui/format-number.ts';
import { formatInstant } from '../ui/format-time.ts';
import type { BurnDown, BurnRow } from './prepare-burn-down.ts';

export type BurnDownChartProps = {
  /** What is drawn, in a sentence: the table behind it says the same figure by figure. */
  summary: string;
  chart: BurnDown;
  kind: 'time' | 'share' | 'none';
  nowMs: number;
};

const axis = { fontSize: 12, fill: 'var(--muted)' } as const;

/** What is left of a budget over its window. What was not measured is a gap, and what was left out a band. */
export function BurnDownChart({ summary, chart, kind, nowMs }: BurnDownChartProps) {
  const [from, to] = chart.domain;
  const isLong = to - from > 2 * 86_400_000;
  const unit = kind === 'none' ? '' : ' %';
  const tick = (ms: number) => {
    const text = formatInstant(ms, 'utc');
    return isLong ? text.slice(5, 10) : text.slice(11, 16);
  };
  return (
    <div role="img" aria-label={summary} className="h-64 w-full">
      <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 800, height: 256 }}>
        <ComposedChart
          data={[...chart.rows]}
          margin={{ top: 8, right: 16, bottom: 4, left: 0 }}
          accessibilityLayer={false}
        >
          <CartesianGrid stroke="var(--line)" vertical={false} />
          <XAxis
            dataKey="atMs"
            type="number"
            scale="time"
            domain={[from, to]}
            ticks={[...chart.ticks]}
            tickFormatter={tick}
            tick={axis}
            stroke="var(--control)"
          />
          <YAxis
            domain={[chart.lowest, chart.highest]}
            allowDataOverflow
            ticks={[...chart.levels]}
            interval={0}
            tickFormatter={(value: number) => `${formatCount(value)}${unit}`}
            tick={axis}
            width={chart.lowest <= -10_000 ? 88 : 64}
            stroke="var(--control)"
          />
          {chart.bands.map(({ fromMs, toMs }) => (
            <ReferenceArea
              key={`${fromMs} ${toMs}`}
              x1={fromMs}
              x2={toMs}
              fill="var(--unknown)"
              fillOpacity={0.18}
              label={{ value: 'left out', fontSize: 12, fill: 'var(--muted)', position: 'insideTop' }}
            />
          ))}
          <ReferenceLine y={0} stroke="var(--failed)" />
          <ReferenceLine x={nowMs} stroke="var(--control)" strokeDasharray="2 2" />
          <Tooltip content={<BurnTooltip kind={kind} />} isAnimationActive={false} />
          <Line
            dataKey="ideal"
            stroke="var(--control)"
            strokeDasharray="6 4"
            dot={false}
            isAnimationActive={false}
            connectNulls
          />
          <Area
            dataKey="value"
            type="stepAfter"
            stroke="var(--chart-1)"
            strokeWidth={2}
            fill="var(--chart-1)"
            fillOpacity={0.12}
            dot={chart.rows.length < 3}
            isAnimationActive={false}
            connectNulls={false}
          />
          <Line
            dataKey="forecast"
            stroke="var(--chart-4)"
            strokeWidth={2}
            strokeDasharray="3 3"
            dot={false}
            isAnimationActive={false}
            connectNulls
          />
        </ComposedChart>
      </ResponsiveContainer>
    </div>
  );
}

/** Beside the pointer, and said to nobody: the table behind the chart is for screen readers. */
function BurnTooltip({
  kind,
  active,
  payload,
}: {
  kind: BurnDownChartProps['kind'];
  active?: boolean;
  payload?: readonly { readonly payload?: BurnRow }[];
}) {
  const row = payload?.[0]?.payload;
  if (!active || row === undefined) return null;
  const figure = (value: number) => (kind === 'none' ? `${value}` : `${value.toFixed(1)} %`);
  return (
    <div aria-hidden="true" className="rounded-md border border-line bg-surface px-2 py-1 text-xs shadow-sm">
      <div className="font-mono">{formatInstant(row.atMs, 'utc')}</div>
      {row.value === null ? null : <div>{`${kind === 'none' ? 'lost' : 'left'} ${figure(row.value)}`}</div>}
      {row.value === null && row.forecast === null ? <div>not measured</div> : null}
      {row.ideal === null ? null : <div className="text-muted">{`evenly spent ${figure(row.ideal)}`}</div>}
      {row.value === null && row.forecast !== null ? <div>exhausted at this rate</div> : null}
    </div>
  );
}
