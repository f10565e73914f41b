import type { Decided } from '../approval/decide-replay.ts';
import { decidePromotion, type PromotionDecision, withdrawPromotion } from './decide-promotion.ts';
import type { PromotionCommandDeps } from './deps.ts';
import { recordUnknown, type UnknownRequest } from './record-unknown.ts';
import {
  type PromotionRequest,
  type Requested,
  requestPromotion,
  requestUndo,
  type UndoRequest,
} from './request-promotion.ts';

/** What people do about promotions. Refusals throw RepriseError with a sentence to act on. */
export type PromotionCommands = {
  requestPromotion(request: PromotionRequest): Promise<Requested>;
  requestUndo(request: UndoRequest): Promise<Requested>;
  decidePromotion(request: PromotionDecision): Promise<Decided>;
  withdrawPromotion(request: {
    readonly promotionId: string;
    readonly reason: string;
    readonly actor: string;
  }): Promise<void>;
  /** Ends what can't be found out any more, as that. */
  recordUnknown(request: UnknownRequest): Promise<void>;
};

export function createPromotionCommands(deps: PromotionCommandDeps): PromotionCommands {
  return {
    requestPromotion: (request) => requestPromotion(deps, request),
    requestUndo: (request) => requestUndo(deps, request),
    decidePromotion: (request) => decidePromotion(deps, request),
    withdrawPromotion: (request) => withdrawPromotion(deps, request),
    recordUnknown: (request) => recordUnknown(deps, request),
  };
}
