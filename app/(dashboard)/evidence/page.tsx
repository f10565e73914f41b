import { api, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { EvidenceList } from '@/components/evidence/evidence-list.tsx';

export default function Page() {
  prefetch(api.evidence.facets.queryOptions());
  return (
    <Hydrated>
      <EvidenceList />
    </Hydrated>
  );
}
