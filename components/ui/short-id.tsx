'use client';

import Link from 'next/link';
import { CopyButton } from './copy-button.tsx';
import { shortenMiddle } from './shorten-middle.ts';
import { Tooltip } from './tooltip.tsx';

export type ShortIdProps = {
  id: string;
  /** What the id names, in words: `plan hash`. */
  what: string;
  /** Where the named thing is. */
  href?: string;
  head?: number;
  tail?: number;
  /** Leave the copy button out where a row of them would be noise. */
  copyable?: boolean;
};

/** An id shortened in the middle. Whether by its button or by selecting it, it is copied whole. */
export function ShortId({ id, what, href, head = 8, tail = 4, copyable = true }: ShortIdProps) {
  const shown = shortenMiddle(id, head, tail);
  const wholeIntoClipboard = (event: React.ClipboardEvent) => {
    event.clipboardData.setData('text/plain', id);
    event.preventDefault();
  };
  const look = 'rounded-sm font-mono text-sm whitespace-nowrap';
  return (
    <span className="inline-flex items-center gap-0.5" onCopy={wholeIntoClipboard}>
      {shown === id ? (
        href ? (
          <Link href={href} className={`${look} text-accent hover:underline`}>
            {id}
          </Link>
        ) : (
          <span className={look}>{id}</span>
        )
      ) : (
        <Tooltip content={<span className="font-mono">{id}</span>}>
          {href ? (
            <Link
              href={href}
              className={`${look} text-accent hover:underline`}
              aria-label={`${what} ${shown}`}
            >
              <span className="print:hidden">{shown}</span>
            </Link>
          ) : (
            <span className={look}>
              <span aria-hidden="true" className="print:hidden">
                {shown}
              </span>
              <span className="sr-only print:hidden">{id}</span>
            </span>
          )}
        </Tooltip>
      )}
      {/* On paper there is no hint that would show the rest. */}
      {shown === id ? null : (
        <span aria-hidden="true" className="hidden font-mono text-xs wrap-anywhere print:inline">
          {id}
        </span>
      )}
      {copyable ? <CopyButton text={id} what={what} hint={<span className="font-mono">{id}</span>} /> : null}
    </span>
  );
}
