import { counted } from '@/components/ui/format-number.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { keyboardReachable } from '@/components/ui/scroll-region.ts';
import { Tooltip } from '@/components/ui/tooltip.tsx';
import type { StatesView } from '@/server/application/views.ts';

type Positions = StatesView['historyEnd'];

/** More than so many partitions do not fit above a column of figures. */
const shownAtOnce = 2;

/** Where a column of figures was read, and when: two columns are comparable only if one knows both. */
export function Stamp({
  title,
  positions,
  at,
  without = 'no position',
  eventsBehind = '0',
}: {
  title: string;
  positions: Positions;
  at: string | null;
  /** What is said where there is no position. */
  without?: string;
  /** How far the whole state was from the end of the history, decimal text. */
  eventsBehind?: string;
}) {
  return (
    <span className="flex flex-col gap-0.5 py-1 leading-4">
      <span className="text-ink">{title}</span>
      <span className="font-normal">
        {positions.length === 0 ? without : <Place positions={positions} />}
      </span>
      {eventsBehind === '0' ? null : (
        <span className="font-normal text-accent">{counted(BigInt(eventsBehind), 'event')} behind</span>
      )}
      {at === null ? null : (
        <span className="font-normal">
          <RelativeTime at={at} />
        </span>
      )}
    </span>
  );
}

function Place({ positions }: { positions: Positions }) {
  const text = (list: Positions) => list.map((each) => `p${each.partition}:${each.next}`).join(' ');
  if (positions.length <= shownAtOnce) return <span className="font-mono">{text(positions)}</span>;
  return (
    <Tooltip content={<span className="font-mono">{text(positions)}</span>}>
      <span {...keyboardReachable} className="rounded-sm">
        <span aria-hidden="true" className="font-mono">
          {text(positions.slice(0, 1))} <span className="font-sans">+{positions.length - 1}</span>
        </span>
        <span className="sr-only">{text(positions)}</span>
      </span>
    </Tooltip>
  );
}
