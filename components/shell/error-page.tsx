'use client';

import { useQueryErrorResetBoundary } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { startTransition, useCallback, useEffect, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { CodeBlock } from '../ui/code-block.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { FailurePage } from './failure-page.tsx';
import { worthAsking } from './redacted.ts';
import { refusalOf, refusalSentence } from './refusal.ts';
import { WhatIsDown } from './what-is-down.tsx';

export type ErrorPageProps = { error: Error & { digest?: string }; reset: () => void };

/**
 * A page that broke while it was put together: what is down, and the page again by itself once it is back. In
 * production the message may be a digest that the log explains.
 */
export function ErrorPage({ error, reset }: ErrorPageProps) {
  const router = useRouter();
  const { reset: forgetFailures } = useQueryErrorResetBoundary();
  const again = useCallback(() => {
    // What was rendered on the server is asked for again, and a failed query is no longer taken for its answer.
    forgetFailures();
    startTransition(() => {
      router.refresh();
      reset();
    });
  }, [forgetFailures, router, reset]);
  // A failure on the server arrives as a digest; asked for from here it comes with its sentence.
  const [asking] = useState(() => worthAsking(error.digest, Date.now()));
  useEffect(() => {
    if (!asking) return;
    forgetFailures();
    startTransition(reset);
  }, [asking, forgetFailures, reset]);
  if (asking) return <SkeletonRows />;
  const refusal = refusalOf(error);
  if (refusal) {
    return <FailurePage title={refusal.title} verdict={refusalSentence(error)} next={refusal.next} />;
  }
  return (
    <>
      <FailurePage
        title="Error"
        verdict="This page could not be put together."
        next="Nothing was changed by it. It is tried again by itself once what is down is back; if everything answers, the log of the web process names the cause."
        actions={
          <Button variant="primary" onClick={again}>
            Try again
          </Button>
        }
      />
      <WhatIsDown onReturned={again} />
      <CodeBlock
        label="Message"
        text={error.digest ? `${error.message}\nreference ${error.digest}` : error.message}
      />
    </>
  );
}
