import { api, fetchOrNotFound, Hydrated } from '@/app/_trpc/server.tsx';
import { IncidentPage } from '@/components/incidents/incident-page.tsx';

export default async function Page({ params }: { params: Promise<{ incidentId: string }> }) {
  const { incidentId } = await params;
  await fetchOrNotFound(api.incidents.get.queryOptions({ incidentId }));
  return (
    <Hydrated>
      <IncidentPage incidentId={incidentId} />
    </Hydrated>
  );
}
