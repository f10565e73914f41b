import { toneText } from '@/components/ui/tone.ts';
import { ToneIcon } from '@/components/ui/verdict.tsx';
import { deltaText, scalarText } from '@/components/vocabulary/scalar-text.ts';
import type { StateRow } from '@/server/application/views.ts';

type Cell = StateRow['cells'][number];

/** What history says of a key at the end of the replay, once for each field that some state is compared on. */
export function HistoryValue({ row, field }: { row: StateRow; field: string }) {
  const found = row.history.find((each) => each.field === field);
  return found ? (
    <span className="font-mono">{scalarText(found.value)}</span>
  ) : (
    <span className="text-muted">—</span>
  );
}

const elsewhere: Record<Cell['standing'], string | null> = {
  'at-end': null,
  behind: 'agreed at its own position, behind',
  beyond: 'agreed at its own position, further on',
};

/** One live figure; only what differs is coloured, and its delta stands beside it with what it was taken from. */
export function LiveValue({ cell, field }: { cell: Cell | undefined; field: string }) {
  if (!cell || cell.kind === 'not-compared') return <span className="text-muted">not compared</span>;
  if (cell.kind === 'missing') return <Marked>missing</Marked>;
  if (cell.kind === 'extra') return <Marked>not in history</Marked>;
  const value = cell.fields.find((each) => each.field === field);
  if (!value) return <span className="text-xs text-muted">{elsewhere[cell.standing] ?? '—'}</span>;
  if (value.live === value.history) return <span className="font-mono">{scalarText(value.live)}</span>;
  const delta = deltaText(value.live, value.history);
  return (
    <span className="inline-flex flex-col items-end">
      <Marked>
        <span className="font-mono">{scalarText(value.live)}</span>
        {delta === null ? null : <span className="font-mono">{delta}</span>}
      </Marked>
      {cell.standing === 'at-end' ? null : (
        <span className="text-xs whitespace-nowrap text-muted">
          history there: <span className="font-mono">{scalarText(value.history)}</span>
        </span>
      )}
    </span>
  );
}

function Marked({ children }: { children: React.ReactNode }) {
  return (
    <span className={`inline-flex items-center gap-1.5 font-medium whitespace-nowrap ${toneText.different}`}>
      <ToneIcon tone="different" className="size-3.5" />
      {children}
    </span>
  );
}
