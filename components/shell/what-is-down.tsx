'use client';

import { useEffect, useState } from 'react';
import { Verdict } from '../ui/verdict.tsx';
import { type Answer, type Dependency, hasReturned, parseHealth } from './health-answer.ts';

const askAgainMs = 5_000;

/**
 * Which of the things that Reprise stands on answer now, asked for again while the page stands. Not a query of the
 * API: what broke this page may be the API. `onReturned` is told whenever one of them is there again.
 */
export function WhatIsDown({ onReturned }: { onReturned: () => void }) {
  const [found, setFound] = useState<readonly Dependency[] | 'silent' | null>(null);
  useEffect(() => {
    let before: Answer | null = null;
    let timer: ReturnType<typeof setTimeout>;
    const gone = new AbortController();
    const ask = async () => {
      const dependencies = await askHealth(gone.signal);
      if (gone.signal.aborted) return;
      setFound(dependencies);
      if (hasReturned(before, dependencies)) onReturned();
      before = dependencies;
      timer = setTimeout(ask, askAgainMs);
    };
    void ask();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [onReturned]);
  if (found === null) return null;
  if (found === 'silent') {
    return (
      <p className="text-sm">
        <Verdict tone="failed" look="plain">
          The web process itself does not answer.
        </Verdict>
      </p>
    );
  }
  return (
    <section aria-label="What answers now" className="flex flex-col gap-2">
      <h2 className="text-sm font-medium">What answers now</h2>
      <ul className="divide-y divide-line border-y border-line text-sm">
        {found.map((each) => (
          <li key={each.name} className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 py-1.5">
            <span className="w-64">
              <Verdict tone={tones[each.status]} look="plain">
                {each.name} {each.status.replace('-', ' ')}
              </Verdict>
            </span>
            <span className="min-w-0 flex-1 text-muted wrap-anywhere">{each.detail}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const tones = { up: 'verified', down: 'failed', 'not-configured': 'unknown' } as const;

async function askHealth(signal: AbortSignal): Promise<readonly Dependency[] | 'silent'> {
  try {
    const answer = await fetch('/api/health', { signal, cache: 'no-store' });
    return parseHealth(await answer.json()) ?? 'silent';
  } catch {
    return 'silent';
  }
}
