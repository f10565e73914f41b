'use client';

import { notifyManager, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { RelativeTime } from '../ui/relative-time.tsx';
import { Notice } from '../ui/states.tsx';
import { isNotReadAnew, type NotReadAnew, notReadAnew } from './not-read-anew.ts';

/**
 * Says that the page shows what it could not read anew. A page whose figures are there goes on showing them when a
 * later question fails, and would look like one that is up to date. It stands at the bottom edge: there it moves
 * nothing, and is seen wherever one reads.
 */
export function OldFigures() {
  const queryClient = useQueryClient();
  const [old, setOld] = useState<NotReadAnew | null>(null);
  const [asking, setAsking] = useState(false);
  useEffect(() => {
    const cache = queryClient.getQueryCache();
    const look = () => {
      const found = notReadAnew(cache.getAll());
      setOld((before) =>
        before?.sinceMs === found?.sinceMs && before?.reason === found?.reason ? before : found,
      );
    };
    // Not at once: the cache tells of its changes in the midst of a render, too.
    const stop = cache.subscribe(notifyManager.batchCalls(look));
    look();
    return stop;
  }, [queryClient]);
  const readAgain = async () => {
    setAsking(true);
    await queryClient.refetchQueries({ predicate: isNotReadAnew }, { cancelRefetch: false });
    setAsking(false);
  };
  return (
    <div role="status" className="sticky bottom-0 z-20 px-4 lg:px-6">
      {old ? (
        <div className="py-2">
          <Notice
            tone="unknown"
            title={
              <>
                Figures on this page could not be read anew since <RelativeTime at={old.sinceMs} absolute />:{' '}
                {old.reason}
              </>
            }
            action={
              <Button onClick={readAgain} pending={asking}>
                Read again
              </Button>
            }
          >
            What you see is from then.
          </Notice>
        </div>
      ) : null}
    </div>
  );
}
