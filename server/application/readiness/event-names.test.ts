import { describe, expect, it } from 'vitest';
import { checkEventNames } from './event-names.ts';

describe('event names', () => {
  it.each(['CustomerPlacedOrder', 'StockReceived', 'AccountOpened', 'order.placed', 'AddressCorrected'])(
    '%s is a business fact',
    (type) => expect(checkEventNames([type]).outcome).toBe('passed'),
  );
  it.each(['UserRecordUpdated', 'RowDeleted', 'user_record_updated', 'customer.upserted'])(
    '%s is the change of a record, and is named with what to do',
    (type) => {
      const check = checkEventNames(['CustomerPlacedOrder', type]);
      expect(check).toMatchObject({ outcome: 'warning', found: expect.stringContaining(type) });
      expect(check.remedy).not.toBeNull();
    },
  );
});
