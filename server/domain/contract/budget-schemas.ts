import { z } from 'zod';
import { budgetsOf, incidentClasses } from './budgets.ts';

/** Whether months can be counted in it. */
function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const DAY_MS = 86_400_000;
const ms = (what: string) =>
  z
    .number(`${what} has to be a number of milliseconds`)
    .int()
    .positive(`${what} has to be more than 0 ms`)
    .max(31 * DAY_MS, `${what} is more than 31 days`);
const share = z
  .number('has to be a share of 1, such as 0.0001')
  .positive('has to be more than 0: of a budget of nothing say losses, or none at all')
  .max(1, 'is more than 1, which is all of them');
const minimumCount = z.number().int().min(1, 'is at least 1');
const window = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('calendar-month') }),
  z.strictObject({
    kind: z.literal('rolling'),
    days: z.number('has to be a number of days').min(1, 'is at least 1 day').max(366, 'is at most 366 days'),
  }),
]);
const onBreach = z.strictObject({
  incident: z.enum(incidentClasses, `is one of ${incidentClasses.join(', ')}, or null`).nullable(),
  runbook: z.string().min(1).max(200).nullable(),
  replay: z.boolean(),
});

/** Of a bundle that was stored before there were budgets: the usual ones. */
export const budgetsSchema = z
  .strictObject({
    timeZone: z
      .string()
      .refine(isTimeZone, 'is no time zone that is known here, such as Europe/Berlin or UTC'),
    lag: z
      .strictObject({
        overMs: ms('overMs'),
        allowedMs: ms('allowedMs'),
        minimumSpentMs: ms('minimumSpentMs'),
        window,
        onBreach,
      })
      .nullable(),
    duplicates: z
      .strictObject({
        share,
        minimumCount,
        lookBackHours: z
          .number()
          .positive('has to be more than 0 hours')
          .max(744, 'is at most 744 hours, which are 31 days'),
        window,
        onBreach,
      })
      .nullable(),
    losses: z.strictObject({ graceMs: ms('graceMs'), window, onBreach }).nullable(),
    compensations: z.strictObject({ share, minimumCount, window, onBreach }).nullable(),
  })
  .default(budgetsOf());

const identifier = (text: string) => /^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?$/.test(text);
const column = z
  .string()
  .refine(identifier, 'not a table or column name (letters, digits, _; a schema before one dot)');

export const sentSchema = z
  .strictObject({ connection: z.string().min(1), table: column, id: column, at: column, position: column })
  .nullable()
  .default(null);

const eventType = z.string().min(1, 'names no event type');
export const sagaSchema = z
  .strictObject({
    title: z.string().min(1).max(200),
    steps: z
      .array(
        z.strictObject({
          step: z.string().min(1).max(200),
          done: eventType,
          compensated: eventType.nullable(),
          compensationFailed: eventType.nullable(),
        }),
      )
      .min(1, 'has no step'),
    completed: z.array(eventType).min(1, 'names no event that ends it well'),
    cancelled: z.array(eventType),
    limitMs: ms('limitMs'),
  })
  .nullable()
  .default(null);
