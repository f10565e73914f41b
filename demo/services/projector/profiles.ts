/**
 * What the three projectors have of their own. The program is one; their teams chose differently, and two of those
 * choices are the demo's fault: selling reads receipts up to version 2, and warehouse has had no idempotency
 * check (a flag of its earlier release, see projector.ts).
 */
import type { ProjectorName } from '../../layout.ts';

/** An event as a projector reads it, after its own schema checks. */
export type ReadEvent = {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly sku: string;
  readonly data: Readonly<Record<string, unknown>>;
};

export type Row = { readonly quantity: number; readonly reserved: number };

export type Profile = {
  readonly name: ProjectorName;
  readonly table: string;
  readonly columns: readonly (keyof Row)[];
  /** The newest version of each event type that this release can read. */
  readonly reads: Readonly<Record<string, number>>;
};

const everything = {
  StockReceived: 3,
  StockShipped: 2,
  StockReserved: 1,
  ReservationReleased: 1,
  StockCounted: 1,
  StockAdjusted: 1,
};

export const profiles: Readonly<Record<ProjectorName, Profile>> = {
  inventory: {
    name: 'inventory',
    table: 'inventory_state',
    columns: ['quantity', 'reserved'],
    reads: everything,
  },
  selling: {
    name: 'selling',
    table: 'selling_state',
    columns: ['quantity', 'reserved'],
    reads: { ...everything, StockReceived: 2 },
  },
  warehouse: { name: 'warehouse', table: 'warehouse_state', columns: ['quantity'], reads: everything },
};

/** The release after it. */
export const upgraded = (profile: Profile): Profile => ({ ...profile, reads: everything });

/** An event that can't be used as it stands; it is parked with its cause. */
export class Unusable extends Error {
  override readonly name = 'Unusable';
  override readonly cause: 'undecodable' | 'unknown-type' | 'unsupported-version' | 'invalid-data';

  constructor(cause: Unusable['cause'], detail: string) {
    super(detail);
    this.cause = cause;
  }
}

/** @throws Unusable where this release can't read the event. */
export function checkReadable(profile: Profile, event: ReadEvent): void {
  const newest = profile.reads[event.type];
  if (newest === undefined)
    throw new Unusable('unknown-type', `${event.type} is not known to ${profile.name}`);
  if (event.version < 1 || event.version > newest) {
    throw new Unusable(
      'unsupported-version',
      `${event.type} version ${event.version}: ${profile.name} reads up to version ${newest}`,
    );
  }
}

/** The row after an event that {@link checkReadable} let through. @throws Unusable where a field is not a number. */
export function applyTo(row: Row, event: ReadEvent): Row {
  const { quantity, reserved } = row;
  const units = (field: string) => numberOf(event, field);
  switch (event.type) {
    case 'StockReceived':
      return {
        quantity:
          quantity + (event.version === 3 ? units('cases') * units('unitsPerCase') : units('quantity')),
        reserved,
      };
    case 'StockShipped': {
      const promised = event.version === 1 ? units('quantity') : units('fromReservation');
      return { quantity: quantity - units('quantity'), reserved: reserved - promised };
    }
    case 'StockReserved':
      return { quantity, reserved: reserved + units('quantity') };
    case 'ReservationReleased':
      return { quantity, reserved: reserved - units('quantity') };
    case 'StockCounted':
      return { quantity: units('counted'), reserved };
    case 'StockAdjusted':
      return { quantity: quantity + units('change'), reserved };
    default:
      throw new Unusable('unknown-type', `${event.type} is not known`);
  }
}

function numberOf(event: ReadEvent, field: string): number {
  const value = event.data[field];
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new Unusable('invalid-data', `${event.type}.${field} is not a whole number`);
  }
  return value;
}
