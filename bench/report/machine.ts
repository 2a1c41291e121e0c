import { cpus, totalmem } from 'node:os';

/** Where a bench ran: figures of other machines are other figures. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
}

export function thisMachine(): Machine {
  const all = cpus();
  return {
    processor: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    v8: process.versions.v8,
  };
}

export function describeMachine({ processor, cores, memoryGb, system, node, v8 }: Machine): string {
  return `${cores} × ${processor}, ${memoryGb} GB, ${system}, Node ${node}, V8 ${v8}`;
}
