import { describe, expect, it } from 'vitest';
import { table } from '../../../../client/cli/table.ts';

describe('table', () => {
  it('pads each column to its widest cell, but not the last', () => {
    expect(
      table([
        ['name', 'value', 'meaning'],
        ['port', '8355', 'where'],
        ['longer-name', '', ''],
      ]),
    ).toEqual(['name         value  meaning', 'port         8355   where', 'longer-name']);
  });
});
