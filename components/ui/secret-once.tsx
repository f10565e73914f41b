'use client';

import { useEffect, useRef } from 'react';
import { Button } from './button.tsx';
import { CodeBlock } from './code-block.tsx';
import { ToneIcon } from './verdict.tsx';

export type SecretOnceProps = {
  /** What it is and for whom: `The link for Grace`. */
  title: string;
  /** How long it holds, and what becomes of it. */
  children: React.ReactNode;
  /** Heads the block and names its copy button: `Invitation link`. */
  label: string;
  secret: string;
  onDone: () => void;
};

/** A secret that is shown this once. It takes the focus, because whoever misses it has to make another one. */
export function SecretOnce({ title, children, label, secret, onDone }: SecretOnceProps) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <section
      ref={box}
      tabIndex={-1}
      aria-label={title}
      className="flex flex-col gap-2 rounded-lg border border-l-4 border-line border-l-accent bg-surface px-4 py-3"
    >
      <p className="flex items-center gap-2 font-medium">
        <ToneIcon tone="accent" />
        {title}
      </p>
      <div className="max-w-prose text-sm text-muted">{children}</div>
      <CodeBlock label={label} text={secret} />
      <div>
        <Button onClick={onDone}>I have copied it</Button>
      </div>
    </section>
  );
}
