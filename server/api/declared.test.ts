import { describe, expect, it } from 'vitest';
import { type Right, roles } from '../domain/access/index.ts';
import { RepriseError } from '../domain/shared/errors.ts';
import { call, procedures } from './test-kit.ts';

/** What each right opens, written down once more: a procedure that comes to name another right does so here too. */
const opens: Readonly<Record<Right, readonly string[]>> = {
  enter: ['account.accept', 'account.demo', 'account.doors', 'account.invitation', 'account.me'],
  account: [
    'account.addPasskey',
    'account.beginAuthenticator',
    'account.beginPasskey',
    'account.changePassword',
    'account.confirmAuthenticator',
    'account.endOtherSessions',
    'account.endSession',
    'account.makeToken',
    'account.noticesByEmail',
    'account.passkeys',
    'account.permissions',
    'account.removePasskey',
    'account.renamePasskey',
    'account.revokeToken',
    'account.secondFactor',
    'account.sessions',
    'account.setNoticesByEmail',
    'account.tokens',
    'account.turnOffAuthenticator',
    'views.change',
    'views.remove',
    'views.save',
  ],
  read: [
    'approvals.of',
    'approvals.review',
    'approvals.waiting',
    'breakGlass.of',
    'breakGlass.reviews',
    'budgets.get',
    'budgets.list',
    'contracts.get',
    'contracts.list',
    'contracts.pipeline',
    'deliveries.applied',
    'deliveries.findings',
    'deliveries.list',
    'deliveries.points',
    'evidence.facets',
    'evidence.fresh',
    'evidence.get',
    'evidence.history',
    'evidence.list',
    'evidence.log',
    'lag.get',
    'lag.list',
    'lag.series',
    'incidents.get',
    'incidents.list',
    'incidents.ofRecord',
    'incidents.open',
    'incidents.responders',
    'live.feed',
    'overview.get',
    'overview.health',
    'people.names',
    'promotions.changes',
    'promotions.get',
    'promotions.list',
    'promotions.ofReplay',
    'promotions.waiting',
    'replays.compare',
    'replays.findings',
    'replays.get',
    'replays.list',
    'reviews.get',
    'reviews.ofIncident',
    'reviews.overview',
    'reviews.versions',
    'sagas.get',
    'sagas.list',
    'sagas.summaries',
    'states.get',
    'states.hidden',
    'states.key',
    'states.rows',
    'views.list',
  ],
  replay: [
    'contracts.checkReadiness',
    'replays.cancel',
    'replays.launch',
    'replays.pause',
    'replays.preview',
    'replays.resume',
    'replays.setRateLimit',
    'states.requestTrace',
  ],
  promote: ['promotions.request', 'promotions.undo', 'promotions.withdraw'],
  approve: ['approvals.decide', 'approvals.look', 'promotions.decide', 'promotions.recordUnknown'],
  values: ['states.reveal'],
  'break-glass': ['breakGlass.break'],
  review: ['breakGlass.close'],
  'sign-review': ['reviews.sign'],
  respond: [
    'budgets.endExclusion',
    'budgets.exclude',
    'incidents.acknowledge',
    'incidents.addNote',
    'incidents.assign',
    'incidents.attachEvidence',
    'incidents.attachFile',
    'incidents.attachLink',
    'incidents.close',
    'incidents.correct',
    'incidents.openByHand',
    'incidents.recover',
    'incidents.reopen',
    'incidents.review',
    'incidents.setClass',
    'incidents.star',
    'incidents.startMitigating',
    'reviews.begin',
    'reviews.complete',
    'reviews.mark',
    'reviews.refresh',
    'reviews.revise',
    'reviews.save',
    'reviews.saveAction',
  ],
  evidence: ['evidence.attachment', 'evidence.record'],
  audit: ['audit.actions', 'audit.list'],
  people: [
    'notices.channels',
    'notices.sendTest',
    'people.changeRoles',
    'people.endSessions',
    'people.invite',
    'people.inviteAgain',
    'people.list',
    'people.sessions',
    'people.setDisabled',
    'people.takeAuthenticatorAway',
  ],
};

/** What an unlocked screen is not enough for. */
const fresh: readonly string[] = [
  'account.addPasskey',
  'account.beginAuthenticator',
  'account.beginPasskey',
  'account.confirmAuthenticator',
  'account.makeToken',
  'account.removePasskey',
  'account.turnOffAuthenticator',
  'approvals.decide',
  'breakGlass.break',
  'breakGlass.close',
  'notices.sendTest',
  'people.changeRoles',
  'people.invite',
  'people.inviteAgain',
  'people.setDisabled',
  'people.takeAuthenticatorAway',
  'promotions.decide',
  'promotions.recordUnknown',
  'promotions.request',
  'promotions.undo',
];

describe('the right of each procedure', () => {
  it('is the one that is declared for it', () => {
    const found = Object.fromEntries(procedures.map(([path, { _def }]) => [path, _def.meta?.right]));
    const declared = Object.entries(opens).flatMap(([right, paths]) => paths.map((path) => [path, right]));
    expect(found).toEqual(Object.fromEntries(declared));
  });
});

describe('a sign-in of late', () => {
  const mutations = procedures.filter(([, { _def }]) => _def.type === 'mutation').map(([path]) => path);
  const stale = {
    demandFresh: async () => {
      throw new RepriseError('sign-in-not-fresh', 'Sign in again.');
    },
  };

  it.each(mutations)('is asked for by what is declared to, and by nothing else: %s', async (path) => {
    expect(await call(path, roles, null, stale)).toBe(
      fresh.includes(path) ? 'PRECONDITION_FAILED' : 'passed',
    );
  });

  it('is asked for by no act that there is not', () => {
    expect(fresh.filter((path) => !mutations.includes(path))).toEqual([]);
  });
});
