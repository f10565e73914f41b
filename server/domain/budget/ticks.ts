import { MINUTE_MS } from './window.ts';

/** What was measured; whole milliseconds of lag, or whole events. `total` holds `bad` and not `unknown`. */
export type Amounts = { readonly total: number; readonly bad: number; readonly unknown: number };
export type Tick = Amounts & { readonly atMs: number };

/**
 * Cuts a reading over [fromMs, toMs) at full minutes. Each minute gets the share that it has of the time, in whole
 * numbers whose sum is the reading's, wherever it was cut; what is bad is never more than the total. A reading of one
 * instant is one of its minute.
 */
export function splitReading(fromMs: number, toMs: number, amounts: Amounts): readonly Tick[] {
  const good = split(fromMs, toMs, amounts.total - amounts.bad);
  const bad = split(fromMs, toMs, amounts.bad);
  const unknown = split(fromMs, toMs, amounts.unknown);
  return minutesOf(fromMs, toMs).map((atMs, at) => ({
    atMs,
    total: (good[at] ?? 0) + (bad[at] ?? 0),
    bad: bad[at] ?? 0,
    unknown: unknown[at] ?? 0,
  }));
}

/** The same of one amount: what a spend put into which minute, so that it can be taken back from there. */
export function splitAmount(
  fromMs: number,
  toMs: number,
  amount: number,
): readonly { readonly atMs: number; readonly amount: number }[] {
  const parts = split(fromMs, toMs, amount);
  return minutesOf(fromMs, toMs)
    .map((atMs, at) => ({ atMs, amount: parts[at] ?? 0 }))
    .filter((part) => part.amount !== 0);
}

export const minuteOf = (ms: number): number => Math.floor(ms / MINUTE_MS) * MINUTE_MS;

function minutesOf(fromMs: number, toMs: number): readonly number[] {
  const first = minuteOf(fromMs);
  const count = Math.max(1, Math.ceil((toMs - first) / MINUTE_MS));
  return Array.from({ length: count }, (_, at) => first + at * MINUTE_MS);
}

/** By what has come together up to each border, so that nothing is rounded twice. */
function split(fromMs: number, toMs: number, amount: number): readonly number[] {
  const length = BigInt(Math.max(1, Math.round(toMs - fromMs)));
  const upTo = (ms: number) => {
    const elapsed = BigInt(Math.round(Math.min(Math.max(ms - fromMs, 0), toMs - fromMs)));
    return Number((BigInt(Math.round(amount)) * elapsed) / length);
  };
  const minutes = minutesOf(fromMs, toMs);
  if (minutes.length === 1) return [Math.round(amount)];
  return minutes.map((atMs) => upTo(atMs + MINUTE_MS) - upTo(atMs));
}

/** Why a reading can't be counted; null: it can. */
export function whyNoReading(fromMs: number, toMs: number, { total, bad, unknown }: Amounts): string | null {
  if (!Number.isFinite(fromMs) || !Number.isFinite(toMs) || toMs < fromMs)
    return 'its time has no beginning or ends before it begins';
  for (const [name, value] of Object.entries({ total, bad, unknown }))
    if (!Number.isSafeInteger(Math.round(value)) || value < 0) return `${name} is ${value}`;
  if (Math.round(bad) > Math.round(total)) return `${bad} are bad of ${total}`;
  return null;
}
