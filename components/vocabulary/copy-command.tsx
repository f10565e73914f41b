'use client';

import { SquareTerminal } from 'lucide-react';
import { Button } from '@/components/ui/button.tsx';
import { notify, notifyFailure } from '@/components/ui/notify.ts';

/** Copies the command that does on the command line what the page shows, whole. */
export function CopyCommand({ command }: { command: string }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(command);
      await notify('Copied the command', command);
    } catch {
      await notifyFailure('The browser refused to copy', command);
    }
  };
  return (
    <Button icon={<SquareTerminal aria-hidden="true" className="size-4" />} onClick={() => void copy()}>
      Copy as command line
    </Button>
  );
}
