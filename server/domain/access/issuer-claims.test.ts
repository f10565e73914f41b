import { describe, expect, it } from 'vitest';
import { readRoleRules, readSecondFactorRule, rolesOf, showsSecondFactor } from './issuer-claims.ts';

const rules = (text: string) => {
  const read = readRoleRules(text);
  if (typeof read === 'string') throw new Error(read);
  return read;
};

describe('the rules that give roles', () => {
  it('are read with colons and equals signs in their values, and claims that are addresses', () => {
    expect(rules('groups:sre=operator, groups:leads=approver')).toEqual([
      { claim: 'groups', value: 'sre', role: 'operator' },
      { claim: 'groups', value: 'leads', role: 'approver' },
    ]);
    expect(rules('https://acme.example/roles:urn:acme:ops=admin')).toEqual([
      { claim: 'https://acme.example/roles', value: 'urn:acme:ops', role: 'admin' },
    ]);
    expect(rules('groups:cn=sre=operator')[0]).toMatchObject({ value: 'cn=sre' });
  });

  it.each([
    '',
    ',',
    'groups',
    'groups:sre',
    'groups=operator',
    ':sre=operator',
    'groups:=operator',
    'groups:sre=root',
  ])('are not read from %j, and why is said', (text) => expect(typeof readRoleRules(text)).toBe('string'));

  it('count where the claim is the value or a list with it, and in no other way', () => {
    const sre = rules('groups:sre=operator,groups:leads=approver,realm_access.roles:audit=auditor');
    expect(rolesOf(sre, { groups: ['leads', 'sre', 'else'] })).toEqual(['operator', 'approver']);
    expect(rolesOf(sre, { groups: 'sre' })).toEqual(['operator']);
    expect(rolesOf(sre, { realm_access: { roles: ['audit'] } })).toEqual(['auditor']);
    expect(rolesOf(sre, { 'realm_access.roles': ['audit'] })).toEqual(['auditor']);
    for (const claims of [
      {},
      { groups: 'sre,leads' },
      { groups: 'SRE' },
      { groups: [['sre']] },
      { groups: { sre: true } },
      { groups: null },
      { realm_access: null },
    ])
      expect(rolesOf(sre, claims)).toEqual([]);
  });

  it('reach nothing that is not the issuer’s own words', () => {
    expect(rolesOf(rules('constructor.name:Object=admin,__proto__:x=admin'), {})).toEqual([]);
  });
});

describe('the rule of the second factor', () => {
  it('reads values of amr and acr, and nothing else', () => {
    expect(readSecondFactorRule('amr:mfa,acr:urn:acme:strong')).toEqual([
      { claim: 'amr', value: 'mfa' },
      { claim: 'acr', value: 'urn:acme:strong' },
    ]);
    for (const text of ['', 'mfa', 'groups:mfa', 'amr:'])
      expect(typeof readSecondFactorRule(text)).toBe('string');
  });

  it('counts with one of its values', () => {
    const strong = [
      { claim: 'amr', value: 'mfa' },
      { claim: 'acr', value: 'phr' },
    ];
    expect(showsSecondFactor(strong, { amr: ['pwd', 'mfa'] })).toBe(true);
    expect(showsSecondFactor(strong, { acr: 'phr', amr: ['pwd'] })).toBe(true);
    expect(showsSecondFactor(strong, { acr: '0', amr: ['pwd'] })).toBe(false);
    expect(showsSecondFactor([], { amr: ['mfa'] })).toBe(false);
  });
});
