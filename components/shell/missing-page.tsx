'use client';

import { usePathname } from 'next/navigation';
import { FailurePage } from './failure-page.tsx';
import { missingSentence } from './missing.ts';

/** An address that leads nowhere. The browser's own is asked: the frame around a page outlives a change of address. */
export function MissingPage() {
  return (
    <FailurePage
      title="Not found"
      verdict={missingSentence(usePathname())}
      next="The id in the address may be mistyped, or belong to another installation."
    />
  );
}
