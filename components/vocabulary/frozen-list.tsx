import { Button } from '@/components/ui/button.tsx';
import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Notice } from '@/components/ui/states.tsx';

/** Says that a list ends at an instant, as a permalink has fixed it, and offers the way back to the present. */
export function FrozenList({ asOf, onRelease }: { asOf: string; onRelease: () => void }) {
  return (
    <Notice
      tone="unknown"
      title={
        <>
          This list ends at <RelativeTime at={asOf} absolute />: what came later is left out.
        </>
      }
      action={
        <Button size="sm" onClick={onRelease}>
          Show the newest
        </Button>
      }
    />
  );
}
