import type {
  DeliveryState,
  NoticeChannel,
  NoticeFacts,
  NoticeKind,
  NoticeMessage,
  NoticeSubject,
} from '../../domain/notice/index.ts';
import type { Transaction } from './unit-of-work.ts';

/**
 * Whom to tell. `breakers` may confirm broken glass, `reviewers` may review it, and `told` were told that the same
 * waits for approval, `responders` may respond to incidents, and `named` are those under `to`.
 */
export type NoticeAudience =
  | 'approvers'
  | 'requester'
  | 'breakers'
  | 'reviewers'
  | 'told'
  | 'responders'
  | 'named';

/** Something that people are to be told of. */
export type Telling = {
  readonly kind: NoticeKind;
  readonly subject: NoticeSubject;
  readonly contractId: string;
  /** 0: the newest. */
  readonly contractVersion: number;
  /** Their own act is no news to approvers: who requested it is not among them, and neither are the authors. */
  readonly requestedBy: string;
  readonly audience: readonly NoticeAudience[];
  /** Who knows already, because it is their own act. */
  readonly except?: readonly string[] | undefined;
  readonly to?: readonly string[] | undefined;
  /** Of a run of a runbook: which step's attempt it is about. */
  readonly attempt?: string | undefined;
  /** Why, in Reprise's own words: nothing that people wrote, and nothing that was read from a history. */
  readonly why?: string | undefined;
};

export interface NoticeOutbox {
  /** Writes the notice and one delivery for each receiver. In the transaction of the act: no act, no notice. */
  tell(tx: Transaction, telling: Telling): Promise<void>;
}

/** A delivery that is in hand: nobody else sends it while the lease holds. */
export type TakenDelivery = {
  readonly id: string;
  readonly channel: NoticeChannel;
  /** This one included. */
  readonly tries: number;
  readonly kind: NoticeKind;
  readonly subject: NoticeSubject;
  readonly contractId: string;
  readonly why: string | null;
  /** Of a run of a runbook: which attempt it is about; null where that was not kept. */
  readonly attempt: string | null;
  /** Whom it names, a person's id; null: nobody. */
  readonly to: string | null;
  /** Of the webhook null. `wanted`: whether they may sign in and have not turned e-mail off. */
  readonly person: { readonly id: string; readonly email: string; readonly wanted: boolean } | null;
};

/** What a notice says of its subject, as it is now. `waits`: whether it still waits for approval. */
export type SubjectFacts = Omit<NoticeFacts, 'kind' | 'subjectKind' | 'subjectId' | 'why'> & {
  readonly waits: boolean;
};

export type ChannelState = {
  readonly channel: NoticeChannel;
  /** null: no worker has said yet whether it is configured. */
  readonly configured: boolean | null;
  /** Where to, without anything secret. */
  readonly target: string;
  readonly lastSuccessAt: string | null;
  readonly lastProblem: string | null;
  readonly lastProblemAt: string | null;
  readonly waiting: number;
  readonly oldestWaitingAt: string | null;
  readonly givenUp: number;
  /** Given up within the last day. */
  readonly givenUpLately: number;
};

/** The outbox. Every instant is by the database's clock. */
export interface NoticeStore extends NoticeOutbox {
  /** A test for one channel, to this person where it is e-mail; the id of its delivery. */
  tellTest(tx: Transaction, channel: NoticeChannel, personId: string): Promise<string>;
  /** Deliveries whose next try is due and that nobody has in hand. */
  due(tx: Transaction, limit: number): Promise<readonly string[]>;
  /** null: it is not due, is in hand, or was settled. */
  take(tx: Transaction, id: string, leaseMs: number): Promise<TakenDelivery | null>;
  /** null: there is no such subject. */
  facts(
    tx: Transaction,
    taken: Pick<TakenDelivery, 'kind' | 'subject' | 'contractId'> &
      Partial<Pick<TakenDelivery, 'attempt' | 'to'>>,
  ): Promise<SubjectFacts | null>;
  settle(
    tx: Transaction,
    id: string,
    state: Exclude<DeliveryState, 'waiting'>,
    problem: string | null,
  ): Promise<void>;
  /**
   * Leaves it for a worker that has the channel's settings, without counting the try. false: none has had them for a
   * day, and it is as it was.
   */
  leaveToAnother(
    tx: Transaction,
    taken: Pick<TakenDelivery, 'id' | 'channel'>,
    pauseMs: number,
  ): Promise<boolean>;
  tryAgain(tx: Transaction, id: string, problem: string, pauseMs: number): Promise<void>;
  noteChannel(
    tx: Transaction,
    channel: NoticeChannel,
    state: { readonly configured: boolean; readonly target: string },
  ): Promise<void>;
  /** What came of a try; `problem` null: it was delivered. */
  noteTry(tx: Transaction, channel: NoticeChannel, problem: string | null): Promise<void>;
  channels(tx: Transaction): Promise<readonly ChannelState[]>;
  /** Takes away what was settled long ago. */
  sweep(tx: Transaction, keepDays: number): Promise<void>;
  byEmail(tx: Transaction, personId: string): Promise<boolean>;
  setByEmail(tx: Transaction, personId: string, byEmail: boolean): Promise<void>;
}

/** `lasting`: waiting alone does not mend it. The sentence holds no secret. */
export type Sent =
  | { readonly outcome: 'sent' }
  | { readonly outcome: 'failed'; readonly problem: string; readonly lasting: boolean };

/** Takes a message to a receiver outside. `id` is the same for every try, so that the receiver can tell. */
export interface NoticeSender {
  /** Where to, for those who administer it: a host, and never a secret. */
  readonly target: string;
  send(delivery: {
    readonly id: string;
    /** Of an e-mail the address, else null. */
    readonly to: string | null;
    readonly message: NoticeMessage;
  }): Promise<Sent>;
}

/** null: not configured. */
export type NoticeSenders = Readonly<Record<NoticeChannel, NoticeSender | null>>;
