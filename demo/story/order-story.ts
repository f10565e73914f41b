/** What becomes of an order: which facts follow each other, and how often which course is taken. Pure. */
import type { Random } from './random.ts';

export type Order = {
  readonly orderId: string;
  readonly article: string;
  readonly quantity: number;
  readonly totalCents: number;
  readonly course: Course;
};

export type OrderFact = { readonly type: string; readonly data: Readonly<Record<string, unknown>> };

type Step = (order: Order) => OrderFact;

const placed: Step = ({ article, quantity, totalCents }) => ({
  type: 'OrderPlaced',
  data: { article, quantity, totalCents },
});
const reserved: Step = ({ quantity }) => ({ type: 'StockReserved', data: { quantity } });
const paid: Step = ({ totalCents }) => ({ type: 'PaymentProcessed', data: { amountCents: totalCents } });
const shipped: Step = ({ orderId }) => ({ type: 'OrderShipped', data: { parcel: `P-${orderId}` } });
const declined: Step = () => ({ type: 'PaymentDeclined', data: { reason: 'the bank declined' } });
const refused: Step = () => ({ type: 'ShipmentRefused', data: { reason: 'no carrier goes there' } });
const refunded: Step = ({ totalCents }) => ({ type: 'PaymentRefunded', data: { amountCents: totalCents } });
const refundFailed: Step = ({ totalCents }) => ({
  type: 'PaymentRefundFailed',
  data: { amountCents: totalCents, reason: 'the account is closed' },
});
const released: Step = ({ quantity }) => ({ type: 'ReservationReleased', data: { quantity } });
const cancelled: Step = () => ({ type: 'OrderCancelled', data: { reason: 'it could not be delivered' } });

/** After its last fact nothing more happens to an order. That of `unanswered` waits for its payment for ever. */
const courses = {
  shipped: [placed, reserved, paid, shipped],
  declined: [placed, reserved, declined, released, cancelled],
  refused: [placed, reserved, paid, refused, refunded, released, cancelled],
  'refund-fails': [placed, reserved, paid, refused, refundFailed],
  // As that one, until somebody has paid it back by hand and said so.
  'refunded-late': [placed, reserved, paid, refused, refundFailed, refunded, released, cancelled],
  unanswered: [placed, reserved],
} satisfies Readonly<Record<string, readonly Step[]>>;

export type Course = keyof typeof courses;

export function parseCourse(text: string): Course | null {
  return Object.hasOwn(courses, text) ? (text as Course) : null;
}

/** The fact after `facts` facts; null: nothing more comes. */
export function nextFact(order: Order, facts: number): OrderFact | null {
  return courses[order.course][facts]?.(order) ?? null;
}

export const hasMore = (course: Course, facts: number): boolean => facts < courses[course].length;

/** Of 800 orders some 656 are shipped, 96 declined, 47 refused, and of one the refund fails. */
const shares: readonly (readonly [Course, number])[] = [
  ['shipped', 656],
  ['declined', 96],
  ['refused', 47],
  ['refund-fails', 1],
];

const articles = ['oak shelf', 'desk lamp', 'tea pot', 'wool rug', 'wall clock', 'coat rack'] as const;

export function drawOrder(random: Random, orderId: string, course: Course | null = null): Order {
  const quantity = random.between(1, 4);
  return {
    orderId,
    article: random.pick(articles),
    quantity,
    totalCents: quantity * random.between(900, 12_000),
    course: course ?? drawCourse(random),
  };
}

function drawCourse(random: Random): Course {
  let left = random.between(1, 800);
  for (const [course, share] of shares) {
    left -= share;
    if (left <= 0) return course;
  }
  return 'shipped';
}
