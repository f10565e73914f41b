'use client';

import { Pause, Play, Radio, WifiOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from '../ui/button.tsx';
import { cx } from '../ui/class-names.ts';
import { useNow } from '../ui/clock.tsx';
import { counted } from '../ui/format-number.ts';
import { formatRelative } from '../ui/format-time.ts';
import { type Live, useLive } from '../ui/live.ts';
import { Tooltip } from '../ui/tooltip.tsx';

/** For this long after the connection came back the page says what it missed. */
const newsMs = 20_000;

/** Whether updates come, since when they don't, and the switch that holds them back (WCAG 2.2.2). */
export function LiveIndicator() {
  const live = useLive();
  const now = useNow();
  return (
    <div className="flex items-center gap-1">
      <Words live={live} now={now} />
      <Tooltip content={live.paused ? 'Resume live updates' : 'Pause live updates'}>
        <IconButton
          label={live.paused ? 'Resume live updates' : 'Pause live updates'}
          onClick={() => live.setPaused(!live.paused)}
          icon={
            live.paused ? (
              <Play aria-hidden="true" className="size-3.5" />
            ) : (
              <Pause aria-hidden="true" className="size-3.5" />
            )
          }
        />
      </Tooltip>
    </div>
  );
}

function Words({ live, now }: { live: Live; now: number }) {
  if (live.status === 'waiting')
    return <Said icon={<Radio aria-hidden="true" className="size-3.5" />}>Connecting</Said>;
  if (live.status === 'lost') {
    return (
      <Said loud icon={<WifiOff aria-hidden="true" className="size-3.5" />}>
        Connection lost, trying again
        {/* The seconds are drawn and not announced: a counting announcement would never end. */}
        {live.lostAt === null ? null : (
          <span aria-hidden="true" className="max-sm:hidden">
            {formatRelative(live.lostAt, now)}
          </span>
        )}
      </Said>
    );
  }
  if (live.paused) {
    return (
      <Said loud icon={<Pause aria-hidden="true" className="size-3.5" />}>
        Paused
        {live.pending > 0 ? (
          <span aria-hidden="true">· {counted(live.pending, 'update')} waiting</span>
        ) : null}
      </Said>
    );
  }
  const fresh = live.regainedAt !== null && now - live.regainedAt < newsMs;
  return (
    <Said icon={<Radio aria-hidden="true" className="size-3.5" />}>
      {fresh ? regained(live.missed) : 'Live'}
    </Said>
  );
}

function regained(missed: number | null): string {
  return missed === null || missed === 0
    ? 'Live again, all figures read anew'
    : `Missed ${counted(missed, 'update')}, caught up`;
}

function Said({ icon, loud = false, children }: { icon: ReactNode; loud?: boolean; children: ReactNode }) {
  return (
    <span
      role="status"
      className={cx(
        'inline-flex min-h-6 items-center gap-1.5 rounded-sm px-1.5 text-xs',
        loud ? 'bg-unknown-tint font-medium text-ink' : 'text-muted',
      )}
    >
      {icon}
      {children}
    </span>
  );
}
