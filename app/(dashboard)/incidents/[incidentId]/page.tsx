import { api, fetchOrNotFound, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { IncidentPage } from '@/components/incidents/incident-page.tsx';

export default async function Page({ params }: { params: Promise<{ incidentId: string }> }) {
  const { incidentId } = await params;
  prefetch(api.reviews.ofIncident.queryOptions({ incidentId }));
  await fetchOrNotFound(api.incidents.get.queryOptions({ incidentId }));
  return (
    <Hydrated>
      <IncidentPage incidentId={incidentId} />
    </Hydrated>
  );
}
