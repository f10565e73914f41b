import type { PlanPreview } from '@/server/application/views.ts';

const wholeRate = /^[1-9]\d{0,6}$/;

/** Whether a limit that was typed can be launched with; nothing typed is no limit. */
export const isRate = (text: string): boolean => text === '' || wholeRate.test(text);

/** Events a second; null where none is typed, or nothing that is a limit. */
export const readRate = (text: string): number | null => (wholeRate.test(text) ? Number(text) : null);

/** How long it should take with this limit, which is no part of the plan and so of none of its estimates. */
export function estimateUnder(
  rate: number | null,
  {
    eventEstimate,
    estimatedSeconds: seconds,
    estimateBasis: basis,
  }: Pick<PlanPreview, 'eventEstimate' | 'estimatedSeconds' | 'estimateBasis'>,
): { readonly seconds: number | null; readonly basis: string | null } {
  if (rate === null || eventEstimate === null) return { seconds, basis };
  const atRate = eventEstimate / rate;
  return atRate > (seconds ?? 0)
    ? { seconds: atRate, basis: `its own limit of ${rate} events/s` }
    : { seconds, basis };
}
