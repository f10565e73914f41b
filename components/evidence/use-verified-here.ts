import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Verification } from './record-head.ts';
import type { ShownRecord } from './verify-in-browser.ts';

/** Verifies what a page shows, once it shows it, and again where somebody gives keys of their own. */
export function useVerifiedHere(shown: ShownRecord | null) {
  const [key, setKey] = useState('');
  const report = useQuery({
    queryKey: ['verified-in-browser', shown, key],
    // The verifier is read only where somebody looks at a record.
    queryFn: async () => {
      if (shown === null) throw new Error('Nothing is shown that could be verified.');
      return (await import('./verify-in-browser.ts')).verifyInBrowser(shown, key);
    },
    enabled: shown !== null,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return { report, key, setKey };
}
export type VerifiedHere = ReturnType<typeof useVerifiedHere>;

/** How far it has come. `whyNot`: why the record itself, without which nothing can be verified, is not shown. */
export function verificationOf({ report }: VerifiedHere, whyNot: string | null): Verification {
  if (report.data !== undefined) return { state: 'made', report: report.data };
  if (whyNot !== null) return { state: 'not-made', why: whyNot };
  return report.isError ? { state: 'not-made', why: report.error.message } : { state: 'running' };
}
