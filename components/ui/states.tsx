'use client';

import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { CodeBlock } from './code-block.tsx';
import { type Tone, toneEdge } from './tone.ts';
import { ToneIcon } from './verdict.tsx';

export type EmptyStateProps = {
  /** What is not there, as a sentence: `No replay has run yet.` */
  title: string;
  /** Why that is, or what would fill it. */
  children?: ReactNode;
  /** What to do next. */
  action?: ReactNode;
};

/** Nothing to show, and nothing wrong. An outage never looks like this. */
export function EmptyState({ title, children, action }: EmptyStateProps) {
  return (
    <div className="flex flex-col items-start gap-2 rounded-lg border border-dashed border-line px-6 py-8">
      <p className="text-base font-medium">{title}</p>
      {children ? <div className="max-w-prose text-sm text-muted">{children}</div> : null}
      {action ? <div className="mt-1">{action}</div> : null}
    </div>
  );
}

export type ErrorStateProps = {
  /** What happened, as a sentence. */
  title: string;
  /** What the reader can do about it. */
  whatToDo: ReactNode;
  /** The message as it came, for whoever has to pass it on. */
  detail?: string | null;
  /** Tries again; left out where trying again cannot help. */
  onRetry?: () => void;
  retrying?: boolean;
  /** Other ways on: a link to the replay that stands in the way. */
  action?: ReactNode;
};

/** Something failed: what happened, what to do, and a way to try again. */
export function ErrorState({ title, whatToDo, detail, onRetry, retrying = false, action }: ErrorStateProps) {
  return (
    <div
      role="alert"
      className="flex flex-col gap-2 rounded-lg border border-l-4 border-line border-l-failed bg-surface px-4 py-3"
    >
      <p className="flex items-center gap-2 font-medium">
        <ToneIcon tone="failed" />
        {title}
      </p>
      <div className="max-w-prose text-sm text-muted">{whatToDo}</div>
      {detail ? <CodeBlock label="Message" text={detail} /> : null}
      {onRetry || action ? (
        <div className="flex flex-wrap items-center gap-2">
          {onRetry ? (
            <Button onClick={onRetry} pending={retrying}>
              Try again
            </Button>
          ) : null}
          {action}
        </div>
      ) : null}
    </div>
  );
}

export type NoticeProps = { tone: Tone; title: ReactNode; children?: ReactNode; action?: ReactNode };

/** One statement with a consequence, inside a page: icon, sentence, what follows. */
export function Notice({ tone, title, children, action }: NoticeProps) {
  return (
    <div
      className={`flex flex-wrap items-start gap-x-3 gap-y-2 rounded-lg border border-l-4 border-line bg-surface px-4 py-3 ${toneEdge[tone]}`}
    >
      <ToneIcon tone={tone} className="mt-0.5" />
      <div className="min-w-48 flex-1">
        <p className="font-medium">{title}</p>
        {children ? <div className="mt-0.5 max-w-prose text-sm text-muted">{children}</div> : null}
      </div>
      {action}
    </div>
  );
}
