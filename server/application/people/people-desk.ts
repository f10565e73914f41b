import type { DoorDesk } from '../ports/door.ts';
import type { AuditNote } from '../ports/unit-of-work.ts';
import { bearerOfToken, changePassword, listTokens, makeToken, revokeToken } from './account.ts';
import type { PeopleDeps } from './deps.ts';
import {
  changeRoles,
  demandFresh,
  endOtherSessions,
  endSession,
  isFresh,
  listPeople,
  listSessions,
  setDisabled,
  shutOut,
} from './govern.ts';
import {
  acceptInvitation,
  inviteAgain,
  inviteFirstAdministrator,
  invitePerson,
  readInvitation,
} from './invite.ts';
import { enterByIssuer, noteIssuerProblem } from './issuer-sign-in.ts';
import {
  addPasskey,
  askForPasskey,
  beginPasskey,
  enterByPasskey,
  listPasskeys,
  removePasskey,
  renamePasskey,
} from './passkeys.ts';
import {
  beginAuthenticator,
  confirmAuthenticator,
  readSecondFactor,
  takeAuthenticatorAway,
  turnOffAuthenticator,
} from './second-factor.ts';
import { askSecondFactor, keepStep, passSecondFactor, takeStep } from './sign-in-step.ts';

type Rest<Use> = Use extends (deps: PeopleDeps, ...rest: infer Given) => infer Answer
  ? (...rest: Given) => Answer
  : never;

/** What there is to do about people. Refusals throw RepriseError with a sentence to act on. */
export type PeopleDesk = {
  readonly list: Rest<typeof listPeople>;
  readonly invite: Rest<typeof invitePerson>;
  readonly inviteAgain: Rest<typeof inviteAgain>;
  readonly inviteFirstAdministrator: Rest<typeof inviteFirstAdministrator>;
  readonly readInvitation: Rest<typeof readInvitation>;
  readonly acceptInvitation: Rest<typeof acceptInvitation>;
  readonly changeRoles: Rest<typeof changeRoles>;
  readonly setDisabled: Rest<typeof setDisabled>;
  readonly shutOut: Rest<typeof shutOut>;
  readonly isFresh: Rest<typeof isFresh>;
  readonly demandFresh: Rest<typeof demandFresh>;
  readonly sessions: Rest<typeof listSessions>;
  readonly endSession: Rest<typeof endSession>;
  readonly endOtherSessions: Rest<typeof endOtherSessions>;
  readonly changePassword: Rest<typeof changePassword>;
  readonly makeToken: Rest<typeof makeToken>;
  readonly tokens: Rest<typeof listTokens>;
  readonly revokeToken: Rest<typeof revokeToken>;
  readonly bearerOfToken: Rest<typeof bearerOfToken>;
  readonly secondFactor: Rest<typeof readSecondFactor>;
  readonly beginAuthenticator: Rest<typeof beginAuthenticator>;
  readonly confirmAuthenticator: Rest<typeof confirmAuthenticator>;
  readonly turnOffAuthenticator: Rest<typeof turnOffAuthenticator>;
  readonly takeAuthenticatorAway: Rest<typeof takeAuthenticatorAway>;
  readonly passkeys: Rest<typeof listPasskeys>;
  readonly beginPasskey: Rest<typeof beginPasskey>;
  readonly addPasskey: Rest<typeof addPasskey>;
  readonly renamePasskey: Rest<typeof renamePasskey>;
  readonly removePasskey: Rest<typeof removePasskey>;
  /** What the door asks while somebody signs in. */
  readonly atTheDoor: DoorDesk;
  /** For an act that changes nothing and is on record all the same, as an export is. */
  readonly note: (note: Omit<AuditNote, 'outcome'>) => Promise<void>;
  /** A refusal has no transaction of an act to stand in, so it gets one of its own. */
  readonly noteRefusal: (note: Omit<AuditNote, 'outcome'>) => Promise<void>;
};

export function createPeopleDesk(deps: PeopleDeps): PeopleDesk {
  return {
    list: () => listPeople(deps),
    invite: (request) => invitePerson(deps, request),
    inviteAgain: (personId, actor, sessionId) => inviteAgain(deps, personId, actor, sessionId),
    inviteFirstAdministrator: (actor) => inviteFirstAdministrator(deps, actor),
    readInvitation: (token) => readInvitation(deps, token),
    acceptInvitation: (request) => acceptInvitation(deps, request),
    changeRoles: (request) => changeRoles(deps, request),
    setDisabled: (request) => setDisabled(deps, request),
    shutOut: (personId, actor) => shutOut(deps, personId, actor),
    isFresh: (sessionId) => isFresh(deps, sessionId),
    demandFresh: (sessionId) => demandFresh(deps, sessionId),
    sessions: (personId) => listSessions(deps, personId),
    endSession: (request) => endSession(deps, request),
    endOtherSessions: (request) => endOtherSessions(deps, request),
    changePassword: (request) => changePassword(deps, request),
    makeToken: (request) => makeToken(deps, request),
    tokens: (personId) => listTokens(deps, personId),
    revokeToken: (request) => revokeToken(deps, request),
    bearerOfToken: (token) => bearerOfToken(deps, token),
    secondFactor: (personId) => readSecondFactor(deps, personId),
    beginAuthenticator: (request) => beginAuthenticator(deps, request),
    confirmAuthenticator: (request) => confirmAuthenticator(deps, request),
    turnOffAuthenticator: (request) => turnOffAuthenticator(deps, request),
    takeAuthenticatorAway: (request) => takeAuthenticatorAway(deps, request),
    passkeys: (personId) => listPasskeys(deps, personId),
    beginPasskey: (request) => beginPasskey(deps, request),
    addPasskey: (request) => addPasskey(deps, request),
    renamePasskey: (request) => renamePasskey(deps, request),
    removePasskey: (request) => removePasskey(deps, request),
    atTheDoor: {
      askForPasskey: (site) => askForPasskey(deps, site),
      enterByPasskey: (request) => enterByPasskey(deps, request),
      ask: (personId, method, epoch) => askSecondFactor(deps, personId, method, epoch),
      pass: (request) => passSecondFactor(deps, request),
      keep: (kind, detail) => keepStep(deps, kind, detail),
      take: (kind, token) => takeStep(deps, kind, token),
      enterByIssuer: (word) => enterByIssuer(deps, word),
      noteIssuerProblem: (problem, detail) => noteIssuerProblem(deps, problem, detail),
    },
    note: (note) => deps.unitOfWork.run((tx) => deps.audit.append(tx, { ...note, outcome: 'done' })),
    noteRefusal: (note) =>
      deps.unitOfWork.run((tx) => deps.audit.append(tx, { ...note, outcome: 'refused' })),
  };
}
