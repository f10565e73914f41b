'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { Star } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button, IconButton } from '@/components/ui/button.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { cx } from '@/components/ui/class-names.ts';
import { TextLink } from '@/components/ui/link.tsx';
import { Refused } from '@/components/ui/refused.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { TextField } from '@/components/ui/text-field.tsx';
import { Person, useNameOf } from '@/components/vocabulary/person.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { EntryView, IncidentView } from '@/server/application/ports/incident-reads.ts';
import { entryWords } from './incident-words.ts';

/** Between what happened and when it was recorded there may be so much before it is said. */
const LATE_MS = 60_000;

/** Line by line what happened; each opens what it names. */
export function Timeline({ incident }: { incident: IncidentView }) {
  const [starredOnly, setStarredOnly] = useState(false);
  const { timeline } = incident;
  const starred = timeline.filter((each) => each.starred);
  const corrected = correctedIn(timeline, new Map());
  return (
    <>
      {starred.length === 0 ? null : (
        <Checkbox
          label={
            incident.earlier !== null
              ? 'Only those that matter'
              : starred.length === 1
                ? 'Only the one that matters'
                : `Only the ${starred.length} that matter`
          }
          checked={starredOnly}
          onChange={(event) => setStarredOnly(event.target.checked)}
        />
      )}
      <ol className="flex flex-col border-l border-line">
        {incident.earlier === null ? null : (
          <Earlier
            incidentId={incident.id}
            before={incident.earlier}
            starredOnly={starredOnly}
            later={corrected}
          />
        )}
        {(starredOnly ? starred : timeline).map((entry) => (
          <Line
            key={entry.id}
            entry={entry}
            incidentId={incident.id}
            correctedBy={corrected.get(entry.id) ?? null}
          />
        ))}
      </ol>
    </>
  );
}

/** Which line corrects which, the last one where there are several. */
type Corrected = ReadonlyMap<string, string>;

/** A line is corrected by a later one, which may stand on a later page. */
function correctedIn(lines: readonly EntryView[], later: Corrected): Corrected {
  const here = lines.flatMap(({ id, corrects }) => (corrects === null ? [] : [[corrects, id] as const]));
  return new Map([...here, ...later]);
}

type EarlierProps = {
  readonly incidentId: string;
  readonly before: string;
  readonly starredOnly: boolean;
  /** By the lines that are shown after these. */
  readonly later: Corrected;
};

/** Lines before those that are shown, a page at a time and when somebody asks for them. */
function Earlier({ incidentId, before, starredOnly, later }: EarlierProps) {
  const trpc = useTRPC();
  const [asked, setAsked] = useState(false);
  const page = useQuery({
    ...trpc.incidents.timeline.queryOptions({ incidentId, cursor: before }),
    enabled: asked,
  });
  if (page.data === undefined)
    return (
      <li className="py-2 pl-3 text-sm">
        <p className="text-muted">The timeline is longer: its first lines are not shown yet.</p>
        <Refused error={page.error} />
        <Button
          size="sm"
          pending={page.isFetching}
          onClick={() => (asked ? void page.refetch() : setAsked(true))}
        >
          Show earlier lines
        </Button>
      </li>
    );
  const { lines, earlier } = page.data;
  const corrected = correctedIn(lines, later);
  return (
    <>
      {earlier === null ? null : (
        <Earlier incidentId={incidentId} before={earlier} starredOnly={starredOnly} later={corrected} />
      )}
      {lines
        .filter((entry) => !starredOnly || entry.starred)
        .map((entry) => (
          <Line
            key={entry.id}
            entry={entry}
            incidentId={incidentId}
            correctedBy={corrected.get(entry.id) ?? null}
          />
        ))}
    </>
  );
}

