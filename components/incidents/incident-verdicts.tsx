'use client';

import { useNow } from '@/components/ui/clock.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import type { IncidentSummary } from '@/server/application/ports/incident-reads.ts';
import { classTone, clockWords, isOver, statusTone } from './incident-words.ts';

export function ClassVerdict({ of }: { of: IncidentSummary['class'] }) {
  return <Verdict tone={classTone[of]}>{of}</Verdict>;
}

export function StatusVerdict({ of }: { of: IncidentSummary['status'] }) {
  return (
    <Verdict tone={statusTone[of]} look="plain">
      {of}
    </Verdict>
  );
}

/** Marks what is open though its cause is over; nothing where it goes on. */
export function CauseOver({ incident }: { incident: Pick<IncidentSummary, 'clearedAt' | 'isOpen'> }) {
  if (!isOver(incident) || incident.clearedAt === null) return null;
  return (
    <Verdict tone="verified" look="plain">
      <span className="text-xs">
        its cause ended <RelativeTime at={incident.clearedAt} />
      </span>
    </Verdict>
  );
}

/** How long is left to acknowledge it; since when it was, where that is done. */
export function ResponseClock({ incident }: { incident: IncidentSummary }) {
  const now = useNow();
  const clock = clockWords(incident, now);
  if (clock !== null)
    return (
      <span className="tabular-nums" suppressHydrationWarning>
        <Verdict tone={clock.isMissed ? 'failed' : 'accent'} look="plain">
          {clock.text}
        </Verdict>
      </span>
    );
  if (incident.recoveredAt !== null)
    return (
      <span className="text-muted">
        over <RelativeTime at={incident.recoveredAt} />
      </span>
    );
  if (incident.acknowledgedAt === null) return <span className="text-muted">—</span>;
  return (
    <span className="text-muted">
      seen <RelativeTime at={incident.acknowledgedAt} />
    </span>
  );
}
