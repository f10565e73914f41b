import { RelativeTime } from '@/components/ui/relative-time.tsx';
import { Notice } from '@/components/ui/states.tsx';
import type { ErasureView } from '@/server/application/views.ts';
import { partsErased } from './erased-words.ts';

/** Over what is not whole any more: when, why, and how much of what (`of`: “of this replay and …”). Where nothing was erased it is not there. */
export function ErasedNotices({ erasures, of }: { erasures: readonly ErasureView[]; of: string }) {
  return erasures.map((erasure) => (
    <Notice
      key={erasure.id}
      tone="unknown"
      title={
        <>
          Erased on <RelativeTime at={erasure.at} absolute /> ({erasure.by}): {erasure.reason}
        </>
      }
    >
      {partsErased(erasure.counts)} {of}. Its evidence stays as it was recorded, with its counts and digests,
      and can still be verified.
      {erasure.unusable ? ' Nothing can go on from it: for that, replay again.' : ''}
    </Notice>
  ));
}

/** In the place of words or rows that are gone. */
export function ErasedHere({ erasure }: { erasure: ErasureView | null }) {
  if (erasure === null) return <>erased, and by no erasure that is on record</>;
  return (
    <>
      erased on <RelativeTime at={erasure.at} absolute /> ({erasure.by}): {erasure.reason}
    </>
  );
}
