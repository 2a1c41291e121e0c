import { describe, expect, test } from 'vitest';
import { LeaseOwners } from '../../../../broker/leases/lease-owners.ts';

describe('LeaseOwners', () => {
  test('an owner keeps its number while it has a lease', () => {
    const owners = new LeaseOwners(10);
    const ann = owners.add('ann');
    const bob = owners.add('bob');
    expect(owners.add('ann')).toBe(ann);
    owners.remove(ann);
    expect([owners.name(ann), owners.name(bob)]).toEqual(['ann', 'bob']);
  });

  test('the bound is on each owner apart', () => {
    const owners = new LeaseOwners(2);
    owners.add('ann');
    expect(owners.mayAdd('ann')).toBe(true);
    const ann = owners.add('ann');
    expect([owners.mayAdd('ann'), owners.mayAdd('bob')]).toEqual([false, true]);
    owners.remove(ann);
    expect(owners.mayAdd('ann')).toBe(true);
  });

  test('the number of an owner without leases is used again', () => {
    const owners = new LeaseOwners(2);
    const ann = owners.add('ann');
    owners.remove(ann);
    expect(owners.add('bob')).toBe(ann);
    expect(owners.name(ann)).toBe('bob');
    expect(owners.mayAdd('ann')).toBe(true);
  });

  test('a name that an object would have by itself is only a name', () => {
    const owners = new LeaseOwners(1);
    expect(owners.mayAdd('__proto__')).toBe(true);
    expect(owners.name(owners.add('__proto__'))).toBe('__proto__');
    expect(owners.mayAdd('__proto__')).toBe(false);
  });
});
