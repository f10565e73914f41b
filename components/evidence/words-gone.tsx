import { ErasedHere } from '@/components/vocabulary/erased.tsx';
import { erasureOf } from '@/components/vocabulary/erased-words.ts';
import type { EvidenceDetail } from '@/server/application/views.ts';

export const replacedWords = 'The words beside this record are not those it names.';

/** In the place of what was said in words, where it was erased, or other words stand there now. */
export function WordsGone({
  record,
}: {
  record: Pick<EvidenceDetail, 'id' | 'erasures' | 'remarksReplaced'>;
}) {
  if (record.remarksReplaced) return <>{replacedWords}</>;
  return <ErasedHere erasure={erasureOf(record.erasures, record.id, 'remarks')} />;
}