function Line({
  entry,
  incidentId,
  correctedBy,
}: {
  entry: EntryView;
  incidentId: string;
  correctedBy: string | null;
}) {
  const trpc = useTRPC();
  const nameOf = useNameOf();
  const [correcting, setCorrecting] = useState(false);
  const star = useMutation(trpc.incidents.star.mutationOptions());
  const mayNot = useWhyNot('respond', 'Responding');
  const late = Date.parse(entry.recordedAt) - Date.parse(entry.occurredAt) > LATE_MS;
  const isWritten =
    entry.kind === 'note' || entry.kind === 'link' || entry.kind === 'file' || entry.kind === 'correction';
  return (
    <li
      id={`line-${entry.id}`}
      className="flex gap-2 border-b border-line/60 py-2 pl-3 text-sm last:border-b-0"
    >
      <div className="w-28 shrink-0 text-xs leading-5 text-muted">
        <RelativeTime at={entry.occurredAt} />
        {late ? (
          <span className="block">
            noted <RelativeTime at={entry.recordedAt} />
          </span>
        ) : null}
      </div>
      <div className="min-w-0 flex-1 wrap-anywhere">
        <p>
          <Person id={entry.actor} /> {entryWords(entry, nameOf)}
          {entry.corrects === null ? null : (
            <>
              {' '}
              (
              <a className="underline" href={`#line-${entry.corrects}`}>
                which one
              </a>
              )
            </>
          )}
        </p>
        {entry.text === '' ? null : (
          <p className={cx('whitespace-pre-wrap', correctedBy !== null && 'text-muted line-through')}>
            {entry.text}
          </p>
        )}
        {correctedBy === null ? null : (
          <p className="text-xs text-muted">
            Corrected{' '}
            <a className="underline" href={`#line-${correctedBy}`}>
              further down
            </a>
            .
          </p>
        )}
        <Opens entry={entry} incidentId={incidentId} />
        {correcting ? (
          <Correct entry={entry} incidentId={incidentId} onDone={() => setCorrecting(false)} />
        ) : null}
        <Refused error={star.error} />
      </div>
      {mayNot === null ? (
        <div className="flex shrink-0 items-start gap-1">
          {isWritten && !correcting ? (
            <Button variant="quiet" size="sm" onClick={() => setCorrecting(true)}>
              Correct
            </Button>
          ) : null}
          <IconButton
            label={entry.starred ? 'It matters no more' : 'It matters'}
            aria-pressed={entry.starred}
            icon={
              <Star
                aria-hidden="true"
                className={cx('size-4', entry.starred && 'fill-current text-different')}
              />
            }
            onClick={() => star.mutate({ incidentId, entryId: entry.id, starred: !entry.starred })}
          />
        </div>
      ) : null}
    </li>
  );
}

/** Where a line leads. */
function Opens({ entry, incidentId }: { entry: EntryView; incidentId: string }) {
  const other =
    entry.kind === 'related' && typeof entry.detail.incident === 'string' ? entry.detail.incident : null;
  const links = [
    entry.evidenceId === null ? null : ([`/evidence/${entry.evidenceId}`, 'the record'] as const),
    entry.replayId === null ? null : ([`/replays/${entry.replayId}`, 'the replay'] as const),
    entry.promotionId === null ? null : ([`/promotions/${entry.promotionId}`, 'the promotion'] as const),
    entry.link === null
      ? null
      : ([entry.link, entry.kind === 'link' ? entry.link : 'where it was seen'] as const),
    other === null ? null : ([`/incidents/${other}`, 'the other incident'] as const),
  ].filter((each) => each !== null);
  if (links.length === 0 && entry.fileId === null) return null;
  return (
    <p className="flex flex-wrap gap-x-3 text-sm">
      {links.map(([href, label]) => (
        <TextLink key={href} href={href}>
          {label}
        </TextLink>
      ))}
      {entry.fileId === null ? null : (
        <a
          className="text-accent underline"
          href={`/api/incidents/${incidentId}/files/${entry.fileId}`}
          download
        >
          save the file
        </a>
      )}
    </p>
  );
}

function Correct({
  entry,
  incidentId,
  onDone,
}: {
  entry: EntryView;
  incidentId: string;
  onDone: () => void;
}) {
  const trpc = useTRPC();
  const [text, setText] = useState(entry.text);
  const correct = useMutation(trpc.incidents.correct.mutationOptions({ onSuccess: onDone }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    correct.mutate({ incidentId, entryId: entry.id, text });
  };
  return (
    <form onSubmit={submit} aria-label="Correct this line" className="mt-2 flex flex-col gap-2">
      <TextField
        label="What is right"
        value={text}
        required
        maxLength={2000}
        autoFocus
        onChange={(event) => setText(event.target.value)}
      />
      <Refused error={correct.error} />
      <div className="flex gap-2">
        <Button type="submit" size="sm" pending={correct.isPending}>
          Add the correction
        </Button>
        <Button variant="quiet" size="sm" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
