'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { saveText } from './save-text.ts';

/** Saves a part, unless what is stored has another digest than the record names. */
export function SavePart({
  evidenceId,
  part,
  onProblem,
}: {
  evidenceId: string;
  part: string;
  onProblem: (problem: string | null) => void;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [pending, setPending] = useState(false);
  const save = async () => {
    setPending(true);
    onProblem(null);
    try {
      // It may be long, and is wanted once: it is not kept.
      const options = trpc.evidence.attachment.queryOptions({ evidenceId, name: part }, { gcTime: 0 });
      const { text, check } = await queries.fetchQuery(options);
      if (check.outcome === 'failed') onProblem(check.sentence);
      else saveText(text, { name: `evidence-${evidenceId}-${part}.json`, type: 'application/json' });
    } catch (error) {
      onProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setPending(false);
    }
  };
  return (
    <Button size="sm" pending={pending} onClick={save} aria-label={`Download ${part}`}>
      Download
    </Button>
  );
}
