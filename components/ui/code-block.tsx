'use client';

import { cx } from './class-names.ts';
import { CopyButton } from './copy-button.tsx';
import { keyboardReachable } from './scroll-region.ts';

export type CodeBlockProps = {
  text: string;
  /** What it is, in words: it heads the block and names it to a screen reader. */
  label: string;
  /** Kept off the page, still said to a screen reader. */
  hideLabel?: boolean;
  /** Long text scrolls inside this height instead of pushing the page. */
  maxHeight?: 'none' | 'md';
};

/** Monospaced text as it is, wrapped and copyable. Nothing in it is ever interpreted. */
export function CodeBlock({ text, label, hideLabel = false, maxHeight = 'none' }: CodeBlockProps) {
  return (
    <figure className="overflow-hidden rounded-md border border-line bg-subtle">
      <figcaption
        className={cx(
          'flex items-center justify-between pr-1 pl-3 text-xs text-muted',
          hideLabel ? 'sr-only' : 'h-7',
        )}
      >
        {label}
        {hideLabel ? null : <CopyButton text={text} what={label} />}
      </figcaption>
      {/* A region that scrolls has to be reachable by keyboard (axe: scrollable-region-focusable). */}
      <pre
        {...(maxHeight === 'none' ? {} : keyboardReachable)}
        className={cx(
          'px-3 pb-2 font-mono text-sm whitespace-pre-wrap wrap-anywhere',
          hideLabel && 'pt-2',
          maxHeight === 'md' && 'max-h-80 overflow-y-auto',
        )}
      >
        {text}
      </pre>
    </figure>
  );
}
