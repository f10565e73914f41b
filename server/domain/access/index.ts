export { readAddress } from './address.ts';
export {
  type Claims,
  type ClaimValue,
  type RoleRule,
  readRoleRules,
  readSecondFactorRule,
  rolesOf,
  showsSecondFactor,
} from './issuer-claims.ts';
export { canComeIn, closesTheDoor } from './last-administrator.ts';
export {
  isRole,
  matrix,
  mayDo,
  type Right,
  type Role,
  rights,
  rightsOf,
  rightWords,
  roles,
  type TokenRight,
  tokenRights,
} from './matrix.ts';
export { ownership, type Whose } from './ownership.ts';
export { passwordProblem } from './password.ts';
export {
  FRESH_MINUTES,
  ISSUER_WORD_DAYS,
  RECOVERY_CODES,
  readCode,
  type SecondFactor,
  type SignInMethod,
  type SignInStepKind,
  STEP_SECONDS,
  secondFactors,
  signInMethods,
  signInSteps,
  writeRecoveryCode,
} from './ways-in.ts';
