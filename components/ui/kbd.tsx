'use client';

import { useSyncExternalStore } from 'react';

const never = () => () => {};

/** Whether the keyboard has ⌘; the server does not know and says no. */
function useIsMac(): boolean {
  return useSyncExternalStore(
    never,
    () => /mac/i.test(navigator.userAgent),
    () => false,
  );
}

/** Keys as they are printed on them: `g r` is two keys one after the other, `mod+k` is ⌘ K or Ctrl K. */
export function Kbd({ keys }: { keys: string }) {
  const mod = useIsMac() ? '⌘' : 'Ctrl';
  return (
    <span className="inline-flex items-center gap-0.5">
      {keys
        .replace('mod+', `${mod} `)
        .replace('shift+', 'Shift ')
        .split(' ')
        .map((key) => (
          <kbd
            key={key}
            className="inline-flex h-5 min-w-5 items-center justify-center rounded-sm border border-line bg-subtle px-1 font-sans text-xs text-muted"
          >
            {key}
          </kbd>
        ))}
    </span>
  );
}
