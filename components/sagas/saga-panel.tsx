'use client';

import { useQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { useNow } from '@/components/ui/clock.tsx';
import type { Column } from '@/components/ui/column.ts';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { TextLink } from '@/components/ui/link.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { SidePanel } from '@/components/ui/side-panel.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { ErrorState, Notice } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import type { Tone } from '@/components/ui/tone.ts';
import { ToneIcon, Verdict } from '@/components/ui/verdict.tsx';
import { ContractLink } from '@/components/vocabulary/contract-link.tsx';
import type { SagaDetail, SagaEventView, SagaStepView } from '@/server/application/ports/saga-views.ts';
import { isOpen, StateVerdict } from './saga-columns.tsx';
import { parseSagaId } from './saga-filters.ts';
import { ageOf, oddityWords, roleWords, span } from './saga-words.ts';

/** One saga beside the list: its steps, and its events where they stand in the history. */
export function SagaPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const named = parseSagaId(id);
  return (
    <SidePanel
      label={`Saga ${named?.key ?? id}`}
      head={<span className="font-mono">{named?.key ?? id}</span>}
      onClose={onClose}
    >
      {named === null ? (
        <Notice tone="unknown" title="This address names no saga.">
          It holds the contract, a colon and the key.
        </Notice>
      ) : (
        <Saga contractId={named.contractId} sagaKey={named.key} />
      )}
    </SidePanel>
  );
}

function Saga({ contractId, sagaKey }: { contractId: string; sagaKey: string }) {
  const trpc = useTRPC();
  const saga = useQuery(trpc.sagas.get.queryOptions({ contractId, key: sagaKey }));
  if (saga.isPending) return <SkeletonRows rows={6} />;
  if (saga.isError)
    return (
      <ErrorState
        title="This saga could not be read."
        whatToDo="The list stands. It may not have been followed yet, or be mistyped; try again in a moment."
        detail={saga.error.message}
        onRetry={() => saga.refetch()}
        retrying={saga.isFetching}
      />
    );
  return <Detail saga={saga.data} />;
}

function Detail({ saga }: { saga: SagaDetail }) {
  const now = useNow();
  const statesHref = `/states/${encodeURIComponent(saga.contractId)}/${encodeURIComponent(saga.key)}`;
  return (
    <>
      <p className="text-base">
        <StateVerdict row={saga} />
      </p>
      <KeyValueList
        items={[
          { label: 'Contract', value: <ContractLink id={saga.contractId} /> },
          { label: 'Began', value: <RelativeTime at={saga.startedAt} /> },
          {
            label: saga.endedAt === null ? 'Age' : 'Took',
            value: <span suppressHydrationWarning>{ageOf(saga, now)}</span>,
            hint: saga.limitMs === null || !isOpen(saga) ? null : `Its limit is ${span(saga.limitMs)}.`,
          },
          { label: 'Its key', value: <TextLink href={statesHref}>Live and replayed states</TextLink> },
        ]}
      />
      <div>
        <h2 className="text-sm font-medium">Steps</h2>
        <ol className="mt-1 flex flex-col gap-1 text-sm">
          {saga.steps.map((step) => (
            <Step key={step.step} step={step} />
          ))}
        </ol>
      </div>
      <Table
        caption="Events of this saga"
        columns={eventColumns}
        rows={saga.history}
        rowKey={placeOf}
        density={40}
      />
      {saga.history.length < saga.events ? (
        <p className="text-sm text-muted">
          The first {saga.history.length} of {saga.events} events.
        </p>
      ) : null}
    </>
  );
}

function Step({ step }: { step: SagaStepView }) {
  const { tone, words } = standingOf(step);
  return (
    <li className="flex items-center gap-2">
      <ToneIcon tone={tone} />
      <span className="font-medium">{step.step}</span>
      <span className="text-muted">{words}</span>
    </li>
  );
}

function standingOf({ done, undone, undoFailed }: SagaStepView): {
  readonly tone: Tone;
  readonly words: string;
} {
  if (undoFailed && !undone) return { tone: 'failed', words: 'undoing it failed' };
  if (undone)
    return { tone: 'unknown', words: done ? 'done, and undone' : 'undone, without having been done' };
  return done ? { tone: 'verified', words: 'done' } : { tone: 'accent', words: 'not done' };
}

const placeOf = ({ partition, offset }: SagaEventView) => `${partition}:${offset}`;

const eventColumns: readonly Column<SagaEventView>[] = [
  {
    id: 'event',
    header: 'Event',
    cell: (row) => (
      <span className="flex flex-col">
        <span className="font-mono">{row.type}</span>
        <span className="text-xs text-muted">{row.roles.map(roleWords).join(', ')}</span>
        {row.oddities.map((oddity) => (
          <span key={oddity} className="text-xs whitespace-normal">
            <Verdict tone="different" look="plain">
              odd
            </Verdict>{' '}
            {oddityWords[oddity]}
          </span>
        ))}
      </span>
    ),
  },
  { id: 'place', header: 'Offset', mono: true, align: 'end', cell: placeOf },
  { id: 'at', header: 'At', cell: (row) => <RelativeTime at={row.at} absolute /> },
];
