'use client';

import { Button } from '../ui/button.tsx';
import { CodeBlock } from '../ui/code-block.tsx';
import { FailurePage } from './failure-page.tsx';

export type ErrorPageProps = { error: Error & { digest?: string }; reset: () => void };

/** A page that broke while it was put together. In production the message is a digest that the log explains. */
export function ErrorPage({ error, reset }: ErrorPageProps) {
  return (
    <>
      <FailurePage
        title="Error"
        verdict="This page could not be put together."
        next="Nothing was changed by it. Try again; if it stays, the log of the web process names the cause under the reference below."
        actions={
          <Button variant="primary" onClick={reset}>
            Try again
          </Button>
        }
      />
      <CodeBlock
        label="Message"
        text={error.digest ? `${error.message}\nreference ${error.digest}` : error.message}
      />
    </>
  );
}
