'use client';

import { ErrorState } from '@/components/ui/states.tsx';

/** An act that was refused: its own sentence, and the way to the door where a fresh sign-in is asked for. */
export function RefusedAct({ title, message }: { title: string; message: string }) {
  const stale = message.includes('Sign in again');
  return (
    <ErrorState
      title={title}
      whatToDo={
        stale ? (
          <a className="underline" href={`/sign-in?next=${encodeURIComponent(window.location.pathname)}`}>
            Sign in again, and come back here
          </a>
        ) : (
          'Read the message; what you wrote stays as it is.'
        )
      }
      detail={message}
    />
  );
}
