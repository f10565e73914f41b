'use client';

import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  type TooltipContentProps,
  XAxis,
  YAxis,
} from 'recharts';
import {
  type ChartPoint,
  type TimePoint,
  timeLabel,
  timeTicks,
  toChartPoints,
  valueTicks,
} from './prepare-time-series.ts';

export type TimeSeriesProps = {
  /** What is drawn, in a sentence: the table behind it says the same figure by figure. */
  summary: string;
  points: readonly TimePoint[];
  fromMs: number;
  toMs: number;
  unit: 'count' | 'ms';
  format: (value: number) => string;
  formatTime: (atMs: number) => string;
  /** Charts of one page that have the same show their cursors at the same moment. */
  syncId?: string;
  /** A line across, with its words. */
  threshold?: { readonly value: number; readonly label: string } | null;
};

const axis = {
  stroke: 'var(--line)',
  tick: { fill: 'var(--muted)', fontSize: 12 },
  tickLine: false,
} as const;

/** The most of each stretch as a line, down to the least as a band. A gap in the data is a gap. Nothing moves. */
export default function TimeSeries(props: TimeSeriesProps) {
  const { summary, points, fromMs, toMs, unit, format, formatTime, syncId, threshold = null } = props;
  const values = valueTicks(points, { least: threshold?.value ?? 0, unit });
  return (
    <div role="img" aria-label={summary} className="h-56 w-full">
      <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 600, height: 224 }}>
        <ComposedChart
          data={[...toChartPoints(points)]}
          margin={{ top: 8, right: 16, bottom: 0, left: 0 }}
          accessibilityLayer={false}
          syncMethod="value"
          {...(syncId === undefined ? {} : { syncId })}
        >
          <CartesianGrid stroke="var(--line)" vertical={false} />
          <XAxis
            {...axis}
            dataKey="atMs"
            type="number"
            scale="time"
            domain={[fromMs, toMs]}
            ticks={[...timeTicks(fromMs, toMs)]}
            tickFormatter={(at: number) => timeLabel(at, toMs - fromMs)}
          />
          <YAxis
            {...axis}
            width={72}
            domain={[0, values.at(-1) ?? 1]}
            ticks={[...values]}
            // Recharts hands over the place of the tick too, which is no number of digits.
            tickFormatter={(value: number) => format(value)}
          />
          <Tooltip
            isAnimationActive={false}
            cursor={{ stroke: 'var(--control)' }}
            content={(content: TooltipContentProps) => (
              <Hint content={content} format={format} formatTime={formatTime} />
            )}
          />
          {threshold === null ? null : (
            <ReferenceLine
              y={threshold.value}
              stroke="var(--failed)"
              strokeDasharray="4 3"
              label={{
                value: threshold.label,
                position: 'insideBottomLeft',
                fill: 'var(--failed)',
                fontSize: 12,
              }}
            />
          )}
          <Area
            dataKey="range"
            type="linear"
            stroke="none"
            fill="var(--chart-1)"
            fillOpacity={0.16}
            connectNulls={false}
            isAnimationActive={false}
            activeDot={false}
          />
          <Line
            dataKey="high"
            type="linear"
            stroke="var(--chart-1)"
            strokeWidth={1.5}
            dot={false}
            connectNulls={false}
            isAnimationActive={false}
            activeDot={{ r: 3 }}
          />
        </ComposedChart>
      </ResponsiveContainer>
    </div>
  );
}

/** In place of the library's own, which interrupts whoever listens to the page at every move of the mouse. */
function Hint({
  content,
  format,
  formatTime,
}: {
  content: TooltipContentProps;
  format: (value: number) => string;
  formatTime: (atMs: number) => string;
}) {
  const point = content.payload?.[0]?.payload as ChartPoint | undefined;
  if (!content.active || point === undefined || point.high === null) return null;
  const low = point.range?.[0] ?? point.high;
  return (
    <div
      className="rounded-md border border-line bg-surface px-2 py-1 text-xs shadow-popup"
      aria-hidden="true"
    >
      <div className="text-muted">{formatTime(point.atMs)}</div>
      <div className="font-medium tabular-nums">
        {low === point.high ? format(point.high) : `${format(low)} – ${format(point.high)}`}
      </div>
    </div>
  );
}
