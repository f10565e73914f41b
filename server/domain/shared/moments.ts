/** Between these anybody may ask by a time: at the ends of the calendar an offset leads past what a database can hold. */
const first = Date.parse('1900-01-01T00:00:00Z');
export const lastAskable = Date.parse('2999-12-31T23:59:59.999Z');

/** Whether a time, in milliseconds since the epoch, can be asked by. */
export const isAskable = (at: number): boolean => at >= first && at <= lastAskable;

export const askableYears = 'between the years 1900 and 2999';
