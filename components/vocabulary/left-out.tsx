import { Notice } from '@/components/ui/states.tsx';

/** What of the address a list is not filtered by, above that list. */
export function LeftOut({ mistakes }: { mistakes: readonly string[] }) {
  if (mistakes.length === 0) return null;
  return (
    <Notice tone="different" title={mistakes[0]}>
      {mistakes.slice(1).map((sentence) => (
        <span key={sentence} className="block">
          {sentence}
        </span>
      ))}
    </Notice>
  );
}
