import type { Column } from '@/components/ui/column.ts';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { shortenMiddle } from '@/components/ui/shorten-middle.ts';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import type { Tone } from '@/components/ui/tone.ts';
import { Verdict } from '@/components/ui/verdict.tsx';
import { causeWords } from '@/components/vocabulary/cause-words.ts';
import type { TraceStep } from '@/server/application/views.ts';
import { scalarText } from './value-cell.tsx';

const tones: Record<TraceStep['outcome'], Tone> = {
  applied: 'verified',
  duplicate: 'accent',
  'conflicting-duplicate': 'different',
  filtered: 'unknown',
  quarantined: 'failed',
};

/** A key's events in order, each with the state before and after. */
export function KeyTrace({ steps }: { steps: readonly TraceStep[] }) {
  if (steps.length === 0) return <EmptyState title="History has no event of this key." />;
  const fields = [
    ...new Set(steps.flatMap((step) => [...Object.keys(step.before), ...Object.keys(step.after)])),
  ];
  return (
    <Table
      caption="Events of this key"
      columns={columnsFor(fields)}
      rows={steps}
      rowKey={(step) => `${step.partition}:${step.offset}`}
      rowTone={(step) => (step.explains.length > 0 ? 'different' : null)}
      density={40}
    />
  );
}

function columnsFor(fields: readonly string[]): readonly Column<TraceStep>[] {
  const several = fields.length > 1;
  return [
    { id: 'at', header: 'Partition:offset', mono: true, cell: (step) => `p${step.partition}:${step.offset}` },
    {
      id: 'type',
      header: 'Event',
      cell: (step) => (
        <span className="whitespace-nowrap">
          {step.eventType ?? <span className="text-muted">unreadable</span>}
          {step.version === null ? null : <span className="text-muted"> v{step.version}</span>}
        </span>
      ),
    },
    {
      id: 'outcome',
      header: 'Outcome',
      cell: (step) => (
        <Verdict tone={tones[step.outcome]} look="plain">
          {step.outcome.replaceAll('-', ' ')}
          {step.duplicateOf === null ? null : (
            <span className="font-mono font-normal"> of {step.duplicateOf}</span>
          )}
        </Verdict>
      ),
    },
    ...fields.flatMap((field): Column<TraceStep>[] => [
      {
        id: `before-${field}`,
        header: several ? `Before · ${field}` : 'Before',
        align: 'end',
        cell: (step) => <Value value={step.before[field]} />,
      },
      {
        id: `after-${field}`,
        header: several ? `After · ${field}` : 'After',
        align: 'end',
        cell: (step) => (
          <Value value={step.after[field]} changed={step.after[field] !== step.before[field]} />
        ),
      },
    ]),
    { id: 'note', header: 'Notes', cell: (step) => <Notes step={step} /> },
    {
      id: 'when',
      header: 'When',
      wideOnly: true,
      cell: (step) =>
        step.at === null ? (
          <span className="text-muted">no time</span>
        ) : (
          <RelativeTime at={step.at} absolute />
        ),
    },
    {
      id: 'id',
      header: 'Event id',
      mono: true,
      wideOnly: true,
      cell: (step) =>
        step.eventId === null ? '—' : <span title={step.eventId}>{shortenMiddle(step.eventId, 8, 4)}</span>,
    },
  ];
}

function Value({
  value,
  changed = false,
}: {
  value: string | number | boolean | null | undefined;
  changed?: boolean;
}) {
  if (value === undefined) return <span className="text-muted">—</span>;
  return (
    <span className={changed ? 'font-mono font-medium' : 'font-mono text-muted'}>{scalarText(value)}</span>
  );
}

/** Why this step matters: it explains a state's difference, or it was parked. */
function Notes({ step }: { step: TraceStep }) {
  return (
    <span className="flex flex-col items-start gap-0.5 py-1">
      {step.explains.map((each) => (
        <Verdict key={each.derivedState} tone="different">
          {each.derivedState}: {causeWords[each.cause]}
        </Verdict>
      ))}
      {step.deadLetters.map((letter) => (
        <Verdict key={letter.derivedState} tone="failed">
          dead letter of {letter.derivedState} at {letter.offset}
          {letter.cause ? `: ${letter.cause}` : ''}
        </Verdict>
      ))}
      {step.detail ? <span className="text-xs text-muted">{step.detail}</span> : null}
    </span>
  );
}
