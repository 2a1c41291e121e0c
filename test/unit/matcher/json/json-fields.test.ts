import { describe, expect, it } from 'vitest';
import { JsonFields } from '../../../../matcher/json/json-fields.ts';

const limits = { depthMax: 32, keysMax: 2_000 };

/** By slot what is found: texts with quotes, the rest as it is. */
function found(fields: JsonFields, text: string): Record<number, unknown> | string {
  const bytes = new TextEncoder().encode(text);
  const fault = fields.read(bytes, 0, bytes.length, limits);
  if (fault !== undefined) return fault;
  const values: Record<number, unknown> = {};
  for (let i = 0; i < fields.count; i += 1) {
    const slot = fields.slots[i] as number;
    const isText = fields.ends[i] !== 0 && Number.isNaN(fields.numbers[i]);
    if (slot >= 0) {
      if (isText) values[slot] = text.slice(fields.starts[i], fields.ends[i]);
      else values[slot] = Number.isNaN(fields.numbers[i]) ? fields.others[i] : fields.numbers[i];
    }
    fields.others[i] = undefined;
  }
  return values;
}

function fieldsOf(...paths: (string | number)[][]): JsonFields {
  const fields = new JsonFields();
  for (const [slot, path] of paths.entries()) fields.add(path, slot);
  return fields;
}

describe('JsonFields', () => {
  it('forgets what stood below a name that comes once more', () => {
    const fields = fieldsOf(['a'], ['a', 'b'], ['a', 'b', 'c'], ['x', 'y', 'z']);
    expect(found(fields, '{"a":{"b":{"c":1}},"a":{"b":2}}')).toEqual({ 0: {}, 1: 2 });
    expect(found(fields, '{"a":{"b":{"c":1}},"a":5}')).toEqual({ 0: 5 });
    expect(found(fields, '{"a":5,"a":{"b":{"c":1}}}')).toEqual({ 0: {}, 1: {}, 2: 1 });
    expect(found(fields, '{"x":{"y":{"z":1}},"x":{"y":[]}}')).toEqual({});
    expect(found(fields, '{"x":{"y":{"z":1},"y":{}},"a":"t"}')).toEqual({ 0: 't' });
    expect(found(fields, '{"x":{"y":{"z":1}}}')).toEqual({ 3: 1 });
  });

  it('tells an element from a field of that name', () => {
    const fields = fieldsOf(['t', 0], ['t', '0'], ['t', 'length'], ['t', 2, 'a']);
    expect(found(fields, '{"t":["x","y",{"a":1}]}')).toEqual({ 0: 'x', 3: 1 });
    expect(found(fields, '{"t":{"0":"x","length":3,"2":{"a":1}}}')).toEqual({ 1: 'x', 2: 3 });
  });

  it('finds a name however it is spelled, and only whole names', () => {
    const fields = fieldsOf(['é'], ['ab'], ['\ud800'], ['\ufffd']);
    expect(found(fields, '{"\\u00e9":1,"\\u0061b":2,"\\ud800":3}')).toEqual({ 0: 1, 1: 2, 2: 3 });
    expect(found(fields, '{"é":1,"a":2,"abc":3,"\ufffd":4}')).toEqual({ 0: 1, 3: 4 });
  });

  it('checks what nobody asks for', () => {
    const fields = fieldsOf(['a']);
    for (const text of [
      '{"a":1',
      '{"a":1}}',
      '{"a":1,}',
      '{"a":1,"b":01}',
      '{"a":1,"b":tru}',
      '{"a":1,"b":"\\x"}',
      '',
    ]) {
      expect(found(fields, text)).toBe('not_json');
    }
    expect(found(fields, `{"a":1,"b":${'['.repeat(32)}`)).toBe('too_deep');
  });

  it('gives its memory back when no path is left', () => {
    const fields = new JsonFields();
    const paths = Array.from({ length: 500 }, (_, i) => ['a', `f${i}`, i]);
    for (const [slot, path] of paths.entries()) fields.add(path, slot);
    expect(fields.bytes).toBeGreaterThan(0);
    expect(found(fields, '{"a":{"f0":[7],"f1":[7,8]}}')).toEqual({ 0: 7, 1: 8 });
    for (const path of paths) fields.remove(path);
    expect(fields.bytes).toBe(0);
    expect(found(fields, '{"a":{"f0":[7]}}')).toEqual({});
    fields.add(['a'], 3);
    expect(found(fields, '{"a":"b"}')).toEqual({ 3: 'b' });
  });
});
