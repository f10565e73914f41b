'use client';

import { parseAsString, useQueryState } from 'nuqs';
import type { Column } from '@/components/ui/column.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { ShortId } from '@/components/ui/short-id.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import type { Tone } from '@/components/ui/tone.ts';
import { Verdict } from '@/components/ui/verdict.tsx';
import { capitalised } from '@/components/ui/words.ts';
import { causeWords } from '@/components/vocabulary/cause-words.ts';
import { scalarText } from '@/components/vocabulary/scalar-text.ts';
import type { TraceStep } from '@/server/application/views.ts';

const tones: Record<TraceStep['outcome'], Tone> = {
  applied: 'verified',
  duplicate: 'accent',
  'conflicting-duplicate': 'different',
  filtered: 'unknown',
  quarantined: 'failed',
};

export type KeyTraceProps = {
  steps: readonly TraceStep[];
  /** The address of one event on this key's page. */
  hrefOf: (event: string) => string;
};

/** The name of an event within a key's history, as it stands in an address: `p2:514`. */
export function eventName(event: { readonly partition: number; readonly offset: string }): string {
  return `p${event.partition}:${event.offset}`;
}

/** A key's events in order, each with the state before and after. */
export function KeyTrace({ steps, hrefOf }: KeyTraceProps) {
  const [event] = useQueryState('event', parseAsString);
  if (steps.length === 0) return <EmptyState title="History has no event of this key." />;
  const fields = [
    ...new Set(steps.flatMap((step) => [...Object.keys(step.before), ...Object.keys(step.after)])),
  ];
  return (
    <Table
      caption="Events of this key"
      columns={columnsFor(fields, hrefOf)}
      rows={steps}
      rowKey={eventName}
      selectedKey={event}
      rowTone={(step) => (step.explains.length > 0 ? 'different' : null)}
      density={40}
    />
  );
}

function columnsFor(
  fields: readonly string[],
  hrefOf: KeyTraceProps['hrefOf'],
): readonly Column<TraceStep>[] {
  return [
    {
      id: 'at',
      header: 'Partition:offset',
      mono: true,
      cell: (step) => (
        <>
          <TextLink quiet href={hrefOf(eventName(step))} scroll={false}>
            {eventName(step)}
          </TextLink>
          <span className="flex flex-col text-xs text-muted lg:hidden">
            {step.at === null ? null : <RelativeTime at={step.at} />}
            {step.eventId === null ? null : <ShortId id={step.eventId} what="event id" copyable={false} />}
          </span>
        </>
      ),
    },
    {
      id: 'type',
      header: 'Event',
      cell: (step) => (
        <>
          <span className="whitespace-nowrap">
            {step.eventType ?? <span className="text-muted">unreadable</span>}
            {step.version === null ? null : <span className="text-muted"> v{step.version}</span>}
          </span>
          <Notes step={step} />
        </>
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
    ...fields.map(
      (field): Column<TraceStep> => ({
        id: `field-${field}`,
        header: capitalised(field),
        align: 'end',
        cell: (step) => <Change before={step.before[field]} after={step.after[field]} />,
      }),
    ),
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
        step.eventId === null ? (
          <span className="text-muted">—</span>
        ) : (
          <ShortId id={step.eventId} what="event id" copyable={false} />
        ),
    },
  ];
}

type Value = TraceStep['before'][string] | undefined;

/** `313 → 301` where the event changed the field; the figure alone, muted, where it did not. */
function Change({ before, after }: { before: Value; after: Value }) {
  const text = (value: Value) => (value === undefined ? '—' : scalarText(value));
  if (before === after) return <span className="font-mono text-muted">{text(after)}</span>;
  return (
    <span className="font-mono whitespace-nowrap">
      <span className="text-muted">{text(before)} → </span>
      <span className="font-medium">{text(after)}</span>
    </span>
  );
}

/** Why this step matters: it explains a state's difference, or it was parked. */
function Notes({ step }: { step: TraceStep }) {
  if (step.explains.length === 0 && step.deadLetters.length === 0 && !step.detail) return null;
  return (
    <span className="flex max-w-80 flex-col items-start gap-0.5 pb-1">
      {step.explains.map((each) => (
        <Verdict key={each.derivedState} tone="different">
          {each.derivedState}: {causeWords[each.cause]}
        </Verdict>
      ))}
      {step.deadLetters.map((letter) => (
        <span key={letter.derivedState} className="flex flex-col items-start">
          <Verdict tone="failed">
            dead letter of {letter.derivedState} at {letter.offset}
          </Verdict>
          {letter.cause ? <span className="text-xs text-muted">{letter.cause}</span> : null}
        </span>
      ))}
      {step.detail ? <span className="text-xs text-muted">{step.detail}</span> : null}
    </span>
  );
}
