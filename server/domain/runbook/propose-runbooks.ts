import type { Runbook } from './runbook.ts';

export type ProposedRunbook = { readonly id: string; readonly title: string; readonly reason: string };

/**
 * Which runbooks may help with an incident, the likeliest first: the one that it names; then those that name a part of
 * its cause; then those that name its kind. Those of other contracts are left out.
 */
export function proposeRunbooks(
  incident: {
    readonly kind: string;
    readonly cause: string;
    readonly contractId: string | null;
    /** The id of the runbook that the breached budget names. */
    readonly runbook: string | null;
  },
  runbooks: readonly Pick<Runbook, 'id' | 'title' | 'contracts' | 'incidents'>[],
): readonly ProposedRunbook[] {
  const parts = incident.cause.split(':').slice(1);
  const ranked = runbooks.flatMap((runbook) => {
    const { id, title, contracts, incidents } = runbook;
    if (id === incident.runbook)
      return [{ rank: 0, proposed: { id, title, reason: 'the contract names it for this' } }];
    const isOfContract = incident.contractId !== null && contracts.includes(incident.contractId);
    if (contracts.length > 0 && !isOfContract) return [];
    const whose = isOfContract ? ` of ${incident.contractId}` : '';
    const part = parts.find((each) => incidents.includes(`${incident.kind}:${each}`));
    if (part !== undefined)
      return [
        {
          rank: 1,
          proposed: { id, title, reason: `it is for incidents${whose} of this kind, about ${part}` },
        },
      ];
    if (incidents.includes(incident.kind))
      return [{ rank: 2, proposed: { id, title, reason: `it is for incidents${whose} of this kind` } }];
    return [];
  });
  return ranked
    .toSorted((a, b) => a.rank - b.rank || (a.proposed.id < b.proposed.id ? -1 : 1))
    .map(({ proposed }) => proposed);
}
