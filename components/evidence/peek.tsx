'use client';

import { useQuery } from '@tanstack/react-query';
import { ChevronDown, ChevronUp } from 'lucide-react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { ButtonLink, IconButton } from '@/components/ui/button.tsx';
import { KeyValueList } from '@/components/ui/key-value.tsx';
import { useShortcut } from '@/components/ui/shortcuts.ts';
import { SidePanel } from '@/components/ui/side-panel.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { ErrorState, Notice } from '@/components/ui/states.tsx';
import { ToneIcon } from '@/components/ui/verdict.tsx';
import { evidenceAnswer } from './evidence-sentence.ts';
import { GeneratedNotice } from './generated-notice.tsx';
import { peekStep } from './peek-step.ts';
import { recordedItems } from './recorded-items.tsx';

export type PeekProps = {
  /** The record that is shown; null while the panel is closed. */
  id: string | null;
  /** The records of the list, in its order. */
  ids: readonly string[];
  onPeek: (id: string | null) => void;
};

/** One record beside the list, without leaving it. J and K walk the list through it, and open it. */
export function Peek({ id, ids, onPeek }: PeekProps) {
  const step = (by: 1 | -1) => onPeek(peekStep(ids, id ?? focusedId(), by) ?? id);
  useShortcut('shift+j', 'Next record in the panel', () => step(1));
  useShortcut('shift+k', 'Previous record in the panel', () => step(-1));
  if (id === null) return null;
  const at = ids.indexOf(id);
  return (
    <SidePanel
      label={`Evidence record ${id}`}
      head={
        <>
          <span className="font-mono">{id.slice(0, 8)}</span>
          {at === -1 ? null : (
            <span className="text-muted">
              {' '}
              · {at + 1} of {ids.length} loaded
            </span>
          )}
        </>
      }
      actions={
        <>
          <IconButton
            label="Previous record (Shift K)"
            onClick={() => step(-1)}
            icon={<ChevronUp aria-hidden="true" className="size-4" />}
          />
          <IconButton
            label="Next record (Shift J)"
            onClick={() => step(1)}
            icon={<ChevronDown aria-hidden="true" className="size-4" />}
          />
        </>
      }
      onClose={() => onPeek(null)}
    >
      <Record key={id} id={id} />
    </SidePanel>
  );
}

/** The row that has the focus: where J begins when the panel is closed. */
function focusedId(): string | null {
  return document.activeElement?.closest('tr[data-row-key]')?.getAttribute('data-row-key') ?? null;
}

function Record({ id }: { id: string }) {
  const trpc = useTRPC();
  const record = useQuery(trpc.evidence.get.queryOptions({ evidenceId: id }));
  if (record.isPending) return <SkeletonRows rows={6} />;
  if (record.isError) {
    return (
      <ErrorState
        title="This record could not be read."
        whatToDo="The list stands. Try again, or look at the log."
        detail={record.error.message}
        onRetry={() => record.refetch()}
        retrying={record.isFetching}
      />
    );
  }
  const answer = evidenceAnswer(record.data);
  const limits = record.data.doesNotProve;
  return (
    <>
      <p className="flex gap-2 text-base font-medium">
        <ToneIcon tone={answer.tone} className="mt-0.5" />
        {answer.verdict}
      </p>
      <p className="text-sm text-muted">
        Read from the database, and not verified here: the record’s own page verifies it.
      </p>
      <div className="flex flex-wrap gap-2">
        <ButtonLink href={`/evidence/${id}`} variant="primary">
          Open the record
        </ButtonLink>
        {record.data.replayId && !record.data.generated ? (
          <ButtonLink href={`/replays/${record.data.replayId}`}>Open the replay</ButtonLink>
        ) : null}
      </div>
      {record.data.generated ? <GeneratedNotice /> : null}
      <KeyValueList items={recordedItems(record.data)} />
      {record.data.check.outcome === 'failed' ? (
        <Notice tone="failed" title="Its verdict does not follow.">
          {record.data.check.sentence}
        </Notice>
      ) : null}
      {limits.length > 0 ? (
        <div>
          <h2 className="text-sm font-medium">What this does not prove</h2>
          <ul className="mt-1 flex list-disc flex-col gap-1 pl-5 text-sm">
            {limits.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </div>
      ) : null}
    </>
  );
}
