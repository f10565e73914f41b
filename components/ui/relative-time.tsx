'use client';

import { useNow, useTimeZone } from './clock.tsx';
import { formatInstant, formatRelative, toEpochMs } from './format-time.ts';
import { keyboardReachable } from './scroll-region.ts';
import { Tooltip } from './tooltip.tsx';

export type RelativeTimeProps = {
  /** A date, an ISO text or milliseconds. */
  at: Date | string | number;
  /** Show the absolute time and put the relative one into the hint. */
  absolute?: boolean;
};

/** `12 s ago`, with the absolute time in UTC and in the local zone on hover and on focus. */
export function RelativeTime({ at, absolute = false }: RelativeTimeProps) {
  const now = useNow();
  const { zone } = useTimeZone();
  const epochMs = toEpochMs(at);
  if (epochMs === null) return <span className="text-muted">no time</span>;
  const relative = formatRelative(epochMs, now);
  const iso = new Date(epochMs).toISOString();
  return (
    <Tooltip content={<BothZones epochMs={epochMs} relative={absolute ? relative : null} />}>
      {/* A hint that only a mouse can reach is no hint: the time takes focus so that a keyboard gets it too. */}
      <time
        dateTime={iso}
        // A second may pass between the server's render and the browser's; the clock corrects it at its next tick.
        suppressHydrationWarning
        {...keyboardReachable}
        className="rounded-sm whitespace-nowrap underline-offset-4 hover:underline hover:decoration-dotted"
      >
        {absolute ? formatInstant(epochMs, zone) : relative}
        {absolute ? null : (
          <span className="sr-only" suppressHydrationWarning>
            , {formatInstant(epochMs, zone)}
          </span>
        )}
      </time>
    </Tooltip>
  );
}

function BothZones({ epochMs, relative }: { epochMs: number; relative: string | null }) {
  return (
    <span className="flex flex-col font-mono">
      {relative === null ? null : <span className="font-sans text-muted">{relative}</span>}
      <span>{formatInstant(epochMs, 'utc')}</span>
      <span className="text-muted">{formatInstant(epochMs, 'local')} (local)</span>
    </span>
  );
}

export type AsOfProps = {
  /** When the figures were read. */
  at: Date | string | number;
  /** From this age on the figures are called stale; 60 s when left out. */
  staleAfterMs?: number;
};

/** `As of 12 s ago`; past its limit it says `Stale:` in words and turns grey, and never silently keeps its looks. */
export function AsOf({ at, staleAfterMs = 60_000 }: AsOfProps) {
  const now = useNow();
  const epochMs = toEpochMs(at);
  const stale = epochMs !== null && now - epochMs > staleAfterMs;
  return (
    <span
      // An answer that streams in is stamped by the clock of whoever receives it, and the two clocks may differ by more
      // than the limit.
      suppressHydrationWarning
      className={stale ? 'rounded-sm bg-unknown-tint px-1.5 text-xs text-unknown' : 'text-xs text-muted'}
    >
      {stale ? 'Stale: as of ' : 'As of '}
      {/* Figures are read oftener than the clock ticks, and are not of the future. */}
      <RelativeTime at={epochMs === null ? at : Math.min(now, epochMs)} />
    </span>
  );
}
