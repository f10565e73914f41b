/** What the demo's bank starts from: accounts, deposits, withdrawals and transfers, pure and seeded. */
import { type Random, seededRandom } from './random.ts';

export type AccountCommand =
  /** Version 1 knew one product; version 2 names it. */
  | {
      readonly kind: 'open';
      readonly account: string;
      readonly holder: string;
      readonly product: string | null;
    }
  | { readonly kind: 'deposit'; readonly account: string; readonly amountCents: number }
  | {
      readonly kind: 'withdraw';
      readonly account: string;
      readonly amountCents: number;
      /** Version 1 had no fees; null writes version 1. */
      readonly feeCents: number | null;
    }
  | { readonly kind: 'transfer'; readonly from: string; readonly to: string; readonly amountCents: number };

export type DatedCommand = AccountCommand & { readonly eventId: string; readonly occurredAt: string };

export type AccountStoryParameters = {
  readonly seed: string;
  readonly accounts: number;
  readonly events: number;
  /** Holders who asked to be forgotten. */
  readonly forgotten: number;
  readonly startsAt: Date;
  readonly endsAt: Date;
};

export const accountStoryDefaults = { seed: 'reprise', accounts: 48, events: 640, forgotten: 2 } as const;

export type AccountStory = {
  readonly commands: readonly DatedCommand[];
  /** Accounts whose holder's key is deleted at the end. */
  readonly forgotten: readonly string[];
};

const given = [
  'Ada',
  'Bruno',
  'Chidi',
  'Dana',
  'Elif',
  'Farah',
  'Goran',
  'Hana',
  'Ivo',
  'Jun',
  'Kofi',
  'Lena',
];
const family = [
  'Abbott',
  'Berg',
  'Castillo',
  'Dube',
  'Eriksen',
  'Fontaine',
  'Gupta',
  'Hassan',
  'Ito',
  'Jansen',
];
const secondRelease = 0.45;

/** @throws RangeError naming the parameter that no history can be written for. */
export function writeAccountStory(parameters: AccountStoryParameters): AccountStory {
  const { seed, accounts, events, forgotten, startsAt, endsAt } = parameters;
  if (accounts < 2) throw new RangeError('accounts must be at least 2');
  if (events < accounts * 2) throw new RangeError('events must be at least twice as many as accounts');
  if (forgotten > accounts) throw new RangeError('forgotten must be at most the number of accounts');
  const random = seededRandom(`${seed}/accounts`);
  const names = nameAccounts(random, accounts);
  const waiting = [...names];
  const balances = new Map<string, number>();
  const span = endsAt.getTime() - startsAt.getTime();
  const commands = Array.from({ length: events }, (_, i): DatedCommand => {
    const left = events - i;
    const opens = balances.size < 2 || waiting.length >= left || random.chance((waiting.length * 3) / left);
    const opened = opens ? waiting.pop() : undefined;
    const isSecond = i >= events * secondRelease;
    const command =
      opened === undefined ? drawCommand(random, balances, isSecond) : open(random, opened, isSecond);
    book(balances, command);
    const at = startsAt.getTime() + Math.floor((span * (i + random.unit())) / events);
    return { ...command, eventId: random.uuid(), occurredAt: new Date(at).toISOString() };
  });
  return { commands, forgotten: names.slice(0, forgotten) };
}

function nameAccounts(random: Random, count: number): string[] {
  const names = new Set<string>();
  while (names.size < count) names.add(`ACC-${random.between(10_000, 99_999)}`);
  return [...names];
}

function open(random: Random, account: string, isSecond: boolean): AccountCommand {
  const holder = `${random.pick(given)} ${random.pick(family)}`;
  return { kind: 'open', account, holder, product: isSecond ? random.pick(['current', 'savings']) : null };
}

/** @param balances in cents by account; a command drawn from them overdraws none. */
export function drawCommand(
  random: Random,
  balances: ReadonlyMap<string, number>,
  withFees: boolean,
): AccountCommand {
  const names = [...balances.keys()];
  const account = random.pick(names);
  const balance = balances.get(account) ?? 0;
  const deposit: AccountCommand = {
    kind: 'deposit',
    account,
    amountCents: random.between(500, 250_000),
  };
  if (balance < 2_000 || random.chance(0.4)) return deposit;
  const amountCents = random.between(100, Math.floor(balance / 2));
  const others = names.filter((name) => name !== account);
  if (others.length > 0 && random.chance(0.5)) {
    return { kind: 'transfer', from: account, to: random.pick(others), amountCents };
  }
  return { kind: 'withdraw', account, amountCents, feeCents: withFees ? random.pick([0, 0, 150]) : null };
}

function book(balances: Map<string, number>, command: AccountCommand): void {
  const add = (account: string, cents: number) => balances.set(account, (balances.get(account) ?? 0) + cents);
  switch (command.kind) {
    case 'open':
      add(command.account, 0);
      return;
    case 'deposit':
      add(command.account, command.amountCents);
      return;
    case 'withdraw':
      add(command.account, -command.amountCents - (command.feeCents ?? 0));
      return;
    case 'transfer':
      add(command.from, -command.amountCents);
      add(command.to, command.amountCents);
  }
}
