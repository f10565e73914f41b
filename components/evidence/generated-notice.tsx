import { Notice } from '@/components/ui/states.tsx';

/** Over a record that no replay has left: nobody may take it for evidence. */
export function GeneratedNotice() {
  return (
    <Notice tone="different" title="This record was generated for measuring.">
      No replay and no promotion stands behind it, and its contract and people are made up: it is evidence of
      nothing.
    </Notice>
  );
}
