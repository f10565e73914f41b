import { ChevronLeft, ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';

export type PagerProps = {
  /** What is shown: `50 of 1,842 events`, `the newest 50`. */
  summary: ReactNode;
  /** Absent on the first page. */
  onPrevious?: (() => void) | null;
  /** Absent on the last page. */
  onNext?: (() => void) | null;
  pending?: boolean;
};

/** Pages by keyset: there is a previous and a next one, and no page number that could mean other rows tomorrow. */
export function Pager({ summary, onPrevious, onNext, pending = false }: PagerProps) {
  if (!onPrevious && !onNext) return <p className="text-sm text-muted">{summary}</p>;
  return (
    <nav aria-label="Pages" className="flex flex-wrap items-center justify-between gap-3">
      <p aria-live="polite" className="text-sm text-muted">
        {summary}
      </p>
      <div className="flex gap-2">
        <Button
          size="sm"
          icon={<ChevronLeft aria-hidden="true" className="size-4" />}
          disabledReason={onPrevious ? undefined : 'First page'}
          pending={pending}
          onClick={onPrevious ?? undefined}
        >
          Previous
        </Button>
        <Button
          size="sm"
          disabledReason={onNext ? undefined : 'Last page'}
          pending={pending}
          onClick={onNext ?? undefined}
        >
          Next
          <ChevronRight aria-hidden="true" className="size-4" />
        </Button>
      </div>
    </nav>
  );
}
