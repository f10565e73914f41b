'use client';

import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Refused } from '@/components/ui/refused.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { TextArea } from '@/components/ui/text-field.tsx';
import { Markdown } from '@/components/vocabulary/markdown.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import { useViewer, useWhyNot } from '@/components/vocabulary/viewer.ts';
import { hasMarks, mergeText } from '@/server/domain/review/merge.ts';
import type { OpinionSection } from '@/server/domain/review/sections.ts';
import { afterSave, draftKey, forgetDraft, keepDraft, keptDraft } from './kept-draft.ts';
import { VersionHistory } from './version-history.tsx';

type Stored = {
  readonly version: number;
  readonly text: string;
  readonly writtenBy: string;
  readonly writtenAt: Date;
};
type Props = {
  readonly reviewId: string;
  readonly section: OpinionSection;
  readonly title: string;
  readonly prompt: string;
  readonly stored: Stored | null;
  readonly signed: boolean;
};

/** What people write in one section, each in an editor of their own. */
export function OpinionEditor(props: Props) {
  const personId = useViewer()?.id ?? null;
  return <Editor key={personId} {...props} personId={personId} />;
}

/** What others save meanwhile is taken in while one types. */
function Editor({
  reviewId,
  section,
  title,
  prompt,
  stored,
  signed,
  personId,
}: Props & { personId: string | null }) {
  const trpc = useTRPC();
  const mayNot = useWhyNot('respond', 'Writing a review');
  const key = personId === null ? null : draftKey(personId, reviewId, section);
  const latest = { version: stored?.version ?? 0, text: stored?.text ?? '' };
  const [base, setBase] = useState(latest);
  const [text, setText] = useState(latest.text);
  const [asRead, setAsRead] = useState(false);
  // What an answer finds in the editor, and not what stood there when it was asked for.
  const typed = useRef(text);
  typed.current = text;
  const save = useMutation(
    trpc.reviews.save.mutationOptions({
      onSuccess: (saved, sent) => {
        const after = afterSave(sent.markdown, typed.current, saved);
        setBase(after.base);
        setText(after.text);
        if (after.keep === null) forgetDraft(key);
        else keepDraft(key, after.keep);
      },
    }),
  );
  useEffect(() => {
    const kept = keptDraft(key);
    if (kept === null) return;
    setBase(kept.base);
    setText(kept.text);
  }, [key]);
  const { version, text: theirs } = latest;
  useEffect(() => {
    if (version <= base.version || save.isPending) return;
    setText((mine) => mergeText(base.text, mine, theirs).text);
    setBase({ version, text: theirs });
  }, [version, theirs, base, save.isPending]);
  const write = (next: string) => {
    setText(next);
    keepDraft(key, { base, text: next });
  };
  if (signed || mayNot !== null)
    return (
      <div className="flex max-w-3xl flex-col gap-2">
        {latest.text.trim() === '' ? (
          <p className="text-sm text-muted">Not written.</p>
        ) : (
          // As a quotation, as in what is exported: a heading in it is none of the page.
          <div className="border-l-2 border-line pl-3">
            <Markdown text={latest.text} small />
          </div>
        )}
        <VersionHistory reviewId={reviewId} section={section} title={title} newest={latest.version} />
      </div>
    );
  return (
    <div className="flex max-w-3xl flex-col gap-2">
      <TextArea
        label={title}
        hideLabel
        placeholder={prompt}
        hint="Markdown. It is kept in this browser until it is saved."
        rows={Math.min(20, Math.max(4, text.split('\n').length + 1))}
        value={text}
        maxLength={50_000}
        error={hasMarks(text) ? 'Two people changed the same lines. Both stand here, marked: choose.' : null}
        onChange={(event) => write(event.target.value)}
      />
      {asRead ? (
        <div className="rounded-md border border-line px-3 py-2">
          <Markdown text={text} small />
        </div>
      ) : null}
      <Refused error={save.error} />
      <div data-no-print="" className="flex flex-wrap items-center gap-3 text-sm text-muted">
        <Button
          disabledReason={text === base.text ? 'Nothing has changed.' : null}
          pending={save.isPending}
          onClick={() => save.mutate({ reviewId, section, markdown: text, baseVersion: base.version })}
        >
          Save
        </Button>
        <Button variant="quiet" aria-pressed={asRead} onClick={() => setAsRead((was) => !was)}>
          As it reads
        </Button>
        {stored === null ? null : (
          <span>
            Version {stored.version}, <Person id={stored.writtenBy} />,{' '}
            <RelativeTime at={stored.writtenAt.toISOString()} />
          </span>
        )}
      </div>
      <VersionHistory reviewId={reviewId} section={section} title={title} newest={latest.version} />
    </div>
  );
}
