'use client';

import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Refused } from '@/components/ui/refused.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { TextArea } from '@/components/ui/text-field.tsx';
import { Person } from '@/components/vocabulary/person.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import { hasMarks, mergeText } from '@/server/domain/review/merge.ts';
import type { OpinionSection } from '@/server/domain/review/sections.ts';
import { forgetDraft, keepDraft, keptDraft } from './kept-draft.ts';

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

/** What people write in one section. What others save meanwhile is taken in while one types. */
export function OpinionEditor({ reviewId, section, title, prompt, stored, signed }: Props) {
  const trpc = useTRPC();
  const mayNot = useWhyNot('respond', 'Writing a review');
  const key = `${reviewId}.${section}`;
  const latest = { version: stored?.version ?? 0, text: stored?.text ?? '' };
  const [base, setBase] = useState(latest);
  const [text, setText] = useState(latest.text);
  const save = useMutation(
    trpc.reviews.save.mutationOptions({
      onSuccess: (saved, sent) => {
        setBase({ version: saved.version, text: saved.text });
        // What was typed while it was on its way is kept.
        setText((now) => mergeText(sent.markdown, now, saved.text).text);
        forgetDraft(key);
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
    return <p className="max-w-prose text-sm whitespace-pre-wrap">{latest.text.trim() || 'Not written.'}</p>;
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
      <Refused error={save.error} />
      <div data-no-print="" className="flex flex-wrap items-center gap-3 text-sm text-muted">
        <Button
          disabledReason={text === base.text ? 'Nothing has changed.' : null}
          pending={save.isPending}
          onClick={() => save.mutate({ reviewId, section, markdown: text, baseVersion: base.version })}
        >
          Save
        </Button>
        {stored === null ? null : (
          <span>
            Version {stored.version}, <Person id={stored.writtenBy} />,{' '}
            <RelativeTime at={stored.writtenAt.toISOString()} />
          </span>
        )}
      </div>
    </div>
  );
}
