import type { EndCause, LeaseRefusal } from './lease-answers.ts';
import type { LeaseKind, LeaseTerms } from './lease-kinds.ts';

/** The words of every refusal, in one place. */

export function refuseUnknown(id: number): LeaseRefusal {
  return { ok: false, code: 'lease_unknown', message: `lease ${id} is not known, or no longer` };
}

export function refuseSuperseded(id: number, token: number): LeaseRefusal {
  return { ok: false, code: 'lease_superseded', message: `lease ${id} was granted again since token ${token}` };
}

export function refuseNotOwner(id: number): LeaseRefusal {
  return { ok: false, code: 'lease_not_owner', message: `lease ${id} belongs to another principal` };
}

export function refuseEnded(id: number, cause: EndCause): LeaseRefusal {
  if (cause === 'expired') return { ok: false, code: 'lease_expired', message: `lease ${id} ended by time` };
  return { ok: false, code: 'lease_settled', cause, message: `lease ${id} ended before: ${cause}` };
}

export function refuseRange(kind: LeaseKind, askedMs: number, { minMs, maxMs }: LeaseTerms): LeaseRefusal {
  const message = `${askedMs} ms for a ${kind} lease: a whole number from ${minMs} to ${maxMs} is allowed`;
  return { ok: false, code: 'lease_ttl_range', message };
}

export function refuseTotal(kind: LeaseKind, leftMs: number, { maxTotalMs }: LeaseTerms): LeaseRefusal {
  const message = `a ${kind} lease lasts at most ${maxTotalMs} ms in total: ${leftMs} ms are left`;
  return { ok: false, code: 'lease_max_total', leftMs, message };
}

export function refuseLimit(bound: 'principal' | 'broker'): LeaseRefusal {
  return { ok: false, code: 'lease_limit', bound, message: `the ${bound} holds as many leases as it may` };
}
