'use client';

import { Check, Copy, X } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { IconButton } from './button.tsx';
import { Tooltip } from './tooltip.tsx';

type Outcome = 'idle' | 'copied' | 'refused';

export type CopyButtonProps = {
  /** What goes to the clipboard, whole. */
  text: string;
  /** What is copied, in words: `plan hash`. */
  what: string;
  /** Said on hover and focus; `Copy <what>` when left out. */
  hint?: ReactNode;
  className?: string;
};

/** Copies a text and says whether that worked: a browser may refuse. */
export function CopyButton({ text, what, hint, className }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<Outcome>('idle');
  useEffect(() => {
    if (outcome === 'idle') return;
    const timer = setTimeout(() => setOutcome('idle'), 1_600);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setOutcome('copied'),
      () => setOutcome('refused'),
    );
  return (
    <>
      <Tooltip content={hint ?? `Copy ${what}`}>
        <IconButton
          label={`Copy ${what}`}
          icon={<OutcomeIcon outcome={outcome} />}
          onClick={copy}
          className={className ?? 'size-6'}
        />
      </Tooltip>
      <span role="status" className="sr-only">
        {outcome === 'copied'
          ? `Copied ${what}`
          : outcome === 'refused'
            ? `The browser refused to copy ${what}`
            : ''}
      </span>
    </>
  );
}

function OutcomeIcon({ outcome }: { outcome: Outcome }) {
  if (outcome === 'copied') return <Check aria-hidden="true" className="size-3.5 text-verified" />;
  if (outcome === 'refused') return <X aria-hidden="true" className="size-3.5 text-failed" />;
  return <Copy aria-hidden="true" className="size-3.5" />;
}
