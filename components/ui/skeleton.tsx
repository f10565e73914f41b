import { cx } from './class-names.ts';

/** The place of something that is loading. It has the size of what comes, so that nothing moves when it does. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <span
      aria-hidden="true"
      className={cx(
        'block animate-pulse rounded-sm bg-hover motion-reduce:animate-none',
        className ?? 'h-4 w-24',
      )}
    />
  );
}

/**
 * Rows that are loading, as tall as the rows that will come. After 5 s they say that they wait: by style alone,
 * because what they wait for may be the very answer that brings the scripts to life.
 */
export function SkeletonRows({ rows = 6, rowHeight = 32 }: { rows?: number; rowHeight?: 32 | 40 }) {
  return (
    <div role="status" className="divide-y divide-line border-y border-line">
      <span className="sr-only">Loading</span>
      {Array.from({ length: rows }, (_, row) => `row-${row}`).map((key) => (
        <div key={key} style={{ height: rowHeight }} className="flex items-center gap-6 px-3">
          <Skeleton className="h-3 w-1/4" />
          <Skeleton className="h-3 w-1/6" />
          <Skeleton className="h-3 w-1/5" />
        </div>
      ))}
      <p className="slow-note text-sm text-muted">
        No answer has come for 5 s. It is still waited for;{' '}
        <a href="/api/health" className="rounded-sm text-accent underline">
          the health answer
        </a>{' '}
        says what is down.
      </p>
    </div>
  );
}
