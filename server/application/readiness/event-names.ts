import type { ReadinessCheck } from '../ports/history.ts';

/** A change of a record says that something was written, and not what happened: UserRecordUpdated, RowDeleted. */
const recordChange = /(updated|upserted|inserted|deleted|modified|changed|saved)$/i;

/** Whether events are named as business facts. A replay of record changes is valid and may still mean nothing. */
export function checkEventNames(types: readonly string[]): ReadinessCheck {
  const name = 'events are business facts';
  const changes = types.filter((type) => recordChange.test(type));
  if (changes.length === 0)
    return {
      name,
      outcome: 'passed',
      found: `None of the ${types.length} event types is named after the change of a record.`,
      consequence: null,
      remedy: null,
    };
  return {
    name,
    outcome: 'warning',
    found: `${changes.join(', ')} ${changes.length === 1 ? 'is' : 'are'} named after the change of a record.`,
    consequence:
      'Such an event says that something was written and not why, so a replay can be right and mean nothing.',
    remedy: 'Name events after what happened in the business, such as CustomerPlacedOrder.',
  };
}
