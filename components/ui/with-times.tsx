import type { ReactNode } from 'react';
import { RelativeTime } from './relative-time.tsx';
import { splitAtInstants } from './split-at-instants.ts';

/** A text in which each instant (ISO 8601, UTC) is shown as the pages show instants, in the reader's zone. */
export function WithTimes({ text }: { text: string }): ReactNode {
  return splitAtInstants(text).map(({ at, text: part, isInstant }) =>
    isInstant ? <RelativeTime key={at} at={part} absolute /> : part,
  );
}
