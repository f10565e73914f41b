/**
 * Of which procedures it matters whose it is that they are about. `own`: somebody's own alone. `others`: what one has
 * requested, broken or is oneself, somebody else decides about. A test calls each for each role, both ways.
 */
export type Whose = 'own' | 'others' | 'either';

export const ownership: Readonly<Record<string, Whose>> = {
  'account.changePassword': 'own',
  'account.endSession': 'own',
  'account.endOtherSessions': 'own',
  'account.setNoticesByEmail': 'own',
  'account.beginAuthenticator': 'own',
  'account.confirmAuthenticator': 'own',
  'account.turnOffAuthenticator': 'own',
  'account.beginPasskey': 'own',
  'account.addPasskey': 'own',
  'account.renamePasskey': 'own',
  'account.removePasskey': 'own',
  'account.makeToken': 'own',
  'account.revokeToken': 'own',
  'views.save': 'own',
  'views.change': 'own',
  'views.remove': 'own',
  'approvals.decide': 'others',
  'approvals.look': 'either',
  'promotions.decide': 'others',
  'promotions.recordUnknown': 'others',
  'deadLetters.decideRedrive': 'others',
  'runs.approve': 'others',
  'runs.reject': 'others',
  'breakGlass.break': 'either',
  'breakGlass.close': 'others',
  'people.invite': 'either',
  'people.inviteAgain': 'either',
  'people.changeRoles': 'others',
  'people.takeAuthenticatorAway': 'others',
  'people.setDisabled': 'either',
  'people.endSessions': 'either',
};
